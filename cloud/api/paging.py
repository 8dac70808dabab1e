"""Cursor paging: lists are stable, a cursor is opaque."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel

from cloud.api.problems import wrong_parameter
from cloud.registry.selection import Page

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
RowNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
Cursor = Annotated[str, Query(max_length=200, description="`next` of the page before")]


class Listing(BaseModel, Generic[Answer]):
    """A page of a list."""

    items: list[Answer]
    next: str | None
    """The cursor of the next page; null: this is the last one."""


def listing(page: Page[Item], form: Callable[[Item], Answer]) -> Listing[Answer]:
    """A page as it goes out."""
    return Listing(items=[form(item) for item in page.items], next=None if page.after is None else cursor(page.after))


def cursor(*after: Any) -> str:
    """Where to go on, from texts without ``:`` and numbers."""
    return urlsafe_b64encode(":".join(str(part) for part in after).encode()).decode().rstrip("=")


def text_after(text: str) -> str:
    """The text that a cursor carries; empty for none.

    :raises Problem: the cursor is not one of ours.
    """
    return _parts(text, 1)[0] if text else ""


def numbers_after(text: str, count: int = 1) -> Sequence[int] | None:
    """The numbers that a cursor carries; None for none.

    :raises Problem: the cursor is not one of ours.
    """
    if not text:
        return None
    try:
        numbers = [int(part) for part in _parts(text, count)]
    except ValueError:
        raise wrong_parameter("cursor", "not one that we gave") from None
    if not all(abs(number) < 2**62 for number in numbers):
        raise wrong_parameter("cursor", "not one that we gave")
    return numbers


def _parts(text: str, count: int) -> list[str]:
    try:
        parts = b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii").split(":")
    except ValueError:
        raise wrong_parameter("cursor", "not one that we gave") from None
    if len(parts) != count or not all(part.isprintable() and 1 <= len(part) <= 40 for part in parts):
        raise wrong_parameter("cursor", "not one that we gave")
    return parts

"""`/api/v1/quarantine`: what could not be stored, and trying it again."""

from base64 import b64encode
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from cloud.api.context import Context
from cloud.api.gatekeeper import Reader, Writer
from cloud.api.paging import Cursor, Limit, Listing, RowNumber, listing, numbers_after
from cloud.api.times import format_time
from cloud.registry import quarantine
from cloud.registry.access import Principal
from cloud.registry.errors import NotFound
from cloud.registry.quarantine import Quarantined
from cloud.registry.selection import Page

router: Final = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])


class QuarantineAnswer(BaseModel):
    """A message, or a part of one, that could not be stored."""

    id: int
    received: str
    gateway: str
    topic: str
    reason: str
    detail: str
    source: str
    count: int
    """How often it came."""
    bytes: int
    replayed: str | None


class QuarantineDetail(QuarantineAnswer):
    """With its raw bytes."""

    payload: str
    """Base64."""


class ReplayAnswer(BaseModel):
    """What became of it."""

    stored: int
    duplicates: int
    refused: int
    detail: str


@router.get("")
def list_quarantine(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    who: Reader,
    reason: Annotated[str | None, Query(max_length=48)] = None,
    gateway: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[QuarantineAnswer]:
    """Newest first. What has no known place belongs to no town: a key limited to towns sees none of it."""
    before = numbers_after(cursor)
    if who.towns:
        return listing(Page(list[Quarantined](), None), _form)
    with context.database.read() as tx:
        page = quarantine.page(tx, limit, None if before is None else before[0], reason=reason, gateway=gateway)
    return listing(page, _form)


@router.get("/{number}")
def show_quarantined(context: Context, who: Reader, number: RowNumber) -> QuarantineDetail:
    """One of them, with its raw bytes."""
    found = _visible(context, who, number)
    return QuarantineDetail(**_form(found).model_dump(), payload=b64encode(found.suspect.payload).decode())


@router.post("/{number}/replay")
def replay_quarantined(context: Context, who: Writer, number: RowNumber) -> ReplayAnswer:
    """Try to store it again, after the registry was mended."""
    _visible(context, who, number)
    report = context.replay(number)
    if report.refused == 0:
        with context.database.begin() as tx:
            quarantine.mark_replayed(tx, [number], context.clock.now_ms())
    return ReplayAnswer(**report._asdict())


def _visible(context: Context, who: Principal, number: int) -> Quarantined:
    if who.towns:
        raise NotFound(f"nothing in quarantine under {number}")
    with context.database.read() as tx:
        return quarantine.get(tx, number)


def _form(one: Quarantined) -> QuarantineAnswer:
    suspect = one.suspect
    return QuarantineAnswer(
        id=one.id,
        received=format_time(suspect.received_ms),
        gateway=suspect.gateway,
        topic=suspect.topic,
        reason=suspect.reason,
        detail=suspect.detail,
        source=suspect.source,
        count=one.times,
        bytes=len(suspect.payload),
        replayed=None if one.replayed_ms is None else format_time(one.replayed_ms),
    )

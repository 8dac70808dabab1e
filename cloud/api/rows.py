"""Readings as they go out: JSON by msgspec, because the default encoder takes thirty times as long, CSV or Arrow."""

import csv
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import StringIO
from math import isnan
from typing import Any, Final, TypeVar

import msgspec
from fastapi import Response

from cloud.api import arrow
from cloud.api.question import Format
from cloud.api.times import format_times
from cloud.store.port import Columns
from protocols.vocabulary import reason_names

Row = TypeVar("Row", bound=msgspec.Struct)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ReadingRow(msgspec.Struct, frozen=True):
    """One reading of a known datastream."""

    time: str
    value: float | None
    quality: int
    reasons: list[str]


class NamedReadingRow(ReadingRow, frozen=True):
    """One reading of a twin: it says which datastream."""

    datastream: str
    unit: str


class BucketRow(msgspec.Struct, frozen=True):
    """One bucket; ``time`` is its start, ``quality`` the worst in it, ``count`` how many values went in."""

    time: str
    value: float
    quality: int
    count: int


class NamedBucketRow(BucketRow, frozen=True):
    """One bucket of a twin's observed property."""

    property: str
    unit: str


def readings(columns: Columns) -> list[ReadingRow]:
    """Columns as rows."""
    return [
        ReadingRow(time, None if isnan(value) else value, quality, _reasons(reasons))
        for time, value, quality, reasons in _cells(columns)
    ]


def named_readings(columns: Columns, names: dict[int, tuple[str, str]]) -> list[NamedReadingRow]:
    """Columns as rows.

    :param names: number of the datastream -> its key and unit.
    """
    return [
        NamedReadingRow(time, None if isnan(value) else value, quality, _reasons(reasons), *names[number])
        for (time, value, quality, reasons), number in zip(_cells(columns), columns.datastream.tolist(), strict=True)
    ]


def respond(head: dict[str, Any], rows: Sequence[Row], form: type[Row], following: str | None, how: Format) -> Response:
    """The head's members, then ``items`` and ``next``; as CSV or Arrow the rows, ``next`` in the header ``X-Next``."""
    if how == "json":
        return Response(msgspec.json.encode({**head, "items": rows, "next": following}), media_type="application/json")
    headers = {} if following is None else {"X-Next": following}
    if how == "arrow":
        return Response(arrow.stream(rows, form, head), headers=headers, media_type=arrow.MEDIA_TYPE)
    return Response(_csv(rows, form), headers=headers, media_type="text/csv; charset=utf-8")


def safe_cell(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cells(columns: Columns) -> Iterable[tuple[str, float, int, int]]:
    times, values = format_times(columns.time), columns.value.tolist()
    return zip(times, values, columns.quality.tolist(), columns.reasons.tolist(), strict=True)


@lru_cache(maxsize=4096)
def _reasons(bits: int) -> list[str]:
    return reason_names(bits)


def _csv(rows: Sequence[Row], form: type[Row]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    fields = form.__struct_fields__
    writer.writerow(fields)
    writer.writerows([_cell(getattr(row, field)) for field in fields] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(value)
    return safe_cell(value) if isinstance(value, str) else value

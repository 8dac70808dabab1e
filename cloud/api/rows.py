"""Readings as they go out: JSON by msgspec, because the default encoder takes thirty times as long, CSV or Arrow."""

import csv
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import StringIO
from math import isnan
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from fastapi import Response
from numpy.typing import NDArray

from cloud.api import arrow
from cloud.api.question import Format
from cloud.api.times import format_times, time_texts
from cloud.store.port import Buckets, Columns
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
    value: float | None
    quality: int
    count: int


class NamedBucketRow(BucketRow, frozen=True):
    """One bucket of a twin's observed property."""

    property: str
    unit: str


def readings(columns: Columns) -> list[ReadingRow]:
    """Columns as rows."""
    return [
        ReadingRow(time, none_for_nan(value), quality, _reasons(reasons))
        for time, value, quality, reasons in _cells(columns)
    ]


def buckets(found: Buckets) -> list[BucketRow]:
    """Buckets of one datastream as rows."""
    columns = (found.value.tolist(), found.quality.tolist(), found.values.tolist())
    return [
        BucketRow(time, none_for_nan(value), quality, count)
        for time, value, quality, count in zip(format_times(found.start), *columns, strict=True)
    ]


def readings_json(head: dict[str, Any], columns: Columns, following: str | None) -> Response:
    """As :func:`respond` with :func:`readings`, without making rows of the columns first."""
    return _json(head, columns.time, columns.value, _ends(columns), following)


def buckets_json(head: dict[str, Any], found: Buckets, following: str | None) -> Response:
    """As :func:`respond` with :func:`buckets`, likewise."""
    pairs = zip(found.quality.tolist(), found.values.tolist(), strict=True)
    ends = [b',"quality":%d,"count":%d}' % pair for pair in pairs]
    return _json(head, found.start, found.value, ends, following)


def _ends(columns: Columns) -> bytes | list[bytes]:
    """What stands behind the value of each reading; one for all where it is the same."""
    quality, reasons = columns.quality, columns.reasons
    if len(quality) and (quality == quality[0]).all() and (reasons == reasons[0]).all():
        return _end(int(quality[0]), int(reasons[0]))
    return [_end(flag, bits) for flag, bits in zip(quality.tolist(), reasons.tolist(), strict=True)]


@lru_cache(maxsize=4096)
def _end(quality: int, reasons: int) -> bytes:
    return b',"quality":%d,"reasons":%b}' % (quality, msgspec.json.encode(reason_names(reasons)))


def _json(
    head: dict[str, Any],
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    ends: bytes | list[bytes],
    following: str | None,
) -> Response:
    numbers = msgspec.json.encode(values.tolist())[1:-1].split(b",")  # NaN becomes null
    end, others = (ends, None) if isinstance(ends, bytes) else (b"", ends)
    each = 2 if others is None else 3
    pieces = [b""] * (each * len(times))
    if pieces:
        before = b'%b,{"time":"' % end
        pieces[0::each] = time_texts(times, before, b'Z","value":')
        pieces[1::each] = numbers
        if others is not None:
            pieces[2::each] = others
        pieces[0] = pieces[0][len(end) + 1 :]
        pieces.append(end)
    body = b'%b,"items":[%b],"next":%b}' % (
        msgspec.json.encode(head)[:-1],
        b"".join(pieces),
        msgspec.json.encode(following),
    )
    return Response(body, media_type="application/json")


def named_readings(columns: Columns, names: dict[int, tuple[str, str]]) -> list[NamedReadingRow]:
    """Columns as rows.

    :param names: number of the datastream -> its key and unit.
    """
    return [
        NamedReadingRow(time, none_for_nan(value), quality, _reasons(reasons), *names[number])
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


def none_for_nan(value: float) -> float | None:
    """NaN is no JSON."""
    return None if isnan(value) else value


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

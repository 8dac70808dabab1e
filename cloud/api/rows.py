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
from cloud.api.spliced import Part, counts, numbers, spliced
from cloud.api.times import FEW, format_times, time_parts
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
    return _json(head, columns.time, columns.value, [_ends(columns)], following)


def buckets_json(head: dict[str, Any], found: Buckets, following: str | None) -> Response:
    """As :func:`respond` with :func:`buckets`, likewise."""
    if len(found.start) <= FEW:
        return respond(head, buckets(found), BucketRow, following, "json")
    ends: list[Part] = [b',"quality":', counts(found.quality), b',"count":', counts(found.values), b"}"]
    return _json(head, found.start, found.value, ends, following)


def _ends(columns: Columns) -> Part:
    """What stands behind the value of each reading; one for all where it is the same."""
    quality, reasons = columns.quality, columns.reasons
    if len(quality) and (quality == quality[0]).all() and (reasons == reasons[0]).all():
        return _end(int(quality[0]), int(reasons[0]))
    both = (reasons.astype(np.int64) << 8) | quality
    some, which = np.unique(both, return_inverse=True)
    return np.array([_end(one & 0xFF, one >> 8) for one in some.tolist()], np.bytes_)[which]


@lru_cache(maxsize=4096)
def _end(quality: int, reasons: int) -> bytes:
    return b',"quality":%d,"reasons":%b}' % (quality, msgspec.json.encode(reason_names(reasons)))


def _json(
    head: dict[str, Any],
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    ends: Sequence[Part],
    following: str | None,
) -> Response:
    parts = [b',{"time":"', *time_parts(times), b'Z","value":', *numbers(values), *ends]
    items = spliced(parts, len(times))[1:]
    body = b'%b,"items":[%b],"next":%b}' % (msgspec.json.encode(head)[:-1], items, msgspec.json.encode(following))
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

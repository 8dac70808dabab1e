"""Answers that are rows: readings or buckets as JSON, by row or by column, CSV or Arrow; in one piece or streamed."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np
import orjson
from fastapi import Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray

from cloud.api import arrow
from cloud.api.question import Format
from cloud.api.rows import reasons_of
from cloud.api.spliced import Part, counts, numbers, spliced
from cloud.api.times import FEW, format_times, time_parts
from cloud.store.port import Buckets, Columns

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_encoded: Final = msgspec.json.encode
_CSV: Final = "text/csv; charset=utf-8"
_JSON: Final = "application/json"


class Named(NamedTuple):
    """A text for each row, of few."""

    texts: list[str]
    which: NDArray[np.integer[Any]]
    """Of each row, which of the texts; shape (n,)."""


class Table(NamedTuple):
    """n rows, of which each has a time, a value and its quality, and reasons or a count, and perhaps names."""

    time: NDArray[np.int64]
    """Ms UTC; of buckets where they begin."""
    value: NDArray[np.float64]
    """NaN: none."""
    quality: NDArray[np.uint8]
    kind: Literal["reasons", "count"]
    """What ``marks`` are: the reasons' bits of readings, or how many values went into a bucket."""
    marks: NDArray[np.integer[Any]]
    names: Mapping[str, Named]
    """What comes behind them, by the name of the column."""

    @property
    def columns(self) -> list[str]:
        """Their names, in order."""
        return ["time", "value", "quality", self.kind, *self.names]


def of_readings(columns: Columns, names: Mapping[int, tuple[str, str]] | None = None) -> Table:
    """Readings.

    :param names: number of the datastream -> its key and unit, to be told of each.
    """
    named: dict[str, Named] = {}
    if names is not None:
        some, which = np.unique(columns.datastream, return_inverse=True)
        for place, name in enumerate(("datastream", "unit")):
            named[name] = Named([names[number][place] for number in some.tolist()], which)
    return Table(columns.time, columns.value, columns.quality, "reasons", columns.reasons, named)


def of_buckets(found: Buckets, names: Mapping[str, Named] | None = None) -> Table:
    """Buckets."""
    return Table(found.start, found.value, found.quality, "count", found.values, names or {})


def respond(head: Mapping[str, object], table: Table, following: str | None, how: Format) -> Response:
    """JSON: the head's members, then ``items`` or ``columns``, and ``next``.

    CSV or Arrow: rows, ``next`` in the header ``X-Next``.
    """
    if how == "columns":
        body = orjson.dumps({**head, "columns": _columns(table), "next": following}, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(body, media_type=_JSON)
    if how == "json":
        told = msgspec.json.encode(head)[:-1], _json(table), msgspec.json.encode(following)
        return Response(b'%b,"items":[%b],"next":%b}' % told, media_type=_JSON)
    headers = {} if following is None else {"X-Next": following}
    return Response(b"".join(_pieces(head, [table], how)), headers=headers, media_type=_media_type(how))


def streamed(head: Mapping[str, object], tables: Iterator[Table], how: Format) -> Response:
    """CSV or Arrow, a table at a time; they are asked for in a thread, as fast as they are taken."""
    first = next(tables)  # what is wrong with the question shows before the answer begins
    return StreamingResponse(_pieces(head, chain([first], tables), how), media_type=_media_type(how))


def safe_cell(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _media_type(how: Format) -> str:
    return arrow.MEDIA_TYPE if how == "arrow" else _CSV


def _pieces(head: Mapping[str, object], tables: Iterable[Table], how: Format) -> Iterator[bytes]:
    if how == "arrow":
        yield from arrow.stream(head, map(_arrow, tables))
        return
    for place, table in enumerate(tables):
        yield _csv(table) if place else _line(table.columns) + _csv(table)


# -- JSON ------------------------------------------------------------------------------------------------------------


def _json(table: Table) -> bytes:
    if len(table.time) <= FEW:
        return msgspec.json.encode(_rows(table))[1:-1]
    parts: list[Part] = [b',{"time":"', *time_parts(table.time), b'Z","value":', *numbers(table.value)]
    if table.kind == "count":
        parts += [b',"quality":', counts(table.quality), b',"count":', counts(table.marks)]
    else:
        pairs, which = _pairs(table)
        parts.append(_told([b',"quality":%d,"reasons":%b' % (q, _encoded(reasons_of(r))) for q, r in pairs], which))
    for name, (texts, which) in table.names.items():
        parts.append(_told([b",%b:%b" % (_encoded(name), _encoded(text)) for text in texts], which))
    return spliced([*parts, b"}"], len(table.time))[1:]


def _rows(table: Table) -> list[dict[str, object]]:
    """For msgspec, which writes NaN and infinity as null."""
    marks: list[Any] = table.marks.tolist()
    if table.kind == "reasons":
        marks = list(map(reasons_of, marks))
    names = [[texts[place] for place in which.tolist()] for texts, which in table.names.values()]
    cells = zip(format_times(table.time), table.value.tolist(), table.quality.tolist(), marks, *names, strict=True)
    columns = table.columns
    return [dict(zip(columns, row, strict=True)) for row in cells]


# -- JSON by column --------------------------------------------------------------------------------------------------


def _columns(table: Table) -> dict[str, object]:
    """For orjson, which writes NaN and infinity as null, and takes no column of one number that has no stride."""
    found: dict[str, object] = {
        "time_ms": np.ascontiguousarray(table.time),
        "value": np.ascontiguousarray(table.value),
        "quality": np.ascontiguousarray(table.quality),
        table.kind: np.ascontiguousarray(table.marks) if table.kind == "count" else _all_reasons(table.marks),
    }
    for name, (texts, which) in table.names.items():
        found[name] = [texts[place] for place in which.tolist()]
    return found


def _all_reasons(marks: NDArray[np.integer[Any]]) -> object:
    if len(marks) and not marks.any():
        return orjson.Fragment(b"[[]" + b",[]" * (len(marks) - 1) + b"]")
    return list(map(reasons_of, marks.tolist()))


# -- CSV -------------------------------------------------------------------------------------------------------------


def _csv(table: Table) -> bytes:
    parts: list[Part] = [*time_parts(table.time), b"Z,", *numbers(table.value, none=b""), b","]
    if table.kind == "count":
        parts += [counts(table.quality), b",", counts(table.marks)]
    else:
        pairs, which = _pairs(table)
        parts.append(_told([b"%d,%b" % (q, " ".join(reasons_of(r)).encode()) for q, r in pairs], which))
    for texts, which in table.names.values():
        parts.append(_told([b"," + _line([safe_cell(text)])[:-2] for text in texts], which))
    return spliced([*parts, b"\r\n"], len(table.time))


def _line(cells: list[str]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


# -- Arrow -----------------------------------------------------------------------------------------------------------


def _arrow(table: Table) -> dict[str, Any]:
    found = {
        "time": arrow.times(table.time),
        "value": arrow.floats(table.value),
        "quality": arrow.small_numbers(table.quality),
    }
    if table.kind == "count":
        found["count"] = arrow.counts(table.marks)
    else:
        some, which = np.unique(table.marks, return_inverse=True)
        found["reasons"] = arrow.text_lists([reasons_of(bits) for bits in some.tolist()], which)
    for name, (texts, which) in table.names.items():
        found[name] = arrow.texts([texts[place] for place in which.tolist()])
    return found


# -- what all have ---------------------------------------------------------------------------------------------------


def _pairs(table: Table) -> tuple[list[tuple[int, int]], NDArray[np.integer[Any]]]:
    """The pairs of quality and reasons that there are, and which of them each row has."""
    quality, marks = table.quality, table.marks
    if len(quality) and (quality == quality[0]).all() and (marks == marks[0]).all():
        return [(int(quality[0]), int(marks[0]))], np.zeros(1, np.intp)
    some, which = np.unique((marks.astype(np.int64) << 8) | quality, return_inverse=True)
    return [(one & 0xFF, one >> 8) for one in some.tolist()], which


def _told(texts: list[bytes], which: NDArray[np.integer[Any]]) -> Part:
    return texts[0] if len(texts) == 1 else np.array(texts, np.bytes_)[which]

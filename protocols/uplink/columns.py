"""Body bytes to numpy columns, for ingest (docs/uplink.md §3)."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.uplink.scales import RAW
from protocols.uplink.table import decode_table
from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.identity import Point
from protocols.vocabulary.quality import Quality

_SCALE = np.ones(256)
_SCALE[:10] = [10**digits for digits in range(10)]
_INTEGER: dict[int, np.dtype[Any]] = {1: np.dtype("i1"), 2: np.dtype("<i2"), 4: np.dtype("<i4"), 8: np.dtype("<i8")}
_U1, _U2, _U4 = np.dtype("u1"), np.dtype("<u2"), np.dtype("<u4")
_F8, _INTP = np.dtype("<f8"), np.dtype(np.intp)
_MAX_DECIMALS = 9
_QUALITIES = np.zeros(256, bool)
_QUALITIES[[int(q) for q in Quality]] = True


class Decoded(NamedTuple):
    """The n readings of a body as columns, ordered by point."""

    table: bytes
    """The table's bytes: equal bytes mean equal points, so what they resolve to may be remembered."""
    counts: NDArray[np.intp]
    """Readings per point, shape (points,); they follow one another."""
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    """NaN where the quality is MISSING."""
    quality: NDArray[np.uint8]
    reasons: NDArray[np.uint32]

    def points(self) -> tuple[Point, ...]:
        """The table read and checked.

        :raises ProtocolError: it is malformed.
        """
        return decode_table(self.table)


class _Cursor:
    """Reads the columns one after the other; any lack of bytes is a ProtocolError."""

    __slots__ = ("body", "offset")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.offset = 0

    def take(self, length: int) -> int:
        start = self.offset
        self.offset = start + length
        if length < 0 or self.offset > len(self.body):
            raise ProtocolError(f"body of {len(self.body)} bytes ends within a column at {start}", self.body)
        return start

    def byte(self) -> int:
        """One unsigned byte."""
        return self.body[self.take(1)]

    def number(self, length: int, *, signed: bool = False) -> int:
        start = self.take(length)
        return int.from_bytes(self.body[start : self.offset], "little", signed=signed)

    def column(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Undo the byte planes: shape (count,)."""
        width = dtype.itemsize
        start = self.take(count * width)
        if width == 1:
            return np.frombuffer(self.body, dtype, count, start)
        flat = np.frombuffer(self.body, np.uint8, count * width, start)
        return np.ascontiguousarray(flat.reshape(width, count).T).view(dtype).reshape(count)

    def integers(self, count: int) -> NDArray[Any] | None:
        """A column of signed integers of the width that stands before it; None when all are 0."""
        width = self.byte()
        if width == 0:
            return None
        if width not in _INTEGER:
            raise ProtocolError(f"column width {width}: expected 0, 1, 2, 4 or 8", self.body)
        return self.column(count, _INTEGER[width])


@lru_cache(maxsize=512)
def _constant(value: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The same array for every envelope that needs it, so it cannot be written to."""
    column = np.full(count, value, dtype)
    column.setflags(write=False)
    return column


def decode(body: bytes, count: int) -> Decoded:
    """Decode a body of ``count`` readings; columns that hold one value only are shared and read-only.

    :raises ProtocolError: columns and count do not agree, a quality is unknown, or bytes are left over.
    """
    cursor = _Cursor(body)
    table_length = cursor.number(4)
    start = cursor.take(table_length)
    table = body[start : start + table_length]
    points = len(decode_table(table))
    counts, each = _counts(cursor, points)
    total = points * each if each else int(counts.sum())
    if points == 0 or total != count or not (each or counts.all()):
        raise ProtocolError(f"{total} readings of {points} points: the header says {count}", body)
    value = _values(cursor, counts, each, count)
    base = cursor.number(8, signed=True)
    offsets = cursor.integers(count)
    time = np.full(count, base, np.int64) if offsets is None else offsets.astype(np.int64)
    if offsets is not None:
        time += base
    quality, same = _constant_or(cursor, count, _U1)
    reasons, _ = _constant_or(cursor, count, _U4)
    if cursor.offset != len(body):
        raise ProtocolError(f"{len(body) - cursor.offset} bytes behind the last column", body)
    told = quality[:1] if same else quality
    if not _QUALITIES[told].all():
        raise ProtocolError("a quality that QARTOD does not know", body)
    missing = told == Quality.MISSING
    if missing.any():
        value[... if same else missing] = np.nan
    return Decoded(table, counts, time, value, quality, reasons)


def _counts(cursor: _Cursor, points: int) -> tuple[NDArray[np.intp], int]:
    """Readings per point, and how many each has when all have the same number; 0 when they differ."""
    mode = cursor.byte()
    if mode == 0:
        each = cursor.number(2)
        return _constant(each, points, _INTP), each
    if mode != 1:
        raise ProtocolError(f"counts of mode {mode}", cursor.body)
    return cursor.column(points, _U2).astype(np.intp), 0


def _values(cursor: _Cursor, counts: NDArray[np.intp], each: int, count: int) -> NDArray[np.float64]:
    points = len(counts)
    decimals = np.frombuffer(cursor.body, np.uint8, points, cursor.take(points))
    some_raw = int(decimals.max()) > _MAX_DECIMALS
    if some_raw and (decimals[decimals != RAW] > _MAX_DECIMALS).any():
        raise ProtocolError("more than 9 decimals", cursor.body)
    firsts, deltas = cursor.integers(points), cursor.integers(count)
    value = _alike(firsts, deltas, decimals, each) if each else _unlike(firsts, deltas, decimals, counts)
    if some_raw:
        rows = np.repeat(decimals == RAW, counts)
        value[rows] = cursor.column(int(rows.sum()), _F8)
    return value


def _alike(
    firsts: NDArray[Any] | None, deltas: NDArray[Any] | None, decimals: NDArray[np.uint8], each: int
) -> NDArray[np.float64]:
    """All points have ``each`` readings: one row a point."""
    points = len(decimals)
    if deltas is None:
        integers = np.zeros((points, each), np.int64)
        if firsts is not None:
            integers += firsts[:, None]
    else:
        integers = deltas.reshape(points, each).astype(np.int64)
        integers[:, 0] = 0 if firsts is None else firsts
        np.cumsum(integers, axis=1, out=integers)
    value: NDArray[np.float64] = integers / _SCALE[decimals][:, None]
    return value.reshape(points * each)


def _unlike(
    firsts: NDArray[Any] | None, deltas: NDArray[Any] | None, decimals: NDArray[np.uint8], counts: NDArray[np.intp]
) -> NDArray[np.float64]:
    """One sum over all deltas, which is put right at the first reading of each point."""
    count = int(counts.sum())
    integers = np.zeros(count, np.int64) if deltas is None else np.cumsum(deltas, dtype=np.int64)
    starts = np.cumsum(counts) - counts
    integers += np.repeat((0 if firsts is None else firsts.astype(np.int64)) - integers[starts], counts)
    value: NDArray[np.float64] = integers / np.repeat(_SCALE[decimals], counts)
    return value


def _constant_or(cursor: _Cursor, count: int, dtype: np.dtype[Any]) -> tuple[NDArray[Any], bool]:
    """A column, and whether it holds one value only."""
    mode = cursor.byte()
    if mode == 0:
        return _constant(cursor.number(dtype.itemsize), count, dtype), True
    if mode != 1:
        raise ProtocolError(f"column of mode {mode}: expected 0 or 1", cursor.body)
    return cursor.column(count, dtype), False

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
    each: int
    """Readings of every point when all have the same number; 0 when they differ."""
    finite: bool
    """No value is infinite or NaN."""

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
        whole = np.empty((count, width), np.uint8)
        for plane in range(width):  # one by one is three times as fast as transposing
            whole[:, plane] = flat[plane * count : (plane + 1) * count]
        return whole.view(dtype).reshape(count)

    def integers(self, count: int) -> NDArray[Any] | None:
        """A column of signed integers of the width that stands before it; None when all are 0."""
        width = self.number(1)
        if width == 0:
            return None
        if width not in _INTEGER:
            raise ProtocolError(f"column width {width}: expected 0, 1, 2, 4 or 8", self.body)
        return self.column(count, _INTEGER[width])


@lru_cache(maxsize=128)
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
    value, finite = _values(cursor, counts, each, count)
    base = cursor.number(8, signed=True)
    offsets = cursor.integers(count)
    time = np.full(count, base, np.int64) if offsets is None else offsets.astype(np.int64)
    if offsets is not None:
        time += base
    quality, same = _constant_or(cursor, count, _U1)
    reasons, _ = _constant_or(cursor, count, _U4)
    if cursor.offset != len(body):
        raise ProtocolError(f"{len(body) - cursor.offset} bytes behind the last column", body)
    if not (_QUALITIES[quality[0]] if same else _QUALITIES[quality].all()):
        raise ProtocolError("a quality that QARTOD does not know", body)
    missing = quality[0] == Quality.MISSING if same else quality == Quality.MISSING
    if missing if same else missing.any():
        value[... if same else missing] = np.nan
        finite = False
    return Decoded(table, counts, time, value, quality, reasons, each, finite)


def _counts(cursor: _Cursor, points: int) -> tuple[NDArray[np.intp], int]:
    """Readings per point, and how many each has when all have the same number; 0 when they differ."""
    mode = cursor.number(1)
    if mode == 0:
        each = cursor.number(2)
        return _constant(each, points, _INTP), each
    if mode != 1:
        raise ProtocolError(f"counts of mode {mode}", cursor.body)
    return cursor.column(points, _U2).astype(np.intp), 0


def _values(cursor: _Cursor, counts: NDArray[np.intp], each: int, count: int) -> tuple[NDArray[np.float64], bool]:
    """The values, and whether all of them are finite."""
    points = len(counts)
    start = cursor.take(points)
    told = cursor.body[start : start + points]
    divisor, raw = _scales(told, each)
    if divisor is None:
        raise ProtocolError("more than 9 decimals", cursor.body)
    firsts, deltas = cursor.integers(points), cursor.integers(count)
    integers = np.zeros(count, np.int64) if deltas is None else deltas.cumsum(dtype=np.int64)
    if each:
        rows = integers.reshape(points, each)
        rows += ((0 if firsts is None else firsts) - rows[:, 0])[:, None]
    else:
        integers += np.repeat((0 if firsts is None else firsts) - integers[counts.cumsum() - counts], counts)
        divisor = np.repeat(divisor, counts)
    value: NDArray[np.float64] = integers / divisor
    if not raw:
        return value, True
    kept = np.repeat(np.frombuffer(told, np.uint8) == RAW, counts)
    value[kept] = cursor.column(int(kept.sum()), _F8)
    return value, bool(np.isfinite(value).all())


@lru_cache(maxsize=128)
def _scales(decimals: bytes, each: int) -> tuple[NDArray[np.float64] | None, bool]:
    """What the whole numbers are divided by, ``each`` times for every point (0: once), and whether some are RAW.

    None: there is one with more than nine decimals.
    """
    told = np.frombuffer(decimals, np.uint8)
    raw = told == RAW
    if (told[~raw] > _MAX_DECIMALS).any():
        return None, False
    divisor = np.repeat(_SCALE[told], each or 1)
    divisor.setflags(write=False)
    return divisor, bool(raw.any())


def _constant_or(cursor: _Cursor, count: int, dtype: np.dtype[Any]) -> tuple[NDArray[Any], bool]:
    """A column, and whether it holds one value only."""
    mode = cursor.number(1)
    if mode == 0:
        return _constant(cursor.number(dtype.itemsize), count, dtype), True
    if mode != 1:
        raise ProtocolError(f"column of mode {mode}: expected 0 or 1", cursor.body)
    return cursor.column(count, dtype), False

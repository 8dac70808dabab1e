"""Body bytes to numpy columns, for ingest (docs/uplink.md §3)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.uplink.body import RAW
from protocols.uplink.table import decode_table
from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.identity import Point
from protocols.vocabulary.quality import Quality

_SCALE = np.ones(256)
_SCALE[:10] = [10**digits for digits in range(10)]
_INTEGER: dict[int, np.dtype[Any]] = {1: np.dtype("i1"), 2: np.dtype("<i2"), 4: np.dtype("<i4"), 8: np.dtype("<i8")}
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

    def number(self, length: int, *, signed: bool = False) -> int:
        start = self.take(length)
        return int.from_bytes(self.body[start : self.offset], "little", signed=signed)

    def column(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Undo the byte planes: shape (count,)."""
        width = dtype.itemsize
        flat = np.frombuffer(self.body, np.uint8, count * width, self.take(count * width))
        if width == 1:
            return flat.view(dtype)
        return np.ascontiguousarray(flat.reshape(width, count).T).view(dtype).reshape(count)

    def integers(self, count: int) -> NDArray[np.int64] | None:
        """A column of signed integers of the width that stands before it; None when all are 0."""
        width = self.number(1)
        if width == 0:
            return None
        if width not in _INTEGER:
            raise ProtocolError(f"column width {width}: expected 0, 1, 2, 4 or 8", self.body)
        return self.column(count, _INTEGER[width]).astype(np.int64)


def decode(body: bytes, count: int) -> Decoded:
    """Decode a body of ``count`` readings.

    :raises ProtocolError: columns and count do not agree, a quality is unknown, or bytes are left over.
    """
    cursor = _Cursor(body)
    table_length = cursor.number(4)
    start = cursor.take(table_length)
    table = body[start : start + table_length]
    points = len(decode_table(table))
    counts = _counts(cursor, points)
    if points == 0 or int(counts.sum()) != count or not counts.all():
        raise ProtocolError(f"{int(counts.sum())} readings of {points} points: the header says {count}", body)
    value = _values(cursor, points, counts, count)
    time = np.full(count, cursor.number(8, signed=True), np.int64)
    offsets = cursor.integers(count)
    if offsets is not None:
        time += offsets
    quality = _constant_or(cursor, count, np.dtype("u1"))
    reasons = _constant_or(cursor, count, np.dtype("<u4"))
    if cursor.offset != len(body):
        raise ProtocolError(f"{len(body) - cursor.offset} bytes behind the last column", body)
    if not _QUALITIES[quality].all():
        raise ProtocolError("a quality that QARTOD does not know", body)
    missing = quality == Quality.MISSING
    if missing.any():
        value[missing] = np.nan
    return Decoded(table, counts, time, value, quality, reasons)


def _counts(cursor: _Cursor, points: int) -> NDArray[np.intp]:
    mode = cursor.number(1)
    if mode == 0:
        return np.full(points, cursor.number(2), np.intp)
    if mode != 1:
        raise ProtocolError(f"counts of mode {mode}", cursor.body)
    return cursor.column(points, np.dtype("<u2")).astype(np.intp)


def _values(cursor: _Cursor, points: int, counts: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    decimals = np.frombuffer(cursor.body, np.uint8, points, cursor.take(points))
    raw = decimals == RAW
    if (decimals[~raw] > 9).any():
        raise ProtocolError("more than 9 decimals", cursor.body)
    firsts = cursor.integers(points)
    deltas = cursor.integers(count)
    integers = np.zeros(count, np.int64) if deltas is None else np.cumsum(deltas)
    if firsts is not None or deltas is not None:
        starts = np.cumsum(counts) - counts
        shift = -integers[starts] if firsts is None else firsts - integers[starts]
        integers += np.repeat(shift, counts)
    scale = _SCALE[decimals]
    value: NDArray[np.float64] = integers / np.repeat(scale, counts)
    if raw.any():
        rows = np.repeat(raw, counts)
        value[rows] = cursor.column(int(rows.sum()), np.dtype("<f8"))
    return value


def _constant_or(cursor: _Cursor, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    mode = cursor.number(1)
    if mode == 0:
        return np.full(count, cursor.number(dtype.itemsize), dtype)
    if mode != 1:
        raise ProtocolError(f"column of mode {mode}: expected 0 or 1", cursor.body)
    return cursor.column(count, dtype)

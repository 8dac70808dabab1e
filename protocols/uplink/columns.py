"""Body bytes to numpy columns, for ingest (docs/uplink.md §3); bodies of one layout are decoded as if they were one."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, chain
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
_F8, _I8, _INTP = np.dtype("<f8"), np.dtype("<i8"), np.dtype(np.intp)
_MAX_DECIMALS = 9
_REMEMBERED = 1 << 15
"""Rows of a column that is made once: 128 of 8 bytes each are 34 MB."""
_QUALITIES = np.zeros(256, bool)
_QUALITIES[[int(q) for q in Quality]] = True


class Scales(NamedTuple):
    """What a body's decimals mean, by point."""

    decimals: bytes
    divisor: NDArray[np.float64]
    raw: NDArray[np.bool_]
    any_raw: bool


class Layout(NamedTuple):
    """How the columns of a body are written; bodies that have this in common can be decoded as one."""

    each: int
    """Readings of every point when all have the same number; 0 when they differ."""
    firsts: int
    """Bytes of each integer; 0: all are 0."""
    deltas: int
    offsets: int
    quality: int
    """0, one value for all; 1, a column."""
    reasons: int


class Body(NamedTuple):
    """A body of readings in its parts; what the columns hold has not been looked at."""

    table: bytes
    """Equal bytes mean equal points, so what they resolve to may be remembered."""
    points: tuple[Point, ...]
    readings: int
    layout: Layout
    counts: NDArray[np.intp]
    """Readings per point."""
    scales: Scales
    firsts: bytes
    deltas: bytes
    raw: bytes
    base: bytes
    offsets: bytes
    quality: bytes
    reasons: bytes


class Decoded(NamedTuple):
    """The n readings of some bodies as columns, those of one body behind those of another, ordered by point in each."""

    bodies: Sequence[Body]
    counts: NDArray[np.intp]
    """Readings per point, shape (points of all bodies,); they follow one another."""
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
        """Of every count."""
        return tuple(chain.from_iterable(body.points for body in self.bodies))


class _Cursor:
    """Reads the parts one after the other; any lack of bytes is a ProtocolError."""

    __slots__ = ("body", "offset")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.offset = 0

    def take(self, length: int) -> bytes:
        start = self.offset
        self.offset = start + length
        if self.offset > len(self.body):
            raise ProtocolError(f"body of {len(self.body)} bytes ends within a column at {start}", self.body)
        return self.body[start : self.offset]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "little")

    def integers(self, count: int) -> tuple[int, bytes]:
        """Width and bytes of a column of signed integers."""
        width = self.number(1)
        if width and width not in _INTEGER:
            raise ProtocolError(f"column width {width}: expected 0, 1, 2, 4 or 8", self.body)
        return width, self.take(count * width)

    def constant_or(self, count: int, width: int) -> tuple[int, bytes]:
        """Mode and bytes of a column, or of the one value that all have."""
        mode = self.number(1)
        if mode > 1:
            raise ProtocolError(f"column of mode {mode}: expected 0 or 1", self.body)
        return mode, self.take(count * width if mode else width)


def read_body(data: bytes, readings: int) -> Body:
    """The parts of a body of so many readings.

    :raises ProtocolError: table, columns and number do not agree, or bytes are left over.
    """
    cursor = _Cursor(data)
    table = cursor.take(cursor.number(4))
    points = decode_table(table)
    mode, told = cursor.constant_or(len(points), 2)
    each = 0 if mode else int.from_bytes(told, "little")
    counts = _column([told], _U2).astype(np.intp) if mode else _constant(each, len(points), _INTP)
    total = each * len(points) if each else int(counts.sum())
    if not points or total != readings or not (each or counts.all()):
        raise ProtocolError(f"{total} readings of {len(points)} points: the header says {readings}", data)
    scales = _scales(cursor.take(len(points)))
    if scales is None:
        raise ProtocolError("more than 9 decimals", data)
    firsts, deltas = cursor.integers(len(points)), cursor.integers(readings)
    raw = cursor.take(8 * int(counts[scales.raw].sum()) if scales.any_raw else 0)
    base = cursor.take(8)
    offsets, quality, reasons = (
        cursor.integers(readings),
        cursor.constant_or(readings, 1),
        cursor.constant_or(readings, 4),
    )
    if cursor.offset != len(data):
        raise ProtocolError(f"{len(data) - cursor.offset} bytes behind the last column", data)
    layout = Layout(each, firsts[0], deltas[0], offsets[0], quality[0], reasons[0])
    return Body(
        table, points, readings, layout, counts, scales,
        firsts[1], deltas[1], raw, base, offsets[1], quality[1], reasons[1],
    )  # fmt: skip


def decode(data: bytes, count: int) -> Decoded:
    """Decode one body of ``count`` readings.

    :raises ProtocolError: it is malformed, or a quality is unknown.
    """
    return decode_alike([read_body(data, count)])


def decode_alike(bodies: Sequence[Body]) -> Decoded:
    """Decode bodies of one layout, at least one; columns that hold one value only may be shared and read-only.

    :raises ProtocolError: a quality is unknown; nobody says of which body.
    """
    layout = bodies[0].layout
    counts = _joined([one.counts for one in bodies])
    readings = [one.readings for one in bodies]
    value, finite = _values(bodies, counts)
    time = np.repeat(np.frombuffer(b"".join([one.base for one in bodies]), _I8), readings)
    if layout.offsets:
        time += _column([one.offsets for one in bodies], _INTEGER[layout.offsets])
    quality, same = _constant_or([one.quality for one in bodies], layout.quality, readings, _U1)
    reasons, _ = _constant_or([one.reasons for one in bodies], layout.reasons, readings, _U4)
    if not (_QUALITIES[quality[0]] if same else _QUALITIES[quality].all()):
        raise ProtocolError("a quality that QARTOD does not know")
    missing = quality[0] == Quality.MISSING if same else quality == Quality.MISSING
    if missing if same else missing.any():
        value[... if same else missing] = np.nan
        finite = False
    return Decoded(bodies, counts, time, value, quality, reasons, layout.each, finite)


def _values(bodies: Sequence[Body], counts: NDArray[np.intp]) -> tuple[NDArray[np.float64], bool]:
    """The values, and whether all of them are finite."""
    layout, scales = bodies[0].layout, [one.scales for one in bodies]
    firsts: NDArray[Any] | int = 0
    if layout.firsts:
        firsts = _column([one.firsts for one in bodies], _INTEGER[layout.firsts])
    if layout.deltas:
        deltas = _column([one.deltas for one in bodies], _INTEGER[layout.deltas])
        integers = deltas.cumsum(dtype=np.int64)
    else:
        integers = np.zeros(sum(one.readings for one in bodies), np.int64)
    if layout.each:
        rows = integers.reshape(-1, layout.each)
        rows += (firsts - rows[:, 0])[:, None]
        divisor = _joined([_divisors(one.decimals, layout.each) for one in scales])
    else:
        integers += np.repeat(firsts - integers[counts.cumsum() - counts], counts)
        divisor = np.repeat(_joined([one.divisor for one in scales]), counts)
    value: NDArray[np.float64] = integers / divisor
    if not any(one.any_raw for one in scales):
        return value, True
    kept = np.repeat(_joined([one.raw for one in scales]), counts)
    value[kept] = _column([one.raw for one in bodies], _F8)
    return value, bool(np.isfinite(value).all())


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _column(parts: Sequence[bytes], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Undo the byte planes of columns and join them."""
    width, joined = dtype.itemsize, b"".join(parts)
    if width == 1:
        return np.frombuffer(joined, dtype)
    flat, whole = np.frombuffer(joined, np.uint8), np.empty(len(joined), np.uint8)
    lengths = [len(part) for part in parts]
    if lengths.count(lengths[0]) == len(lengths):
        spans = [(len(parts), slice(None))]
    else:
        ends = list(accumulate(lengths))
        spans = [(1, slice(end - length, end)) for end, length in zip(ends, lengths, strict=True)]
    for number, span in spans:
        planes, numbers = flat[span].reshape(number, width, -1), whole[span].reshape(number, -1, width)
        for plane in range(width):  # one by one is three times as fast as transposing
            numbers[:, :, plane] = planes[:, plane]
    return whole.view(dtype)


def _constant(value: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Not to be written to: up to a length it is the same array for all who need it."""
    return np.full(count, value, dtype) if count > _REMEMBERED else _remembered(value, count, dtype)


@lru_cache(maxsize=128)
def _remembered(value: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    column = np.full(count, value, dtype)
    column.setflags(write=False)
    return column


def _constant_or(
    parts: Sequence[bytes], mode: int, readings: Sequence[int], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], bool]:
    """A column, and whether it holds one value only."""
    if mode:
        return _column(parts, dtype), False
    if parts.count(parts[0]) == len(parts):
        return _constant(int.from_bytes(parts[0], "little"), sum(readings), dtype), True
    return np.repeat(np.frombuffer(b"".join(parts), dtype), readings), False


@lru_cache(maxsize=128)
def _scales(decimals: bytes) -> Scales | None:
    """None: there is one with more than nine decimals."""
    told = np.frombuffer(decimals, np.uint8)
    raw = told == RAW
    if (told[~raw] > _MAX_DECIMALS).any():
        return None
    return Scales(decimals, _SCALE[told], raw, bool(raw.any()))


@lru_cache(maxsize=128)
def _divisors(decimals: bytes, each: int) -> NDArray[np.float64]:
    """What the integers of a body are divided by."""
    divisor = np.repeat(_SCALE[np.frombuffer(decimals, np.uint8)], each)
    divisor.setflags(write=False)
    return divisor

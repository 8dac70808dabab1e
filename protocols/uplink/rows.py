"""Body bytes to a Batch without numpy: for tools on a gateway, and the oracle of the numpy decoder's tests."""

import sys
from array import array
from itertools import accumulate, chain, repeat
from math import nan

from protocols.uplink.scales import RAW
from protocols.uplink.table import decode_table
from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.quality import Quality
from protocols.vocabulary.reading import Batch

_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
_HALF = 1 << 63


def _wrapped(number: int) -> int:
    """Sums are made in 64 bits, two's complement: what runs over comes in again at the other end."""
    return (number + _HALF) % (2 * _HALF) - _HALF


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.offset = 0

    def take(self, length: int) -> bytes:
        piece = self.body[self.offset : self.offset + length]
        if len(piece) != length:
            raise ProtocolError(f"body of {len(self.body)} bytes ends within a column at {self.offset}", self.body)
        self.offset += length
        return piece

    def number(self, length: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(length), "little", signed=signed)

    def column(self, code: str, count: int) -> "array[int]":
        numbers = array(code)
        width = numbers.itemsize
        flat = self.take(count * width)
        columns = (flat[k * count : (k + 1) * count] for k in range(width))
        numbers.frombytes(bytes(chain.from_iterable(zip(*columns, strict=True))))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    def integers(self, count: int) -> list[int]:
        width = self.number(1)
        if width == 0:
            return [0] * count
        if width not in _CODES:
            raise ProtocolError(f"column width {width}: expected 0, 1, 2, 4 or 8", self.body)
        return list(self.column(_CODES[width], count))

    def constant_or(self, code: str, count: int) -> "array[int]":
        mode = self.number(1)
        if mode > 1:
            raise ProtocolError(f"column of mode {mode}: expected 0 or 1", self.body)
        return self.column(code, count) if mode else self.column(code, 1) * count


def decode_rows(body: bytes, count: int) -> Batch:
    """The readings of a body, ordered by point.

    :raises ProtocolError: as :func:`protocols.uplink.columns.decode`.
    """
    reader = _Reader(body)
    points = decode_table(reader.take(reader.number(4)))
    counts = reader.constant_or("H", len(points))
    if not points or sum(counts) != count or 0 in counts:
        raise ProtocolError(f"{sum(counts)} readings of {len(points)} points: the header says {count}", body)
    values = _values(reader, list(counts), count)
    base = reader.number(8, signed=True)
    times = array("q", [_wrapped(base + offset) for offset in reader.integers(count)])
    quality, reasons = reader.constant_or("B", count), reader.constant_or("I", count)
    if reader.offset != len(body):
        raise ProtocolError(f"{len(body) - reader.offset} bytes behind the last column", body)
    if not set(quality) <= set(Quality):
        raise ProtocolError("a quality that QARTOD does not know", body)
    values = array("d", [nan if q == Quality.MISSING else v for v, q in zip(values, quality, strict=True)])
    index = array("I", chain.from_iterable(repeat(i, n) for i, n in enumerate(counts)))
    return Batch(points, index, times, values, quality, reasons)


def _values(reader: _Reader, counts: list[int], count: int) -> "array[float]":
    decimals = reader.take(len(counts))
    if any(9 < d < RAW for d in decimals):
        raise ProtocolError("more than 9 decimals", reader.body)
    firsts, deltas = reader.integers(len(counts)), reader.integers(count)
    values: array[float] = array("d")
    raw_rows: list[range] = []
    start = 0
    for first, digits, length in zip(firsts, decimals, counts, strict=True):
        if digits == RAW:
            raw_rows.append(range(start, start + length))
        scale = 1 if digits == RAW else 10**digits
        sums = accumulate(deltas[start + 1 : start + length], initial=first)
        values.extend(float(_wrapped(integer)) / scale for integer in sums)
        start += length
    raw = iter(reader.column("d", sum(map(len, raw_rows))))
    for row in chain.from_iterable(raw_rows):
        values[row] = next(raw)
    return values

"""Readings to body bytes without numpy: scaled integers, deltas, byte planes (docs/uplink.md §3)."""

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, repeat
from math import isfinite
from operator import le, sub
from typing import Final

from protocols.uplink.envelope import MAX_READINGS
from protocols.vocabulary.identity import NeuronId, Point
from protocols.vocabulary.quality import Quality
from protocols.vocabulary.reading import Batch

RAW: Final = 255
"""In place of the decimals: this point's values travel as float64."""
MAX_DECIMALS: Final = 9
_EXACT: Final = 1 << 53
_WIDTHS: Final = ((1, "b", 1 << 7), (2, "h", 1 << 15), (4, "i", 1 << 31), (8, "q", 1 << 63))
_MAX_HINTS: Final = 100_000
_SWAP: Final = sys.byteorder == "big"


def planes(column: "array[int] | array[float]") -> bytes:
    """Little-endian bytes of a column, all lowest bytes first, then all next ones: what hardly changes compresses."""
    if _SWAP:
        column = column[:]
        column.byteswap()
    raw, width = column.tobytes(), column.itemsize
    return raw if width == 1 else b"".join(raw[k::width] for k in range(width))


def _integers(numbers: Sequence[int]) -> bytes:
    """Width code and the narrowest column that holds them; width 0 when all are 0."""
    low, high = min(numbers), max(numbers)
    if low == high == 0:
        return b"\0"
    for width, code, bound in _WIDTHS:
        if -bound <= low and high < bound:
            return bytes((width,)) + planes(array(code, numbers))
    raise OverflowError(f"{low}..{high} does not fit 64 bits")


class BodyEncoder:
    """Turns batches into body bytes; remembers how many decimals each point has, so that it guesses once."""

    def __init__(self) -> None:
        self._decimals: dict[Point, int] = {}
        self._tables: dict[tuple[Point, ...], bytes] = {}

    def encode(self, batches: Sequence[Batch]) -> tuple[bytes, int]:
        """The body and the number of readings in it.

        :raises ValueError: no reading, or more than an envelope may hold.
        """
        points, counts, columns = _by_point(batches)
        if not counts or len(columns[0]) > MAX_READINGS:
            raise ValueError(f"{sum(counts)} readings: an envelope holds 1 to {MAX_READINGS}")
        times, values, quality, reasons = columns
        table = self._table(points)
        value_columns = self._values(points, counts, values, quality)
        uniform = counts.count(counts[0]) == len(counts)
        parts = (
            struct.pack("<I", len(table)),
            table,
            struct.pack("<BH", 0, counts[0]) if uniform else b"\1" + planes(array("H", counts)),
            value_columns,
            _times(times),
            _constant_or("B", quality),
            _constant_or("I", reasons),
        )
        return b"".join(parts), len(times)

    def _table(self, points: tuple[Point, ...]) -> bytes:
        table = self._tables.get(points)
        if table is None:
            if len(self._tables) >= 64:
                self._tables.clear()
            table = self._tables[points] = encode_table(points)
        return table

    def _values(self, points: tuple[Point, ...], counts: list[int], values: list[float], quality: list[int]) -> bytes:
        """Decimals, firsts, deltas and the raw values."""
        raw_values: list[float] = []
        if Quality.MISSING in quality:
            values = [0.0 if q == Quality.MISSING else v for v, q in zip(values, quality, strict=True)]
        decimals = [self._decimals.get(p, 2) for p in points]
        integers = self._scale(points, counts, values, decimals)
        starts = list(accumulate(counts, initial=0))[:-1]
        if RAW in decimals:
            for start, count, digits in zip(starts, counts, decimals, strict=True):
                if digits == RAW:
                    raw_values += values[start : start + count]
        deltas = [0, *map(sub, integers[1:], integers)]
        for start in starts:
            deltas[start] = 0
        firsts = [integers[start] for start in starts]
        return b"".join((bytes(decimals), _integers(firsts), _integers(deltas), planes(array("d", raw_values))))

    def _scale(
        self, points: tuple[Point, ...], counts: list[int], values: list[float], decimals: list[int]
    ) -> list[int]:
        """Integers so that integer / 10**decimals is the value again, bit for bit; corrects ``decimals`` in place."""
        scales = list(chain.from_iterable(repeat(10**d, n) for d, n in zip(decimals, counts, strict=True) if d != RAW))
        if len(scales) == len(values) and all(map(isfinite, values)) and max(map(abs, values)) < _EXACT:
            integers = [round(v * s) for v, s in zip(values, scales, strict=True)]
            if [i / s for i, s in zip(integers, scales, strict=True)] == values and max(map(abs, integers)) < _EXACT:
                return integers
        return self._rescale(points, counts, values, decimals)

    def _rescale(
        self, points: tuple[Point, ...], counts: list[int], values: list[float], decimals: list[int]
    ) -> list[int]:
        """Point by point, when the remembered decimals do not fit any more."""
        if len(self._decimals) > _MAX_HINTS:
            self._decimals.clear()
        integers: list[int] = []
        start = 0
        for index, (point, count) in enumerate(zip(points, counts, strict=True)):
            group = values[start : start + count]
            start += count
            found = _fewest_decimals(group)
            decimals[index], scaled = found or (RAW, [0] * count)
            if found:
                self._decimals[point] = max(found[0], min(self._decimals.get(point, 0), MAX_DECIMALS))
                if self._decimals[point] != found[0] and (again := _scaled(group, self._decimals[point])):
                    decimals[index], scaled = self._decimals[point], again
            integers += scaled
        return integers


def _scaled(values: Sequence[float], decimals: int) -> list[int] | None:
    scale = 10**decimals
    if max(map(abs, values)) * scale >= _EXACT:  # 1e308 * 100 is no number that can be rounded
        return None
    integers = [round(v * scale) for v in values]
    return integers if [i / scale for i in integers] == list(values) else None


def _fewest_decimals(values: Sequence[float]) -> tuple[int, list[int]] | None:
    if not all(map(isfinite, values)):
        return None
    for decimals in range(MAX_DECIMALS + 1):
        integers = _scaled(values, decimals)
        if integers is not None:
            return decimals, integers
    return None


def _by_point(
    batches: Sequence[Batch],
) -> tuple[tuple[Point, ...], list[int], tuple[list[int], list[float], list[int], list[int]]]:
    """One table, readings per point, and the columns (time, value, quality, reasons) ordered by point."""
    table: dict[Point, int] = {}
    index: list[int] = []
    for batch in batches:
        own = [table.setdefault(p, len(table)) for p in batch.points]
        index += [own[i] for i in batch.point]
    times = list(chain.from_iterable(b.time for b in batches))
    values = list(chain.from_iterable(b.value for b in batches))
    quality = list(chain.from_iterable(b.quality for b in batches))
    reasons = list(chain.from_iterable(b.reasons for b in batches))
    if not all(map(le, index, index[1:])):
        order = sorted(range(len(index)), key=index.__getitem__)
        index = [index[i] for i in order]
        times, values = [times[i] for i in order], [values[i] for i in order]
        quality, reasons = [quality[i] for i in order], [reasons[i] for i in order]
    counts = [0] * len(table)
    for i in index:
        counts[i] += 1
    points = tuple(table)
    if 0 in counts:
        points = tuple(p for p, n in zip(points, counts, strict=True) if n)
        counts = [n for n in counts if n]
    return points, counts, (times, values, quality, reasons)


def encode_table(points: Sequence[Point]) -> bytes:
    """Sources, series and the pairs of them that the points are."""
    sources: dict[str, int] = {}
    series: dict[str, int] = {}
    source_index = array("H", [sources.setdefault(p.source, len(sources)) for p in points])
    series_index = array("H", [series.setdefault(p.series, len(series)) for p in points])
    return b"".join(
        (
            struct.pack("<H", len(sources)),
            *map(_source, sources),
            struct.pack("<H", len(series)),
            *(bytes((len(s),)) + s.encode("ascii") for s in series),
            struct.pack("<H", len(points)),
            planes(source_index),
            planes(series_index),
        )
    )


def _source(text: str) -> bytes:
    if text.startswith("nrn-"):
        return b"\0" + int(NeuronId.parse(text)).to_bytes(5, "big")
    encoded = text.encode("ascii")
    return bytes((1, len(encoded))) + encoded


def _times(times: Sequence[int]) -> bytes:
    base = min(times)
    if max(times) - base >> 63:
        base = 0  # so far apart that their distances do not fit, but they themselves do
    return struct.pack("<q", base) + _integers([t - base for t in times])


def _constant_or(code: str, column: Iterable[int]) -> bytes:
    numbers = array(code, column)
    if numbers.count(numbers[0]) == len(numbers):
        return b"\0" + planes(numbers[:1])
    return b"\1" + planes(numbers)

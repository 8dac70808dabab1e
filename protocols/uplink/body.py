"""Readings to body bytes without numpy: scaled integers, deltas, byte planes (docs/uplink.md §3)."""

import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, repeat
from math import isfinite
from operator import le, sub
from typing import Final, NamedTuple

from protocols.uplink import parts
from protocols.uplink.envelope import MAX_READINGS
from protocols.uplink.polls import Polls
from protocols.uplink.scales import EXACT, MAX_DECIMALS, RAW, fewest_decimals
from protocols.vocabulary.identity import Point
from protocols.vocabulary.quality import Quality
from protocols.vocabulary.reading import Batch

_MAX_HINTS: Final = 100_000


class _Ordered(NamedTuple):
    """Readings ordered by point."""

    points: tuple[Point, ...]
    counts: list[int]
    """Of each point."""
    times: list[int]
    values: list[float]
    quality: list[int]
    reasons: list[int]


class BodyEncoder:
    """Turns batches into body bytes; remembers how many decimals each point has, so that it guesses once."""

    def __init__(self) -> None:
        self._polls = Polls()
        self._decimals: dict[Point, int] = {}

    def encode(self, batches: Sequence[Batch]) -> tuple[bytes, int]:
        """The body and the number of readings in it.

        :raises ValueError: no reading, or more than an envelope may hold.
        """
        return self._polls.encode(batches) or self._encode(_by_point(batches))

    def _encode(self, readings: _Ordered) -> tuple[bytes, int]:
        count = len(readings.times)
        if not 0 < count <= MAX_READINGS:
            raise ValueError(f"{count} readings: an envelope holds 1 to {MAX_READINGS}")
        table = _table(readings.points)
        counts = readings.counts
        uniform = counts.count(counts[0]) == len(counts)
        body = (
            struct.pack("<I", len(table)),
            table,
            struct.pack("<BH", 0, counts[0]) if uniform else b"\1" + parts.planes(array("H", counts)),
            self._values(readings),
            parts.times(readings.times),
            parts.constant_or_column("B", readings.quality),
            parts.constant_or_column("I", readings.reasons),
        )
        return b"".join(body), count

    def _values(self, readings: _Ordered) -> bytes:
        """Decimals, firsts, deltas and the raw values."""
        counts, values = readings.counts, readings.values
        if Quality.MISSING in readings.quality:
            values = [0.0 if q == Quality.MISSING else v for v, q in zip(values, readings.quality, strict=True)]
        decimals = [self._decimals.get(point, 2) for point in readings.points]
        integers = self._scale(readings.points, counts, values, decimals)
        starts = list(accumulate(counts, initial=0))[:-1]
        raw_values: list[float] = []
        if RAW in decimals:
            for start, count, digits in zip(starts, counts, decimals, strict=True):
                if digits == RAW:
                    raw_values += values[start : start + count]
        deltas = [0, *map(sub, integers[1:], integers)]
        for start in starts:
            deltas[start] = 0
        firsts = [integers[start] for start in starts]
        raw = parts.planes(array("d", raw_values))
        return b"".join((bytes(decimals), parts.integers(firsts), parts.integers(deltas), raw))

    def _scale(
        self, points: tuple[Point, ...], counts: list[int], values: list[float], decimals: list[int]
    ) -> list[int]:
        """Integers so that integer / 10**decimals is the value again, bit for bit; corrects ``decimals`` in place."""
        scales = list(chain.from_iterable(repeat(10**d, n) for d, n in zip(decimals, counts, strict=True)))
        if all(map(isfinite, values)) and max(map(abs, values)) < EXACT:
            integers = [round(v * s) for v, s in zip(values, scales, strict=True)]
            if [i / s for i, s in zip(integers, scales, strict=True)] == values and max(map(abs, integers)) < EXACT:
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
            decimals[index], scaled = fewest_decimals(group, min(self._decimals.get(point, 0), MAX_DECIMALS))
            if decimals[index] != RAW:
                self._decimals[point] = decimals[index]
            integers += scaled
        return integers


def _by_point(batches: Sequence[Batch]) -> _Ordered:
    """Points in the order in which they first appear; those of one point keep theirs."""
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
    return _Ordered(points, counts, times, values, quality, reasons)


def _table(points: Sequence[Point]) -> bytes:
    sources: dict[str, int] = {}
    series: dict[str, int] = {}
    source_of = array("H", [sources.setdefault(p.source, len(sources)) for p in points])
    series_of = array("H", [series.setdefault(p.series, len(series)) for p in points])
    return parts.table(sources, series, source_of, series_of)

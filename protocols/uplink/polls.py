"""Polls to body bytes: batches that bring one reading of each of their points, in the order of their tables.

One of each table, or as many of each (protocols.uplink.rounds).

That is what a gateway mostly has, and much of its body is known before the values come. What differs from it, however
slightly, is left to protocols.uplink.body's own way, which takes anything.
"""

import struct
from array import array
from collections.abc import Sequence
from typing import Final

from protocols.uplink import parts
from protocols.uplink.envelope import MAX_READINGS
from protocols.uplink.layout import Layout
from protocols.uplink.rounds import encode_rounds, shifted_integers
from protocols.uplink.scales import RAW
from protocols.vocabulary.point_tables import PointTables
from protocols.vocabulary.reading import Batch

_MAX_CELLS: Final = 100_000
_MAX_TABLES: Final = 16


class Polls:
    """Remembers the tables it met, and how many decimals their values had."""

    def __init__(self) -> None:
        self._layouts = PointTables(Layout, max_cells=_MAX_CELLS)
        self._tables: dict[tuple[Layout, ...], bytes | None] = {}

    def encode(self, batches: Sequence[Batch]) -> tuple[bytes, int] | None:
        """The body and the number of readings in it; None: not all of them are polls, each of sources of its own."""
        batches = [batch for batch in batches if len(batch)]
        layouts = tuple([self._layouts[batch.points] for batch in batches])
        if any(batch.point != layout.order for batch, layout in zip(batches, layouts, strict=True)):
            return None
        count = sum(map(len, batches))
        if not 0 < count <= MAX_READINGS:
            return None
        if len(set(layouts)) < len(layouts):
            return self._rounds(layouts, batches, count)
        table = self._table(layouts)
        if table is None:
            return None
        try:
            firsts, raw = _firsts(batches, layouts)
        except OverflowError:
            return None
        body = (
            struct.pack("<I", len(table)),
            table,
            struct.pack("<BH", 0, 1),
            *(bytes(layout.decimals) for layout in layouts),
            firsts,
            b"\0",  # where each point has one reading there are no differences
            parts.planes(raw),
            _times(batches),
            parts.constant_or_column("B", b"".join([batch.quality.tobytes() for batch in batches])),
            parts.constant_or_column("I", b"".join([batch.reasons.tobytes() for batch in batches])),
        )
        return b"".join(body), count

    def _rounds(self, layouts: Sequence[Layout], batches: Sequence[Batch], count: int) -> tuple[bytes, int] | None:
        """Tables that come more than once, each as often as every other."""
        polls: dict[Layout, list[Batch]] = {}
        for layout, batch in zip(layouts, batches, strict=True):
            polls.setdefault(layout, []).append(batch)
        table = self._table(tuple(polls))
        if table is None or len(set(map(len, polls.values()))) > 1:
            return None
        rest = encode_rounds(list(polls), list(polls.values()))
        return None if rest is None else (b"".join((struct.pack("<I", len(table)), table, rest)), count)

    def _table(self, layouts: tuple[Layout, ...]) -> bytes | None:
        """Of these, which often come together again; None: two of them have a source in common."""
        if layouts not in self._tables:
            if len(self._tables) >= _MAX_TABLES:
                self._tables.clear()
            sources = dict.fromkeys(source for layout in layouts for source in layout.sources)
            apart = len(sources) == sum(len(layout.sources) for layout in layouts)
            self._tables[layouts] = _table(sources, layouts) if apart else None
        return self._tables[layouts]


def _firsts(batches: Sequence[Batch], layouts: Sequence[Layout]) -> tuple[bytes, "array[float]"]:
    """The column of integers, and the values that go as they are.

    :raises OverflowError: an integer needs more than 32 bits, or what is no number is not said to be missing.
    """
    shifted, raw = array("d"), array("d")
    for batch, layout in zip(batches, layouts, strict=True):
        shifted += layout.scaled(batch.value, batch.quality)
        if RAW in layout.decimals:
            raw.extend(v for v, decimals in zip(batch.value, layout.decimals, strict=True) if decimals == RAW)
    return shifted_integers(shifted), raw


def _table(sources: dict[str, None], layouts: Sequence[Layout]) -> bytes:
    """The tables of all batches as one: each has sources of its own, but many have the same series."""
    series: dict[str, int] = {}
    places: dict[int, array[int]] = {}
    """By the identity of the names, which equal tables share."""
    source_of, series_of = array("H"), array("H")
    before = 0
    for layout in layouts:
        if len(layout.sources) == 1:
            source_of += array("H", (before,)) * len(layout.source_of)
        else:
            source_of.extend([before + number for number in layout.source_of])
        before += len(layout.sources)
        names = layout.series
        if id(names) not in places:
            places[id(names)] = array("H", [series.setdefault(name, len(series)) for name in names])
        series_of += places[id(names)]
    return parts.table(sources, series, source_of, series_of)


def _times(batches: Sequence[Batch]) -> bytes:
    """All readings of a poll are often of one instant."""
    stamps = [batch.time[0] for batch in batches]
    base = min(stamps)
    same = all(b.time.tobytes() == b.time[:1].tobytes() * len(b) for b in batches)
    if not same or max(stamps) - base >> 63:
        return parts.times([stamp for batch in batches for stamp in batch.time])
    width, code = parts.width_of(0, max(stamps) - base)
    column = array(code or "b")
    if width:
        for stamp, batch in zip(stamps, batches, strict=True):
            column += array(code, (stamp - base,)) * len(batch)
    return struct.pack("<qB", base, width) + parts.planes(column)

"""What the store holds at one moment, hot and sorted: questions are answered from it while the store goes on."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.store.blocks import BLOCK_ROWS, StoreDamagedError
from cloud.store.hot import HotView
from cloud.store.partials import BITS, NEEDED, Partials, added, finished, of_readings, quality_mask
from cloud.store.port import Aggregate, Buckets, Columns, WouldWait
from cloud.store.promptness import is_prompt
from cloud.store.segment import FEW_BLOCKS, MANY_BLOCKS, Segment
from cloud.store.tables import LEVELS, Readings

log = logging.getLogger(__name__)

_VALUES: Final = ("value", "quality")
_READING: Final = ("value", "quality", "reasons")
_SLICE_ROWS: Final = 400_000
"""Of a page that could be very long about so many readings are looked at in one go."""
_SMALL_HOT: Final = 1_500_000
"""Rows that are looked through in a millisecond."""
_MANY: Final = 500_000
"""Partial buckets that may wait to be added up."""


class _How(NamedTuple):
    """What is to be known of each bucket."""

    every_ms: int
    names: Sequence[str]
    mask: int
    """Bits of the qualities that count."""


@dataclass(frozen=True, slots=True)
class View:
    """Never changes."""

    hot: tuple[HotView, ...]
    segments: tuple[Segment, ...]

    @property
    def rows(self) -> int:
        """How many readings."""
        return sum(map(len, self.hot)) + sum(one.rows for one in self.segments)

    def columns(self, wanted: NDArray[np.int32], from_ms: int, to_ms: int) -> Iterator[Columns]:
        """Pieces with from_ms <= time < to_ms, the sorted ones first, each ordered by (datastream, time)."""
        for segment in self.segments:
            if segment.from_ms < to_ms and segment.to_ms > from_ms:
                for piece in segment.readings(wanted, from_ms, to_ms, _READING):
                    if len(piece["time"]):
                        yield Columns(*piece.values())
        hot = self.hot_readings(wanted, from_ms, to_ms)
        if hot is not None:
            yield Columns(*hot[:5])

    def hot_readings(self, wanted: NDArray[np.int32] | None, from_ms: int, to_ms: int) -> Readings | None:
        """Those that are not in sorted files, ordered by (datastream, time)."""
        if sum(map(len, self.hot)) > _SMALL_HOT and is_prompt():
            raise WouldWait
        found = [rows for one in self.hot if (rows := one.readings(wanted, from_ms, to_ms)) is not None]
        return Readings.join(found).ordered() if found else None

    def values(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]]:
        """Pieces of datastream, time and value of those with from_ms <= time < to_ms; damaged ones are passed over.

        What is asked here is what a late reading is measured against: one bad block must not stop all that comes in.
        """
        for segment in self.segments:
            if segment.from_ms < to_ms and segment.to_ms > from_ms:
                try:
                    yield from segment.values(wanted, from_ms, to_ms)
                except StoreDamagedError as error:
                    log.error("late readings are not measured against it: %s", error)  # noqa: TRY400 - it says it all
        for one in self.hot:
            rows = one.readings(wanted, from_ms, to_ms)
            if rows is not None:
                yield rows.datastream, rows.time, rows.value

    def newest(self) -> Readings | None:
        """The newest reading of every datastream, in their order; None when there is none at all."""
        found = [segment.newest() for segment in self.segments]
        found += [one.rows for one in self.hot if len(one)]
        if not found:
            return None
        rows = Readings.join(found).ordered()
        return rows.take(np.append(rows.datastream[1:] != rows.datastream[:-1], True))

    # -- readings --------------------------------------------------------------------------------------------------

    def raw(  # noqa: PLR0913
        self,
        wanted: NDArray[np.int32],
        from_ms: int,
        to_ms: int,
        *,
        limit: int,
        qualities: Sequence[int] = (),
        after: tuple[int, int] | None = None,
    ) -> Columns:
        """As :meth:`cloud.store.port.Store.raw`."""
        if after is not None:
            from_ms = max(from_ms, after[0])
        parts: list[Segment | HotView] = [*self.segments, *(one for one in self.hot if len(one))]
        from_ms = max(from_ms, min((one.from_ms for one in parts), default=0))
        to_ms = min(to_ms, max((one.to_ms for one in parts), default=0))
        if len(wanted) == 1 and (rows := self._of_one(int(wanted[0]), from_ms, to_ms)) is not None:
            return _page(rows, qualities, after, limit)
        found: list[Columns] = []
        missing = limit
        while from_ms < to_ms and missing > 0:
            until = self._until(wanted, from_ms, to_ms, missing)
            page = _page(_by_time(list(self.columns(wanted, from_ms, until))), qualities, after, missing)
            found.append(page)
            missing -= len(page)
            from_ms = until
        return Columns.join(found)

    def _of_one(self, number: int, from_ms: int, to_ms: int) -> Columns | None:
        """All of one datastream; None when there may be too many to look at them in one go."""
        blocks = [
            (segment, block)
            for segment in self.segments
            if segment.from_ms < to_ms and segment.to_ms > from_ms
            for block in segment.blocks_of(number, from_ms, to_ms)
        ]
        if len(blocks) > MANY_BLOCKS:
            return None
        found = [rows for segment, block in blocks if len(rows := segment.of_one(block, number, from_ms, to_ms))]
        hot = self.hot_readings(np.array([number], np.int32), from_ms, to_ms)
        if hot is not None:
            found.append(Columns(*hot[:5]))
        found.sort(key=_begins)
        follow = all(one.time[-1] < following.time[0] for one, following in pairwise(found))
        return Columns.join(found) if follow else _by_time(found)

    def _until(self, wanted: NDArray[np.int32], from_ms: int, to_ms: int, missing: int) -> int:
        """How far to look in one go, so that it is about what is missing and not all there is."""
        rows = 0
        for segment in self.segments:
            if segment.from_ms >= to_ms or segment.to_ms <= from_ms:
                continue
            index = segment.index["readings"]
            if segment.blocks_between(wanted) < FEW_BLOCKS:
                rows += FEW_BLOCKS * BLOCK_ROWS
                continue
            blocks = segment.may_hold(wanted, from_ms, to_ms)
            if len(blocks) < FEW_BLOCKS:
                rows += len(blocks) * BLOCK_ROWS
                continue
            early = np.maximum(index.earliest[blocks], from_ms)
            late = np.minimum(index.latest[blocks] + 1, to_ms)
            share = (late - early) / np.maximum(index.latest[blocks] + 1 - index.earliest[blocks], 1)
            rows += int((share * index.told["rows"][blocks]).sum())
        most = max(_SLICE_ROWS, 2 * missing)
        if rows <= most:
            return to_ms
        return min(to_ms, from_ms + max(1, (to_ms - from_ms) * most // rows))

    # -- buckets ---------------------------------------------------------------------------------------------------

    def aggregate(  # noqa: PLR0913
        self,
        wanted: NDArray[np.int32],
        from_ms: int,
        to_ms: int,
        *,
        every_ms: int,
        aggregate: Aggregate,
        qualities: Sequence[int] = (),
    ) -> Buckets:
        """As :meth:`cloud.store.port.Store.aggregate`."""
        how = _How(every_ms, NEEDED[aggregate], quality_mask(qualities))
        level = next((one for one in reversed(LEVELS) if every_ms % one == 0), None)
        parts: list[Partials] = []
        waiting = 0
        for part in self._partials(wanted, from_ms, to_ms, level, how):
            parts.append(part)
            waiting += len(part["start"])
            if waiting > _MANY:
                parts = [added(parts, every_ms)]
                waiting = 0
        if not parts:
            return Buckets.of(())
        return finished(added(parts, every_ms), aggregate)

    def _partials(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int, level: int | None, how: _How
    ) -> Iterator[Partials]:
        for segment in self.segments:
            if segment.from_ms >= to_ms or segment.to_ms <= from_ms:
                continue
            start, end = max(from_ms, segment.from_ms), min(to_ms, segment.to_ms)
            if level is None:
                yield from _counted(segment, wanted, start, end, how)
                continue
            # what lies in whole buckets is rolled up; a file that begins or ends in one has no more of it than that
            first = from_ms if from_ms > segment.from_ms else segment.from_ms - segment.from_ms % level
            whole = first + -first % level, to_ms - to_ms % level if to_ms < segment.to_ms else end + -end % level
            some, others = segment.covered(level, wanted)
            if len(some) and whole[0] < whole[1]:
                yield from _rolled_up(segment, level, some, whole, how)
                yield from _counted(segment, some, start, min(whole[0], end), how)
                yield from _counted(segment, some, max(whole[1], start), end, how)
                yield from _counted(segment, others, start, end, how)
            else:
                yield from _counted(segment, wanted, start, end, how)
        hot = self.hot_readings(wanted, from_ms, to_ms)
        if hot is not None:
            yield _part(hot.datastream, hot.time, hot.value, hot.quality, how)


def _rolled_up(
    segment: Segment, level: int, wanted: NDArray[np.int32], whole: tuple[int, int], how: _How
) -> Iterator[Partials]:
    """From rollups; of datastreams of which some hold readings of permitted quality and others, from the readings."""
    if how.mask == quality_mask(()):
        yield from segment.rollups(level, wanted, *whole, how.names)
        return
    again = wanted[:0]
    for piece in segment.rollups(level, wanted, *whole, ("mask",)):  # all, before the first is given away
        seen = piece["mask"]
        mixed = ((seen & how.mask) != 0) & ((seen & ~how.mask) != 0)
        again = np.union1d(again, piece["datastream"][mixed])
    for piece in segment.rollups(level, wanted[~np.isin(wanted, again)], *whole, how.names):
        rows = (piece["mask"] & ~how.mask) == 0
        yield {name: column[rows] for name, column in piece.items()}
    yield from _counted(segment, again, *whole, how)


def _counted(segment: Segment, wanted: NDArray[np.int32], from_ms: int, to_ms: int, how: _How) -> Iterator[Partials]:
    """From the readings themselves."""
    if from_ms >= to_ms or not len(wanted):
        return
    for piece in segment.readings(wanted, from_ms, to_ms, _VALUES):
        if len(piece["time"]):
            yield _part(piece["datastream"], piece["time"], piece["value"], piece["quality"], how)


def _part(
    datastream: NDArray[np.int32],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    quality: NDArray[np.uint8],
    how: _How,
) -> Partials:
    rows = ~np.isnan(value)
    if how.mask != quality_mask(()):
        rows &= (BITS[quality] & how.mask) != 0
    if not rows.all():
        datastream, time, value, quality = datastream[rows], time[rows], value[rows], quality[rows]
    return of_readings(datastream, time, value, quality, how.every_ms, how.names)


def _page(rows: Columns, qualities: Sequence[int], after: tuple[int, int] | None, limit: int) -> Columns:
    """The first ``limit`` of those that are asked for."""
    if qualities:
        rows = rows.take(np.isin(rows.quality, qualities))
    if after is not None:
        rows = rows.take((rows.time > after[0]) | ((rows.time == after[0]) & (rows.datastream > after[1])))
    return rows if len(rows) <= limit else rows.take(slice(0, limit))


def _begins(rows: Columns) -> int:
    return int(rows.time[0])


def _by_time(pieces: list[Columns]) -> Columns:
    """All of them by (time, datastream); of equal instants the one that came first in the list."""
    rows = Columns.join(pieces)
    order = np.lexsort((rows.datastream, rows.time))
    stream, time = rows.datastream[order], rows.time[order]
    again = (stream[1:] == stream[:-1]) & (time[1:] == time[:-1])
    return rows.take(order[np.append(True, ~again)] if again.any() else order)

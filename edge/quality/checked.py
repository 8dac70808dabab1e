"""The intake that judges readings on their way from the links to the spool: quality and reasons, never the value."""

import asyncio
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edge.intake import Intake
from edge.quality.columns import Columns
from edge.quality.limits import Limits
from edge.quality.track import Track
from edge.quality.verdict import NOT_EVALUATED, PASS, Stamps, Verdict
from edge.spool.mended import EARLIEST_MS
from protocols.vocabulary import Batch, Clock, Point, Quality, reason_names
from protocols.vocabulary.point_tables import PointTables

DAY_MS: Final = 86_400_000
MAX_POINTS: Final = 50_000


@dataclass(slots=True)
class QualityCounts:
    """What was said so far; each number only grows."""

    by_quality: Counter[int] = field(default_factory=Counter)
    late: int = 0
    """Not newer than a reading before them: judged by themselves alone."""
    by_source: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """Source -> reason bits that the checks gave, together -> readings."""

    @property
    def by_reason(self) -> dict[str, int]:
        """Reason's name -> readings that the checks gave it to."""
        return _named(sum(list(self.by_source.values()), Counter()))

    def of_source(self, source: str) -> Mapping[str, int]:
        """The same of one source."""
        return _named(self.by_source[source]) if source in self.by_source else {}


class Checks:
    """The judge of all points of a gateway. No I/O: the time is handed in.

    :param limits_of: the figures of a point.
    :param future_ms: how far a stamp may be ahead of its arrival.
    :param past_ms: how far behind.
    :param max_points: of more points, those that come later are judged without their past.
    """

    def __init__(
        self,
        limits_of: Callable[[Point], Limits],
        *,
        future_ms: int = 600_000,
        past_ms: int = 366 * DAY_MS,
        max_points: int = MAX_POINTS,
    ) -> None:
        self.counts = QualityCounts()
        self._limits_of = limits_of
        self._future_ms = future_ms
        self._past_ms = past_ms
        self._max_points = max_points
        self._tracks: dict[Point, Track] = {}
        self._tables = PointTables(self._columns, Columns.settle_all, max_cells=4 * max_points)

    def _columns(self, points: tuple[Point, ...]) -> Columns:
        return Columns(points, [self._track(point) for point in points])

    def _track(self, point: Point) -> Track:
        track = self._tracks.get(point)
        if track is None:
            alone = len(self._tracks) >= self._max_points
            track = Track(self._limits_of(point), alone=alone)
            if not alone:
                self._tracks[point] = track
        return track

    @property
    def points(self) -> int:
        """How many points have a past here."""
        return len(self._tracks)

    def judged(self, batch: Batch, now_ms: int) -> Batch:
        """The batch with qualities and reasons; the other columns are the same objects.

        :param now_ms: when it arrived.
        """
        count = len(batch)
        if not count:
            return batch
        columns = self._tables[batch.points]
        stamps = self._stamps(now_ms)
        if batch.point == columns.order:
            verdicts = columns.poll(batch, stamps)
            if not verdicts:
                self.counts.by_quality[PASS] += columns.checked
                self.counts.by_quality[NOT_EVALUATED] += count - columns.checked
                return _with(batch, columns.good, batch.reasons)
            quality = columns.good[:]
        else:
            verdicts = {row: columns.judge(at, batch, row, stamps) for row, at in enumerate(batch.point)}
            quality = batch.quality[:]
        reasons = batch.reasons[:]
        for row, verdict in verdicts.items():
            quality[row], reasons[row] = verdict.quality, verdict.reasons
            if verdict.bits or verdict.late:
                self._count(batch.points[batch.point[row]].source, verdict)
        flags = quality.tobytes()
        for flag in set(flags):
            self.counts.by_quality[flag] += flags.count(flag)
        return _with(batch, quality, reasons)

    def _stamps(self, now_ms: int) -> Stamps:
        """Before the gateway's own clock is set nobody can be told ahead of it."""
        if now_ms < EARLIEST_MS:
            return Stamps(EARLIEST_MS, 1 << 62)
        return Stamps(max(EARLIEST_MS, now_ms - self._past_ms), now_ms + self._future_ms)

    def _count(self, source: str, verdict: Verdict) -> None:
        self.counts.late += verdict.late
        if verdict.bits and (source in self.counts.by_source or len(self.counts.by_source) < self._max_points):
            self.counts.by_source[source][verdict.bits] += 1

    def status(self) -> dict[str, Any]:
        """For ``edge status``: readings by quality and by reason, as JSON has it."""
        counts = self.counts
        by_quality = {q.name.lower(): counts.by_quality[q] for q in Quality}
        return {"points": self.points, **by_quality, "late": counts.late, "reasons": counts.by_reason}


class Checked:
    """Implements :class:`edge.intake.Intake`: judges, and hands on."""

    def __init__(self, intake: Intake, checks: Checks, clock: Clock) -> None:
        self._intake = intake
        self._checks = checks
        self._clock = clock

    def put(self, batch: Batch) -> "asyncio.Future[None]":
        return self._intake.put(self._checks.judged(batch, self._clock.now_ms()))


def _with(batch: Batch, quality: "array[int]", reasons: "array[int]") -> Batch:
    return Batch(batch.points, batch.point, batch.time, batch.value, quality, reasons)


def _named(bits: Mapping[int, int]) -> dict[str, int]:
    names: Counter[str] = Counter()
    for together, readings in bits.items():
        for name in reason_names(together):
            names[name] += readings
    return dict(sorted(names.items()))

"""The history of one station: what it lacks, what was asked for, what came of it (docs/adr/0007)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from edge.links.coverage import Coverage
from edge.links.link import DialInStatus
from edge.links.station_clock import StationClock

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MAX_PULLED: Final = 4096
"""Instants of one station that are known to have been pulled."""
MAX_SERIES: Final = 64
"""Of one station; further ones are not watched."""
_AHEAD_MS: Final = HOUR_MS
"""An instant further in the future is a wrong clock's and says nothing about gaps."""


class Pull(NamedTuple):
    """What is to be asked for: the instants between two, neither of them included, ms UTC."""

    series: str
    after_ms: int
    before_ms: int
    period_ms: int


@dataclass(slots=True)
class HistoryCounts:
    """Since the start."""

    asked: int = 0
    pulled: int = 0
    """Readings that came because they were asked for."""
    refused: int = 0


class History:
    """One question at a time; a station that refuses is left alone for a while.

    :param reach_s: how far back is asked; 0: never, and then nothing is watched.
    :param settle_s: a gap is asked for when it has not become smaller for so long.
    :param pause_s: after a refusal.
    """

    def __init__(self, reach_s: float, settle_s: float, pause_s: float) -> None:
        self._reach_ms = round(reach_s * 1000)
        self._settle_s = settle_s
        self._pause_s = pause_s
        self._free_s = float("-inf")
        self.series: dict[str, Coverage] = {}
        self.open: Pull | None = None
        """What was asked and is not answered yet."""
        self.counts = HistoryCounts()
        self._pulled: OrderedDict[tuple[str, int], None] = OrderedDict()

    @property
    def watches(self) -> bool:
        """Whether history is asked for at all."""
        return self._reach_ms > 0

    def paused(self, now_s: float) -> bool:
        """Whether the station is left alone."""
        return now_s < self._free_s

    def watch(self, series: str, period_ms: int) -> None:
        """A series is to have an instant each so many milliseconds."""
        coverage = self.series.get(series)
        if coverage is None and len(self.series) >= MAX_SERIES:
            return
        if coverage is None or coverage.period_ms != period_ms:
            self.series[series] = Coverage(period_ms)

    def came(self, series: str, time_ms: int, now_s: float, now_ms: int, back_ms: int = 0) -> None:
        """An instant of a series that is watched is on disk; see Coverage.came."""
        coverage = self.series.get(series)
        if coverage is not None and now_ms - self._reach_ms <= time_ms <= now_ms + _AHEAD_MS:
            coverage.came(time_ms, now_s, back_ms)

    def pulled(self, series: str, time_ms: int) -> None:
        """An instant that was asked for is on disk."""
        self._pulled[series, time_ms] = None
        if len(self._pulled) > MAX_PULLED:
            self._pulled.popitem(last=False)

    def has_pulled(self, series: str, time_ms: int) -> bool:
        """Whether it is there because it was asked for: the station may send it of itself afterwards."""
        return (series, time_ms) in self._pulled

    def lacks(self, series: str, time_ms: int) -> bool:
        """Whether an instant lies in a gap."""
        return series in self.series and self.series[series].lacks(time_ms)

    def next(self, now_s: float, now_ms: int, span_ms: int) -> Pull | None:
        """The oldest gap that is due, at most ``span_ms`` of it; it counts as asked. None while one is open."""
        if not self.watches or self.open is not None or self.paused(now_s):
            return None
        due = [
            (gap.after_ms, name, gap)
            for name, coverage in self.series.items()
            if (gap := coverage.due(now_s, self._settle_s, now_ms - self._reach_ms)) is not None
        ]
        if not due:
            return None
        after_ms, name, gap = min(due, key=lambda row: row[:2])
        period_ms = self.series[name].period_ms
        limit_ms = after_ms + max(1, span_ms // period_ms) * period_ms + period_ms
        self.open = Pull(name, after_ms, min(gap.before_ms, limit_ms), period_ms)
        self.counts.asked += 1
        return self.open

    def answered(self, now_s: float) -> None:
        """All that the station has of what was asked is on disk."""
        if self.open is not None:
            coverage = self.series[self.open.series]
            coverage.close(self.open.after_ms, self.open.before_ms - self.open.period_ms, now_s)
            self.open = None

    def refused(self, now_s: float) -> None:
        """The station does not answer, or says no."""
        self.counts.refused += 1
        self._free_s = now_s + self._pause_s
        self.open = None

    def interrupted(self) -> None:
        """The line was lost: it is asked another time."""
        self.open = None

    def moved(self, by_ms: int) -> None:
        """The station's clock was set."""
        for coverage in self.series.values():
            coverage.moved(by_ms)

    def status(self, clock: StationClock) -> DialInStatus:
        """How it stands."""
        series = self.series.values()
        return DialInStatus(
            clock_offset_s=clock.offset_s,
            clock_set=clock.set,
            gaps=sum(len(coverage.gaps) for coverage in series),
            missing_h=round(max((coverage.missing_ms for coverage in series), default=0) / HOUR_MS, 2),
            asked=self.counts.asked,
            pulled=self.counts.pulled,
            refused=self.counts.refused,
        )

    def written(self) -> dict[str, Any]:
        """What is to be known after a restart, as JSON has it."""
        return {name: coverage.written() for name, coverage in self.series.items() if coverage.steady}

    def read(self, written: dict[str, Any], now_s: float) -> None:
        """The inverse.

        :raises ValueError: it is nothing that was written here.
        """
        for name, row in list(written.items())[:MAX_SERIES]:
            self.series[name] = Coverage.read(row, now_s)

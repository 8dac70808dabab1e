"""What a series of a station lacks: the stretches of time in which nothing came, to be asked for afterwards."""

from dataclasses import dataclass
from typing import Any, Final

MAX_GAPS: Final = 32
"""Of one series; the oldest goes when one more opens."""


@dataclass(slots=True)
class Gap:
    """Nothing came between two instants, both of which are there, ms UTC."""

    after_ms: int
    before_ms: int
    since_s: float
    """When it opened, or last became smaller, monotonic s."""


class Coverage:
    """Which instants of one series are there, as far as a period lets it be told.

    A series begins to be watched once two of its instants were no more than a period and a half apart: one that comes
    seldom has no gaps. What comes late, by itself or because it was asked for, closes the gap that it falls into.

    :param period_ms: from one instant to the next.
    """

    def __init__(self, period_ms: int) -> None:
        self.period_ms = period_ms
        self._near_ms = period_ms + period_ms // 2
        self.newest_ms: int | None = None
        self.steady = False
        """Whether it is watched."""
        self.gaps: list[Gap] = []
        self.dropped = 0
        """Gaps that were given up because there were too many."""

    def came(self, time_ms: int, now_s: float, back_ms: int = 0) -> None:
        """An instant is there.

        :param back_ms: it stands for another series, whose instants come that much later: a gap that ends with it
            begins so much before the last instant, and twice in one period is steady enough.
        """
        newest = self.newest_ms
        if newest is None:
            self.newest_ms = time_ms
        elif time_ms <= newest:
            self.steady = self.steady or back_ms > 0
            self.close(time_ms, time_ms, now_s)
        else:
            self.newest_ms = time_ms
            if time_ms - newest <= self._near_ms:
                self.steady = True
            elif self.steady:
                self._open(Gap(newest - back_ms, time_ms, now_s))

    def lacks(self, time_ms: int) -> bool:
        """Whether an instant lies in a gap."""
        return any(gap.after_ms < time_ms < gap.before_ms for gap in self.gaps)

    def close(self, first_ms: int, last_ms: int, now_s: float) -> None:
        """All from the one instant to the other is there, or will not come."""
        left: list[Gap] = []
        for gap in self.gaps:
            if last_ms <= gap.after_ms or gap.before_ms <= first_ms:
                left.append(gap)
                continue
            for after_ms, before_ms in ((gap.after_ms, first_ms), (last_ms, gap.before_ms)):
                if before_ms - after_ms > self._near_ms:
                    left.append(Gap(after_ms, before_ms, now_s))
        self.gaps = left
        self._bound()

    def due(self, now_s: float, settle_s: float, earliest_ms: int) -> Gap | None:
        """The oldest gap that has not become smaller for so long; what lies before ``earliest_ms`` is given up."""
        for gap in [gap for gap in self.gaps if gap.after_ms < earliest_ms]:
            whole = -(-(earliest_ms - gap.after_ms) // self.period_ms)
            self.close(gap.after_ms, gap.after_ms + whole * self.period_ms, gap.since_s)
        return next((gap for gap in self.gaps if now_s - gap.since_s >= settle_s), None)

    def moved(self, by_ms: int) -> None:
        """The station's clock was set: instants from now on are so much later than they would have been."""
        if self.newest_ms is not None:
            self.newest_ms += by_ms

    @property
    def missing_ms(self) -> int:
        """How long all gaps are together."""
        return sum(gap.before_ms - gap.after_ms - self.period_ms for gap in self.gaps)

    def _open(self, gap: Gap) -> None:
        self.gaps.append(gap)
        self._bound()

    def _bound(self) -> None:
        while len(self.gaps) > MAX_GAPS:
            self.gaps.pop(0)
            self.dropped += 1

    def written(self) -> dict[str, Any]:
        """What is to be known after a restart, as JSON has it."""
        gaps = [[gap.after_ms, gap.before_ms] for gap in self.gaps]
        return {"period_ms": self.period_ms, "newest_ms": self.newest_ms, "gaps": gaps}

    @classmethod
    def read(cls, written: dict[str, Any], now_s: float) -> "Coverage":
        """The inverse, for a series that was watched.

        :raises ValueError: it is nothing that was written here.
        """
        try:
            coverage = cls(int(written["period_ms"]))
            coverage.newest_ms = int(written["newest_ms"])
            coverage.gaps = [Gap(int(after), int(before), now_s) for after, before in written["gaps"]][-MAX_GAPS:]
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from None
        if coverage.period_ms <= 0 or any(gap.before_ms <= gap.after_ms for gap in coverage.gaps):
            raise ValueError("a period or a gap that is none")
        coverage.steady = True
        return coverage

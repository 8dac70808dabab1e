"""Cadence without drift, and the breaker that leaves a silent device alone for longer and longer."""

from math import ceil, floor
from typing import Final
from zlib import crc32


def phase_of(name: str) -> float:
    """A share of the period, 0 <= phase < 1, that is always the same for one name and spreads many names evenly."""
    return crc32(name.encode()) / 0x1_0000_0000


GRID_S: Final = 0.05
"""Ticks of all links fall on multiples of it, so that what is due about now is asked in one go: a gateway that wakes 20
times a second instead of 500 has most of its CPU time for itself, and 500 devices are still spread over the second."""
PROBING_SHARE: Final = 0.05
"""Of a cable's time, spent on asking one silent device whether it is back."""


class Cadence:
    """Ticks at origin + n * period on the monotonic clock; what was missed is skipped and counted, never piled up.

    The first tick comes early (within ``early_s``), so that an engineer sees a value before a long period is over.
    The origin is a multiple of GRID_S on the monotonic clock (of a quarter of a shorter period), at most that much
    behind the phase's own instant.

    :param start_s: monotonic time of the start.
    :param period_s: seconds between ticks.
    :param phase: share of the period by which the origin is later than the start, 0 <= phase < 1.
    """

    def __init__(self, start_s: float, period_s: float, phase: float, early_s: float = 5.0) -> None:
        self._period_s = period_s
        grid_s = min(GRID_S, period_s / 4)
        self._origin_s = ceil((start_s + phase * period_s) / grid_s) * grid_s
        self.due_s = ceil((start_s + phase * min(period_s, early_s)) / grid_s) * grid_s
        """When the next tick is due, monotonic s."""
        self._tick = 0 if self.due_s == self._origin_s else -1
        self.missed = 0

    def advance(self, now_s: float) -> None:
        """The tick was used at ``now_s``: the next one is the first of the grid that is still to come."""
        tick = max(self._tick + 1, floor((now_s - self._origin_s) / self._period_s) + 1)
        self.missed += max(0, tick - self._tick - 1)
        self._tick = tick
        self.due_s = self._origin_s + tick * self._period_s

    def suspend(self, until_s: float) -> None:
        """Go on with the first tick after ``until_s``; what lies between is left out on purpose and not counted."""
        self._tick = floor((until_s - self._origin_s) / self._period_s) + 1
        self.due_s = self._origin_s + self._tick * self._period_s


class Breaker:
    """Leaves a silent device alone for longer and longer, so that its neighbours on the cable keep their cadence.

    :param period_s: the device's period; the first pause is two of them, or more where a vain question costs much.
    :param timeout_s: how long a vain question holds up the cable; no pause is shorter than twenty of them.
    :param ceiling_s: no pause is longer, unless the period itself is.
    """

    def __init__(self, period_s: float, timeout_s: float = 0.0, ceiling_s: float = 300.0) -> None:
        self._period_s = period_s
        self._floor_s = timeout_s / PROBING_SHARE
        self._ceiling_s = max(ceiling_s, period_s, self._floor_s)
        self._silences = 0

    @property
    def open(self) -> bool:
        """Whether the device is only probed: one question, no repeats."""
        return self._silences > 0

    @property
    def pause_s(self) -> float:
        """How long it is left alone between two questions; 0 while it answers."""
        if not self._silences:
            return 0.0
        pause_s = max(self._floor_s, 2.0 * self._period_s) * 2.0 ** min(self._silences - 1, 30)
        return min(self._ceiling_s, pause_s)

    def silence(self) -> float:
        """The device did not answer; gives the pause before it is asked again, s."""
        self._silences += 1
        return self.pause_s

    def answer(self) -> None:
        """The device answered: normal cadence again."""
        self._silences = 0

"""QARTOD test 6 in two forms: on the newest reading, as it is sent, and on the one before it, as the manual has it."""

from collections.abc import Iterable
from math import isnan
from typing import NamedTuple

from edge.quality.limits import Spike
from protocols.vocabulary import Quality


class Sample(NamedTuple):
    """A value and when it was, ms."""

    time: int
    value: float


def distance(time: int, value: float, last: Sample, before: Sample, believed: Iterable[float]) -> float:
    """How far a value is from what the two or three before it let expect.

    The nearest of: each of them that is not in doubt, and where the line through the last two has come to. So an edge
    counts once, the way back from a spike not at all, and a steady slope is none.
    """
    ahead = last.value + (last.value - before.value) * (time - last.time) / (last.time - before.time)
    return min(abs(value - ahead), *(abs(value - one) for one in believed))


class SpikeBetween:
    """The manual's test: a reading is judged once its successor is known. For offline work: what was sent is sent.

    ``|x[n-1] - (x[n-2] + x[n]) / 2|`` above low is suspect, above high fails; the first and the last of a series, and
    neighbours of a missing value, are not evaluated.
    """

    def __init__(self, low: float, high: float) -> None:
        self._limits = Spike(low, high)
        self._before: float | None = None
        self._middle: float | None = None

    def add(self, value: float) -> Quality | None:
        """Take in the next value, NaN when it is missing; gives the flag of the one before it, None for the first."""
        flag = None if self._middle is None else self._flag(value)
        self._before, self._middle = self._middle, value
        return flag

    def end(self) -> Quality | None:
        """The flag of the last value; None when there was none."""
        return None if self._middle is None else self._flag(None)

    def _flag(self, after: float | None) -> Quality:
        before, middle = self._before, self._middle
        if middle is None or isnan(middle):
            return Quality.MISSING
        if before is None or after is None or isnan(before) or isnan(after):
            return Quality.NOT_EVALUATED
        away = abs(middle - (before + after) / 2)
        if away <= self._limits.low:
            return Quality.PASS
        return Quality.SUSPECT if away <= self._limits.high else Quality.FAIL

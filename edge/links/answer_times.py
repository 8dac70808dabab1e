"""How long a device's answers take: the newest one by one, all of them by size."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

NEWEST: Final = 64
"""Of so many answers median and worst are told."""
BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the sizes by which all answers are counted."""


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Answer times as they were at one moment."""

    answers: int
    """Since the start."""
    total_s: float
    """Of all of them together."""
    median_s: float
    """Of the newest 64."""
    worst_s: float
    """Of the newest 64."""
    by_size: tuple[int, ...]
    """How many were not longer than each of ``BOUNDS_S`` and longer than the one before; the last: longer than all."""


class AnswerTimes:
    """What is kept of one device: 64 times and 13 counts, however long it runs."""

    __slots__ = ("_at", "_by_size", "_newest", "_total_s")

    def __init__(self) -> None:
        self._newest = array("d")
        self._at = 0
        self._by_size = [0] * (len(BOUNDS_S) + 1)
        self._total_s = 0.0

    def add(self, seconds: float) -> None:
        """One more answer."""
        self._by_size[bisect_left(BOUNDS_S, seconds)] += 1
        self._total_s += seconds
        if len(self._newest) < NEWEST:
            self._newest.append(seconds)
            return
        self._newest[self._at] = seconds
        self._at = (self._at + 1) % NEWEST

    def figures(self) -> AnswerFigures | None:
        """A copy that stays as it is; None while there was no answer."""
        if not self._newest:
            return None
        ordered = sorted(self._newest)
        half = len(ordered) // 2
        median_s = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
        return AnswerFigures(sum(self._by_size), self._total_s, median_s, ordered[-1], tuple(self._by_size))

"""How many of the newest readings lie within a tolerance of each other (QARTOD test 8), in bounded memory."""

from collections import deque
from dataclasses import dataclass
from typing import Final

MAX_KEPT: Final = 32
"""Of the lowest and of the highest readings; a longer staircase within the tolerance is taken for a shorter plateau."""


@dataclass(slots=True)
class _Step:
    value: float
    number: int
    next_ms: int = 0
    """When the reading after it came."""


class Plateau:
    """The longest run of newest readings whose largest minus smallest value is at most the tolerance."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._number = 0
        self._left = 1
        self._since_ms = 0
        self._newest: _Step | None = None
        self._lowest: deque[_Step] = deque()
        self._highest: deque[_Step] = deque()

    def clear(self) -> None:
        """Begin anew with the next reading."""
        self._lowest.clear()
        self._highest.clear()
        self._newest = None
        self._left = self._number + 1

    def add(self, time_ms: int, value: float) -> tuple[int, int]:
        """Take in the next reading; gives how many lie within the tolerance, and when the first of them was, ms."""
        self._number += 1
        if self._newest is None:
            self._since_ms = time_ms
        else:
            self._newest.next_ms = time_ms
        step = self._newest = _Step(value, self._number)
        while self._lowest and self._lowest[-1].value >= value:
            self._lowest.pop()
        while self._highest and self._highest[-1].value <= value:
            self._highest.pop()
        self._lowest.append(step)
        self._highest.append(step)
        while self._highest[0].value - self._lowest[0].value > self._tolerance:
            self._begin_after(min(self._lowest[0], self._highest[0], key=lambda one: one.number))
        for kept in (self._lowest, self._highest):
            if len(kept) > MAX_KEPT:
                self._begin_after(kept[0])
        return self._number - self._left + 1, self._since_ms

    def _begin_after(self, step: _Step) -> None:
        self._left, self._since_ms = step.number + 1, step.next_ms
        for kept in (self._lowest, self._highest):
            while kept and kept[0].number <= step.number:
                kept.popleft()

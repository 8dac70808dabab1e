"""Range and standard deviation of the last hours in bounded memory, for QARTOD's tests 7 and 10."""

from collections import deque
from math import inf, sqrt
from typing import Final, NamedTuple

BUCKETS: Final = 24
"""A window is kept in so many pieces; it reaches back between 23/24 of its length and all of it."""


class Aggregate(NamedTuple):
    """What is known of some values."""

    number: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of the squared distances from the mean."""
    low: float = inf
    high: float = -inf

    def and_value(self, value: float) -> "Aggregate":
        """With one value more (Welford)."""
        number = self.number + 1
        delta = value - self.mean
        mean = self.mean + delta / number
        squares = self.squares + delta * (value - mean)
        return Aggregate(number, mean, squares, min(self.low, value), max(self.high, value))

    def and_others(self, other: "Aggregate") -> "Aggregate":
        """Of both (Chan, Golub, LeVeque)."""
        if not self.number or not other.number:
            return self if self.number else other
        number = self.number + other.number
        delta = other.mean - self.mean
        return Aggregate(
            number,
            self.mean + delta * other.number / number,
            self.squares + other.squares + delta * delta * self.number * other.number / number,
            min(self.low, other.low),
            max(self.high, other.high),
        )


class Window:
    """The values of the last ``window_ms``, as aggregates of BUCKETS pieces of it.

    :param window_ms: at least BUCKETS.
    """

    def __init__(self, window_ms: int) -> None:
        self._width_ms = window_ms // BUCKETS
        self._past: deque[tuple[int, Aggregate]] = deque(maxlen=BUCKETS - 1)
        self._closed = Aggregate()
        self._open = Aggregate()
        self._at = 0
        self._first: int | None = None

    def clear(self) -> None:
        """Forget all: what comes is not the continuation of what was."""
        self._past.clear()
        self._closed = self._open = Aggregate()
        self._first = None

    def add(self, time_ms: int, value: float) -> None:
        """A value that is newer than those before it."""
        self._roll(time_ms)
        self._open = self._open.and_value(value)

    def _roll(self, time_ms: int) -> None:
        at = time_ms // self._width_ms
        if self._first is None:
            self._first = self._at = at
        if at == self._at:
            return
        if self._open.number:
            self._past.append((self._at, self._open))
        while self._past and self._past[0][0] <= at - BUCKETS:
            self._past.popleft()
        self._closed = Aggregate()
        for _, piece in self._past:
            self._closed = self._closed.and_others(piece)
        self._open, self._at = Aggregate(), at

    def of(self, time_ms: int) -> Aggregate | None:
        """Of the window that ends at this time, which is not before the newest value; None while it is not yet full."""
        if self._first is None:
            return None
        self._roll(time_ms)
        return self._closed.and_others(self._open) if self._at - self._first >= BUCKETS - 1 else None


def deviation(values: Aggregate) -> float:
    """The standard deviation of the values themselves (divided by n)."""
    return sqrt(values.squares / values.number) if values.number else 0.0

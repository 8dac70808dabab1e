"""A set of sequence numbers as inclusive ranges: what the store holds, what a spool may forget."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Self


class RangeSet:
    """Non-negative integers; memory grows with the number of gaps, not of members."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int | None = None) -> None:
        """Take in one number, or all from ``first`` to ``last``.

        :raises ValueError: the range ends before it begins.
        """
        last = first if last is None else last
        if last < first or first < 0:
            raise ValueError(f"range {first}..{last}")
        low = bisect_right(self._firsts, first)
        if low and self._lasts[low - 1] >= first - 1:
            low -= 1
            first = self._firsts[low]
            last = max(last, self._lasts[low])
        high = bisect_right(self._firsts, last + 1)
        if high > low:
            last = max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def update(self, other: Iterable[tuple[int, int]]) -> Self:
        """Take in many ranges."""
        for first, last in other:
            self.add(first, last)
        return self

    def without(self, first: int, last: int) -> "RangeSet":
        """Another one, of its numbers that are not from ``first`` to ``last``."""
        kept = RangeSet()
        for low, high in self:
            if high < first or low > last:
                kept.add(low, high)
                continue
            if low < first:
                kept.add(low, first - 1)
            if high > last:
                kept.add(last + 1, high)
        return kept

    def within(self, first: int, last: int) -> list[tuple[int, int]]:
        """Its ranges, as far as they lie from ``first`` to ``last``."""
        return [(max(low, first), min(high, last)) for low, high in self if low <= last and high >= first]

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number)
        return place > 0 and self._lasts[place - 1] >= number

    def covers(self, first: int, last: int) -> bool:
        """Whether all from ``first`` to ``last`` are in it."""
        place = bisect_right(self._firsts, first)
        return place > 0 and self._lasts[place - 1] >= last

    def around(self, number: int) -> tuple[int, int] | None:
        """The range that a number is in."""
        place = bisect_right(self._firsts, number) - 1
        return (self._firsts[place], self._lasts[place]) if place >= 0 and self._lasts[place] >= number else None

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._firsts, self._lasts, strict=True)))

    def __len__(self) -> int:
        """How many ranges it takes."""
        return len(self._firsts)

    def total(self) -> int:
        """How many numbers are in it."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment] # it changes

    def __repr__(self) -> str:
        return f"RangeSet({list(self)})"

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protocols.vocabulary.ranges import RangeSet

numbers = st.integers(0, 60)
spans = st.tuples(numbers, st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def members(ranges: RangeSet) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


class AgainstAPlainSet(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ranges = RangeSet()
        self.plain: set[int] = set()

    @rule(number=numbers)
    def add_one(self, number: int) -> None:
        self.ranges.add(number)
        self.plain.add(number)

    @rule(span=spans)
    def add_span(self, span: tuple[int, int]) -> None:
        self.ranges.add(*span)
        self.plain.update(range(span[0], span[1] + 1))

    @rule(spans=st.lists(spans, max_size=4))
    def update(self, spans: list[tuple[int, int]]) -> None:
        assert self.ranges.update(spans) is self.ranges
        for first, last in spans:
            self.plain.update(range(first, last + 1))

    @rule(span=spans)
    def covers(self, span: tuple[int, int]) -> None:
        assert self.ranges.covers(*span) == self.plain.issuperset(range(span[0], span[1] + 1))

    @rule(number=numbers)
    def around(self, number: int) -> None:
        found = self.ranges.around(number)
        assert (found is not None) == (number in self.plain)
        assert found is None or (found in list(self.ranges) and found[0] <= number <= found[1])

    @rule(span=spans)
    def without_and_within(self, span: tuple[int, int]) -> None:
        of_span = set(range(span[0], span[1] + 1))
        before = list(self.ranges)
        assert members(self.ranges.without(*span)) == self.plain - of_span
        assert members(RangeSet(self.ranges.within(*span))) == self.plain & of_span
        assert list(self.ranges) == before

    @invariant()
    def same_members(self) -> None:
        assert {n for n in range(80) if n in self.ranges} == self.plain
        assert {n for first, last in self.ranges for n in range(first, last + 1)} == self.plain
        assert self.ranges.total() == len(self.plain)

    @invariant()
    def as_few_ranges_as_possible(self) -> None:
        found = list(self.ranges)
        assert len(self.ranges) == len(found)
        assert all(last + 1 < first for (_, last), (first, _) in pairwise(found))
        assert self.ranges == RangeSet(found)


TestAgainstAPlainSet = AgainstAPlainSet.TestCase


@pytest.mark.parametrize("span", [(-1, 3), (5, 4), (-2, -1)])
def test_what_is_no_range(span: tuple[int, int]) -> None:
    ranges = RangeSet([(1, 2)])
    with pytest.raises(ValueError, match=r"range -?\d"):
        ranges.add(*span)
    assert list(ranges) == [(1, 2)]


@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_order_does_not_matter(members: list[int]) -> None:
    assert RangeSet((n, n) for n in members) == RangeSet((n, n) for n in sorted(members))

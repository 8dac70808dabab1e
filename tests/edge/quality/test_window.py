from math import isclose
from statistics import pstdev

from hypothesis import given
from hypothesis import strategies as st

from edge.quality.window import BUCKETS, Aggregate, Window, deviation

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80)


@given(VALUES, st.integers(0, 79))
def test_two_parts_are_one_whole(values: list[float], cut: int) -> None:
    left, right = Aggregate(), Aggregate()
    for value in values[:cut]:
        left = left.and_value(value)
    for value in values[cut:]:
        right = right.and_value(value)
    whole = left.and_others(right)
    assert (whole.number, whole.low, whole.high) == (len(values), min(values), max(values))
    assert isclose(deviation(whole), pstdev(values), rel_tol=1e-6, abs_tol=1e-4)


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(-100, 100)), min_size=1, max_size=150))
def test_it_holds_what_its_buckets_hold(steps: list[tuple[int, float]]) -> None:
    window = Window(BUCKETS * 10)
    time, past = 1000, []
    for step, value in steps:
        time += step
        window.add(time, value)
        past.append((time, value))
        found = window.of(time)
        kept = [one for at, one in past if at // 10 > time // 10 - BUCKETS]
        full = time // 10 - past[0][0] // 10 >= BUCKETS - 1
        assert (found is not None) == full
        if found is not None:
            assert (found.number, found.low, found.high) == (len(kept), min(kept), max(kept))
            assert isclose(deviation(found), pstdev(kept), rel_tol=1e-6, abs_tol=1e-6)


def test_it_begins_anew() -> None:
    window = Window(240)
    for time in range(0, 1000, 10):
        window.add(time, 1.0)
    window.clear()
    window.add(1010, 2.0)
    assert window.of(1010) is None


def test_a_time_without_values_empties_it() -> None:
    window = Window(240)
    window.add(0, 1.0)
    found = window.of(10_000)
    assert found is not None
    assert found.number == 0

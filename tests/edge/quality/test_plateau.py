from hypothesis import given
from hypothesis import strategies as st

from edge.quality.plateau import MAX_KEPT, Plateau


def longest(values: list[float], tolerance: float) -> int:
    count = 0
    while count < len(values) and max(values[-count - 1 :]) - min(values[-count - 1 :]) <= tolerance:
        count += 1
    return count


@given(st.lists(st.integers(0, 12), min_size=1, max_size=120), st.sampled_from([0, 1, 3, 7]))
def test_it_is_the_longest_run_within_the_tolerance(values: list[int], tolerance: int) -> None:
    plateau = Plateau(tolerance)
    for number, value in enumerate(values):
        count, since = plateau.add(number * 10, value)
        assert count == longest([float(v) for v in values[: number + 1]], tolerance)
        assert since == (number + 1 - count) * 10


def test_a_long_staircase_is_taken_for_a_shorter_one() -> None:
    plateau = Plateau(1.0)
    counts = [plateau.add(number, number * 0.001)[0] for number in range(500)]
    assert max(counts) == MAX_KEPT


def test_it_begins_anew() -> None:
    plateau = Plateau(1.0)
    plateau.add(0, 5.0)
    plateau.add(10, 5.0)
    plateau.clear()
    assert plateau.add(20, 5.0) == (1, 20)
    assert plateau.add(30, 5.5) == (2, 20)

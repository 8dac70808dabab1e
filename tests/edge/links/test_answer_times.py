from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from edge.links.answer_times import BOUNDS_S, NEWEST, AnswerTimes


@given(st.lists(st.floats(0, 60), max_size=3 * NEWEST))
def test_median_and_worst_are_those_of_the_newest(seconds: list[float]) -> None:
    times = AnswerTimes()
    for one in seconds:
        times.add(one)
    figures = times.figures()
    if not seconds:
        assert figures is None
        return
    assert figures is not None
    newest = seconds[-NEWEST:]
    assert (figures.median_s, figures.worst_s) == (median(newest), max(newest))
    assert figures.answers == sum(figures.by_size) == len(seconds)
    assert abs(figures.total_s - sum(seconds)) < 1e-6
    for at, bound in enumerate(BOUNDS_S):
        assert sum(figures.by_size[: at + 1]) == sum(one <= bound for one in seconds)

"""On regular series our flags are ioos_qc's; each intended difference stands in agreement.py and in docs/quality.md."""

import json

import pytest

from edge.quality.spike import Sample, SpikeBetween, distance
from protocols.vocabulary import Quality
from tests.edge.quality.agreement import disagreements, ours
from tests.edge.quality.oracle import GOLDEN, TESTS

CASES = json.loads(GOLDEN.read_text())["cases"]
NAN = float("nan")


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{CASES[n]['test']}-{n}")
def test_our_flags_are_those_of_ioos_qc(number: int) -> None:
    assert disagreements(CASES[number]) == []


@pytest.mark.parametrize("test", TESTS)
def test_the_oracle_flags_something_and_lets_something_pass(test: str) -> None:
    flags = [flag for case in CASES if case["test"] == test for flag in case["flags"]]
    assert flags.count(1) > 20
    assert sum(flag in {3, 4} for flag in flags) > 10


def test_rate_differs_only_on_the_way_back() -> None:
    differing = [
        (mine, theirs)
        for case in CASES
        if case["test"] == "rate"
        for mine, theirs in zip(ours(case)[1:], case["flags"][1:], strict=True)
        if mine != theirs
    ]
    assert set(differing) == {(1, 3)}


def between(*values: float) -> list[Quality | None]:
    test = SpikeBetween(0.5, 5)
    return [*[test.add(value) for value in values][1:], test.end()]


def test_the_manual_flags_the_neighbours_of_a_spike() -> None:
    assert between(1, 1, 9, 1, 1) == [2, 3, 4, 3, 2]


def test_neighbours_of_a_missing_value_are_not_evaluated() -> None:
    assert between(1, NAN, 1, 1, 9) == [2, 9, 2, 3, 2]


def test_short_series() -> None:
    assert SpikeBetween(1, 2).end() is None
    assert between(1) == [2]


@pytest.mark.parametrize(
    ("value", "past", "expected"),
    [
        (9, (1, 1, 1), 8),  # a spike is as high as it is
        (1, (9, 1, 1), 0),  # the way back is no spike
        (1, (9, 9, 1), 0),  # nor from one of two readings
        (5, (5, 1, 1), 0),  # an edge counts once
        (4, (3, 2, 1), 0),  # a slope is no spike
        (4, (3, 2), 0),
        (2, (1, 1), 1),
    ],
)
def test_the_newest_value_against_those_before_it(value: float, past: tuple[float, ...], expected: float) -> None:
    samples = tuple(Sample(-number * 1000, one) for number, one in enumerate(past, 1))
    assert distance(0, value, samples[0], samples[1], past) == expected


def test_the_slope_is_that_of_the_time_between() -> None:
    assert distance(40, 4, Sample(10, 1), Sample(0, 0), [1, 0]) == 0

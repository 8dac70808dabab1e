"""The intake: columns and singles say the same, however the readings are cut and mixed; nothing else is altered."""

import asyncio
from array import array
from collections.abc import Iterator
from itertools import pairwise
from math import isnan, nan

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.quality.checked import Checked, Checks
from edge.quality.defaults import defaults_of
from edge.quality.limits import Attenuated, Deviation, Flat, Gap, Limits, Rate, Span, Spike, Stuck, Unit
from protocols.vocabulary import Batch, ManualClock, Point, Quality, Reading, Reason
from tests.edge.links.recorder import Recorder

T0 = 1_790_000_000_000
MAINTENANCE, TOP = int(Reason.MAINTENANCE), int(Reason.INSTRUMENT_RANGE)
LIMITS = st.builds(
    Limits,
    sensor=st.sampled_from([None, Span(-50, 50)]),
    user=st.sampled_from([None, Span(-10, 20)]),
    spike=st.sampled_from([None, Spike(2, 6, within_ms=100_000)]),
    rate=st.sampled_from([None, Rate(((10_000, 2.0), (100_000, 5.0)))]),
    deviation=st.sampled_from([None, None, Deviation(3, 240_000)]),
    flat=st.sampled_from(
        [None, Flat(3, 5), Flat(3, 6, 30_000, 60_000, natural=(Span(0, 0),)), Flat(2, None, 25_000, tolerance=0.5)]
    ),
    attenuated=st.sampled_from([None, None, Attenuated(240_000, 2.0, 0.5)]),
    gap=st.sampled_from([None, Gap(45_000)]),
    stuck=st.sampled_from([None, Stuck(frozenset([4.0]), 2)]),
    unit=st.sampled_from([None, Unit(5, (10,), hold_ms=100_000)]),
)
VALUES = st.sampled_from([0.0, 0.5, 1.0, 1.1, 3.0, 4.0, 4.5, 5.0, 7.0, 10.0, 11.0, 19.0, 40.0, 60.0, -12.0])
"""Close enough to stay for a while, far enough for every check."""
READING = st.one_of(
    st.tuples(VALUES, st.just((2, 0))),
    st.tuples(VALUES, st.just((2, 0))),
    st.tuples(VALUES, st.sampled_from([(2, MAINTENANCE), (3, TOP), (4, 0), (9, 0)])),
)
STEP = st.sampled_from([10_000] * 6 + [0, -15_000, 3_000, 50_000])
MODE = st.sampled_from(["whole"] * 6 + ["halves", "backwards"])
Row = tuple[int, int, float, int, int]


@st.composite
def polls(draw: st.DrawFn, points: int) -> list[tuple[str, int, list[Row]]]:
    """(how it is handed over, when, rows of (point, time, value, quality, reasons))."""
    found, now, skew = [], T0, draw(st.sampled_from([0, 7]))
    before = [draw(VALUES) for _ in range(points)]
    for step, mode, moved in draw(
        st.lists(st.tuples(STEP, MODE, st.dictionaries(st.integers(0, points - 1), READING)), min_size=1, max_size=40)
    ):
        now += step
        rows = []
        for at in range(points):
            value, (quality, reasons) = moved.get(at, (before[at], (2, 0)))
            before[at] = value
            rows.append((at, now + at * skew, nan if quality == 9 else value, quality, reasons))
        found.append((mode, now, rows))
    return found


def batch(points: tuple[Point, ...], rows: list[Row]) -> Batch:
    return Batch(
        points,
        array("I", [row[0] for row in rows]),
        array("q", [row[1] for row in rows]),
        array("d", [row[2] for row in rows]),
        array("B", [row[3] for row in rows]),
        array("I", [row[4] for row in rows]),
    )


def flags(judged: Batch) -> list[tuple[int, int]]:
    return list(zip(judged.quality, judged.reasons, strict=True))


def handed_over(points: tuple[Point, ...], mode: str, rows: list[Row]) -> Iterator[Batch]:
    if mode == "halves":  # as when a device answers one block and then the other
        middle = len(rows) // 2
        for first, half in ((0, rows[:middle]), (middle, rows[middle:])):
            table = points[first : first + len(half)]
            yield batch(table, [(at - first, *rest) for at, *rest in half])
    elif mode == "backwards":
        yield batch(points[::-1], [(len(points) - 1 - at, *rest) for at, *rest in rows[::-1]])
    else:
        yield batch(points, rows)


@settings(max_examples=300)
@given(st.data(), st.integers(1, 4))
def test_poll_by_poll_is_reading_by_reading(data: st.DataObject, count: int) -> None:
    points = tuple(Point("serial:1", "x", f"c{number}") for number in range(count))
    limits = {point: data.draw(LIMITS) for point in points}
    whole, single = Checks(limits.__getitem__), Checks(limits.__getitem__)
    for mode, now, rows in data.draw(polls(count)):
        together: dict[Point, tuple[int, int]] = {}
        for part in handed_over(points, mode, rows):
            judged = whole.judged(part, now)
            together |= dict(zip((part.points[at] for at in part.point), flags(judged), strict=True))
        alone = {points[row[0]]: flags(single.judged(batch(points, [row]), now))[0] for row in rows}
        assert together == alone


@given(st.data())
def test_what_comes_late_changes_nothing_for_what_comes_in_time(data: st.DataObject) -> None:
    point = Point("serial:1", "x")
    limits = data.draw(LIMITS)
    plain, disturbed = Checks(lambda _: limits), Checks(lambda _: limits)
    now = T0
    for step, (value, (quality, reasons)) in data.draw(
        st.lists(st.tuples(st.integers(1, 60_000), READING), min_size=1, max_size=60)
    ):
        now += step
        row = (0, now, nan if quality == 9 else value, quality, reasons)
        assert flags(plain.judged(batch((point,), [row]), now)) == flags(disturbed.judged(batch((point,), [row]), now))
        if quality == 9:  # says nothing, so the next one may still be older
            continue
        late = data.draw(st.lists(st.tuples(st.integers(0, 10**7), READING), max_size=3))
        for age, (old, (its_quality, its_reasons)) in late:
            its_value = nan if its_quality == 9 else old
            disturbed.judged(batch((point,), [(0, now - age, its_value, its_quality, its_reasons)]), now)


@given(st.data(), st.integers(1, 4))
def test_only_quality_and_reasons_change_and_never_to_better(data: st.DataObject, count: int) -> None:
    points = tuple(Point("serial:1", "x", f"c{number}") for number in range(count))
    limits = {point: data.draw(LIMITS) for point in points}
    checks = Checks(limits.__getitem__)
    for _, now, rows in data.draw(polls(count)):
        given_batch = batch(points, rows)
        judged = checks.judged(given_batch, now)
        assert judged.points is given_batch.points
        assert (judged.point, judged.time) == (given_batch.point, given_batch.time)
        assert judged.value is given_batch.value
        assert flags(given_batch) == [(row[3], row[4]) for row in rows]
        for (_, _, value, quality, reasons), (now_quality, now_reasons) in zip(rows, flags(judged), strict=True):
            assert now_reasons & reasons == reasons
            assert (quality == Quality.MISSING) == (now_quality == Quality.MISSING) == isnan(value)
            if quality in {3, 4}:
                assert now_quality >= quality


def test_a_quiet_poll_is_handed_on_without_new_columns() -> None:
    points = tuple(Point("serial:1", "air_temperature", f"c{number}") for number in range(3))
    checks = Checks(lambda point: defaults_of(point.observed))
    found = [
        checks.judged(batch(points, [(at, T0 + n * 60_000, 20 + n / 10 + at, 2, 0) for at in range(3)]), T0)
        for n in range(5)
    ]
    assert all(one.quality is two.quality for one, two in pairwise(found[2:]))
    assert flags(found[-1]) == [(1, 0)] * 3


def test_counts() -> None:
    checks = Checks(lambda point: defaults_of(point.observed))
    hot, odd = Point("serial:hot", "air_temperature"), Point("serial:odd", "hj212_x")
    for number, value in enumerate([20, 20.1, 99, 20.2]):
        now = T0 + number * 60_000
        checks.judged(Batch.of([Reading(hot, now, value), Reading(odd, now, 1.0)]), now)
    checks.judged(Batch.of([Reading(hot, T0, 20.0), Reading.missing(odd, T0 + 900_000)]), T0)
    assert checks.status() == {
        "points": 2,
        "pass": 4,
        "not_evaluated": 4,
        "suspect": 0,
        "fail": 1,
        "missing": 1,
        "late": 1,
        "reasons": {"clock": 1, "gross_range": 1},
    }
    assert checks.counts.of_source("serial:hot") == {"gross_range": 1}
    assert checks.counts.of_source("serial:other") == {}


def test_points_beyond_the_bound_are_judged_without_their_past() -> None:
    checks = Checks(lambda _: Limits(Span(0, 10), rate=Rate(((60_000, 1),))), max_points=2)
    points = tuple(Point("serial:1", "x", f"c{number}") for number in range(4))
    for number, value in enumerate([1, 9]):
        judged = checks.judged(batch(points, [(at, T0 + number * 60_000, value, 2, 0) for at in range(4)]), T0)
    assert [quality for quality, _ in flags(judged)] == [3, 3, 1, 1]
    assert [
        q for q, _ in flags(checks.judged(batch(points, [(at, T0 + 120_000, 11, 2, 0) for at in range(4)]), T0))
    ] == [4] * 4
    assert checks.points == 2


def test_tables_beyond_the_bound_are_forgotten_and_their_points_are_not() -> None:
    checks = Checks(lambda _: Limits(Span(0, 10), rate=Rate(((60_000, 1),))), max_points=2)
    one, two = Point("serial:1", "x"), Point("serial:1", "y")
    for number in range(30):  # each table is another one
        points = (one, two, *(Point("serial:1", "z", f"c{number}-{n}") for n in range(3)))
        now = T0 + number * 60_000
        value = 5.0 if number < 29 else 9.0
        judged = checks.judged(batch(points, [(at, now, value, 2, 0) for at in range(5)]), now)
    assert [quality for quality, _ in flags(judged)] == [3, 3, 1, 1, 1]


def test_before_the_clock_is_set_nobody_is_ahead_of_it() -> None:
    checks = Checks(lambda _: Limits(Span(0, 10)))
    point = Point("serial:1", "x")
    of_the_gateway = checks.judged(Batch.of([Reading(point, 5_000, 1.0)]), 5_000)
    of_a_device = checks.judged(Batch.of([Reading(point, T0, 1.0)]), 5_000)
    assert flags(of_the_gateway) == [(3, Reason.CLOCK)]
    assert flags(of_a_device) == [(1, 0)]


def test_stamps_far_from_their_arrival() -> None:
    checks = Checks(lambda _: Limits(Span(0, 10)), future_ms=1000, past_ms=5000)
    point = Point("serial:1", "x")
    found = [
        flags(checks.judged(Batch.of([Reading(point, T0 + off, 1.0)]), T0))[0] for off in (-5001, -5000, 1000, 1001)
    ]
    assert found == [(3, Reason.CLOCK), (1, 0), (1, 0), (3, Reason.CLOCK)]


async def test_the_future_is_that_of_the_spool() -> None:
    recorder = Recorder(durable=False)
    clock = ManualClock(T0)
    checked = Checked(recorder, Checks(lambda _: Limits(Span(0, 10))), clock)
    taken = checked.put(Batch.of([Reading(Point("serial:1", "x"), T0, 1.0), Reading(Point("serial:1", "y"), T0, 11.0)]))
    assert not taken.done()
    recorder.commit()
    await asyncio.wait_for(taken, 1)
    assert [reading.quality for reading in recorder.readings] == [Quality.PASS, Quality.FAIL]
    checked.put(Batch.of([]))
    assert len(recorder.batches[-1]) == 0

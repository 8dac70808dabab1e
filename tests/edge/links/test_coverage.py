"""What a series lacks, and what is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.links.coverage import MAX_GAPS, Coverage
from edge.links.history import DAY_MS, HOUR_MS, History
from edge.links.station_clock import PAUSE_S, SANE_MS, StationClock

STEP = 300_000
NOW = 1_767_225_600_000


def gaps(coverage):
    return [(gap.after_ms, gap.before_ms) for gap in coverage.gaps]


def steady(*instants, period=STEP):
    coverage = Coverage(period)
    for instant in (-period, 0, *instants):
        coverage.came(instant, 0.0)
    return coverage


def test_a_series_without_a_steady_period_has_no_gaps():
    coverage = Coverage(STEP)
    for instant in range(0, 10 * HOUR_MS, HOUR_MS):
        coverage.came(instant, 0.0)
    assert not coverage.gaps
    assert not coverage.steady


def test_a_gap_opens_behind_a_steady_period_and_is_closed_by_what_comes_late():
    coverage = steady(STEP, 5 * STEP)
    assert gaps(coverage) == [(STEP, 5 * STEP)]
    assert coverage.missing_ms == 3 * STEP
    assert [coverage.lacks(n * STEP) for n in range(6)] == [False, False, True, True, True, False]
    coverage.came(3 * STEP, 1.0)
    assert gaps(coverage) == [(STEP, 3 * STEP), (3 * STEP, 5 * STEP)]
    coverage.came(2 * STEP, 1.0)
    coverage.came(4 * STEP, 1.0)
    assert not coverage.gaps


@given(st.sets(st.integers(1, 60)), st.permutations(range(1, 61)))
def test_gaps_are_exactly_what_did_not_come(came, order):
    coverage = steady(61 * STEP)
    for number in order:
        if number in came:
            coverage.came(number * STEP, 1.0)
    for number in range(1, 61):
        assert coverage.lacks(number * STEP) == (number not in came)
    assert coverage.missing_ms == STEP * sum(1 for number in range(1, 61) if number not in came)


def test_gaps_are_bounded():
    coverage = steady(*(n * 10 * STEP for n in range(1, MAX_GAPS + 10)))
    assert len(coverage.gaps) == MAX_GAPS
    assert coverage.dropped == 9


def test_it_is_written_and_read():
    coverage = steady(5 * STEP)
    again = Coverage.read(coverage.written(), 7.0)
    assert again.written() == coverage.written()
    again.came(9 * STEP, 8.0)
    assert gaps(again) == [(0, 5 * STEP), (5 * STEP, 9 * STEP)]


@pytest.mark.parametrize(
    "written",
    [{}, {"period_ms": 0, "newest_ms": 1, "gaps": []}, {"period_ms": 5, "newest_ms": 1, "gaps": [[2, 1]]},
     {"period_ms": 5, "newest_ms": None, "gaps": []}, {"period_ms": 5, "newest_ms": 1, "gaps": 7}, "x", 5],
)  # fmt: skip
def test_what_was_not_written_here_is_refused(written):
    with pytest.raises(ValueError):
        Coverage.read(written, 0.0)


def history(days=7.0, settle_s=60.0) -> History:
    made = History(days * 86_400, settle_s, 3600.0)
    made.watch("Z", STEP)
    for minutes in (-305, -300, 0):  # 5 hours without
        made.came("Z", NOW + minutes * 60_000, 10.0, NOW)
    return made


def test_a_gap_is_asked_for_once_it_has_settled_in_pieces_and_never_two_at_a_time():
    made = history()
    assert made.next(69.0, NOW, DAY_MS) is None
    first = made.next(70.0, NOW, 2 * HOUR_MS)
    assert first == ("Z", NOW - 300 * 60_000, NOW - 300 * 60_000 + 2 * HOUR_MS + STEP, STEP)
    assert made.next(70.0, NOW, DAY_MS) is None
    for minutes in range(-295, -180 + 1, 5):
        assert made.lacks("Z", NOW + minutes * 60_000)
        made.came("Z", NOW + minutes * 60_000, 80.0, NOW)
    made.answered(80.0)
    assert made.next(100.0, NOW, DAY_MS) is None  # it has just become smaller
    assert made.next(140.0, NOW, DAY_MS) == ("Z", NOW - 180 * 60_000, NOW, STEP)
    made.answered(141.0)
    assert made.next(9999.0, NOW, DAY_MS) is None
    assert made.counts.asked == 2


def test_what_the_station_has_not_is_not_asked_for_again():
    made = history()
    made.next(70.0, NOW, DAY_MS)
    made.answered(71.0)
    assert made.next(9999.0, NOW, DAY_MS) is None


def test_who_refuses_is_left_alone_for_a_while_and_who_was_cut_off_is_not():
    made = history()
    pull = made.next(70.0, NOW, DAY_MS)
    made.refused(71.0)
    assert made.next(3670.0, NOW, DAY_MS) is None
    assert made.next(3671.0, NOW, DAY_MS) == pull
    made.interrupted()
    assert made.next(3672.0, NOW, DAY_MS) == pull


def test_nothing_is_asked_for_that_is_older_than_the_reach():
    made = history(days=0.125)  # 3 hours
    pull = made.next(70.0, NOW, DAY_MS)
    assert pull is None  # the gap began before anything was watched
    made = History(2 * 3600.0, 0.0, 1.0)
    made.watch("Z", STEP)
    for minutes in (0, 5, 300):
        made.came("Z", NOW + minutes * 60_000, 10.0, NOW + minutes * 60_000)
    assert made.next(10.0, NOW + 300 * 60_000, DAY_MS) == ("Z", NOW + 180 * 60_000, NOW + 300 * 60_000, STEP)


def test_an_instant_far_in_the_future_says_nothing():
    made = history()
    made.came("Z", NOW + 2 * HOUR_MS, 20.0, NOW)
    assert made.status(StationClock(1)).gaps == 1


def test_without_a_reach_nothing_is_asked():
    made = History(0.0, 0.0, 1.0)
    assert not made.watches
    assert made.next(9.0, NOW, DAY_MS) is None


def test_a_clock_is_looked_at_then_set():
    clock = StationClock(60)
    clock.told(NOW - 30_000, NOW)
    assert not clock.wants_look(0.0, NOW)
    clock.told(NOW + 10_000 - 120_000 + 120_000, NOW + 200_000)
    assert clock.offset_s == -190.0
    assert clock.wants_look(0.0, NOW)
    assert not clock.wants_setting(0.0, NOW)
    assert not clock.wants_look(0.0, SANE_MS - 1)  # a gateway that boots in 1970 sets nobody's clock
    clock.asked(0.0)
    assert not clock.wants_look(PAUSE_S - 1, NOW)
    clock.told(NOW, NOW + 190_000, sure=True)
    assert clock.wants_setting(1.0, NOW)
    clock.setting(1.0)
    assert not clock.wants_setting(2.0, NOW)
    assert clock.was_set(NOW + 200_000, NOW + 200_000) == 190_000
    assert (clock.offset_s, clock.set, clock.is_off) == (0.0, 1, False)


def test_what_waited_in_a_station_says_nothing_about_its_clock():
    clock = StationClock(60)
    clock.told(NOW, NOW)
    clock.told(NOW - HOUR_MS, NOW + 1000)
    assert clock.offset_s == 0.0

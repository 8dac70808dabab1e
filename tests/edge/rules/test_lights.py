"""What lamps should do, by plans, sun and calendar."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rules.config import date_span, switch_time
from edge.rules.lights import Plan, Schedule, SunTimes, Switch
from edge.rules.sun import Sun
from simulators.environment.sun import elevation

DISTRICT = timezone(timedelta(hours=8))
CHONGMING = Sun(31.6, 121.5, DISTRICT)
UPPER_LIMB_DEG = -0.833
"""Of the sun's centre when its upper limb touches the horizon, with the usual refraction."""


def plan(*switches: tuple[str, float], dates: tuple[str, ...] = ()) -> Plan:
    return Plan(tuple(date_span(one) for one in dates), tuple(Switch(switch_time(at), level) for at, level in switches))


def fixed_sun(day: date) -> SunTimes:
    midnight = datetime(day.year, day.month, day.day, tzinfo=DISTRICT)
    return SunTimes(midnight + timedelta(hours=6), midnight + timedelta(hours=18))


NIGHTLY = plan(("sunset+00:10", 100), ("23:30", 50), ("05:00", 80), ("sunrise-00:20", 0))
SCHEDULE = Schedule((NIGHTLY,), fixed_sun, DISTRICT)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=DISTRICT).timestamp() * 1000)


@pytest.mark.parametrize(
    ("time", "level"),
    [
        ("2026-06-01T12:00:00", 0),
        ("2026-06-01T18:09:59.999", 0),
        ("2026-06-01T18:10:00", 100),
        ("2026-06-01T23:29:59", 100),
        ("2026-06-01T23:30:00", 50),
        ("2026-06-02T00:00:00", 50),
        ("2026-06-02T05:00:00", 80),
        ("2026-06-02T05:39:59", 80),
        ("2026-06-02T05:40:00", 0),
        ("2026-06-02T11:59:59", 0),
    ],
)
def test_a_night_over_midnight(time: str, level: float) -> None:
    assert SCHEDULE.level_at(at(time)) == level


def test_the_local_time_is_the_districts() -> None:
    utc = round(datetime(2026, 6, 1, 10, 10, tzinfo=UTC).timestamp() * 1000)
    assert SCHEDULE.level_at(utc) == 100
    assert SCHEDULE.level_at(utc - 1) == 0


def test_a_plan_of_a_date_holds_until_the_next_morning() -> None:
    feast = plan(("sunset", 100), ("sunrise", 0), dates=("--10-01", "--12-31/--01-02"))
    schedule = Schedule((feast, plan(("sunset", 30), ("sunrise", 0))), fixed_sun, DISTRICT)
    found = [
        schedule.level_at(at(time))
        for time in (
            "2026-09-30T23:00:00",
            "2026-10-01T05:59:00",  # still the night of September
            "2026-10-01T18:00:00",
            "2026-10-02T05:59:00",
            "2026-10-02T18:00:00",
            "2026-12-30T23:00:00",
            "2027-01-01T00:00:00",
            "2027-01-03T05:00:00",
            "2027-01-03T18:00:00",
        )
    ]
    assert found == [30, 30, 100, 100, 30, 30, 100, 100, 30]


def test_of_two_switches_at_one_instant_the_later_written_counts() -> None:
    schedule = Schedule((plan(("18:00", 10), ("sunset", 90)),), fixed_sun, DISTRICT)
    assert schedule.level_at(at("2026-06-01T18:00:00")) == 90


@given(st.integers(at("2026-01-01T00:00:00"), at("2028-03-02T00:00:00")))
def test_between_now_and_the_next_change_nothing_changes(now: int) -> None:
    schedule = Schedule((NIGHTLY,), CHONGMING, DISTRICT)
    coming = schedule.next_ms(now)
    assert now < coming <= now + 86_400_000
    level = schedule.level_at(now)
    for part in range(1, 6):
        assert schedule.level_at(now + (coming - 1 - now) * part // 5) == level


def test_the_sun_of_two_years_is_that_of_the_almanac() -> None:
    for number in range(731):
        day = date(2027, 1, 1) + timedelta(days=number)
        rise, sets = CHONGMING(day)
        assert rise.date() == sets.date() == day
        assert rise.hour in {4, 5, 6}
        assert sets.hour in {16, 17, 18, 19}
        for moment in (rise, sets):
            height = elevation(121.5, 31.6, round(moment.timestamp() * 1000))
            assert abs(height - UPPER_LIMB_DEG) < 0.15  # the simulators' own formula; 0.15 degrees is 40 s


def test_a_sunset_after_midnight_belongs_to_its_evening() -> None:
    rise, sets = Sun(59.0, 60.0, timezone(timedelta(hours=8)))(date(2026, 6, 21))
    assert rise < sets
    assert sets.date() == date(2026, 6, 22)


@pytest.mark.parametrize(
    ("text", "by", "minutes"),
    [
        ("00:00", "clock", 0),
        ("23:59", "clock", 1439),
        ("sunset", "sunset", 0),
        ("sunset-00:15", "sunset", -15),
        ("sunrise+01:30", "sunrise", 90),
    ],
)
def test_switch_times(text: str, by: str, minutes: int) -> None:
    found = switch_time(text)
    assert (found.by, found.offset) == (by, timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text",
    ["24:00", "7:00", "12:60", "noon", "sunset+1:00", "sunset+04:01", "sunset 00:10", "", "sunset-00:60", "１２:00"],
)
def test_no_switch_times(text: str) -> None:
    with pytest.raises(ValueError, match="switch time"):
        switch_time(text)


@pytest.mark.parametrize("text", ["10-01", "--13-01", "--02-30", "--10-01/", "--10-01/10-02", "--00-10", ""])
def test_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match="dates"):
        date_span(text)


def test_the_leap_day_is_a_date() -> None:
    assert date_span("--02-29").holds(date(2028, 2, 29))
    assert not date_span("--02-29").holds(date(2028, 2, 28))

"""Which level lamps should have at an instant: plans by date, switch times by the sun or the clock. No clock is read.

A *night* is named after the date of its evening and goes from noon to noon, local time; so a plan for a date holds
until the next morning. What a plan does not say until its first switch is dark, and at noon it is dark again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final, Literal, NamedTuple

NOON: Final = timedelta(hours=12)
_DAY: Final = timedelta(days=1)


class SunTimes(NamedTuple):
    """Of one local date, aware."""

    sunrise: datetime
    sunset: datetime


class SwitchTime(NamedTuple):
    """When lamps change: a time of day, or one counted from the sun's."""

    by: Literal["clock", "sunset", "sunrise"]
    offset: timedelta
    """From local midnight, or from the sun's time; before it when negative."""


class Switch(NamedTuple):
    """From when on the lamps have which level, %."""

    at: SwitchTime
    level: float


class DateSpan(NamedTuple):
    """(month, day) to (month, day), both belonging to it; over New Year when it ends before it begins."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether a date belongs to it, in any year."""
        month_day = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= month_day <= self.last
        return month_day >= self.first or month_day <= self.last


class Plan(NamedTuple):
    """What the nights of some dates are like."""

    dates: tuple[DateSpan, ...]
    """None: every date."""
    switches: tuple[Switch, ...]


@dataclass(frozen=True)
class Schedule:
    """Of one group of lamps.

    :param plans: the first one that holds for a night's date is it; the last one holds for every date.
    :param sun: the sun's times of a local date.
    :param zone: the district's time: a fixed offset.
    """

    plans: tuple[Plan, ...]
    sun: Callable[[date], SunTimes]
    zone: timezone

    def level_at(self, time_ms: int) -> float:
        """0 to 100 %."""
        now = datetime.fromtimestamp(time_ms / 1000, self.zone)
        level = 0.0
        for at, then in _night(self, (now - NOON).date()):
            if at <= now:
                level = then
        return level

    def next_ms(self, time_ms: int) -> int:
        """When it may change next: a switch or noon."""
        now = datetime.fromtimestamp(time_ms / 1000, self.zone)
        evening = (now - NOON).date()
        noon = datetime(evening.year, evening.month, evening.day, tzinfo=self.zone) + _DAY + NOON
        later = [at for at, _ in _night(self, evening) if at > now]
        return round(min([*later, noon]).timestamp() * 1000)

    def plan_for(self, evening: date) -> Plan:
        """The plan of a night."""
        return next(p for p in self.plans if not p.dates or any(span.holds(evening) for span in p.dates))

    def time_of(self, at: SwitchTime, evening: date) -> datetime:
        """When in the night of a date a switch is; a time before noon is in its morning."""
        if at.by == "sunset":
            return self.sun(evening).sunset + at.offset
        if at.by == "sunrise":
            return self.sun(evening + _DAY).sunrise + at.offset
        day = evening if at.offset >= NOON else evening + _DAY
        return datetime(day.year, day.month, day.day, tzinfo=self.zone) + at.offset

    __hash__ = object.__hash__


@lru_cache(maxsize=256)
def _night(schedule: Schedule, evening: date) -> tuple[tuple[datetime, float], ...]:
    """The switches of a night in order of time; of two at one instant the one that is written later counts."""
    plan = schedule.plan_for(evening)
    return tuple(
        sorted(((schedule.time_of(at, evening), level) for at, level in plan.switches), key=lambda one: one[0])
    )

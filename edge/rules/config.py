"""``[[rule]]`` and ``[[lights]]``: what the gateway does by itself."""

import re
from datetime import date, timedelta, timezone
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from edge.rules.lights import DateSpan, Plan, Switch, SwitchTime
from edge.rules.threshold import Comparison, Level, Priority, Rule, Votes
from edge.section import Channel, Observed, Section, Source
from protocols.vocabulary import Point

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_SUN: Final = re.compile(r"(sunset|sunrise)(?:([+-])([0-9]{2}):([0-5][0-9]))?")
_DATES: Final = re.compile(r"--([0-9]{2})-([0-9]{2})(?:/--([0-9]{2})-([0-9]{2}))?")
_LEAP_YEAR: Final = 2024
_DEGREES_PER_HOUR: Final = 15
_FAR_DEG: Final = 60


def _target(text: str) -> str:
    Point.parse(text)
    return text


def switch_time(text: str) -> SwitchTime:
    """``22:30``, ``sunset``, ``sunset-00:15``, ``sunrise+01:00``.

    :raises ValueError: it is none of these.
    """
    if clock := _CLOCK.fullmatch(text):
        return SwitchTime("clock", timedelta(hours=int(clock[1]), minutes=int(clock[2])))
    if sun := _SUN.fullmatch(text):
        offset = timedelta(hours=int(sun[3] or 0), minutes=int(sun[4] or 0))
        if offset > timedelta(hours=4):
            raise ValueError(f"switch time {text!r}: expected at most four hours from the sun's time")
        return SwitchTime("sunset" if sun[1] == "sunset" else "sunrise", -offset if sun[2] == "-" else offset)
    raise ValueError(f"switch time {text!r}: expected HH:MM, or sunset or sunrise, with +HH:MM or -HH:MM or without")


def date_span(text: str) -> DateSpan:
    """``--10-01``, or ``--11-15/--03-15``.

    :raises ValueError: it is neither, or no such day.
    """
    match = _DATES.fullmatch(text)
    if match is None:
        raise ValueError(f"dates {text!r}: expected --MM-DD or --MM-DD/--MM-DD")
    days = [(int(match[1]), int(match[2]))]
    days.append((int(match[3]), int(match[4])) if match[3] else days[0])
    for month, day in days:
        try:
            date(_LEAP_YEAR, month, day)
        except ValueError:
            raise ValueError(f"dates {text!r}: no year has a {month:02d}-{day:02d}") from None
    return DateSpan(*days)


def _switch_text(text: str) -> str:
    switch_time(text)
    return text


def _date_text(text: str) -> str:
    date_span(text)
    return text


Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,80}$")]
Target = Annotated[str, AfterValidator(_target)]
Delay = Annotated[float, Field(ge=0, le=86_400)]
VotePair = tuple[Annotated[int, Field(ge=1, le=100)], Annotated[int, Field(ge=1, le=100)]]
Percent = Annotated[float, Field(ge=0, le=100)]


class LevelRow(Section):
    """``[[rule.levels]]``: one threshold."""

    limit: float
    priority: Priority = "low"


class EffectRow(Section):
    """``[[rule.action]]``: the value that a point of a device gets when the alarm comes, and when it goes."""

    target: Target
    raised: float | None = None
    cleared: float | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.raised is None and self.cleared is None:
            raise ValueError("expected raised or cleared, or both")
        return self


class RuleRow(Section):
    """``[[rule]]``: thresholds on one point."""

    name: Name
    source: Source
    observed: Observed
    channel: Channel = ""
    comparison: Comparison
    levels: Annotated[tuple[LevelRow, ...], Field(min_length=1, max_length=8)]
    deadband: Annotated[float, Field(ge=0)] = 0.0
    raise_on: VotePair = (1, 1)
    """n of the last m readings."""
    clear_on: VotePair = (1, 1)
    on_delay_s: Delay = 0.0
    off_delay_s: Delay = 0.0
    message: Annotated[str, Field(max_length=400)] = ""
    action: tuple[EffectRow, ...] = ()

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        self.rule()
        return self

    def rule(self) -> Rule:
        """As it is watched."""
        return Rule(
            self.name,
            Point(self.source, self.observed, self.channel),
            self.comparison,
            tuple(Level(row.limit, row.priority) for row in self.levels),
            self.deadband,
            Votes(*self.raise_on),
            Votes(*self.clear_on),
            round(self.on_delay_s * 1000),
            round(self.off_delay_s * 1000),
            self.message,
        )


class PlanRow(Section):
    """``[[lights.plan]]``: what the nights of some dates are like."""

    dates: tuple[Annotated[str, AfterValidator(_date_text)], ...] = ()
    """Empty: every date."""
    switches: Annotated[
        tuple[tuple[Annotated[str, AfterValidator(_switch_text)], Percent], ...], Field(min_length=1, max_length=48)
    ]
    """[[when, level in %], ...]."""

    def plan(self) -> Plan:
        """As it is followed."""
        return Plan(
            tuple(date_span(text) for text in self.dates),
            tuple(Switch(switch_time(text), level) for text, level in self.switches),
        )


class LightsRow(Section):
    """``[[lights]]``: lamps that follow sun and calendar."""

    name: Name
    targets: Annotated[tuple[Target, ...], Field(min_length=1, max_length=10_000)]
    latitude: Annotated[float, Field(ge=-60, le=60)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] = 8.0
    fallback_after_h: Annotated[float, Field(gt=0, le=8760)] | None = None
    """The schedule holds while the cloud has been silent for so long; left out: always."""
    repeat_s: Annotated[float, Field(ge=60, le=604_800)] = 3600.0
    plan: Annotated[tuple[PlanRow, ...], Field(min_length=1, max_length=64)]

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        if any(not row.dates for row in self.plan[:-1]) or self.plan[-1].dates:
            raise ValueError("expected the last plan, and only that one, without dates: it is for all others")
        if abs(self.longitude - _DEGREES_PER_HOUR * self.utc_offset_h) > _FAR_DEG:
            raise ValueError(f"longitude {self.longitude} and utc_offset_h {self.utc_offset_h} are of different places")
        return self

    @property
    def zone(self) -> timezone:
        """The district's time."""
        return timezone(timedelta(hours=self.utc_offset_h))

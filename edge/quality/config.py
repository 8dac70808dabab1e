"""``[quality]`` and the rows ``[[link.device.checks]]`` and ``[[quality.checks]]``: what differs from the defaults."""

from dataclasses import replace
from math import inf
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from edge.quality.defaults import defaults_of
from edge.quality.limits import (
    NO_LIMITS,
    Attenuated,
    Deviation,
    Flat,
    Gap,
    Limits,
    Rate,
    Span,
    Spike,
    Stuck,
    Unit,
)
from edge.quality.window import BUCKETS
from edge.section import Channel, Observed, Section, Source
from protocols.vocabulary import Quality

Check = Literal["range", "spike", "rate", "flat", "attenuated", "gap", "stuck", "unit"]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
CheckSeconds = Annotated[float, Field(gt=0, le=31_622_400)]
WindowSeconds = Annotated[float, Field(ge=BUCKETS, le=31_622_400)]
Pair = tuple[float, float]

_OFF: Final[dict[Check, tuple[str, ...]]] = {
    "range": ("sensor", "user"),
    "rate": ("rate", "deviation"),
}
_FLAGS: Final = {"pass": Quality.PASS, "suspect": Quality.SUSPECT, "fail": Quality.FAIL}


class CheckRow(Section):
    """``[[link.device.checks]]``: what one property of a device is judged by; what is left out stays as it is."""

    observed: Observed
    channel: Channel | None = None
    """None: every channel of the property."""
    defaults: bool = True
    """False: begin with no checks at all instead of the property's own (edge.quality.defaults)."""
    off: frozenset[Check] = frozenset()
    sensor_min: float | None = None
    sensor_max: float | None = None
    user_min: float | None = None
    user_max: float | None = None
    spike_low: NotNegative | None = None
    spike_high: NotNegative | None = None
    spike_within_s: CheckSeconds | None = None
    rate: Annotated[tuple[tuple[CheckSeconds, NotNegative], ...], Field(min_length=1, max_length=16)] | None = None
    """[[seconds, step], ...]."""
    rate_n_dev: Positive | None = None
    rate_window_s: WindowSeconds = 90_000.0
    """Of the standard deviation: the manual's 25 h."""
    flat_count: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    flat_fail_count: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    flat_s: Annotated[float, Field(ge=0, le=31_622_400)] | None = None
    flat_fail_s: Annotated[float, Field(ge=0, le=31_622_400)] | None = None
    flat_tolerance: NotNegative | None = None
    flat_natural: Annotated[tuple[Pair, ...], Field(max_length=16)] | None = None
    flat_natural_s: CheckSeconds | None = None
    """Where staying is natural, for how long it is; None: for ever, or as the property's own figures say."""
    attenuated_suspect: Positive | None = None
    attenuated_fail: NotNegative = 0.0
    attenuated_window_s: WindowSeconds = 43_200.0
    """The manual's 12 h."""
    attenuated_by: Literal["range", "sd"] = "range"
    gap_s: CheckSeconds | None = None
    gap_quality: Literal["pass", "suspect", "fail"] = "suspect"
    stuck_at: Annotated[frozenset[float], Field(min_length=1, max_length=16)] | None = None
    stuck_count: Annotated[int, Field(ge=2, le=1_000_000)] = 3
    unit_step: Positive | None = None
    unit_factors: Annotated[tuple[Annotated[float, Field(gt=1)], ...], Field(min_length=1, max_length=8)] | None = None

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        self.applied(defaults_of(self.observed))
        return self

    def concerns(self, observed: str, channel: str) -> bool:
        """Whether the row is about this series."""
        return observed == self.observed and self.channel in (None, channel)

    def applied(self, limits: Limits) -> Limits:
        """The limits as this row changes them.

        :raises ValueError: they contradict each other; the message says how.
        """
        base = limits if self.defaults else NO_LIMITS
        changes: dict[str, Any] = {name: None for check in self.off for name in _OFF.get(check, (check,))}
        sensor = _span(base.sensor, self.sensor_min, self.sensor_max)
        wanted = {
            "sensor": sensor,
            "user": self._user(base.user, sensor),
            "spike": self._spike(base.spike),
            "rate": Rate(tuple((round(s * 1000), step) for s, step in self.rate)) if self.rate else base.rate,
            "deviation": Deviation(self.rate_n_dev, round(self.rate_window_s * 1000))
            if self.rate_n_dev
            else base.deviation,
            "flat": self._flat(base.flat),
            "attenuated": self._attenuated(base.attenuated),
            "gap": self._gap(base.gap),
            "stuck": Stuck(self.stuck_at, self.stuck_count) if self.stuck_at else base.stuck,
            "unit": self._unit(base.unit),
        }
        return replace(base, **{**wanted, **changes})

    def _user(self, base: Span | None, sensor: Span | None) -> Span | None:
        """An end that the row does not give is not beyond the sensor's, where readings fail anyhow."""
        found = _span(base, self.user_min, self.user_max)
        if found is None or sensor is None:
            return found
        low = max(found.low, sensor.low) if self.user_min is None else found.low
        high = min(found.high, sensor.high) if self.user_max is None else found.high
        return Span(low, high)

    def _spike(self, base: Spike | None) -> Spike | None:
        if self.spike_low is None and base is None:
            if self.spike_high is not None or self.spike_within_s is not None:
                raise ValueError("spike_high and spike_within_s go with spike_low")
            return None
        base = base or Spike(self.spike_low or 0.0)
        low = base.low if self.spike_low is None else self.spike_low
        high = max(base.high, low) if self.spike_high is None else self.spike_high
        within_ms = base.within_ms if self.spike_within_s is None else round(self.spike_within_s * 1000)
        return Spike(low, high, within_ms)

    def _flat(self, base: Flat | None) -> Flat | None:
        given = {
            "suspect_count": self.flat_count,
            "fail_count": self.flat_fail_count,
            "suspect_ms": None if self.flat_s is None else round(self.flat_s * 1000),
            "fail_ms": None if self.flat_fail_s is None else round(self.flat_fail_s * 1000),
            "tolerance": self.flat_tolerance,
            "natural": None if self.flat_natural is None else tuple(Span(*pair) for pair in self.flat_natural),
            "natural_ms": None if self.flat_natural_s is None else round(self.flat_natural_s * 1000),
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if not changes:
            return base
        changed = {name: getattr(base or Flat(), name) for name in given} | changes
        if self.flat_fail_count is None and changed["fail_count"] is not None:
            changed["fail_count"] = max(changed["fail_count"], changed["suspect_count"])
        if self.flat_fail_s is None:
            changed["fail_ms"] = max(changed["fail_ms"], changed["suspect_ms"])
        return Flat(**changed)

    def _attenuated(self, base: Attenuated | None) -> Attenuated | None:
        if self.attenuated_suspect is None:
            return base
        window_ms = round(self.attenuated_window_s * 1000)
        return Attenuated(window_ms, self.attenuated_suspect, self.attenuated_fail, self.attenuated_by)

    def _gap(self, base: Gap | None) -> Gap | None:
        quality = _FLAGS[self.gap_quality]
        if self.gap_s is not None:
            return Gap(round(self.gap_s * 1000), quality)
        return None if base is None else Gap(base.longest_ms, quality)

    def _unit(self, base: Unit | None) -> Unit | None:
        step = self.unit_step or (base.step if base else None)
        if step is None:
            if self.unit_factors is not None:
                raise ValueError("unit_factors goes with unit_step")
            return None
        return Unit(step, self.unit_factors or (base.factors if base else (10, 1000)))


class SourceCheckRow(CheckRow):
    """``[[quality.checks]]``: the same for every source, or for one that no link lists."""

    source: Source | None = None


class QualityConfig(Section):
    """``[quality]``: the checks that readings go through on their way to the spool."""

    enabled: bool = True
    future_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    """How far a stamp may be ahead of its arrival."""
    past_days: Annotated[float, Field(ge=1, le=36_600)] = 366.0
    max_points: Annotated[int, Field(ge=1, le=1_000_000)] = 50_000
    checks: tuple[SourceCheckRow, ...] = ()


def _span(base: Span | None, low: float | None, high: float | None) -> Span | None:
    if low is None and high is None:
        return base
    base = base or Span(-inf, inf)
    return Span(base.low if low is None else low, base.high if high is None else high)

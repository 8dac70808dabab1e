"""A year of readings of one instrument whose faults are known: the world, the instrument, and what befalls it.

Sizes are those of the instrument, not of the checks: a spike or a step is 4 mA or more on its 4-20 mA loop, that is a
quarter of its span (25 to 60 %); a stuck one stays so until somebody comes (10 to 20 days); units are wrong by the
factors that occur with such registers, for days, from a reading on that is clearly not zero; clocks are a time zone, a
day, a month or a year ahead, or at their epoch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NamedTuple

import numpy as np

from simulators.environment import Site, World
from simulators.environment.world import ANCHOR_MS
from simulators.faults import Fault, Kind, Schedule

Column = np.ndarray[Any, np.dtype[np.float64]]
DAY_S: Final = 86_400
VISIBLE: Final = 10
"""A value is clearly not zero at so many standard deviations of the instrument's noise."""
KNOT_S: Final = 900
"""The world is asked so often, and is a straight line between."""


@dataclass(frozen=True)
class Instrument:
    """What measures a property."""

    observed: str
    low: float
    high: float
    """It shows nothing beyond its span."""
    resolution: float
    noise: float
    """Standard deviation."""
    factors: tuple[float, ...] = (10,)
    """Of unit errors that occur."""
    cadence_s: int = 300
    floats: bool = False
    """Its registers are 32-bit floats: their words can be swapped."""

    @property
    def span(self) -> float:
        return self.high - self.low


INSTRUMENTS: Final = (
    Instrument("water_temperature", -5, 45, 0.01, 0.03, floats=True),
    Instrument("water_level", -5, 10, 0.001, 0.01, (100, 1000)),
    Instrument("ph", 0, 14, 0.01, 0.02, (10, 100), floats=True),
    Instrument("dissolved_oxygen", 0, 20, 0.01, 0.05, floats=True),
    Instrument("conductivity", 0, 20_000, 1, 5, (1000, 0.001), floats=True),
    Instrument("turbidity", 0, 1000, 0.1, 0.3, floats=True),
    Instrument("air_temperature", -40, 80, 0.1, 0.05),
    Instrument("relative_humidity", 0, 100, 0.1, 0.5),
    Instrument("air_pressure", 300, 1100, 0.1, 0.1, (10, 0.1)),
    Instrument("wind_speed", 0, 60, 0.1, 0.4),
    Instrument("pm2_5", 0, 1000, 1, 2, (1000, 0.001)),
    Instrument("pm10", 0, 1000, 1, 3, (1000, 0.001)),
    Instrument("no2", 0, 1000, 1, 2, (1000, 0.001)),
    Instrument("o3", 0, 1000, 1, 2, (1000, 0.001)),
    Instrument("co", 0, 50, 0.01, 0.02, (1000, 0.001)),
    Instrument("noise", 30, 130, 0.1, 1),
    Instrument("soil_moisture", 0, 100, 0.1, 0.1, cadence_s=900),
    Instrument("soil_temperature", -40, 80, 0.1, 0.05, cadence_s=900),
)


class Plan(NamedTuple):
    """How often in a year a fault occurs, and for how long, days."""

    times: int
    least: float
    most: float


PLANS: Final[dict[Kind, Plan]] = {
    "spike": Plan(100, 0, 0),
    "stuck": Plan(12, 10, 20),
    "step": Plan(26, 2, 7),
    "unit": Plan(26, 2, 10),
    "gap": Plan(26, 1 / 24, 1),
    "clock": Plan(26, 0.5, 3),
    "drift": Plan(6, 20, 40),
    "noise": Plan(12, 0.5, 2),
    "word_order": Plan(12, 0.5, 2),
}
_AHEAD_S: Final = (8 * 3600, DAY_S, 31 * DAY_S, 366 * DAY_S)
_EPOCHS_S: Final = (0, 946_684_800)
"""1970 and 2000: where real-time clocks begin that lost their battery."""


class Event(NamedTuple):
    """One fault, and the readings that it is in: from first up to, and without, end."""

    fault: Fault
    first: int
    end: int


class Year:
    """One instrument's readings without faults, and what they become with them.

    :param days: how many; faults occur in proportion, at least twice.
    """

    def __init__(self, instrument: Instrument, seed: int, days: int) -> None:
        self.instrument = instrument
        self.days = days
        self.seed = seed
        count = days * DAY_S // instrument.cadence_s
        self.time_ms = ANCHOR_MS + np.arange(count, dtype=np.int64) * (1000 * instrument.cadence_s)
        self.true = self._sensed(_world(instrument.observed, seed, days, self.time_ms))

    def _sensed(self, there: Column) -> Column:
        rng = np.random.default_rng([self.seed, len(self.instrument.observed), ord(self.instrument.observed[0])])
        return there + rng.normal(0, self.instrument.noise, len(there))

    def shown(self, values: Column) -> Column:
        """In the instrument's steps and span."""
        one = self.instrument
        return np.round(np.round(np.clip(values, one.low, one.high) / one.resolution) * one.resolution, 6)

    def events(self, kind: Kind) -> list[Event]:
        """The faults of a kind: one in each of equal parts of the year, at a time drawn by lot."""
        rng = Random(f"{self.seed}/{self.instrument.observed}/{kind}")
        plan, step_ms = PLANS[kind], 1000 * self.instrument.cadence_s
        times = max(2, round(plan.times * self.days / 365))
        part = len(self.true) / times
        found = []
        for number in range(times):
            lasts = rng.uniform(plan.least, plan.most) * DAY_S / self.instrument.cadence_s
            length = max(1, round(min(lasts, 0.6 * part)))
            first = round(number * part + 4 + rng.random() * (0.95 * part - length - 4))
            if kind == "unit":
                first = self._off_zero(first, round((number + 0.95) * part) - length)
            end = min(len(self.true), first + length)
            begin_ms, end_ms = int(self.time_ms[first]), int(self.time_ms[0]) + end * step_ms
            key = f"{self.seed}/{self.instrument.observed}/{kind}/{number}"
            size = self._size(kind, rng, first, number)
            found.append(Event(Fault(kind, Schedule(key, begin_ms, end_ms), size), first, end))
        return found

    def _off_zero(self, first: int, last: int) -> int:
        """The first reading from there on that is clearly not zero: ten times zero is zero."""
        away = np.flatnonzero(np.abs(self.true[first:last]) > VISIBLE * self.instrument.noise)
        return first + int(away[0]) if len(away) else first

    def _size(self, kind: Kind, rng: Random, first: int, number: int) -> float:
        one = self.instrument
        match kind:
            case "spike" | "step":
                size = rng.uniform(0.25, 0.6) * one.span
                up, down = one.high - self.true[first] >= size, self.true[first] - one.low >= size
                return size if up and (not down or rng.random() < 0.5) else -size if down else size
            case "drift":
                return rng.choice((-1, 1)) * one.span / 4 / 30
            case "noise":
                return 0.1 * one.span
            case "unit":
                return one.factors[number % len(one.factors)]
            case "clock":
                choices = len(_AHEAD_S) + len(_EPOCHS_S)
                if number % choices < len(_AHEAD_S):
                    return _AHEAD_S[number % choices]
                return _EPOCHS_S[number % choices - len(_AHEAD_S)] - int(self.time_ms[first]) / 1000
            case _:
                return 0.0

    def faulty(self, events: list[Event]) -> Column:
        """What is sent with these faults; NaN: nothing."""
        sent = self.shown(self.true)
        for event in events:
            fault, part = event.fault, slice(event.first, event.end)
            if fault.kind == "clock":
                continue
            on = fault.schedule.at(int(self.time_ms[event.first]))
            if on is None:
                raise ValueError(f"{fault}: not on at its first reading")
            first = float(self.true[event.first])
            before = sent[part] if fault.kind in {"unit", "word_order"} else self.true[part]
            found = [
                fault.shown(float(value), int(time), on, lambda _, first=first: first)  # type: ignore[misc]
                for value, time in zip(before, self.time_ms[part], strict=True)
            ]
            values = np.array([np.nan if value is None else value for value in found])
            sent[part] = np.round(values, 9) if fault.kind in {"unit", "word_order"} else self.shown(values)
        return sent

    def stamps(self, events: list[Event]) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """What the device's clock says."""
        stamps = self.time_ms.copy()
        for event in events:
            if event.fault.kind == "clock":
                stamps[event.first : event.end] += round(event.fault.size * 1000)
        return stamps


def _world(observed: str, seed: int, days: int, time_ms: "np.ndarray[Any, np.dtype[np.int64]]") -> Column:
    """The world's value at these instants."""
    known = list(_knots(observed, seed, days))
    at, values = [ms for ms, _ in known], [value for _, value in known]
    return np.interp(time_ms, at, values)


def _knots(observed: str, seed: int, days: int) -> Iterator[tuple[int, float]]:
    world, site = World(seed), Site(f"bench-{observed}")
    for number in range(days * DAY_S // KNOT_S + 2):
        ms = ANCHOR_MS + number * KNOT_S * 1000
        value = world.value(site, observed, ms)
        if value is not None:
            yield ms, value

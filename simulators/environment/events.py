"""What befalls the whole island: typhoon, spill, festival; each a frozen value that changes the world's fields.

An event is placed in simulated time and in space. The world adds up what all events say of a place and an instant
(:class:`Influence`) and takes their rain among its own storms, so that whatever follows from wind, pressure, rain,
water or people follows from the event, too. Figures are round ones of a bad case, not of a forecast.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, hypot, log10, pi, sin, sqrt
from typing import Final, NamedTuple

from simulators.environment.place import kilometres
from simulators.environment.storms import Storm

HOUR_MS: Final = 3_600_000
_TIDE_H: Final = 12.4206


class Influence(NamedTuple):
    """What an event adds at a place and an instant."""

    pressure_hpa: float = 0.0
    east_m_s: float = 0.0
    """Wind, towards the east."""
    north_m_s: float = 0.0
    surge_m: float = 0.0
    """Of open water, above the tide and above what wind and pressure do by themselves."""
    pollution: float = 0.0
    """0 none to 1 as it left the pipe; only of water."""
    people: float = 0.0
    """How many more are about, where usually there are a few."""
    noise_db: float = 0.0
    """A source of so many dB at this place, beside the others; 0: none."""
    pm2_5_ug_m3: float = 0.0


NOTHING: Final = Influence()


class Event(ABC):
    """Everything outside of its span is as without it."""

    start_ms: int
    """Simulated ms UTC."""

    @property
    @abstractmethod
    def end_ms(self) -> int:
        """Simulated ms UTC; what it left behind may last longer (wet soil)."""

    @abstractmethod
    def influence(self, longitude: float, latitude: float, time_ms: int) -> Influence:
        """What it adds at a place, degrees WGS 84, at an instant within its span."""

    def storms(self) -> tuple[Storm, ...]:
        """The rain that it brings."""
        return ()


@dataclass(frozen=True)
class Typhoon(Event):
    """A tropical cyclone on a straight track: wind turns against the clock, pressure falls, water rises.

    The wind is that of a modified Rankine vortex, 0.8 of it at the ground; the surge is the sea's rise under low
    pressure (a centimetre per hPa) and what the onshore wind heaps up in the shallow estuary.
    """

    start_ms: int
    """The eye is ``hours / 2`` before its nearest point."""
    hours: float = 48.0
    longitude: float = 121.2
    """Of the eye half way: it passes in the west, so that the mouth lies where the wind comes from the sea."""
    latitude: float = 31.0
    heading_deg: float = 325.0
    """Where it goes to: 0 north, clockwise."""
    km_h: float = 18.0
    pressure_drop_hpa: float = 45.0
    wind_m_s: float = 33.0
    radius_km: float = 60.0
    """Of the strongest wind."""
    rain_mm_h: float = 22.0
    surge_m: float = 1.6
    """At the mouth, when the strongest wind blows onto the shore."""

    @property
    def end_ms(self) -> int:
        return self.start_ms + round(self.hours * HOUR_MS)

    def eye_km(self, time_ms: int) -> tuple[float, float]:
        """East and north of the island's middle."""
        x, y = kilometres(self.longitude, self.latitude)
        gone = self.km_h * ((time_ms - self.start_ms) / HOUR_MS - self.hours / 2)
        return x + gone * sin(self.heading_deg * pi / 180), y + gone * cos(self.heading_deg * pi / 180)

    def influence(self, longitude: float, latitude: float, time_ms: int) -> Influence:
        x, y = self.eye_km(time_ms)
        east, north = kilometres(longitude, latitude)
        east, north = east - x, north - y
        away = max(1.0, hypot(east, north))
        share = away / self.radius_km
        grown = _edge(self.start_ms, self.end_ms, time_ms, 10.0)
        speed = 0.8 * self.wind_m_s * grown * (share if share < 1 else share**-0.6)
        # against the clock round the eye, and a fifth of it inwards
        wind_east = speed * (-north - 0.2 * east) / away
        wind_north = speed * (east - 0.2 * north) / away
        drop = grown * self.pressure_drop_hpa * (1 - exp(-1 / share))
        onshore = max(-0.4, min(1.0, -(wind_east * 0.9 - wind_north * 0.1) / (0.8 * self.wind_m_s)))
        surge = grown * self.surge_m * onshore + 0.01 * drop
        return Influence(pressure_hpa=-drop, east_m_s=wind_east, north_m_s=wind_north, surge_m=surge)

    def storms(self) -> tuple[Storm, ...]:
        """The wall round the eye and eleven cells of two spiral bands, all going with the eye and round it."""
        east_km_h = self.km_h * sin(self.heading_deg * pi / 180)
        north_km_h = self.km_h * cos(self.heading_deg * pi / 180)
        x, y = kilometres(self.longitude, self.latitude)
        half_ms = self.start_ms + round(self.hours / 2 * HOUR_MS)
        way = east_km_h, north_km_h
        cells = [Storm(half_ms, x, y, *way, 0.9 * self.radius_km, self.hours / 5, self.rain_mm_h)]
        for number in range(11):
            turn = number * 0.9
            out = self.radius_km * (1.2 + 0.28 * number)
            before_ms = round((number - 5) * 1.7 * HOUR_MS)
            middle = (
                x + out * cos(turn) + east_km_h * before_ms / HOUR_MS,
                y + out * sin(turn) + (north_km_h * before_ms / HOUR_MS),
            )
            cells.append(Storm(half_ms + before_ms, *middle, *way, 22.0, 2.5, 0.9 * self.rain_mm_h))
        return tuple(cells)


SOUTH_SHORE: Final = (
    (121.18, 31.77),
    (121.30, 31.68),
    (121.42, 31.60),
    (121.60, 31.51),
    (121.78, 31.46),
    (121.98, 31.44),
)
"""Along the south branch, downstream; longitude, latitude."""


@dataclass(frozen=True)
class Spill(Event):
    """Something runs into the river and travels downstream, to and fro with the tide, growing wider and thinner.

    In the river and in channels within ``width_km`` of its course, conductivity, ammonia nitrogen, COD and turbidity
    rise, dissolved oxygen and pH fall.
    """

    start_ms: int
    hours: float = 72.0
    course: tuple[tuple[float, float], ...] = SOUTH_SHORE
    from_km: float = 6.0
    """Where on the course it begins."""
    strength: float = 1.0
    """1: as the pipe of a chemical works; how much of what that is stands in ``water.py``."""
    drift_km_h: float = 1.1
    """Downstream, without the tide."""
    excursion_km: float = 5.0
    """How far the tide carries it to and fro, half of the way."""
    width_km: float = 3.0
    length_km: float = 1.2
    """Standard deviation along the course when it begins."""
    spread_km: float = 0.9
    """By so much, times the root of the hours, the length grows."""

    @property
    def end_ms(self) -> int:
        return self.start_ms + round(self.hours * HOUR_MS)

    def middle_km(self, time_ms: int) -> float:
        """Where on the course most of it is."""
        hours = (time_ms - self.start_ms) / HOUR_MS
        swing = self.excursion_km * (1 - cos(2 * pi * hours / _TIDE_H)) / 2
        return self.from_km + self.drift_km_h * hours + swing

    def influence(self, longitude: float, latitude: float, time_ms: int) -> Influence:
        hours = max(0.0, (time_ms - self.start_ms) / HOUR_MS)
        along, off = _on_course(self.course, longitude, latitude)
        length = sqrt(self.length_km**2 + self.spread_km**2 * hours)
        thinned = self.length_km / length
        near = exp(-(((along - self.middle_km(time_ms)) / length) ** 2) / 2 - (off / self.width_km) ** 2 / 2)
        share = self.strength * sqrt(thinned) * near * _edge(self.start_ms, self.end_ms, time_ms, 1.0)
        return NOTHING if share < 1e-4 else Influence(pollution=share)


@dataclass(frozen=True)
class Festival(Event):
    """A crowd at one place by day: people, loud music, dust and smoke of kitchens."""

    start_ms: int
    """About when the first come."""
    hours: float = 10.0
    longitude: float = 121.94
    latitude: float = 31.52
    """The wetland of Dongtan."""
    radius_km: float = 1.5
    people: float = 24.0
    """More than usual in a camera's picture."""
    noise_db: float = 78.0
    """In the middle."""
    pm2_5_ug_m3: float = 35.0

    @property
    def end_ms(self) -> int:
        return self.start_ms + round(self.hours * HOUR_MS)

    def influence(self, longitude: float, latitude: float, time_ms: int) -> Influence:
        east, north = kilometres(longitude, latitude)
        x, y = kilometres(self.longitude, self.latitude)
        near = exp(-((east - x) ** 2 + (north - y) ** 2) / (2 * self.radius_km**2))
        share = near * _edge(self.start_ms, self.end_ms, time_ms, 1.5)
        if share < 1e-3:
            return NOTHING
        return Influence(
            people=self.people * share,
            noise_db=max(0.0, self.noise_db + 10 * log10(share)),
            pm2_5_ug_m3=self.pm2_5_ug_m3 * share,
        )


def together(events: Iterable[Event], longitude: float, latitude: float, time_ms: int) -> Influence:
    """The sum over those that are going on; of noises the loudest."""
    total = NOTHING
    for event in events:
        if event.start_ms <= time_ms < event.end_ms:
            one = event.influence(longitude, latitude, time_ms)
            loudest = max(total.noise_db, one.noise_db)
            total = Influence(*(a + b for a, b in zip(total, one, strict=True)))._replace(noise_db=loudest)
    return total


SCENARIOS: Final[dict[str, Callable[[int], tuple[Event, ...]]]] = {
    "typhoon": lambda start_ms: (Typhoon(start_ms),),
    "spill": lambda start_ms: (Spill(start_ms),),
    "festival": lambda start_ms: (Festival(start_ms),),
}
"""Name -> its events, from an instant of simulated time on."""


def _edge(start_ms: int, end_ms: int, time_ms: int, hours: float) -> float:
    """0 outside of a span, 1 inside, and between them a smooth way of so many hours."""
    near_h = min(time_ms - start_ms, end_ms - time_ms) / HOUR_MS
    if near_h >= hours:
        return 1.0
    return 0.0 if near_h <= 0 else (1 - cos(pi * near_h / hours)) / 2


def _on_course(course: tuple[tuple[float, float], ...], longitude: float, latitude: float) -> tuple[float, float]:
    """How far along a course the nearest point of it is, and how far away, km."""
    east, north = kilometres(longitude, latitude)
    best, gone = (0.0, 1e9), 0.0
    for a, b in pairwise(kilometres(*point) for point in course):
        x, y = b[0] - a[0], b[1] - a[1]
        length = hypot(x, y)
        share = min(1.0, max(0.0, ((east - a[0]) * x + (north - a[1]) * y) / length**2))
        off = hypot(east - a[0] - share * x, north - a[1] - share * y)
        if off < best[1]:
            best = gone + share * length, off
        gone += length
    return best

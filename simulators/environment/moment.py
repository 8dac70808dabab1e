"""A place at an instant: what every property of the world is a function of."""

from dataclasses import dataclass
from math import cos, pi
from typing import Final, NamedTuple

from simulators.environment import sun
from simulators.environment.wander import chance, wander

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_YEAR_MS: Final = 365.2425 * _DAY_MS
_CHINA_MS: Final = 8 * _HOUR_MS


class Site(NamedTuple):
    """Where one device stands."""

    device: str
    """Its name in the configuration; with the seed it decides how this place differs from the others."""
    longitude: float = 121.40
    latitude: float = 31.63


@dataclass(frozen=True, slots=True)
class Moment:
    """One site at one instant of simulated time (ms UTC) in the world of one seed."""

    seed: int
    site: Site
    time_ms: int

    def wander(self, what: str, hours: float) -> float:
        """A smooth curve of -1 to 1 of this site, with about one turn in ``hours``."""
        return wander(f"{self.seed}/{self.site.device}/{what}", self.time_ms, round(hours * _HOUR_MS))

    def trait(self, what: str) -> float:
        """A number of 0 <= x < 1 that this site has for good."""
        return chance(f"{self.seed}/{self.site.device}/{what}")

    def hour(self) -> float:
        """Hour of the day in China, 0 <= h < 24."""
        return (self.time_ms + _CHINA_MS) % _DAY_MS / _HOUR_MS

    def daily(self, peak_hour: float) -> float:
        """1 at the hour of the day given, -1 twelve hours away."""
        return cos((self.hour() - peak_hour) * pi / 12)

    def yearly(self, peak_day: float) -> float:
        """1 at the day of the year given (1 January is 0), -1 half a year away."""
        return cos(((self.time_ms % _YEAR_MS) / _DAY_MS - peak_day) * 2 * pi / 365.2425)

    def sun(self) -> float:
        """The sun's elevation, degrees."""
        return sun.elevation(self.site.longitude, self.site.latitude, self.time_ms)

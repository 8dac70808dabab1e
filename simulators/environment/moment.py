"""A place at an instant: what every property of the world is a function of."""

from dataclasses import dataclass
from math import cos, pi
from typing import Final, Literal, NamedTuple, Self

from simulators.environment import sun
from simulators.environment.conditions import CALM, Conditions
from simulators.environment.place import Place, place
from simulators.environment.wander import chance, field, wander

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
_YEAR_MS: Final = 365.2425 * DAY_MS
_CHINA_MS: Final = 8 * HOUR_MS
_MONTH_MS: Final = _YEAR_MS / 12

Load = Literal["lamp", "house", "cabinet"]


class Site(NamedTuple):
    """Where one device stands."""

    device: str
    """Its name in the configuration; with the seed it decides how this place differs from the others."""
    longitude: float = 121.40
    latitude: float = 31.63
    load: Load = "lamp"
    """What its electrical properties are those of: one lamp, a house, or a lighting cabinet with its lamps."""
    river: bool | None = None
    """Whether its water is the estuary's or a channel's behind the sluices; None: by how near the shore is."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One site at one instant of simulated time (ms UTC) in the world of one seed."""

    seed: int
    site: Site
    time_ms: int
    conditions: Conditions = CALM

    def at(self, time_ms: int) -> Self:
        """The same site at another instant."""
        return type(self)(self.seed, self.site, time_ms, self.conditions)

    def place(self) -> Place:
        """Where the site is on the island."""
        return place(self.site.longitude, self.site.latitude)

    def river(self) -> bool:
        """Whether its water is the estuary's."""
        return self.place().river if self.site.river is None else self.site.river

    def wander(self, what: str, hours: float) -> float:
        """A smooth curve of -1 to 1 of this site, with about one turn in ``hours``."""
        return wander(f"{self.seed}/{self.site.device}/{what}", self.time_ms, round(hours * HOUR_MS))

    def island(self, what: str, hours: float) -> float:
        """A smooth curve of -1 to 1 that is the same all over the island."""
        return wander(f"{self.seed}//{what}", self.time_ms, round(hours * HOUR_MS))

    def field(self, what: str, hours: float, km: float) -> float:
        """A number of -1 to 1, smooth in time and in space, of this site's place."""
        at = self.place()
        return field(f"{self.seed}//{what}", self.time_ms, round(hours * HOUR_MS), at.east_km / km, at.north_km / km)

    def trait(self, what: str) -> float:
        """A number of 0 <= x < 1 that this site has for good."""
        return chance(f"{self.seed}/{self.site.device}/{what}")

    def hour(self) -> float:
        """Hour of the day in China, 0 <= h < 24."""
        return (self.time_ms + _CHINA_MS) % DAY_MS / HOUR_MS

    def day(self) -> int:
        """Number of the day in China; 0 is 1970-01-01, a Thursday."""
        return (self.time_ms + _CHINA_MS) // DAY_MS

    def weekend(self) -> bool:
        """Saturday or Sunday in China."""
        return (self.day() + 3) % 7 >= 5

    def daily(self, peak_hour: float) -> float:
        """1 at the hour of the day given, -1 twelve hours away."""
        return cos((self.hour() - peak_hour) * pi / 12)

    def yearly(self, peak_day: float) -> float:
        """1 at the day of the year given (1 January is 0), -1 half a year away."""
        return cos(((self.time_ms % _YEAR_MS) / DAY_MS - peak_day) * 2 * pi / 365.2425)

    def monthly(self, means: tuple[float, ...]) -> float:
        """Out of twelve monthly means, January's first, along the lines between the months' middles."""
        return monthly(means, self.time_ms)

    def sun(self) -> float:
        """The sun's elevation, degrees."""
        return sun.elevation(self.site.longitude, self.site.latitude, self.time_ms)


def monthly(means: tuple[float, ...], time_ms: int) -> float:
    """See :meth:`Moment.monthly`."""
    before, into = divmod((time_ms % _YEAR_MS) / _MONTH_MS - 0.5, 1)
    return means[int(before) % 12] * (1 - into) + means[int(before + 1) % 12] * into

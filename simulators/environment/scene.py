"""The wetland as somebody sees it who stands there: light, fog, water, birds, people, and the lens before it all."""

from math import exp
from typing import Final, NamedTuple

from simulators.environment.light import fog
from simulators.environment.moment import Moment
from simulators.environment.rain import rain_left, rain_rate
from simulators.environment.tide import SPRING_M, tide
from simulators.environment.weather import weather

_BIRDS: Final = (1.7, 1.6, 1.9, 2.3, 1.2, 0.5, 0.5, 1.0, 2.0, 2.2, 1.9, 1.8)
"""By month, of the usual number: they rest here on their way in spring and in autumn, and many stay the winter."""
_PEOPLE: Final = (0.4, 0.5, 0.9, 1.3, 1.4, 0.9, 0.8, 0.8, 1.2, 1.6, 1.0, 0.5)
MOST_DIRT: Final = 0.05
"""Share of the lens that dust and salt cover in weeks without rain."""


class Scene(NamedTuple):
    """At one instant."""

    daylight: float
    """0 night to 1 noon."""
    cloud: float
    fog: float
    """0 none, 1 nothing but grey."""
    rain_mm_h: float
    flood: float
    """0 at the lowest water of spring tides, 1 at their highest."""
    dirt: float
    birds: float
    """So many times the usual number."""
    people: float
    crowd: float
    """People that an event has brought, above the usual ones."""


def scene(moment: Moment, daylight: float | None = None) -> Scene:
    """What is to be seen from a site.

    :param daylight: in place of the sun's: who turns night into day has the birds and the people of the day, too.
    """
    said = moment.conditions.influence(moment.site.longitude, moment.site.latitude, moment.time_ms)
    air, rain = weather(moment), rain_rate(moment)
    light = min(1.0, max(0.0, (moment.sun() + 6) / 26))
    awake = light if daylight is None else daylight
    flood = min(1.0, max(0.0, 0.5 + (tide(moment) + said.surge_m) / (1.15 * SPRING_M)))
    dry = exp(-rain / 1.5)
    birds = moment.monthly(_BIRDS) * (1.3 - 0.6 * flood) * (0.4 + 0.6 * dry) * (1.1 + 0.4 * moment.wander("flocks", 1))
    early = 1 if daylight is not None else 0.75 + 0.35 * moment.daily(6) ** 2
    people = moment.monthly(_PEOPLE) * (2.2 if moment.weekend() else 0.8) * dry * (1 + 0.6 * moment.wander("walks", 1))
    hours = 1.0 if daylight is not None else max(0.0, moment.daily(13.5))
    return Scene(
        daylight=awake,
        cloud=air.cloud,
        fog=0.85 * fog(moment),
        rain_mm_h=rain,
        flood=flood,
        dirt=MOST_DIRT * exp(-rain_left(moment).h60 / 4),
        birds=birds * early * min(1.0, 2 * awake),
        people=people * hours * min(1.0, 2 * awake),
        crowd=said.people,
    )

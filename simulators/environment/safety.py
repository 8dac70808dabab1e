"""Houses and manholes: smoke over a stove, gas that leaks, a cover that is lifted, and the air below it."""

from math import exp
from typing import Final

from simulators.environment.moment import Moment
from simulators.environment.rain import rain_left
from simulators.environment.wander import chance
from simulators.environment.weather import weather

_SMOKY_DAYS: Final = 1 / 60
_LEAKY_DAYS: Final = 1 / 200
_OPENED_DAYS: Final = 1 / 45
"""Of the working days."""
ALARM_LEL: Final = 10.0
"""%: at this share of the lower explosive limit a detector in a house gives alarm (GB 15322)."""


def _into(moment: Moment, what: str, share: float, hours: tuple[float, float], lasts_h: tuple[float, float]) -> float:
    """How much of today's incident is over, 0 to 1; -1 when none is on.

    :param share: of the days that have one.
    :param hours: between which it begins.
    :param lasts_h: at least, at most.
    """
    key = f"{moment.seed}/{moment.site.device}/{what}"
    day = moment.day()
    if chance(key, day) >= share:
        return -1.0
    begins = hours[0] + (hours[1] - hours[0]) * chance(f"{key}/begins", day)
    lasts = lasts_h[0] + (lasts_h[1] - lasts_h[0]) * chance(f"{key}/lasts", day)
    into = (moment.hour() - begins) / lasts
    return into if 0 <= into < 1 else -1.0


def smoke_alarm(moment: Moment) -> float:
    """1 for minutes when something burned on the stove."""
    return float(_into(moment, "smoke", _SMOKY_DAYS, (17.0, 20.0), (0.1, 0.4)) >= 0)


def combustible_gas(moment: Moment) -> float:
    """% of the lower explosive limit: next to nothing; a leak rises for an hour or two until somebody airs."""
    still = 0.4 + 0.8 * moment.trait("gas detector") + 0.2 * moment.wander("gas detector", 3)
    into = _into(moment, "leak", _LEAKY_DAYS, (6.0, 21.0), (0.7, 2.0))
    if into < 0:
        return still
    leak = 8 + 30 * moment.trait("leak")
    return still + leak * (1 - exp(-4 * into)) * min(1.0, 12 * (1 - into))


def gas_alarm(moment: Moment) -> float:
    """1 while there is more gas than a house may have."""
    return float(combustible_gas(moment) >= ALARM_LEL)


def cover_open(moment: Moment) -> float:
    """1 while somebody works below, on some working days."""
    share = 0.0 if moment.weekend() else _OPENED_DAYS
    return float(_into(moment, "cover", share, (8.5, 15.0), (0.3, 1.5)) >= 0)


def tilt(moment: Moment) -> float:
    """Degrees of a manhole's cover: that of the street, and on its edge while it is off."""
    if cover_open(moment):
        return 80 + 8 * moment.trait("on its edge")
    return 3 * moment.trait("street") + 0.2 * moment.wander("tilt", 6)


def hydrogen_sulfide(moment: Moment) -> float:
    """Below a cover, ppm: in warm and dry weather; rain flushes it, an open cover lets it out."""
    warm = exp((weather(moment).temperature - 22) / 12)
    flushed = exp(-rain_left(moment).h24 / 8)
    aired = 0.2 if cover_open(moment) else 1.0
    made = (0.5 + 5 * moment.trait("sewage")) * warm * (0.2 + 0.8 * flushed) * (1 + 0.3 * moment.daily(10))
    return max(0.0, made * aired + 0.1 * moment.wander("sulfide", 1))

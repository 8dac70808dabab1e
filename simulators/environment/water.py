"""What is in the water: warmth, salt, oxygen, mud and nutrients, of the estuary and of the channels."""

from math import exp
from typing import Final

from simulators.environment import level
from simulators.environment.moment import HOUR_MS, Moment
from simulators.environment.rain import rain_left
from simulators.environment.tide import stream, tide
from simulators.environment.weather import mean_temperature, season_temperature, weather

_RIVER: Final = (7.2, 7.4, 10.2, 15.6, 20.8, 24.6, 27.8, 28.9, 26.2, 21.4, 15.8, 10.0)
_CHANNEL: Final = (5.6, 6.9, 10.8, 16.6, 22.0, 25.6, 29.4, 29.6, 25.6, 19.8, 13.6, 8.0)
_DRY_SEASON: Final = 40.0
"""Day of the year with least flow in the river and most salt at the mouth."""


def water_temperature(moment: Moment) -> float:
    """°C: season, the days' warmth as the depth lets it through, warmest in the afternoon."""
    turn = mean_temperature(moment.at(moment.time_ms - 18 * HOUR_MS)) - season_temperature(moment)
    small = 0.3 * moment.field("water", 12, 8) + 0.15 * (moment.trait("warm water") - 0.5)
    if moment.river():
        return moment.monthly(_RIVER) + 0.25 * turn + 0.25 * moment.daily(16) + small
    clear = 1 - 0.6 * weather(moment).cloud
    return max(0.2, moment.monthly(_CHANNEL) + 0.5 * turn + 1.1 * clear * moment.daily(16) + small)


def saturation(celsius: float) -> float:
    """mg/L of oxygen in fresh water at sea level: a cubic fit, good to 0.05 from 0 to 35 °C."""
    return 14.652 - 0.41022 * celsius + 0.007991 * celsius**2 - 0.000077774 * celsius**3


def salinity(moment: Moment) -> float:
    """g/kg: more towards the mouth, in the north branch and in the dry season; it comes and goes with the tide."""
    at = moment.place()
    dry = (1 + moment.yearly(_DRY_SEASON)) / 2
    sea = (1.5 + 6.5 * dry) * exp(-max(0.0, at.upstream_km) / (9 + 7 * dry)) + at.north_branch * (1 + 5 * dry)
    if not moment.river():
        return 0.22 + 0.12 * exp(-at.shore_km) + 0.05 * moment.field("salt", 60, 10) + 0.02 * dry * sea
    carried = 1 + 0.45 * tide(moment.at(moment.time_ms - HOUR_MS)) / 1.2
    return 0.13 + sea * max(0.15, carried) * (1 + 0.1 * moment.field("salt", 8, 8))


def conductivity(moment: Moment) -> float:
    """µS/cm at 25 °C: what is dissolved anyway, and the sea's salt."""
    thinned = 1 + rain_left(moment).h24 / 60
    ions = 0.0 if moment.river() else 240 / thinned + 60 * moment.trait("hard water")
    return 150 + ions + 1750 * salinity(moment) + 900 * pollution(moment)


def dissolved_oxygen(moment: Moment) -> float:
    """mg/L: a share of saturation that light raises until the afternoon; muddy water and rain have less of it."""
    share = 0.93 if moment.river() else 0.86
    share += (0.03 if moment.river() else 0.17) * _growth(moment) + 0.05 * moment.field("oxygen", 10, 6)
    share -= 0.12 * (1 - exp(-rain_left(moment).h12 / 15)) + 0.55 * min(1.0, pollution(moment))
    salt = 1 - 0.0055 * salinity(moment)
    return max(0.2, saturation(water_temperature(moment)) * salt * share)


def ph(moment: Moment) -> float:
    """Highest in the afternoon, when water plants have used up the carbon dioxide."""
    base = 7.95 if moment.river() else 7.75
    day = (0.04 if moment.river() else 0.28) * _growth(moment)
    rain = 0.15 * (1 - exp(-rain_left(moment).h24 / 25))
    return base + day + 0.12 * moment.field("ph", 30, 9) - rain - 0.9 * min(1.5, pollution(moment))


def turbidity(moment: Moment) -> float:
    """NTU: mud that the stream stirs up and rain washes in."""
    place_s = exp(0.4 * moment.field("turbidity", 8, 8) + 0.25 * (moment.trait("mud") - 0.5))
    if moment.river():
        stirred = 35 + 95 * stream(moment.at(moment.time_ms - HOUR_MS // 2)) ** 2
        near_sea = exp(-abs(moment.place().upstream_km - 10) / 40)
        return (stirred * (0.5 + near_sea) + 1.2 * rain_left(moment).h12) * place_s + 120 * pollution(moment)
    washed = 2.6 * rain_left(moment).h12 * (0.7 + 0.6 * moment.place().urban)
    return (14 + washed) * place_s + 120 * pollution(moment)


def suspended_solids(moment: Moment) -> float:
    """mg/L: goes with turbidity."""
    return 1.3 * turbidity(moment)


def pollution(moment: Moment) -> float:
    """0 none to 1: what events put into this water; a channel gets a third of it."""
    said = moment.conditions.influence(moment.site.longitude, moment.site.latitude, moment.time_ms)
    return said.pollution if moment.river() else said.pollution / 3


def ammonia_nitrogen(moment: Moment) -> float:
    """mg/L: towns, rain that washes yards, spills."""
    base = 0.25 + 0.35 * moment.place().urban + 0.02 * rain_left(moment).h12
    return base * exp(0.35 * moment.field("ammonia", 14, 5)) + 8 * pollution(moment)


def total_nitrogen(moment: Moment) -> float:
    """mg/L: ammonia and what fields lose."""
    fields = 1.3 + 0.015 * rain_left(moment).h60
    return ammonia_nitrogen(moment) + fields * exp(0.2 * moment.field("nitrate", 40, 8))


def total_phosphorus(moment: Moment) -> float:
    """mg/L: goes with mud."""
    return 0.07 + 0.0009 * suspended_solids(moment) + 0.02 * moment.field("phosphorus", 30, 6)


def chlorophyll_a(moment: Moment) -> float:
    """µg/L: algae of warm, still water."""
    warm = exp((water_temperature(moment) - 28) / 9)
    return (4 if moment.river() else 28) * warm * exp(0.6 * moment.field("algae", 60, 6)) * (1 + 0.1 * _growth(moment))


def cod_mn(moment: Moment) -> float:
    """mg/L, permanganate index."""
    base = 2.4 if moment.river() else 4.2
    return base * exp(0.2 * moment.field("organic", 30, 6)) + 0.03 * rain_left(moment).h12 + 12 * pollution(moment)


def cod(moment: Moment) -> float:
    """mg/L."""
    return 3.4 * cod_mn(moment) + 20 * pollution(moment)


def bod5(moment: Moment) -> float:
    """mg/L."""
    return 0.65 * cod_mn(moment)


def toc(moment: Moment) -> float:
    """mg/L."""
    return 1.1 * cod_mn(moment)


def orp(moment: Moment) -> float:
    """mV: oxygen is what oxidises."""
    return 60 + 32 * dissolved_oxygen(moment) + 25 * moment.field("orp", 12, 6) - 150 * pollution(moment)


def water_velocity(moment: Moment) -> float:
    """m/s, downstream and out of the channels above 0."""
    if moment.river():
        return stream(moment) * (1 + 0.05 * moment.wander("eddy", 0.1))
    return 0.02 + 0.18 * level.gate_opening(moment) / level.MAX_OPENING_M + 0.015 * moment.wander("eddy", 0.1)


def water_flow(moment: Moment) -> float:
    """m³/s through the section that the gauge stands at."""
    width = 900 if moment.river() else 22 + 20 * moment.trait("width")
    return water_velocity(moment) * width * level.depth(moment)


def _growth(moment: Moment) -> float:
    """-1 before dawn to about 1 in the afternoon of a clear warm day: what light has done to the water by now."""
    cloud = sum(weather(moment.at(moment.time_ms - hours * HOUR_MS)).cloud for hours in (1, 3, 5)) / 3
    warm = 0.35 + 0.65 / (1 + exp(-(mean_temperature(moment) - 14) / 4))
    return moment.daily(15.5) * (1 - 0.65 * cloud) * warm

"""Soil: wetted by rain and by irrigation in dry spells, drying over days; its warmth lags behind the air's."""

from functools import lru_cache
from math import exp
from typing import Final

from simulators.environment.moment import DAY_MS, HOUR_MS, Moment
from simulators.environment.rain import rain_left
from simulators.environment.weather import mean_temperature, weather

_MEMORY_DAYS: Final = 10
_IRRIGATED_MM: Final = 14.0
_EVERY_DAYS: Final = 4


def soil_moisture(moment: Moment) -> float:
    """Volumetric, %: between wilting point and field capacity, near saturation after a storm."""
    wilting, capacity = 13 + 4 * moment.trait("soil"), 33 + 5 * moment.trait("soil")
    left, slowly = rain_left(moment), (1 + moment.yearly(20)) / 2
    rain = left.h24 + (left.h60 - left.h24) * (0.4 + 0.6 * slowly)
    water = 9 + 5 * moment.yearly(40) + rain + _irrigated(moment, 44 + 16 * moment.yearly(20))
    flooded = 6 * (1 - exp(-left.h5 / 25))
    patch = 1.5 * moment.field("soil", 200, 3)
    return wilting + (capacity - wilting) * (1 - exp(-water / 26)) + flooded + patch + 0.1 * moment.wander("probe", 0.5)


def soil_temperature(moment: Moment) -> float:
    """°C at 10 cm: the days before, and a day's wave that comes three hours late and less than half as high."""
    past = sum(mean_temperature(moment.at(moment.time_ms - hours * HOUR_MS)) for hours in (6, 18, 30)) / 3
    cloud = weather(moment.at(moment.time_ms - 3 * HOUR_MS)).cloud
    shade = 1 - 0.25 * moment.trait("crop")
    return past + 0.8 + 2.0 * shade * (1 - 0.6 * cloud) * moment.daily(17.5) - 0.6 * weather(moment).wet


def soil_conductivity(moment: Moment) -> float:
    """µS/cm: salt, more near the shore, and what water makes of it."""
    salt = 260 + 320 * exp(-moment.place().shore_km / 2.5) + 160 * moment.trait("soil salt")
    return salt * (0.45 + soil_moisture(moment) / 50) * (1 - 0.25 * (1 - exp(-rain_left(moment).h60 / 60)))


def soil_ph(moment: Moment) -> float:
    """Alkaline, as the island's salt-washed soils are."""
    return 7.7 + 0.5 * moment.trait("soil ph") + 0.12 * moment.field("soil ph", 300, 5) - soil_moisture(moment) / 200


def soil_nitrogen(moment: Moment) -> float:
    """mg/kg, as cheap probes have it: worked out of the conductivity; more after the dressings of spring and summer."""
    return _nutrient(moment, "nitrogen", 60, 0.25)


def soil_phosphorus(moment: Moment) -> float:
    """mg/kg, likewise."""
    return _nutrient(moment, "phosphorus", 35, 0.1)


def soil_potassium(moment: Moment) -> float:
    """mg/kg, likewise."""
    return _nutrient(moment, "potassium", 140, 0.15)


def _nutrient(moment: Moment, what: str, usual: float, dressed: float) -> float:
    there = usual * (0.7 + 0.6 * moment.trait(what)) * (1 + dressed * moment.yearly(150))
    return there * float((soil_conductivity(moment) / 400) ** 0.6)


def _irrigated(moment: Moment, dries_h: float) -> float:
    """What is left of the irrigation of the last days, mm: on mornings of the growing season when it had been dry.

    A plot of about a kilometre is irrigated as one; whether it was dry is asked of the rain up to that morning.
    """
    if moment.yearly(20) > 0.3:
        return 0.0
    at = moment.place()
    plot = round(at.east_km) * 7 + round(at.north_km) * 3
    left, today = 0.0, moment.day()
    for day in range(today - (today + plot) % _EVERY_DAYS, today - _MEMORY_DAYS, -_EVERY_DAYS):
        begin_ms = day * DAY_MS - 2 * HOUR_MS  # 06:00 in China
        since_h = (moment.time_ms - begin_ms) / HOUR_MS
        if since_h >= 0 and _was_dry(moment.at(begin_ms)):
            poured = min(1.0, since_h / 3)
            left += _IRRIGATED_MM * poured * exp(-max(0.0, since_h - 3) / dries_h)
    return left


@lru_cache(maxsize=65_536)
def _was_dry(morning: Moment) -> bool:
    """Whether rain has not done it."""
    return rain_left(morning).h60 < 10

"""What is in the air: particles and gases by season, wind, mixing and sources, washed out by rain; and noise.

All are one background that is smooth over the district, and what towns and their traffic add. Wind thins it, the
night's still air thickens it, an hour of strong rain takes more than half of the particles.
"""

from math import exp, log10, sqrt
from typing import Final

from simulators.environment.events import Influence
from simulators.environment.light import illuminance
from simulators.environment.moment import Moment
from simulators.environment.rain import rain_left, rain_rate
from simulators.environment.weather import weather

_PM2_5: Final = (48.0, 42.0, 37.0, 32.0, 28.0, 23.0, 17.0, 17.0, 20.0, 26.0, 36.0, 46.0)
_O3: Final = (48.0, 58.0, 72.0, 86.0, 98.0, 92.0, 92.0, 96.0, 88.0, 74.0, 56.0, 46.0)
_TRAFFIC: Final = (
    0.10, 0.06, 0.05, 0.05, 0.08, 0.22, 0.50, 0.92, 1.00, 0.80, 0.70, 0.70,
    0.66, 0.64, 0.68, 0.74, 0.88, 1.00, 0.94, 0.66, 0.48, 0.36, 0.26, 0.16,
)  # fmt: skip
"""Share of the busiest hour, on a working day, from 00:30 on."""
WASH_OUT_MM: Final = 4.0


def traffic(moment: Moment) -> float:
    """0 to 1 of the busiest hour; less at the weekend, when people come for the day and leave in the evening."""
    before, into = divmod(moment.hour() - 0.5, 1)
    share = _TRAFFIC[int(before) % 24] * (1 - into) + _TRAFFIC[int(before + 1) % 24] * into
    if moment.weekend():
        share = 0.75 * share + 0.25 * max(0.0, moment.daily(16.5)) * sqrt(share)
    return share


def _said(moment: Moment) -> Influence:
    return moment.conditions.influence(moment.site.longitude, moment.site.latitude, moment.time_ms)


def _thickness(moment: Moment) -> float:
    """1 on average: more in still air at night, less in wind and at noon."""
    air = weather(moment)
    return (1 + 0.22 * (1 - 0.6 * air.cloud) * moment.daily(4.5)) * 1.75 / (1 + air.speed() / 4)


def _washed(moment: Moment) -> float:
    """What rain has left of the particles: 1 in dry weather."""
    return 0.25 + 0.75 * exp(-rain_left(moment).h5 / WASH_OUT_MM)


def pm2_5(moment: Moment) -> float:
    """µg/m³."""
    air = weather(moment)
    land = 1 + 0.25 * air.east / (1 + air.speed())  # from the west comes the mainland's
    haze = exp(0.6 * moment.island("haze", 55) + 0.25 * moment.field("haze", 5, 12))
    damp = 1 + 0.25 * max(0.0, (air.humidity() - 75) / 25)
    town = 6 * moment.place().urban * traffic(moment) * _thickness(moment)
    clean = _washed(moment)
    made = 0.9 * moment.monthly(_PM2_5) * haze * land * damp * float(_thickness(moment) ** 0.6) + town
    return max(1.0, made * clean + _said(moment).pm2_5_ug_m3 * max(0.3, clean))


def pm10(moment: Moment) -> float:
    """µg/m³: PM2.5 and coarse dust, which dry wind raises."""
    air = weather(moment)
    dust = (7 + 0.55 * float(air.speed() ** 1.5)) * (1 + 0.3 * moment.field("dust", 6, 8)) + 5 * moment.place().urban
    return 1.22 * pm2_5(moment) + dust * (1 - air.wet) * _washed(moment)


def pm1(moment: Moment) -> float:
    """µg/m³."""
    return 0.68 * pm2_5(moment)


def tsp(moment: Moment) -> float:
    """µg/m³."""
    return 1.5 * pm10(moment) + 4 * moment.trait("building site") * traffic(moment)


def no2(moment: Moment) -> float:
    """µg/m³: exhaust, which daylight turns over."""
    source = 9 + 26 * moment.place().urban * traffic(moment) + 4 * moment.yearly(10)
    used = 1 - 0.4 * min(1.0, illuminance(moment) / 80_000)
    return source * _thickness(moment) * used * exp(0.2 * moment.field("exhaust", 3, 6))


def no(moment: Moment) -> float:
    """µg/m³: the fresh part of exhaust."""
    return 0.5 + no2(moment) * (0.06 + 0.3 * moment.place().urban * traffic(moment))


def so2(moment: Moment) -> float:
    """µg/m³: little, some of it from ships."""
    ships = 3 * exp(-moment.place().shore_km / 3) * (1 + moment.field("ships", 3, 8))
    return (5 + ships + 1.5 * moment.yearly(10)) * _thickness(moment) * sqrt(_washed(moment))


def co(moment: Moment) -> float:
    """mg/m³."""
    return 0.28 + 0.006 * pm2_5(moment) + 0.22 * moment.place().urban * traffic(moment) * _thickness(moment)


def o3(moment: Moment) -> float:
    """µg/m³: made by light and warmth, used up by exhaust at night."""
    light = min(1.0, illuminance(moment.at(moment.time_ms - 5_400_000)) / 75_000)
    base = moment.monthly(_O3) * (0.55 + 0.75 * light + 0.15 * moment.daily(15))
    return max(2.0, base * (1 + 0.2 * moment.island("ozone", 50)) - 0.55 * no2(moment))


def co2(moment: Moment) -> float:
    """ppm: plants and soil breathe at night, plants take it by day."""
    growing = 0.35 + 0.65 * (1 - moment.yearly(20)) / 2
    return 428 + 16 * growing * (_thickness(moment) * moment.daily(3.5)) + 12 * moment.place().urban * traffic(moment)


def noise(moment: Moment) -> float:
    """dB(A): traffic by hour and weekday, birds and people, rain on leaves, wind; sources add up by their energy."""
    road = 44 + 8 * min(1.0, moment.place().urban) + 7 * moment.trait("road") + 13 * log10(max(0.02, traffic(moment)))
    wind = 24 + 20 * log10(max(0.5, weather(moment).speed()))
    rain = 40 + 8 * log10(max(0.01, rain_rate(moment)))
    sources = (road, wind, rain, 34.0, _said(moment).noise_db)
    level = 10 * log10(sum(10 ** (source / 10) for source in sources))
    return level + 2.5 * moment.wander("noise", 0.2) + 1.2 * moment.wander("passing car", 0.01)

"""The island's own rain, day by day out of the seed: fronts with their cells, and thunderstorms of summer afternoons.

Figures are round ones of Shanghai's coast: about 1,200 mm a year on some 125 days, most in the plum rains of June and
in late summer, least in December.
"""

from functools import lru_cache
from math import cos, log, pi, sin
from typing import Final, NamedTuple

from simulators.environment.conditions import Conditions
from simulators.environment.knots import knotted
from simulators.environment.moment import DAY_MS, HOUR_MS, Moment, monthly
from simulators.environment.storms import LEAST, Passage, Storm, amount, intensity, passage, passages, remembered
from simulators.environment.wander import chance

MEMORY_DAYS: Final = 12
"""Rain of so many days before is remembered."""
_CLOUD: Final = 2.5
"""A cloud is so many times as wide as its rain."""
_CHINA_MS: Final = 8 * HOUR_MS
_FRONTS: Final = (0.24, 0.26, 0.30, 0.28, 0.27, 0.40, 0.22, 0.22, 0.22, 0.16, 0.18, 0.16)
"""Share of days on which one passes, by month."""
_FRONT_MM_H: Final = (1.8, 1.9, 2.1, 2.2, 2.5, 3.4, 3.4, 3.8, 3.2, 2.3, 2.2, 1.6)
_THUNDER: Final = (0.0, 0.0, 0.02, 0.04, 0.07, 0.16, 0.34, 0.36, 0.16, 0.03, 0.0, 0.0)
_THUNDER_MM_H: Final = 24.0


class Rain(NamedTuple):
    """What one place gets about some 24 hours."""

    today: tuple[Passage, ...]
    """Within those hours or the day before."""
    clouds: tuple[Passage, ...]
    memory: tuple[Passage, ...]
    """Those and the ones of the days before."""


def rain_rate(moment: Moment) -> float:
    """mm/h, of 10 minutes or so; what a radar would see above the site."""
    return intensity(_rain(moment).today, moment.time_ms)


def rain_sum(moment: Moment, hours: float) -> float:
    """The sum of the hours before (no more than a day), mm."""
    return amount(_rain(moment).today, moment.time_ms - round(hours * HOUR_MS), moment.time_ms)


class Left(NamedTuple):
    """What is left of all rain before, mm, when it fades as ``exp(-hours / n)``; the oldest is forgotten anyway."""

    h2: float
    h5: float
    h12: float
    h24: float
    h60: float


@knotted
def rain_left(moment: Moment) -> Left:
    """Wet leaves, washed air, streams, channels, soil."""
    rain = _rain(moment)
    short = (remembered(rain.today, moment.time_ms, fading_h) for fading_h in (2.0, 5.0))
    return Left(*short, *(remembered(rain.memory, moment.time_ms, fading_h) for fading_h in (12.0, 24.0, 60.0)))


def rain_cloud(moment: Moment) -> float:
    """mm/h of the rain that this much cloud belongs to; it comes before the rain and stays after it."""
    return intensity(_rain(moment).clouds, moment.time_ms)


def _rain(moment: Moment) -> Rain:
    at = moment.place()
    begin_ms = round(at.stagger * DAY_MS)
    day = (moment.time_ms - begin_ms) // DAY_MS
    return _of_day(moment.conditions, moment.seed, day * DAY_MS + begin_ms, at.east_km, at.north_km)


@lru_cache(maxsize=32_768)
def _of_day(conditions: Conditions, seed: int, begin_ms: int, east_km: float, north_km: float) -> Rain:
    """For the 24 hours from an instant on."""
    day = (begin_ms + _CHINA_MS) // DAY_MS
    storms = [*conditions.storms]
    for number in range(day - MEMORY_DAYS, day + 3):
        storms += storms_of(seed, number)
    memory = passages(storms, east_km, north_km)
    from_ms, until_ms = begin_ms - DAY_MS, begin_ms + 2 * DAY_MS
    clouds = (
        passage(storm, east_km, north_km, _CLOUD)
        for storm in storms
        if from_ms - DAY_MS < storm.time_ms < until_ms + DAY_MS
    )
    return Rain(
        tuple(one for one in memory if from_ms < one.middle_ms + 4 * one.sigma_h * HOUR_MS),
        tuple(one for one in clouds if one.peak_mm_h >= LEAST),
        memory,
    )


@lru_cache(maxsize=4096)
def storms_of(seed: int, day: int) -> tuple[Storm, ...]:
    """All that begin about one day in China."""
    start_ms = day * DAY_MS - _CHINA_MS
    found: list[Storm] = []
    key = f"{seed}//storms/{day}"
    if chance(f"{key}/front") < monthly(_FRONTS, start_ms):
        found += _front(key, start_ms)
    if chance(f"{key}/thunder") < monthly(_THUNDER, start_ms):
        found += _thunder(key, start_ms)
    return tuple(found)


def _front(key: str, start_ms: int) -> list[Storm]:
    """Six to thirteen cells within some hours, going together with the wind aloft: to the east."""
    hour, spread = 24 * chance(f"{key}/hour"), 2 + 4 * chance(f"{key}/spread")
    bearing, speed = pi / 2 + 0.9 * (chance(f"{key}/bearing") - 0.6), 28 + 22 * chance(f"{key}/speed")
    strength = monthly(_FRONT_MM_H, start_ms) * (0.4 + 1.2 * chance(f"{key}/strength"))
    cells = []
    for number in range(6 + int(8 * chance(f"{key}/cells"))):
        x, y, when, wide, strong = (chance(f"{key}/{what}", number) for what in ("x", "y", "t", "r", "p"))
        cells.append(
            Storm(
                time_ms=start_ms + round((hour + spread * (2 * when - 1)) * HOUR_MS),
                east_km=130 * (x - 0.5),
                north_km=110 * (y - 0.5),
                east_km_h=speed * sin(bearing),
                north_km_h=speed * cos(bearing),
                radius_km=12 + 18 * wide,
                hours=0.8 + wide,
                peak_mm_h=strength * min(4.0, -log(1 - strong)),
            )
        )
    return cells


def _thunder(key: str, start_ms: int) -> list[Storm]:
    """One to four short, narrow and heavy cells between one and seven in the afternoon."""
    cells = []
    for number in range(1 + int(4 * chance(f"{key}/thunders"))):
        x, y, when, wide, strong, way = (chance(f"{key}/thunder {what}", number) for what in "xytrpw")
        cells.append(
            Storm(
                time_ms=start_ms + round((13 + 6 * when) * HOUR_MS),
                east_km=90 * (x - 0.5),
                north_km=60 * (y - 0.5),
                east_km_h=18 * cos(2 * pi * way),
                north_km_h=18 * sin(2 * pi * way),
                radius_km=3.5 + 4 * wide,
                hours=0.3 + 0.4 * wide,
                peak_mm_h=_THUNDER_MM_H * min(3.0, -log(1 - strong)),
            )
        )
    return cells

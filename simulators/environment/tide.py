"""The tide of the Yangtze mouth: ten harmonic constituents, later and lower up the south branch.

The speeds, the equilibrium arguments and the nodal factors are the usual ones (Schureman, "Manual of Harmonic Analysis
and Prediction of Tides", 1958). The constants are round figures of the region, no station's, and good for no ship: M2
and S2 predominate, M4 and MS4 are apparent, the range falls up the south branch and is largest in the north branch, as
Yang et al. found at Hengsha, Majiagang, Baozhen and Yonglongsha (J. East China Normal Univ. (Nat. Sci.) 2012(3) 111).
The mean water is after Song and Zhu's residual levels: 0.11 to 0.30 m at the mouth, 0.39 to 0.75 m at Chongxi.
"""

from functools import lru_cache
from math import cos, exp, pi, radians, sin
from typing import Final, NamedTuple

from simulators.environment.moment import DAY_MS, HOUR_MS, Moment
from simulators.environment.place import Place

DATUM: Final = "1985 national height datum"
WAVE_KM_H: Final = 30.0
"""How fast high water travels up the estuary, about the root of g times 7 m."""
_LENGTH_KM: Final = 250.0
"""On this way up the south branch the tide falls to 1 / e."""
_J2000_MS: Final = 946_728_000_000


class Constituent(NamedTuple):
    """One harmonic."""

    name: str
    speed_deg_h: float
    amplitude_m: float
    """At the mouth."""
    lag_deg: float
    """Behind the equilibrium tide of 120° E."""
    turns: tuple[int, int, int, int, int]
    """How often it goes round with the mean solar time of 120° E, with moon, sun and perigee; and its quarters."""
    moons: int = 0
    """How often the nodal correction of M2 applies; K1, O1, K2 and Q1 have their own."""


CONSTITUENTS: Final = (
    Constituent("M2", 28.9841042, 1.18, 345, (2, -2, 2, 0, 0), 1),
    Constituent("S2", 30.0, 0.50, 30, (2, 0, 0, 0, 0)),
    Constituent("N2", 28.4397295, 0.20, 325, (2, -3, 2, 1, 0), 1),
    Constituent("K2", 30.0821373, 0.14, 25, (2, 0, 2, 0, 0)),
    Constituent("K1", 15.0410686, 0.25, 205, (1, 0, 1, 0, 1)),
    Constituent("O1", 13.9430356, 0.15, 150, (1, -2, 1, 0, -1)),
    Constituent("P1", 14.9589314, 0.08, 200, (1, 0, -1, 0, -1)),
    Constituent("Q1", 13.3986609, 0.03, 130, (1, -3, 1, 1, -1)),
    Constituent("M4", 57.9682084, 0.11, 300, (4, -4, 4, 0, 0), 2),
    Constituent("MS4", 58.9841042, 0.08, 345, (4, -2, 2, 0, 0), 1),
)
SPRING_M: Final = 2 * (1.18 + 0.50)
"""The range of a mean spring tide at the mouth, without the other constituents."""


class _Wave(NamedTuple):
    """A constituent on one day."""

    amplitude_m: float
    phase: float
    """At the day's beginning, radians."""
    speed: float
    """Radians in a millisecond."""
    shallow: bool


def tide(moment: Moment) -> float:
    """Astronomical tide about the mean water, m, where a site's place meets the estuary."""
    return tide_at(moment.place(), moment.time_ms)


def tide_at(at: Place, time_ms: int) -> float:
    """As :func:`tide`."""
    up_km = max(0.0, at.upstream_km)
    time_ms -= round(up_km / WAVE_KM_H * HOUR_MS)
    day, into = divmod(time_ms, DAY_MS)
    long, short = 0.0, 0.0
    for wave in _waves(day):
        height = wave.amplitude_m * cos(wave.phase + wave.speed * into)
        if wave.shallow:
            short += height
        else:
            long += height
    narrows = 1 + at.north_branch * 0.28 * exp(-(((up_km - 45) / 25) ** 2))
    fall = exp(-up_km / _LENGTH_KM * (1 - 0.8 * at.north_branch))
    return fall * narrows * long + fall * (1 + up_km / 60) * short


def mean_water(moment: Moment) -> float:
    """Height of the mean water, m above the 1985 national height datum: the river's flow and the season lift it."""
    up = min(1.0, max(0.0, moment.place().upstream_km / 75))
    lift = (1 + moment.yearly(260)) / 2
    return 0.11 + 0.19 * lift + up * (0.28 + 0.18 * lift)


def stream(moment: Moment) -> float:
    """How fast the tide turns the water, m/s: ebb, towards the sea, above 0; the river's own flow is in it."""
    at = moment.place()
    then_ms = moment.time_ms - round(1.2 * HOUR_MS)  # it turns an hour and a bit after high and low water
    falling = tide_at(at, then_ms - HOUR_MS // 2) - tide_at(at, then_ms + HOUR_MS // 2)
    return 1.15 * falling + (0.25 + 0.15 * (1 + moment.yearly(200))) * (1 - 0.9 * at.north_branch)


@lru_cache(maxsize=4096)
def _waves(day: int) -> tuple[_Wave, ...]:
    """Phases at the beginning of a day (UTC); nodal factors are those of its noon."""
    begin_ms = day * DAY_MS
    days = (begin_ms - _J2000_MS) / DAY_MS
    moon, sun = 218.3164 + 13.17639648 * days, 280.4661 + 0.98564736 * days
    perigee, node = 83.3532 + 0.11140353 * days, radians(125.0445 - 0.05295377 * (days + 0.5))
    waves = []
    for one in CONSTITUENTS:
        t, s, h, p, quarter = one.turns
        factor, shift = _nodal(one, node)
        argument = t * 120.0 + s * moon + h * sun + p * perigee + 90.0 * quarter + shift
        phase = radians((argument - one.lag_deg) % 360)
        speed = one.speed_deg_h * pi / 180 / HOUR_MS
        waves.append(_Wave(one.amplitude_m * factor, phase, speed, one.name in ("M4", "MS4")))
    return tuple(waves)


def _nodal(one: Constituent, node: float) -> tuple[float, float]:
    """Factor and shift (degrees) by the moon's node, to a percent."""
    if one.name == "K2":
        return 1.024 + 0.286 * cos(node) + 0.008 * cos(2 * node), -17.74 * sin(node) + 0.68 * sin(2 * node)
    if one.name == "K1":
        return 1.006 + 0.115 * cos(node) - 0.009 * cos(2 * node), -8.86 * sin(node) + 0.68 * sin(2 * node)
    if one.name in ("O1", "Q1"):
        return 1.009 + 0.187 * cos(node) - 0.015 * cos(2 * node), 10.80 * sin(node) - 1.34 * sin(2 * node)
    return (1.0004 - 0.0373 * cos(node)) ** one.moons, -2.14 * sin(node) * one.moons

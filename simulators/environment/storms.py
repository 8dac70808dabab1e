"""Rain as cells that move over the island: bells in place and time, so that every sum of it has a closed form.

A cell is a Gaussian of distance whose strength is a Gaussian of time. What a fixed place gets of it is again a Gaussian
of time, a :class:`Passage`; its sums over hours are differences of erf, its fading memory (soil, streams) an erfc.
"""

from collections.abc import Iterable
from math import erf, erfc, exp, pi, sqrt
from typing import Final, NamedTuple

_HOUR_MS: Final = 3_600_000
_ROOT: Final = sqrt(pi / 2)
_REACH: Final = 3.5
"""Standard deviations from the middle at which a passage has begun and is over."""
_FORGOTTEN: Final = 9.0
"""After so many times its fading, less than a thousandth of a millimetre is left of most rain."""
LEAST: Final = 0.05
"""mm/h; a passage that never reaches it is none."""


class Storm(NamedTuple):
    """One cell of rain."""

    time_ms: int
    """When it is strongest, simulated ms UTC."""
    east_km: float
    """Where its middle is then; see :mod:`simulators.environment.place`."""
    north_km: float
    east_km_h: float
    north_km_h: float
    radius_km: float
    """Standard deviation."""
    hours: float
    """Standard deviation of its life."""
    peak_mm_h: float


class Passage(NamedTuple):
    """What one place gets of a storm: ``peak_mm_h * exp(-((t - middle) / sigma)² / 2)``."""

    middle_ms: float
    sigma_h: float
    peak_mm_h: float


def passage(storm: Storm, east_km: float, north_km: float, wider: float = 1.0) -> Passage:
    """Over one place.

    :param wider: of the cloud around the rain: so many times the radius and, by half as much more, the life.
    """
    radius, hours = storm.radius_km * wider, storm.hours * (1 + (wider - 1) / 2)
    east, north = east_km - storm.east_km, north_km - storm.north_km
    square = radius * radius
    steep = (storm.east_km_h**2 + storm.north_km_h**2) / square + 1 / (hours * hours)
    along = (east * storm.east_km_h + north * storm.north_km_h) / square
    away = (east * east + north * north) / square - along * along / steep
    return Passage(storm.time_ms + along / steep * _HOUR_MS, 1 / sqrt(steep), storm.peak_mm_h * exp(-away / 2))


def passages(storms: Iterable[Storm], east_km: float, north_km: float) -> tuple[Passage, ...]:
    """Those that bring this place rain."""
    found = (passage(storm, east_km, north_km) for storm in storms)
    return tuple(one for one in found if one.peak_mm_h >= LEAST)


def intensity(rain: Iterable[Passage], time_ms: int) -> float:
    """At an instant, mm/h."""
    total = 0.0
    for middle_ms, sigma_h, peak in rain:
        away = (time_ms - middle_ms) / (_HOUR_MS * sigma_h)
        if -_REACH < away < _REACH:
            total += peak * exp(-away * away / 2)
    return total


def amount(rain: Iterable[Passage], begin_ms: int, end_ms: int) -> float:
    """The sum between two instants, mm."""
    total = 0.0
    for middle_ms, sigma_h, peak in rain:
        scale = _HOUR_MS * sigma_h
        begin, end = (max(-_REACH, min(_REACH, (at - middle_ms) / scale)) for at in (begin_ms, end_ms))
        if begin < end:
            total += peak * sigma_h * _ROOT * (erf(end / sqrt(2)) - erf(begin / sqrt(2)))
    return total


def remembered(rain: Iterable[Passage], time_ms: int, fading_h: float) -> float:
    """What is left at an instant of all rain before, mm, when it fades as ``exp(-hours / fading_h)``."""
    total = 0.0
    for middle_ms, sigma_h, peak in rain:
        since_h = (time_ms - middle_ms) / _HOUR_MS
        if since_h <= -_REACH * sigma_h or since_h > _FORGOTTEN * fading_h + 6 * sigma_h:
            continue
        share = sigma_h / fading_h
        bell = erfc((share - since_h / sigma_h) / sqrt(2)) if since_h < 6 * sigma_h else 2.0
        total += peak * sigma_h * _ROOT * bell * exp(min(50.0, share * share / 2 - since_h / fading_h))
    return total

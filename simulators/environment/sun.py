"""Where the sun stands, to about half a degree: enough for lamps and light meters."""

from math import asin, cos, degrees, radians, sin
from typing import Final

_J2000_MS: Final = 946_728_000_000
"""2000-01-01T12:00Z, from which the almanac's low-precision formulae count days."""
_DAY_MS: Final = 86_400_000


def declination(time_ms: int) -> float:
    """How far north of the equator the sun stands, radians."""
    return asin(sin(radians(23.439)) * sin(_ecliptic(time_ms)[0]))


def elevation(longitude: float, latitude: float, time_ms: int) -> float:
    """Degrees of the sun's centre above the horizon, without refraction; negative at night.

    The low-precision formulae of the Astronomical Almanac: mean longitude, mean anomaly, ecliptic longitude.

    :param longitude: degrees east. :param latitude: degrees north. :param time_ms: ms UTC.
    """
    tilt = declination(time_ms)
    hour_angle = radians((time_ms % _DAY_MS) / _DAY_MS * 360 - 180 + longitude + equation_deg(time_ms))
    height = sin(radians(latitude)) * sin(tilt)
    return degrees(asin(height + cos(radians(latitude)) * cos(tilt) * cos(hour_angle)))


def equation_deg(time_ms: int) -> float:
    """The equation of time, degrees: how far the sun is ahead of its mean."""
    ecliptic, anomaly = _ecliptic(time_ms)
    return -1.915 * sin(anomaly) - 0.020 * sin(2 * anomaly) + 2.466 * sin(2 * ecliptic)


def _ecliptic(time_ms: int) -> tuple[float, float]:
    """Ecliptic longitude and mean anomaly, radians."""
    days = (time_ms - _J2000_MS) / _DAY_MS
    anomaly = radians((357.528 + 0.9856003 * days) % 360)
    return radians((280.460 + 0.9856474 * days) % 360 + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly)), anomaly

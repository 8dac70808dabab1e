"""Daylight and when it ends: sun, twilight, the clouds that belong to the rain, and fog."""

from math import acos, cos, degrees, exp, radians, sin
from typing import Final

from simulators.environment.moment import DAY_MS, Moment
from simulators.environment.sun import declination, equation_deg
from simulators.environment.weather import weather

DUSK_DEG: Final = -3.0
"""The photocell's switching point: the sun's elevation."""
_LUX_PER_WATT: Final = 110.0
"""Luminous efficacy of daylight, lm/W."""


def illuminance(moment: Moment) -> float:
    """lx: the sun through clouds, and twilight."""
    height = moment.sun()
    if height <= -6:
        return 0.0
    cloud = weather(moment).cloud
    if 0.15 < cloud < 0.85:  # broken clouds: now and then one stands before the sun
        cloud = min(1.0, max(0.0, cloud + 0.25 * moment.wander("passing cloud", 0.08)))
    clear = 400 * exp(height / 1.5) if height < 0 else 400 + 110_000 * sin(radians(height))
    return clear * (1 - 0.78 * float(cloud**1.3))


def solar_radiation(moment: Moment) -> float:
    """W/m²: the same light, as a pyranometer sees it."""
    return illuminance(moment) / _LUX_PER_WATT if moment.sun() > 0 else 0.0


def fog(moment: Moment) -> float:
    """0 none to 1: moist, still air of the night and the morning."""
    air = weather(moment)
    moist = min(1.0, max(0.0, (air.humidity() - 95.5) / 3.5))
    still = max(0.0, 1 - air.speed() / 4.5)
    return moist * still * (1 - air.wet) * (0.8 + 0.2 * moment.field("fog", 2, 6))


def night(moment: Moment, day: int) -> tuple[float, float]:
    """When the photocell switches on, hours after the noon (China) of a day, and for how many hours."""
    midnight_ms = day * DAY_MS + DAY_MS * 2 // 3  # 00:00 in China, of the day after
    tilt, latitude = declination(midnight_ms), radians(moment.site.latitude)
    height = sin(radians(DUSK_DEG)) - sin(latitude) * sin(tilt)
    half = degrees(acos(min(1.0, max(-1.0, height / (cos(latitude) * cos(tilt)))))) / 15
    noon = (120 - moment.site.longitude - equation_deg(midnight_ms)) / 15
    return noon + half, 24 - 2 * half

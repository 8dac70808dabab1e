"""Properties without a real series yet: season, hour and a smooth seeded wander, in the vocabulary's units."""

from collections.abc import Callable
from math import exp, radians, sin, sqrt
from typing import Final

from simulators.environment.measured import measured
from simulators.environment.moment import Moment

DUSK_DEG: Final = -3.0
"""The photocell's switching point: the sun's elevation."""
_HIGH_SUMMER: Final = 205.0
_RATED_W: Final = 100.0
_STANDBY_W: Final = 1.5
_POWER_FACTOR: Final = 0.95


def water_temperature(moment: Moment) -> float:
    """°C: season, warmest in the afternoon."""
    return 17 + 11 * moment.yearly(_HIGH_SUMMER) + 0.8 * moment.daily(16) + 0.6 * moment.wander("water", 18)


def ph(moment: Moment) -> float:
    """Highest in the afternoon, when water plants have used up the carbon dioxide."""
    return 7.9 + 0.2 * moment.daily(16) + 0.2 * moment.wander("ph", 12)


def dissolved_oxygen(moment: Moment) -> float:
    """The share of saturation follows the light; saturation in fresh water at sea level by a cubic fit (mg/L)."""
    t = water_temperature(moment)
    saturation = 14.652 - 0.41022 * t + 0.007991 * t**2 - 0.000077774 * t**3
    return saturation * (0.88 + 0.10 * moment.daily(15) + 0.06 * moment.wander("oxygen", 8))


def conductivity(moment: Moment) -> float:
    """µS/cm, saltier with about every second tide."""
    return 700 + 250 * moment.trait("salt") + 150 * moment.wander("conductivity", 25)


def turbidity(moment: Moment) -> float:
    """NTU, log-normal about 25."""
    return 25 * exp(0.8 * moment.wander("turbidity", 6))


def noise(moment: Moment) -> float:
    """dB: traffic from 07:00 to 19:00."""
    busy = max(0.0, moment.daily(13))
    return 42 + 4 * moment.trait("road") + 14 * sqrt(busy) + 3 * moment.wander("noise", 0.2)


def illuminance(moment: Moment) -> float:
    """lx: the sun through passing clouds, and twilight."""
    height = moment.sun()
    if height <= -6:
        return 0.0
    cloud = 0.5 + 0.5 * moment.wander("cloud", 1.5)
    return 400 * exp(height / 1.5) if height < 0 else 400 + 110_000 * sin(radians(height)) * (1 - 0.7 * cloud)


def soil_moisture(moment: Moment) -> float:
    """Volumetric, %: rain every few days."""
    return 27 + 6 * moment.trait("soil") + 7 * moment.wander("soil", 72)


def soil_temperature(moment: Moment) -> float:
    """°C, later and less than the air."""
    return 17 + 9 * moment.yearly(_HIGH_SUMMER + 15) + 1.5 * moment.daily(17) + 0.5 * moment.wander("soil heat", 24)


def soil_conductivity(moment: Moment) -> float:
    """µS/cm."""
    return 350 + 300 * moment.trait("soil salt") + 60 * moment.wander("soil salt", 48)


def soil_ph(moment: Moment) -> float:
    """Alkaline, as the island's salt-washed soils are."""
    return 7.6 + 0.5 * moment.trait("soil ph") + 0.1 * moment.wander("soil ph", 96)


def voltage(moment: Moment) -> float:
    """V, lowest in the evening."""
    return 229 - 4 * max(0.0, moment.daily(19)) + 3 * moment.wander("mains", 0.5)


def lamp_level(moment: Moment) -> float:
    """What a lamp does by itself, %: full from dusk, half from 23:00 to 05:00, out by day."""
    if moment.sun() >= DUSK_DEG:
        return 0.0
    return 100.0 if 5 <= moment.hour() < 23 else 50.0


def active_power(moment: Moment, level: float | None = None) -> float:
    """W at a lamp level, % (the lamp's own when none is given)."""
    lit = lamp_level(moment) if level is None else level
    return _STANDBY_W + _RATED_W * lit / 100 + (0.4 * moment.wander("power", 0.3) if lit else 0.0)


def current(moment: Moment, level: float | None = None) -> float:
    """A at a lamp level, %."""
    return active_power(moment, level) / (voltage(moment) * _POWER_FACTOR)


def gate_opening(moment: Moment) -> float:
    """A sluice drains at low water and shuts at high water, m; shut while the level is not known."""
    level = measured(moment, "water_level")
    return 0.0 if level is None else min(3.0, max(0.0, 1.2 * (0.5 - level)))


def battery_voltage(moment: Moment) -> float:
    """V, a lithium cell under load."""
    return 3.58 + 0.06 * moment.trait("battery") + 0.01 * moment.wander("battery", 48)


def signal_strength(moment: Moment) -> float:
    """RSSI, dBm."""
    return -98 + 20 * moment.trait("mast") + 6 * moment.wander("signal", 3)


GENERATED: Final[dict[str, Callable[[Moment], float]]] = {
    function.__name__: function
    for function in (
        water_temperature,
        ph,
        dissolved_oxygen,
        conductivity,
        turbidity,
        noise,
        illuminance,
        soil_moisture,
        soil_temperature,
        soil_conductivity,
        soil_ph,
        voltage,
        lamp_level,
        active_power,
        current,
        gate_opening,
        battery_voltage,
        signal_strength,
    )
}
"""Observed property -> its function; the function's name is the property's."""

"""The world's model: observed property -> the function that works it out, in the vocabulary's units.

Neighbours agree because all of it stands on the same weather, rain, tide and fields of the place; a device's own name
only decides of sensors' noise and of what is small and stays (a shady spot, a stretch of cable).
"""

from collections.abc import Callable
from math import atan2, degrees, hypot
from typing import Final

from simulators.environment import air, level, light, nodes, power, safety, soil, water
from simulators.environment.light import DUSK_DEG
from simulators.environment.moment import Moment
from simulators.environment.power import active_power, current, lamp_level, voltage
from simulators.environment.rain import rain_sum
from simulators.environment.weather import weather

__all__ = ["DUSK_DEG", "GENERATED", "active_power", "current", "lamp_level", "voltage"]


def air_temperature(moment: Moment) -> float:
    """°C at 2 m; a sensor stands a bit in the sun or in the shade."""
    spot = 0.4 * (moment.trait("sunny spot") - 0.5)
    return weather(moment).temperature + spot + 0.06 * moment.wander("thermometer", 0.05)


def relative_humidity(moment: Moment) -> float:
    """%."""
    return min(100.0, weather(moment).humidity() + 0.4 * moment.wander("hygrometer", 0.05))


def dew_point(moment: Moment) -> float:
    """°C."""
    return weather(moment).dew_point


def air_pressure(moment: Moment) -> float:
    """hPa, some metres above the sea."""
    height_m = 2 + 6 * moment.trait("height")
    return weather(moment).pressure - 0.12 * height_m + 0.03 * moment.wander("barometer", 0.05)


def wind_speed(moment: Moment) -> float:
    """m/s: the wind of ten minutes, less behind houses, and its gusts."""
    sheltered = 0.85 + 0.25 * moment.trait("open")
    return max(0.0, weather(moment).speed() * sheltered * (1 + 0.25 * moment.wander("gust", 0.03)))


def wind_direction(moment: Moment) -> float:
    """Degrees from which it blows, clockwise from north."""
    here = weather(moment)
    swing = 14 * moment.wander("vane", 0.03) / (1 + hypot(here.east, here.north) / 4)
    return (degrees(atan2(-here.east, -here.north)) + swing) % 360


def rainfall(moment: Moment) -> float:
    """The sum of the hour before, mm; gauges differ by a few per cent."""
    return rain_sum(moment, 1.0) * (0.96 + 0.08 * moment.trait("gauge"))


_NAMED: Final[tuple[Callable[[Moment], float], ...]] = (
    air_temperature,
    relative_humidity,
    dew_point,
    air_pressure,
    wind_speed,
    wind_direction,
    rainfall,
    light.illuminance,
    light.solar_radiation,
    air.pm1,
    air.pm2_5,
    air.pm10,
    air.tsp,
    air.so2,
    air.no2,
    air.no,
    air.co,
    air.o3,
    air.co2,
    air.noise,
    level.water_level,
    level.gate_opening,
    water.water_temperature,
    water.water_flow,
    water.water_velocity,
    water.ph,
    water.dissolved_oxygen,
    water.conductivity,
    water.salinity,
    water.turbidity,
    water.suspended_solids,
    water.orp,
    water.ammonia_nitrogen,
    water.total_nitrogen,
    water.total_phosphorus,
    water.chlorophyll_a,
    water.cod,
    water.cod_mn,
    water.bod5,
    water.toc,
    soil.soil_moisture,
    soil.soil_temperature,
    soil.soil_conductivity,
    soil.soil_ph,
    soil.soil_nitrogen,
    soil.soil_phosphorus,
    soil.soil_potassium,
    power.voltage,
    power.current,
    power.active_power,
    power.power_factor,
    power.frequency,
    power.active_energy,
    power.lamp_level,
    power.lamp_hours,
    power.switched_on,
    power.relay_closed,
    nodes.battery_level,
    nodes.battery_voltage,
    nodes.signal_strength,
    nodes.water_volume,
    nodes.gas_volume,
    nodes.heat_energy,
    nodes.fill_level,
    safety.smoke_alarm,
    safety.combustible_gas,
    safety.gas_alarm,
    safety.cover_open,
    safety.tilt,
    safety.hydrogen_sulfide,
)
GENERATED: Final[dict[str, Callable[[Moment], float]]] = {
    **{function.__name__: function for function in _NAMED},
    "water_depth": level.depth,
}
"""The function's name is the property's."""

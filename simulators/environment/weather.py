"""The air over the island: temperature, dew point, pressure, cloud and wind, smooth in place and time.

Monthly means are rounded normals of Shanghai's coast. The island's weather turns with a few days; on top of it come the
day, clouds and their rain, the sea, towns, and fields of some kilometres.
"""

from math import exp
from typing import Final, NamedTuple

from simulators.environment.knots import knotted
from simulators.environment.moment import Moment
from simulators.environment.rain import rain_cloud, rain_left

_TEMPERATURE: Final = (4.6, 6.1, 9.8, 15.2, 20.4, 24.2, 28.3, 28.2, 24.3, 19.1, 13.3, 7.1)
_PRESSURE: Final = (1026.0, 1024.0, 1020.0, 1015.0, 1010.5, 1006.0, 1004.5, 1005.5, 1011.5, 1018.5, 1023.0, 1026.0)
_EAST: Final = (0.9, 0.4, -0.6, -1.2, -1.8, -2.2, -1.8, -2.2, -1.6, -0.6, 0.2, 0.8)
_NORTH: Final = (-2.0, -1.4, -0.2, 0.8, 1.4, 1.6, 2.6, 1.4, -1.0, -1.6, -1.6, -2.0)
"""Mean wind, towards: from the north-west in winter, from the south-east in summer."""


class Weather(NamedTuple):
    """At a place and an instant."""

    temperature: float
    """°C, at 2 m."""
    dew_point: float
    pressure: float
    """hPa."""
    cloud: float
    """0 clear to 1 overcast."""
    east: float
    """Wind towards the east, m/s, mean of ten minutes at 10 m in the open."""
    north: float
    wet: float
    """0 dry to 1 in the rain or just after it."""

    def humidity(self) -> float:
        """Relative, %."""
        return humidity(self.temperature, self.dew_point)

    def speed(self) -> float:
        """Wind, m/s."""
        speed: float = (self.east**2 + self.north**2) ** 0.5
        return speed


def _magnus(celsius: float) -> float:
    return 17.62 * celsius / (243.12 + celsius)


def humidity(celsius: float, dew_point: float) -> float:
    """Relative humidity, %, by the Magnus formula over water (WMO-No. 8: 17.62, 243.12 °C); at most 100."""
    return min(100.0, 100 * exp(_magnus(dew_point) - _magnus(celsius)))


@knotted
def weather(moment: Moment) -> Weather:
    """What is there."""
    at = moment.place()
    said = moment.conditions.influence(moment.site.longitude, moment.site.latitude, moment.time_ms)
    wet = 1 - exp(-rain_left(moment).h2 / 1.5)
    cloud = _cloud(moment)
    sea = exp(-at.shore_km / 2)
    mean = mean_temperature(moment)
    swing = (1.2 + 4.0 * (1 - cloud)) * (1 - 0.35 * sea)
    temperature = mean + swing * moment.daily(14.5) - 2.5 * wet * (1 + 0.5 * moment.daily(15))
    temperature += 0.5 * moment.field("warm", 3, 12) + at.urban * (0.5 - 0.4 * moment.daily(14))
    spread = (5.6 + 3.2 * moment.island("dry air", 50) - 1.2 * moment.daily(5)) * (1 - 0.9 * wet) * (1 - 0.25 * sea)
    dew = min(mean - 0.3 * swing - max(0.3, spread) + 2.0, temperature - 0.15)
    pressure = (
        moment.monthly(_PRESSURE)
        + (5 + 3 * moment.yearly(15)) * moment.island("synoptic", 60)
        + 1.1 * moment.daily(10) * moment.daily(10)
        - 1.2 * wet
        + 0.15 * moment.field("pressure", 4, 30)
        + said.pressure_hpa
    )
    breeze = 1.6 * max(0.0, moment.daily(15)) * (1 - cloud) * (0.6 + 0.4 * sea)
    east = moment.monthly(_EAST) + 7.0 * moment.island("wind east", 30) - breeze
    north = moment.monthly(_NORTH) + 7.0 * moment.island("wind north", 30)
    open_air = (0.75 + 0.35 * sea) * (1 - 0.3 * at.urban)
    east = (east + 0.8 * moment.field("gust east", 1.5, 15) + said.east_m_s) * open_air
    north = (north + 0.8 * moment.field("gust north", 1.5, 15) + said.north_m_s) * open_air
    return Weather(temperature, dew, pressure, cloud, east, north, wet)


def season_temperature(moment: Moment) -> float:
    """°C, of the season, without the turns of the weather."""
    return moment.monthly(_TEMPERATURE)


def mean_temperature(moment: Moment) -> float:
    """°C, of the day and the island: the season and its turns of warm and cold, without sun and rain."""
    return season_temperature(moment) - (4.2 + 2.2 * moment.yearly(15)) * moment.island("synoptic", 60)


def _cloud(moment: Moment) -> float:
    rain = 1 - exp(-1.6 * rain_cloud(moment))
    fair = 0.42 + 0.45 * moment.island("cloud", 20) + 0.25 * moment.field("cloud", 2, 14)
    return rain + (1 - rain) * min(1.0, max(0.0, fair))

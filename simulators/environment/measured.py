"""Properties for which real series are replayed; each site hears its series a little later than the others."""

from functools import cache
from math import exp
from typing import Final

from simulators.environment.moment import Moment
from simulators.measurements import Between, Replay, air, water_level
from simulators.measurements.series import AirStation

_LAG_MINUTES: Final = 90
_LAST: Final = frozenset({"wind_direction", "rain_mm"})
_COLUMNS: Final = {
    "pm2_5": ("pm2_5_ug_m3", 1),
    "pm10": ("pm10_ug_m3", 1),
    "so2": ("so2_ug_m3", 1),
    "no2": ("no2_ug_m3", 1),
    "co": ("co_ug_m3", 1000),
    "o3": ("o3_ug_m3", 1),
    "air_temperature": ("temperature_cel", 1),
    "air_pressure": ("pressure_hpa", 1),
    "dew_point": ("dew_point_cel", 1),
    "rainfall": ("rain_mm", 1),
    "wind_direction": ("wind_direction", 1),
    "wind_speed": ("wind_speed_m_s", 1),
}
"""Observed property -> column and divisor to the property's unit. Rain is the sum over the hour before."""

MEASURED: Final = frozenset({*_COLUMNS, "water_level", "relative_humidity"})


@cache
def _replay(station: AirStation, column: str) -> Replay:
    return Replay(air(station, column), Between.LAST if column in _LAST else Between.LINEAR)


@cache
def _tide() -> Replay:
    return Replay(water_level())


def load_series() -> None:
    """Read all series now, so that no device's first answer waits for it."""
    stations: tuple[AirStation, ...] = ("dongsi", "huairou")
    for station in stations:
        for column, _ in _COLUMNS.values():
            _replay(station, column)
    _tide()


def lag_ms(moment: Moment) -> int:
    """How much later than the station this site has the station's values: whole minutes, less than 90."""
    return int(moment.trait("lag") * _LAG_MINUTES) * 60_000


def measured(moment: Moment, observed: str) -> float | None:
    """The replayed value in the property's unit; None where the series has none.

    :raises KeyError: no series is replayed for the property.
    """
    time_ms = moment.time_ms - lag_ms(moment)
    if observed == "water_level":
        return _tide().at(time_ms)
    if observed == "relative_humidity":
        temperature, dew_point = measured(moment, "air_temperature"), measured(moment, "dew_point")
        return None if temperature is None or dew_point is None else _humidity(temperature, dew_point)
    column, divisor = _COLUMNS[observed]
    value = _replay("dongsi" if moment.trait("station") < 0.5 else "huairou", column).at(time_ms)
    return None if value is None else value / divisor


def _humidity(temperature: float, dew_point: float) -> float:
    """Relative humidity, %, by the Magnus formula over water (WMO-No. 8: 17.62, 243.12 °C); at most 100."""
    return min(
        100.0, 100 * exp(17.62 * dew_point / (243.12 + dew_point) - 17.62 * temperature / (243.12 + temperature))
    )

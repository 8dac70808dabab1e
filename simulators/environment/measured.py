"""Real series in place of the model, for the properties that a world is told to replay.

The model is the default for all of them: Beijing's air of 2016 knows nothing of this island's rain, and a gauge
elsewhere nothing of its tide. Where a series is wanted nevertheless (a check that shall see real gaps and real noise),
neighbours still agree: the air comes from the west, so that the east hears it up to 90 minutes later; towns have
the town station's values, fields the country station's, and between them a smooth mixture; water travels as the tide.
"""

from functools import cache
from typing import Final

from simulators.environment.moment import HOUR_MS, Moment
from simulators.environment.tide import WAVE_KM_H
from simulators.environment.weather import humidity
from simulators.measurements import Between, Replay, air, water_level
from simulators.measurements.series import AIR_COLUMNS, AirStation

_LAG_MINUTES: Final = 90
_WEST_KM, _EAST_KM = -40.0, 45.0
"""The islands' ends, east of the middle."""
_LAST: Final = frozenset({"wind_direction", "rain_mm"})
MEASURED: Final = frozenset({*AIR_COLUMNS, "water_level", "relative_humidity"})
"""What can be replayed."""


@cache
def _replay(station: AirStation, column: str) -> Replay:
    return Replay(air(station, column), Between.LAST if column in _LAST else Between.LINEAR)


@cache
def _tide() -> Replay:
    return Replay(water_level())


def load_series(replayed: frozenset[str] = MEASURED) -> None:
    """Read the series that are replayed, so that no device's first answer waits for them."""
    stations: tuple[AirStation, ...] = ("dongsi", "huairou")
    wanted = replayed | ({"air_temperature", "dew_point"} if "relative_humidity" in replayed else frozenset())
    for station in stations:
        for observed in wanted & AIR_COLUMNS.keys():
            _replay(station, AIR_COLUMNS[observed][0])
    if "water_level" in replayed:
        _tide()


def lag_ms(moment: Moment) -> int:
    """How much later than in the west this site has the air's values: whole minutes, at most 90."""
    share = (moment.place().east_km - _WEST_KM) / (_EAST_KM - _WEST_KM)
    return round(min(1.0, max(0.0, share)) * _LAG_MINUTES) * 60_000


def measured(moment: Moment, observed: str) -> float | None:
    """The replayed value in the property's unit; None where one of the series has none.

    :raises KeyError: no series can be replayed for the property.
    """
    if observed == "water_level":
        later_ms = round(max(0.0, moment.place().upstream_km) / WAVE_KM_H * HOUR_MS)
        return _tide().at(moment.time_ms - later_ms)
    if observed == "relative_humidity":
        temperature, dew_point = measured(moment, "air_temperature"), measured(moment, "dew_point")
        return None if temperature is None or dew_point is None else humidity(temperature, dew_point)
    column, divisor = AIR_COLUMNS[observed]
    time_ms = moment.time_ms - lag_ms(moment)
    town = _replay("dongsi", column).at(time_ms)
    if observed == "wind_direction":  # there is no middle between 350° and 10°
        return town
    country, share = _replay("huairou", column).at(time_ms), min(1.0, moment.place().urban)
    return None if town is None or country is None else (country + (town - country) * share) / divisor

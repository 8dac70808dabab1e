"""One column of a measured CSV as a time series; sources and licences stand in ATTRIBUTION.md."""

import csv
import gzip
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import nan
from pathlib import Path
from typing import Final, Literal, Self

FOLDER: Final = Path(__file__).parent
AIR: Final = {"dongsi": "air_dongsi_2016.csv.gz", "huairou": "air_huairou_2016.csv.gz"}
AIR_COLUMNS: Final = {
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
WATER_LEVEL: Final = "water_level_hourly.csv.gz"
AirStation = Literal["dongsi", "huairou"]
_MISSING: Final = frozenset({"", "NA"})
_SECTORS: Final = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_DEGREES: Final = {sector: index * 22.5 for index, sector in enumerate(_SECTORS)}


@dataclass(frozen=True, slots=True)
class Series:
    """Values at ascending instants, as columns of equal length n >= 1."""

    time: "array[int]"
    """ms UTC."""
    value: "array[float]"
    """NaN where the station had no value."""
    utc_offset_ms: int
    """Of the stamps as they were printed; a whole year is shifted in this zone."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str]]) -> Self:
        """From (RFC 3339 stamp, cell) pairs; a cell is a number, a compass sector (to degrees), empty or ``NA``.

        :raises ValueError: no rows, a stamp without a zone or not after the one before it, or a cell of another kind.
        """
        time, value, offset_ms = array("q"), array("d"), 0
        for stamp, cell in rows:
            moment = datetime.fromisoformat(stamp)
            offset = moment.utcoffset()
            if offset is None:
                raise ValueError(f"stamp {stamp!r} has no zone")
            offset_ms = round(offset.total_seconds() * 1000)
            instant = round(moment.timestamp() * 1000)
            if time and instant <= time[-1]:
                raise ValueError(f"stamp {stamp!r} is not after the one before it")
            time.append(instant)
            value.append(_number(cell))
        if not time:
            raise ValueError("a series needs at least one row")
        return cls(time, value, offset_ms)

    @classmethod
    def read(cls, path: Path, column: str) -> Self:
        """From the ``time`` column and one other column of a CSV file, plain or ``.gz``.

        :raises ValueError: as :meth:`of`.
        :raises KeyError: the file has no such column.
        """
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            return cls.of((row["time"], row[column]) for row in csv.DictReader(file))

    def __len__(self) -> int:
        return len(self.time)


def _number(cell: str) -> float:
    if cell in _MISSING:
        return nan
    return _DEGREES[cell] if cell in _DEGREES else float(cell)


@cache
def air(station: AirStation, column: str) -> Series:
    """A column of one of the two air stations, e.g. ``pm2_5_ug_m3``, ``wind_direction`` (degrees)."""
    return Series.read(FOLDER / AIR[station], column)


@cache
def water_level() -> Series:
    """Metres above mean sea level at a tidal gauge, with gaps of up to 9 hours."""
    return Series.read(FOLDER / WATER_LEVEL, "sea_surface_height_above_sea_level")

"""A measured series played again at any instant, round and round: a pure function of time."""

from bisect import bisect_right
from datetime import UTC, datetime
from enum import Enum
from math import isnan
from typing import Final

from simulators.measurements.series import Series

HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * HOUR_MS
_MARCH_MS: Final = 59 * _DAY_MS
_GREGORIAN_MS: Final = 146_097 * _DAY_MS
"""400 years, after which leap years come round again; keeps a fast island below the year 10,000."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Between(Enum):
    """What holds between two points."""

    LINEAR = "linear"
    """The straight line; for what flows."""
    LAST = "last"
    """The point before; for sums over the hour and for directions, which have no line between 350° and 10°."""


class Replay:
    """The value of a series at any instant of simulated time, in the series' own unit.

    * At a point of the series the value is the point's, exactly. Between two points see :class:`Between`.
    * Missing cells stay missing: there is no value at them, nor on a line that begins or ends at one, nor inside a gap
      of more than ``gap_ms`` between two points (with LAST: further than ``gap_ms`` from the point before).
    * A series of exactly one calendar year (in the zone of its stamps) loops by the calendar: only the year is shifted,
      so that November is November again; 29 February is passed over, or the 28th played twice, where the two years
      differ in it. Any other series loops by its own length, in whole hours. The last point runs on to the first.

    Speed is not its business: whoever asks brings simulated time (see :class:`simulators.environment.world.Tempo`).
    """

    def __init__(self, series: Series, between: Between = Between.LINEAR, gap_ms: int = HOUR_MS) -> None:
        self._series = series
        self._between = between
        self._gap_ms = gap_ms
        self._first = series.time[0]
        self._length_ms = -(-(series.time[-1] - self._first + 1) // HOUR_MS) * HOUR_MS
        local = self._first + series.utc_offset_ms
        self._own_year = _year(local)
        year_ms = _year_start(self._own_year + 1) - _year_start(self._own_year)
        self._calendar = local == _year_start(self._own_year) and self._length_ms == year_ms

    def at(self, simulated_ms: int) -> float | None:
        """The value at an instant (ms UTC, any year); None where the station had none."""
        instant = self._folded(simulated_ms)
        times, values = self._series.time, self._series.value
        before = bisect_right(times, instant) - 1
        start, value = times[before], values[before]
        if isnan(value):
            return None
        if instant == start:
            return value
        if self._between is Between.LAST:
            return value if instant - start <= self._gap_ms else None
        after = before + 1
        end = times[after] if after < len(times) else self._first + self._length_ms
        following = values[after % len(times)]
        if isnan(following) or end - start > self._gap_ms:
            return None
        return value + (following - value) * (instant - start) / (end - start)

    def _folded(self, simulated_ms: int) -> int:
        """The instant of the series that a simulated instant falls on."""
        if not self._calendar:
            return self._first + (simulated_ms - self._first) % self._length_ms
        local = (simulated_ms + self._series.utc_offset_ms) % _GREGORIAN_MS
        year = _year(local)
        into = local - _year_start(year)
        if into >= _MARCH_MS:
            into += (_leap(self._own_year) - _leap(year)) * _DAY_MS
        return self._first + into


def _year(local_ms: int) -> int:
    return datetime.fromtimestamp(local_ms / 1000, tz=UTC).year


def _year_start(year: int) -> int:
    return round((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds() * 1000)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)

"""Buckets by the calendar of a time zone: days, weeks and months begin when they begin there."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

_EVERY: Final = re.compile(r"([1-9][0-9]{0,8})(ms|s|m|h|d|w|mo)", re.ASCII)
_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DAY_MS: Final = 86_400_000
_MONDAY: Final = date(1970, 1, 5)
_LAST_YEAR: Final = 9000


class TooManyBucketsError(ValueError):
    """More than are answered at once."""


@dataclass(frozen=True, slots=True)
class Every:
    """A bucket length as it was asked for: ``15m``, ``1d``, ``1w``, ``1mo``; with a zone it begins as there."""

    count: int
    unit: str
    zone: str | None = None
    """IANA name; None: UTC."""

    @classmethod
    def parse(cls, text: str, zone: str | None = None) -> "Every":
        """:raises ValueError: it is none; the message says what is expected."""
        match = _EVERY.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:40]!r}: expected a whole number and ms, s, m, h, d, w or mo, as 15m")
        every = cls(int(match[1]), match[2], zone)
        if zone is not None and every.unit in {"ms", "s", "m", "h"} and _DAY_MS % (every.count * _MS[every.unit]):
            raise ValueError(f"{text}: with tz expected a length that a day is a multiple of, or d, w or mo")
        return every

    @property
    def fixed_ms(self) -> int | None:
        """Its length when all are of the same and begin at multiples of it since 1970 UTC; None otherwise."""
        return self.count * _MS[self.unit] if self.zone is None and self.unit in _MS else None

    @property
    def least_ms(self) -> int:
        """No bucket is shorter, but for an hour when the clocks change."""
        return self.count * {**_MS, "w": 7 * _DAY_MS, "mo": 28 * _DAY_MS}[self.unit]

    def starts(self, from_ms: int, to_ms: int, most: int) -> NDArray[np.int64]:
        """Where the buckets begin that hold from_ms <= time < to_ms.

        :raises TooManyBucketsError: there are more than ``most``.
        """
        if (to_ms - from_ms) // self.least_ms > most:
            raise TooManyBucketsError(f"more than {most} buckets: ask for longer ones or a shorter time")
        fixed = self.fixed_ms
        if fixed is not None:
            return np.arange(from_ms - from_ms % fixed, to_ms, fixed, dtype=np.int64)
        found: list[int] = []
        day = self._begin(_local_date(from_ms, self.zone))
        while (start := _midnight_ms(day, self.zone)) < to_ms:
            following = self._next(day)
            if self.unit in {"d", "w", "mo"}:
                found.append(start)
            else:
                found.extend(range(start, _midnight_ms(following, self.zone), self.least_ms))
            day = following
        starts = np.unique(np.array(found, np.int64))  # a zone may leave out a whole day
        first = max(0, int(np.searchsorted(starts, from_ms, side="right")) - 1)
        return starts[first : int(np.searchsorted(starts, to_ms))]

    def _begin(self, day: date) -> date:
        """The first day of the bucket in which a day lies."""
        if self.unit == "mo":
            months = (day.year - 1970) * 12 + day.month - 1
            months -= months % self.count
            return date(1970 + months // 12, months % 12 + 1, 1)
        origin, days = (_MONDAY, 7 * self.count) if self.unit == "w" else (date(1970, 1, 1), self._days)
        return day - timedelta((day - origin).days % days)

    def _next(self, day: date) -> date:
        if self.unit == "mo":
            months = (day.year - 1970) * 12 + day.month - 1 + self.count
            return date(1970 + months // 12, months % 12 + 1, 1)
        return day + timedelta(7 * self.count if self.unit == "w" else self._days)

    @property
    def _days(self) -> int:
        return self.count if self.unit == "d" else 1


def common_ms(starts: NDArray[np.int64]) -> int:
    """The longest bucket, of a day at most, that all of these begin with."""
    return int(np.gcd(np.gcd.reduce(starts), _DAY_MS)) if len(starts) else _DAY_MS


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """:raises ValueError: there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name[:40]!r}: expected an IANA time zone, as Asia/Shanghai") from None


def _local_date(ms: int, zone: str | None) -> date:
    when = datetime.fromtimestamp(ms / 1000, zone_named(zone or "UTC"))
    return when.date()


def _midnight_ms(day: date, zone: str | None) -> int:
    if day.year > _LAST_YEAR:
        return 1 << 62
    return int(datetime(day.year, day.month, day.day, tzinfo=zone_named(zone or "UTC")).timestamp()) * 1000

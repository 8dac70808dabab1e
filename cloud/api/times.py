"""Times and durations as they go over HTTP: RFC 3339 with milliseconds and Z, durations as 15m."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.api.spliced import Part, side_by_side

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_DURATION: Final = re.compile(r"([1-9][0-9]{0,8})(ms|s|m|h|d)", re.ASCII)
_UNIT_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

FEW: Final = 64
"""Rows that are sooner written one by one, and their times known from the question before: buckets begin together."""
_CLOCKS: Final = np.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)], "S8")
_MILLISECONDS: Final = np.array([f".{ms:03d}" for ms in range(1000)], "S4")


def parse_time(text: str) -> int:
    """RFC 3339 to ms UTC; digits beyond the millisecond are cut off.

    :raises ValueError: it is none; the message says what is expected.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r}: expected RFC 3339 with a zone, 2026-11-22T08:00:00Z (a + is written %2B)")
    day, clock, fraction, zone = match.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
        ms = (whole.astimezone(UTC) - _EPOCH) // _MS  # beyond the years 1 and 9999 there it overflows
        return ms + int(f"{fraction or '0':0<3.3}")
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:40]!r}: {error}") from None


@lru_cache(maxsize=4096)
def format_time(ms: int) -> str:
    """Ms UTC as RFC 3339 with milliseconds and Z."""
    return f"{np.datetime64(ms, 'ms')}Z"


def time_parts(times: NDArray[np.int64]) -> list[Part]:
    """Date, clock and milliseconds as :func:`format_time` has them, without the Z; from tables, for many at once."""
    day = times // _UNIT_MS["d"]
    rest = (times - day * _UNIT_MS["d"]).astype(np.int32)
    second = rest // 1000
    begins = np.flatnonzero(np.append(len(day) > 0, day[1:] != day[:-1]))
    dates = np.datetime_as_string(day[begins].astype("datetime64[D]")).astype("S10")
    lengths = np.diff(np.append(begins, len(day)))
    return [np.repeat(dates, lengths), b"T", _CLOCKS[second], _MILLISECONDS[rest - second * 1000]]


def format_times(times: NDArray[np.int64]) -> list[str]:
    """Many at once."""
    if len(times) <= FEW:
        return list(map(format_time, times.tolist()))
    rows = side_by_side([*time_parts(times), b"Z"], len(times))
    return [text.decode() for text in rows.view(f"S{rows.itemsize}").tolist()]


def parse_duration(text: str) -> int:
    """``90s``, ``15m``, ``1h``, ``1d`` to ms.

    :raises ValueError: it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r}: expected a whole number and ms, s, m, h or d, as 15m")
    return int(match[1]) * _UNIT_MS[match[2]]

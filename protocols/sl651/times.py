"""Times on the wire: local (UTC+8), two digits of the year; time steps of series (§6.6.2.5, Tables C.2 and C.3)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from protocols.bcd import packed
from protocols.vocabulary.errors import ProtocolError

CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_STAMP = re.compile(r"[0-9]{10}(?:[0-9]{2})?")
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


def utc_ms(stamp: str) -> int:
    """UTC milliseconds of YYMMDDHHmm (an observation) or YYMMDDHHmmSS (a frame); the century is 20.

    :raises ProtocolError: other digits than these, or no date of the calendar.
    """
    if _STAMP.fullmatch(stamp) is None:
        raise ProtocolError(f"time {stamp!r:.40}: expected YYMMDDHHmm or YYMMDDHHmmSS")
    year, month, day, hour, minute, second = (int(stamp.ljust(12, "0")[at : at + 2]) for at in range(0, 12, 2))
    try:
        moment = datetime(2000 + year, month, day, hour, minute, second, tzinfo=CHINA)
    except ValueError as error:
        raise ProtocolError(f"time {stamp}: {error}") from None
    return (moment - _EPOCH) // _MS


def send_stamp(ms: int) -> str:
    """YYMMDDHHmmSS, local, of UTC milliseconds; the fraction of a second is cut off."""
    return (_EPOCH + ms * _MS).astimezone(CHINA).strftime("%y%m%d%H%M%S")


def observation_stamp(ms: int) -> str:
    """YYMMDDHHmm, local, of UTC milliseconds; the seconds are cut off."""
    return send_stamp(ms)[:10]


class Step(NamedTuple):
    """The time between two groups of a series."""

    days: int = 0
    hours: int = 0
    minutes: int = 0

    @classmethod
    def of(cls, data: bytes) -> "Step":
        """Read the three bytes of 0418: decimal digits; a device that writes 15 minutes as 0F is read too.

        :raises ProtocolError: not three bytes.
        """
        if len(data) != 3:
            raise ProtocolError(f"time step: expected 3 bytes, found {len(data)}", data)
        return cls(*(int(f"{byte:02x}") if f"{byte:02x}".isdecimal() else byte for byte in data))

    @property
    def ms(self) -> int:
        """Milliseconds; 0 for the step that belongs to lists of an hour."""
        return self.days * DAY_MS + self.hours * HOUR_MS + self.minutes * MINUTE_MS

    def __str__(self) -> str:
        counts = ((self.days, "d"), (self.hours, "h"), (self.minutes, "min"))
        return " ".join(f"{count} {unit}" for count, unit in counts if count) or "lists of an hour"

    def packed(self) -> bytes:
        """The three bytes, decimal.

        :raises ProtocolError: out of the range of Table C.3.
        """
        if not (0 <= self.days <= 31 and 0 <= self.hours <= 23 and 0 <= self.minutes <= 59):
            raise ProtocolError(f"time step: expected at most 31 days, 23 hours, 59 minutes, found {tuple(self)}")
        return b"".join(packed(count, 1) for count in self)

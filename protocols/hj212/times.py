"""Times on the wire: local (UTC+8), YYYYMMDDhhmmss, and QN with three digits more (HJ 212-2017 Table 3)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from protocols.vocabulary.errors import ProtocolError

CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{3})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def utc_ms(text: str) -> int:
    """UTC milliseconds of a stamp of 14 or 17 digits.

    :raises ProtocolError: other digits than these, or no date of the calendar.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ProtocolError(f"time {text!r:.40}: expected YYYYMMDDhhmmss or YYYYMMDDhhmmsszzz")
    year, month, day, hour, minute, second, ms = (int(part or 0) for part in match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, ms * 1000, CHINA)
    except ValueError as error:
        raise ProtocolError(f"time {text!r}: {error}") from None
    return (moment - _EPOCH) // _MS


def _local(ms: int) -> datetime:
    return (_EPOCH + ms * _MS).astimezone(CHINA)


def local_stamp(ms: int) -> str:
    """DataTime and its like, YYYYMMDDhhmmss, of UTC milliseconds; the fraction of a second is cut off."""
    return _local(ms).strftime("%Y%m%d%H%M%S")


def qn_of(ms: int) -> str:
    """A QN, YYYYMMDDhhmmsszzz, of UTC milliseconds."""
    return f"{local_stamp(ms)}{ms % 1000:03d}"

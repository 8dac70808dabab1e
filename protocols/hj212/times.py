"""Times on the wire: local (UTC+8), YYYYMMDDhhmmss, and QN with three digits more (HJ 212-2017 Table 3).

The rule for times of other lengths, which real devices send: the first 14 digits are the time, and up to three more are
the fraction of its second (``2024112320423050`` is 20:42:30.50; the standard has none in DataTime). 18 digits and more
are no time: the one known case, ``202411123203230940``, has a digit too many somewhere in the middle.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple

from protocols.vocabulary.errors import ProtocolError

CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{0,3})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
_CHINA_MS: Final = 8 * HOUR_MS


def utc_ms(text: str) -> int:
    """UTC milliseconds of a stamp of 14 digits, and of up to three more that are the fraction of its second.

    :raises ProtocolError: other digits than these, or no date of the calendar.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ProtocolError(f"time {text!r:.40}: expected YYYYMMDDhhmmss or YYYYMMDDhhmmsszzz")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=CHINA)
    except ValueError as error:
        raise ProtocolError(f"time {text!r}: {error}") from None
    return (moment - _EPOCH) // _MS + int(match[7].ljust(3, "0"))


def _local(ms: int) -> datetime:
    return (_EPOCH + ms * _MS).astimezone(CHINA)


def local_stamp(ms: int) -> str:
    """DataTime and its like, YYYYMMDDhhmmss, of UTC milliseconds; the fraction of a second is cut off."""
    return _local(ms).strftime("%Y%m%d%H%M%S")


def legible(text: str) -> str:
    """A stamp for people, or why it is none."""
    try:
        moment = _local(utc_ms(text))
    except ProtocolError as error:
        return str(error)
    return f"{moment.isoformat(' ', 'milliseconds' if len(text) > 14 else 'seconds')[:-6]} UTC+8"


def qn_of(ms: int) -> str:
    """A QN, YYYYMMDDhhmmsszzz, of UTC milliseconds."""
    return f"{local_stamp(ms)}{ms % 1000:03d}"


class Span(NamedTuple):
    """What DataTime is by the standard, for one command."""

    meaning: Literal["start of the period", "instant"]
    period_ms: int | None
    """How long the period is; None: the packet does not tell, or there is none."""
    grid_ms: int | None
    """What a start is a multiple of, in local time; None: anything."""


_MINUTES: Final = Span("start of the period", None, MINUTE_MS)
_DAY: Final = Span("start of the period", DAY_MS, DAY_MS)
_SPANS: Final = {
    "2031": _DAY,
    "2041": _DAY,
    "2051": _MINUTES,
    "2061": Span("start of the period", HOUR_MS, HOUR_MS),
    "2011": Span("instant", None, None),
    "2021": Span("instant", None, None),
}


def span_of(cn: str) -> Span | None:
    """What the DataTime of a command's upload means; None: the standard, as far as it is known, does not say.

    The start of the period for 2031, 2041, 2051 and 2061, the instant for 2011 and 2021 (HJ 212-2017 Appendix C).
    """
    return _SPANS.get(cn)


def is_on_grid(ms: int, grid_ms: int) -> bool:
    """Whether it is a whole minute, hour or day of local time."""
    return (ms + _CHINA_MS) % grid_ms == 0

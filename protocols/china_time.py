"""Times on meters' wires: local (UTC+8), to the minute or to the second, as decimal digits."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8), "UTC+8")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(digits: str) -> datetime | None:
    """What YYYYMMDDhhmm or YYYYMMDDhhmmss says, in UTC+8; None when the calendar does not have it."""
    try:
        parts = [int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, len(digits), 2))]
        return datetime(*parts, tzinfo=CHINA)  # type: ignore[arg-type,misc]  # five or six numbers
    except (TypeError, ValueError):
        return None


def utc_ms(when: datetime) -> int:
    """Milliseconds since 1970, UTC."""
    return (when - _EPOCH) // timedelta(milliseconds=1)


def local(ms: int) -> datetime:
    """The inverse, in UTC+8."""
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(CHINA)

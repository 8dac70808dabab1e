"""When a message is tried again: the schedule that Standard Webhooks suggests, and what the receiver asks for."""

import random
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS_S: Final = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Before the first attempt, and after each that failed; three days in all."""
JITTER: Final = 0.1
"""A receiver that comes back is not met by everybody at once: up to this part of a delay comes on top."""
_LONGEST_ASKED_S: Final = 24 * 3600


class Schedule:
    """Delays between attempts; ``random_source`` is seeded by tests."""

    def __init__(self, delays_s: Sequence[float] = DELAYS_S, random_source: random.Random | None = None) -> None:
        self._delays_s = delays_s
        self._random = random_source or random.Random()  # noqa: S311 - jitter is no secret

    def next_s(self, attempts: int, asked_s: float | None = None) -> float | None:
        """Seconds until the next attempt, after ``attempts`` that failed; None: it is given up.

        :param asked_s: the receiver's Retry-After; it can only make the wait longer.
        """
        if attempts >= len(self._delays_s):
            return None
        delay_s = self._delays_s[attempts] * (1 + self._random.uniform(0, JITTER))
        return max(delay_s, min(asked_s or 0.0, _LONGEST_ASKED_S))


def retry_after_s(text: str | None, now_ms: int) -> float | None:
    """A Retry-After header (RFC 9110 §10.2.3), seconds or a date, as seconds from now; None when it is neither."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_ms / 1000)
    except (ValueError, OverflowError):
        return None

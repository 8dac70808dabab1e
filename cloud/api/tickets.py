"""One-time tickets: a link that opens the console once."""

import secrets as random
from threading import Lock
from typing import Final

from cloud.registry.keys import digest
from protocols.vocabulary import Clock

LIFETIME_S: Final = 600
_AT_MOST: Final = 100


class Tickets:
    """Kept in memory only; a restart ends them. The oldest goes when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._ends: dict[str, float] = {}

    def issue(self) -> str:
        """A new ticket, good for ten minutes and one use."""
        ticket = random.token_urlsafe(24)
        with self._lock:
            while len(self._ends) >= _AT_MOST:
                del self._ends[next(iter(self._ends))]
            self._ends[digest(ticket)] = self._clock.monotonic_s() + LIFETIME_S
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Whether it was good; it is not any more."""
        with self._lock:
            ends = self._ends.pop(digest(ticket), None)
        return ends is not None and self._clock.monotonic_s() < ends

"""Exponential back-off with full jitter: a fleet that lost its broker does not come back all at once."""

import random
from typing import Final

NETWORK_CAP_S: Final = 300.0
UNREACHED_CAP_S: Final = 60.0
"""Who was not even reached was not burdened: on a line that comes back nobody waits for minutes."""
REFUSED_FLOOR_S: Final = 30.0
"""Wrong credentials do not mend themselves in seconds."""


class Backoff:
    """Delays before the next try; ``random_source`` is seeded by tests."""

    def __init__(
        self, base_s: float = 1.0, cap_s: float = NETWORK_CAP_S, random_source: random.Random | None = None
    ) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._random = random_source or random.Random()  # noqa: S311 - jitter is no secret
        self._failures = 0

    def succeeded(self) -> None:
        """The next failure begins anew."""
        self._failures = 0

    def next_s(self, *, refused: bool = False, unreached: bool = False) -> float:
        """Seconds until the next try: uniform in 0..min(cap, base * 2^failures).

        :param refused: the credentials were: longer.
        :param unreached: there was no connection at all: never longer than a minute.
        """
        cap_s = min(self._cap_s, UNREACHED_CAP_S) if unreached else self._cap_s
        ceiling = min(cap_s, self._base_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        delay_s = self._random.uniform(0, ceiling)
        return REFUSED_FLOOR_S + delay_s if refused else delay_s

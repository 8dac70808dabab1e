"""Questions to the store take turns, so that many at once starve neither each other nor ingest."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Final

from cloud.api.problems import Problem

AT_ONCE: Final = 4
MOST_WAITING: Final = 12
"""Beyond it nobody waits: threads are there for others, too."""
PATIENCE_S: Final = 10.0


class Turns:
    """Held by threads while they ask."""

    def __init__(
        self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self.refused = 0
        self._free = BoundedSemaphore(at_once)
        self._most_waiting = most_waiting
        self._patience_s = patience_s
        self._waiting = 0
        self._lock = Lock()

    @contextmanager
    def taken(self, *, patiently: bool = False) -> Iterator[None]:
        """Wait for a turn.

        :param patiently: for however long it takes.
        :raises Problem: 429, too many wait already, or none came.
        """
        if not self._free.acquire(blocking=False):
            if patiently:
                self._free.acquire()
            else:
                self._wait()
        try:
            yield
        finally:
            self._free.release()

    def _wait(self) -> None:
        with self._lock:
            comes = self._waiting < self._most_waiting
            self._waiting += comes
        try:
            if not comes or not self._free.acquire(timeout=self._patience_s):
                self.refused += 1
                raise Problem(429, "too many questions to the store at a time: ask again soon", retry_after_s=2)
        finally:
            with self._lock:
                self._waiting -= comes

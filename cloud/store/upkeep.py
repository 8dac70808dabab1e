"""The store's work in the background: one thread that lets everybody else go first."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from cloud.store.port import Tended
from protocols.vocabulary import Clock

log = logging.getLogger(__name__)

PAUSE_S: Final = 2.0
"""Between looks whether there is something to do."""
FAILED_S: Final = 30.0
EXPIRE_S: Final = 3600.0
"""Between looks whether something is too old."""
_NICE: Final = 10


@dataclass(slots=True)
class UpkeepCounts:
    """What happened so far; each number only grows."""

    steps: int = 0
    failures: int = 0
    expired: int = 0
    """Readings that were kept for long enough."""


class Upkeep:
    """``run`` lives until it is cancelled; a step that has begun is given up then."""

    def __init__(self, store: Tended, clock: Clock, cutoffs: Callable[[int], NDArray[np.int64]] | None = None) -> None:
        """:param cutoffs: from our time in ms what :meth:`Tended.expire` asks for; None: everything is kept."""
        self.counts = UpkeepCounts()
        self.failing: str | None = None
        """Why the last step failed; None: it did not."""
        self._store = store
        self._clock = clock
        self._cutoffs = cutoffs
        self._expire_at_s = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        with ThreadPoolExecutor(1, "yz-upkeep", _step_back) as thread:
            try:
                while True:
                    await self._clock.sleep(await self._step(thread))
            finally:
                self._store.rest()

    async def _step(self, thread: ThreadPoolExecutor) -> float:
        """One step, and for how long there is nothing to do then."""
        loop = asyncio.get_running_loop()
        try:
            more = await loop.run_in_executor(thread, self._tend, self._clock.now_ms())
        except (duckdb.Error, SQLAlchemyError, OSError) as error:
            self.counts.failures += 1
            self.failing = str(error).splitlines()[0][:200]
            log.error("the store's upkeep is tried again later: %s", error)  # noqa: TRY400 - retried
            return FAILED_S
        self.failing = None
        self.counts.steps += more
        return 0 if more else PAUSE_S

    def _tend(self, now_ms: int) -> bool:
        more = self._store.tend(now_ms)
        if not more and self._cutoffs is not None and self._clock.monotonic_s() >= self._expire_at_s:
            self.counts.expired += self._store.expire(self._cutoffs(now_ms))
            self._expire_at_s = self._clock.monotonic_s() + EXPIRE_S
        return more


def _step_back() -> None:
    """The thread gets what the others leave."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)

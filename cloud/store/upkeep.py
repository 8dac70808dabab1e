"""The store's work in the background: one thread that lets everybody else go first."""

import asyncio
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import duckdb

from cloud.store.port import Tended
from protocols.vocabulary import Clock

log = logging.getLogger(__name__)

PAUSE_S: Final = 2.0
"""Between looks whether there is something to do."""
FAILED_S: Final = 30.0
_NICE: Final = 10


@dataclass(slots=True)
class UpkeepCounts:
    """What happened so far; each number only grows."""

    steps: int = 0
    failures: int = 0


class Upkeep:
    """``run`` lives until it is cancelled; a step that has begun is given up then."""

    def __init__(self, store: Tended, clock: Clock) -> None:
        self.counts = UpkeepCounts()
        self.failing: str | None = None
        """Why the last step failed; None: it did not."""
        self._store = store
        self._clock = clock

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
            more = await loop.run_in_executor(thread, self._store.tend, self._clock.now_ms())
        except (duckdb.Error, OSError) as error:
            self.counts.failures += 1
            self.failing = str(error).splitlines()[0][:200]
            log.error("the store's upkeep is tried again later: %s", error)  # noqa: TRY400 - retried
            return FAILED_S
        self.failing = None
        self.counts.steps += more
        return 0 if more else PAUSE_S


def _step_back() -> None:
    """The thread gets what the others leave."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)

"""The one place that reads a clock: wall time for stamps, monotonic time for intervals."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What everybody who needs the time is given."""

    def now_ms(self) -> int:
        """Wall time, UTC, integer milliseconds since 1970-01-01."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never go back; for intervals, time-outs and cadence only."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on the monotonic clock."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that tests and simulators turn by hand; sleepers wake when it passes them.

    :param now_ms: wall time at the start, ms.
    """

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self._wall_ms = now_ms
        self._monotonic_s = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._wall_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._monotonic_s + seconds, future))
        try:
            await future
        finally:  # who was cancelled sleeps no longer
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[1] is not future]

    def advance(self, seconds: float) -> None:
        """Both clocks go on by ``seconds``; whoever slept until then is woken."""
        self._monotonic_s += seconds
        self._wall_ms += round(seconds * 1000)
        due = [f for t, f in self._sleepers if t <= self._monotonic_s]
        self._sleepers = [(t, f) for t, f in self._sleepers if t > self._monotonic_s]
        for future in due:
            if not future.done():
                future.set_result(None)

    def step_wall(self, seconds: float) -> None:
        """Only the wall clock jumps, as when NTP sets it."""
        self._wall_ms += round(seconds * 1000)


async def wait_at_most(clock: Clock, seconds: float, event: asyncio.Event) -> None:
    """Return when the event is set, or when the clock has gone on by ``seconds``."""
    if event.is_set():
        return
    async with asyncio.TaskGroup() as group:
        tasks = group.create_task(event.wait()), group.create_task(clock.sleep(seconds))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

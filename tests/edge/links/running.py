"""A link that runs for as long as a test needs it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge.intake import Intake
from edge.links.link import Link
from protocols.vocabulary import ManualClock


@asynccontextmanager
async def running(link: Link, intake: Intake) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(link.run(intake))
        try:
            yield
        finally:
            task.cancel()


async def until(condition: Callable[[], object]) -> None:
    """Let the event loop turn until something holds; at most 30 s."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


async def asleep(clock: ManualClock) -> None:
    """Until somebody waits for the clock."""
    await until(lambda: clock._sleepers)


async def advanced(clock: ManualClock, seconds: float) -> None:
    """Turn the clock once somebody waits for it."""
    await asleep(clock)
    clock.advance(seconds)

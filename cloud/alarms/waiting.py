"""Waiting for an event, but not for ever."""

import asyncio

from protocols.vocabulary import Clock


async def wait_at_most(clock: Clock, seconds: float, event: asyncio.Event) -> None:
    """Return when the event is set, or when the clock has gone on by ``seconds``."""
    if event.is_set():
        return
    async with asyncio.TaskGroup() as group:
        tasks = group.create_task(event.wait()), group.create_task(clock.sleep(seconds))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

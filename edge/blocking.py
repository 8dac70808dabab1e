"""Work on the disk in a thread that is waited for whatever happens: what was begun is not left behind."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def finished(work: "asyncio.Future[Any]") -> asyncio.CancelledError | None:
    """Wait for a thread whatever happens; the cancellation that came meanwhile is the caller's to raise."""
    stopped = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            stopped = error
    return stopped


async def whole(call: Callable[[], Result]) -> Result:
    """What the call gives; it is over when this ends, also when this ends by a cancellation."""
    work = asyncio.get_running_loop().run_in_executor(None, call)
    stopped = await finished(work)
    if stopped is not None:
        raise stopped
    return work.result()

"""What rules and lamp schedules of the gateway itself want done, by the same hands as commands."""

import asyncio
from typing import Final

from edge.commands.attempt import Attempts
from edge.rules.actuators import Action
from protocols.vocabulary import DeviceRefused, LinkDown

MAX_UNDER_WAY: Final = 10_000
"""Actions at a time; a further one fails, and is wanted again later."""


class LocalActions:
    """Implements edge.rules.actuators.Actuators: written once, read back; who wants it still comes again."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._tasks: asyncio.TaskGroup | None = None
        self._under_way = 0

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await asyncio.Event().wait()

    def apply(self, action: Action) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._tasks is None or self._under_way >= MAX_UNDER_WAY:
            future.set_exception(LinkDown("too many actions are under way, or the agent is not running yet"))
            return future
        self._under_way += 1
        task = self._tasks.create_task(self._carry_out(action, future))
        task.add_done_callback(lambda _: future.cancel())  # who waits is not left waiting when we are stopped
        return future

    async def _carry_out(self, action: Action, future: "asyncio.Future[None]") -> None:
        try:
            item = await self._attempts.set(action.target, action.value)
        finally:
            self._under_way -= 1
        if future.done():
            return
        if item.state == "applied":
            future.set_result(None)
        else:
            future.set_exception(DeviceRefused(item.reason))

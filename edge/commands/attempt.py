"""One point of a device is brought to a value, and the device tells what it holds then."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from math import isclose
from typing import Final

from edge.commands.actuator import Actuators, Unfit
from protocols.uplink import Item
from protocols.vocabulary import Clock, Point, YingzhouError

PATIENCE_S: Final = 30.0
"""How long one question may take, its turn on the cable included."""
SETTLE_TRIES: Final = 4
SETTLE_S: Final = 0.5
"""A device that does not say the wanted value at once is asked again so often, with a pause before each; twice as
often when it has come nearer."""
NEARER_TIMES: Final = 3
"""So often nearer, and it is taken to be on its way."""
MAX_TOLD: Final = 500
"""Characters of a reason."""


class Attempts:
    """Writes once, and asks as often as it takes."""

    def __init__(self, actuators: Actuators, clock: Clock) -> None:
        self._actuators = actuators
        self._clock = clock

    async def set(self, point: Point, value: float, until_ms: int | None = None) -> Item:
        """Write, and have the device tell what it holds; what goes wrong is in the item.

        :param until_ms: nothing is begun later, wall time: so long a device that sleeps is waited for; none: no longer
            than others.
        """
        try:
            told = self._actuators.fit(point, value)
        except Unfit as unfit:
            return Item(point.series, "failed", None, str(unfit)[:MAX_TOLD])
        patience_s = self._patience_s(point, value, until_ms)
        left_s = patience_s if until_ms is None else (until_ms - self._clock.now_ms()) / 1000
        found = await self._in_time(lambda: self._actuators.write(point, value), min(patience_s, left_s))
        away: list[float] = []
        while not isinstance(found, YingzhouError) and not _same(found, told):
            away.append(abs(found - told))
            nearer = _times_nearer(away)
            if nearer >= NEARER_TIMES:
                return Item(point.series, "applied", found, f"on its way: the device says {found:g} and comes nearer")
            if len(away) > SETTLE_TRIES * (2 if nearer else 1):
                break
            await self._clock.sleep(SETTLE_S)
            found = await self._in_time(lambda: self._actuators.read(point, value), patience_s)
        return _item(point, told, found)

    async def look(self, point: Point, value: float, until_ms: int | None = None) -> Item:
        """Have the device tell what it holds, without writing.

        :param until_ms: as for ``set``.
        """
        try:
            told = self._actuators.fit(point, value)
        except Unfit as unfit:
            return Item(point.series, "failed", None, str(unfit)[:MAX_TOLD])
        patience_s = self._patience_s(point, value, until_ms)
        return _item(point, told, await self._in_time(lambda: self._actuators.read(point, value), patience_s))

    def _patience_s(self, point: Point, value: float, until_ms: int | None) -> float:
        if until_ms is None or not self._actuators.sleeps(point, value):
            return PATIENCE_S
        return max(PATIENCE_S, (until_ms - self._clock.now_ms()) / 1000)

    async def _in_time(self, work: Callable[[], Awaitable[float]], patience_s: float) -> float | YingzhouError:
        """What comes of it; an error when it takes longer."""
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(_outcome(work)), group.create_task(self._clock.sleep(patience_s))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        asked = tasks[0]
        return YingzhouError(f"no answer within {patience_s:.0f} s") if asked.cancelled() else asked.result()


async def _outcome(work: Callable[[], Awaitable[float]]) -> float | YingzhouError:
    try:
        return await work()
    except YingzhouError as error:
        return error


def _same(found: float, told: float) -> bool:
    return isclose(found, told, rel_tol=1e-6, abs_tol=1e-9)


def _times_nearer(away: list[float]) -> int:
    """How often it had come nearer to where it was told, as a gate's drive does for minutes; 0 when it once went away.

    Many a device measures once a second, and says the same twice.
    """
    steps = [before - later for before, later in pairwise(away)]
    return 0 if any(step < 0 for step in steps) else sum(step > 0 for step in steps)


def _item(point: Point, told: float, found: float | YingzhouError) -> Item:
    if isinstance(found, YingzhouError):
        return Item(point.series, "failed", None, str(found)[:MAX_TOLD])
    if not _same(found, told):
        return Item(point.series, "failed", found, f"the device says {found:g}, {told:g} was wanted")
    return Item(point.series, "applied", found)

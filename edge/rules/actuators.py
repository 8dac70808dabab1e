"""What rules want done, and the one that sees to it until it is done."""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, Protocol

from protocols.vocabulary import Clock, Point

log = logging.getLogger(__name__)

RETRY_S: Final = 30.0


class Action(NamedTuple):
    """A point of a device shall have a value: an absolute state, harmless when it is applied twice."""

    target: Point
    value: float
    time: int
    """When it was wanted, ms UTC."""
    cause: str
    """The rule or the lamps that want it."""


class Actuators(Protocol):
    """Who can carry out actions."""

    def apply(self, action: Action) -> "asyncio.Future[None]":
        """Begin; the future is done when the device has the value, and fails when it could not be brought to it."""
        ...


@dataclass(slots=True)
class DriveCounts:
    """Each number only grows."""

    applied: int = 0
    failed: int = 0
    """Tries, not actions: each is tried again."""


class Drive:
    """Has the newest action of every target applied: at once, and again every RETRY_S until it is."""

    def __init__(self, actuators: Actuators, clock: Clock) -> None:
        self.counts = DriveCounts()
        self._actuators = actuators
        self._clock = clock
        self._wanted: dict[Point, Action] = {}
        self._under_way: set[Point] = set()

    @property
    def waiting(self) -> int:
        """Targets that do not have their value yet."""
        return len(self._wanted)

    def want(self, action: Action) -> None:
        """Takes the place of what the same target should have had before."""
        self._wanted[action.target] = action
        self._begin(action.target)

    def _begin(self, target: Point) -> None:
        if target in self._under_way:  # what is wanted now comes after it
            return
        action = self._wanted[target]
        self._under_way.add(target)
        self._actuators.apply(action).add_done_callback(partial(self._ended, action))

    def _ended(self, action: Action, future: "asyncio.Future[None]") -> None:
        self._under_way.discard(action.target)
        failure = None if future.cancelled() else future.exception()
        if future.cancelled() or failure is not None:
            self.counts.failed += 1
            log.warning("%s wants %s at %s: %s", action.cause, action.target, action.value, failure or "cancelled")
        else:
            self.counts.applied += 1
            if self._wanted.get(action.target) == action:
                del self._wanted[action.target]
        wanted = self._wanted.get(action.target)
        if wanted is not None and wanted != action:
            self._begin(action.target)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(RETRY_S)
            for target in list(self._wanted):
                self._begin(target)

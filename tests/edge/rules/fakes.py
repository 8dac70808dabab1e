"""An event sink and actuators that do as they are told."""

import asyncio

from edge.rules.actuators import Action
from protocols.vocabulary import Event


class FakeSink:
    """Implements edge.intake.EventSink; while ``failing``, the disk refuses."""

    def __init__(self, *, failing: bool = False) -> None:
        self.failing = failing
        self.offered: list[Event] = []
        self.kept: list[Event] = []

    def note(self, event: Event) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.offered.append(event)
        if self.failing:
            future.set_exception(OSError("disk"))
        else:
            self.kept.append(event)
            future.set_result(None)
        return future


class FakeActuators:
    """Implements edge.rules.actuators.Actuators; while ``failing``, nothing can be brought to anything."""

    def __init__(self, *, failing: bool = False) -> None:
        self.failing = failing
        self.tried: list[Action] = []
        self.state: dict[str, float] = {}

    def apply(self, action: Action) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.tried.append(action)
        if self.failing:
            future.set_exception(TimeoutError("no answer"))
        else:
            self.state[str(action.target)] = action.value
            future.set_result(None)
        return future

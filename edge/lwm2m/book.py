"""The book of registrations at work: what it says is done, answers go to whoever asked, expiries happen in time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import count
from math import inf
from typing import Any, Final, NamedTuple

from protocols.lwm2m import Answer, Command, Deliver, Gone, Heard, Registration, Registry, Said, Undelivered, Uplink
from protocols.lwm2m.registration import Request
from protocols.vocabulary import Clock, LinkDown, YingzhouError, wait_at_most

Perform = Callable[[Any], Awaitable[Any]]
"""Sends one request to an address; gives the answer. Raises LinkDown when none came."""
_LOOK_S: Final = 3600.0


class Away(LinkDown):
    """The device is not registered, or its registration ended before it was reached."""


class _Exchange(NamedTuple):
    perform: Perform
    answer: "asyncio.Future[Any]"


class Book:
    """One server's registrations, and the requests that wait for a device to wake.

    :param gone: is told of each registration that ended.
    """

    def __init__(self, registry: Registry, clock: Clock, gone: Callable[[Gone], None]) -> None:
        self.registry = registry
        self._clock = clock
        self._gone = gone
        self._keys = count()
        self._changed = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                due_s = self.registry.due_s
                wait_s = min(_LOOK_S, inf if due_s is None else due_s - self._clock.monotonic_s())
                await wait_at_most(self._clock, wait_s, self._changed)
                self._changed.clear()
                self._do(self.registry.wake(self._clock.monotonic_s()))

    def receive(self, what: Request | Uplink, remote: Any) -> list[Said]:
        """What came; what it leads to is said, and done when the caller gives it to :meth:`follow`."""
        return self.registry.receive(Heard(what, remote), self._clock.monotonic_s())

    def heard(self, endpoint: str, remote: Any) -> None:
        """A sign of life of a registered device; what waited for it is sent."""
        self.follow(self.receive(Uplink(endpoint), remote))

    def follow(self, said: Iterable[Said]) -> None:
        """Do what the registry says, but for answers."""
        self._do(said)
        self._changed.set()

    def _do(self, said: Iterable[Said]) -> None:
        for one in said:
            match one:
                case Deliver(command, address):
                    if self._tasks is not None:
                        self._tasks.create_task(self._deliver(command, address))
                case Undelivered(command, why):
                    _settle(command, (LinkDown if why == "full" else Away)(f"{command.endpoint}: {_WHY[why]}"))
                case Gone():
                    self._gone(one)
                case Answer():
                    pass

    async def ask(self, endpoint: str, perform: Perform, expires_s: float = inf) -> Any:
        """Send a request as soon as the device can be reached. Cancelled before, it is not sent.

        :param expires_s: monotonic; it is not sent later.
        :raises Away: the device is not registered, or was not reached in time.
        :raises LinkDown: it was sent, and not answered; or too many wait for the device.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        command = Command(str(next(self._keys)), endpoint, expires_s, _Exchange(perform, answer))
        self.follow(self.registry.submit(command, self._clock.monotonic_s()))
        try:
            return await answer
        finally:
            if not answer.done() or answer.cancelled():
                self.registry.withdraw(command)

    async def _deliver(self, command: Command, address: Any) -> None:
        exchange = command.request
        outcome: Any = None
        try:
            if isinstance(exchange, _Exchange) and not exchange.answer.done():
                outcome = await exchange.perform(address)
        except YingzhouError as error:
            outcome = error
        answered = not isinstance(outcome, LinkDown)
        said = self.registry.settled(command.endpoint, self._clock.monotonic_s(), answered=answered)
        _settle(command, outcome)
        self.follow(said)

    def registration(self, endpoint: str) -> Registration | None:
        """What a device said about itself; None when it is not registered."""
        return self.registry.registration(endpoint)


_WHY: Final = {
    "expired": "it was not reached in time",
    "gone": "it is not registered",
    "full": "too many requests wait for it already",
}


def _settle(command: Command, outcome: Any) -> None:
    exchange = command.request
    if not isinstance(exchange, _Exchange) or exchange.answer.done():
        return
    if isinstance(outcome, YingzhouError):
        exchange.answer.set_exception(outcome)
    else:
        exchange.answer.set_result(outcome)

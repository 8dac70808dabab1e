"""The poller: one line or connection, one question at a time, every device on its own cadence."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from heapq import heapify, heapreplace
from itertools import count
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from edge.backoff import NETWORK_CAP_S, Backoff
from edge.intake import Intake
from edge.links.cadence import Breaker, Cadence, phase_of
from edge.links.link import DeviceRecord, DeviceStatus, LinkStatus
from protocols.vocabulary import Batch, Clock, LinkDown

DEAF_AFTER: Final = 3
"""So many silences in a row while nobody answers, and the connection itself is doubted: it is opened anew."""


class Port(Protocol):
    """The way to all devices of a link."""

    counters: Counter[str]
    """What happened on the wire, by kind."""

    async def open(self) -> None:
        """Connect.

        :raises LinkDown: it is not to be had, or not in time.
        """
        ...

    def close(self) -> None: ...


P = TypeVar("P", bound=Port)
P_contra = TypeVar("P_contra", bound=Port, contravariant=True)


class Poll(NamedTuple):
    """How asking a device for everything went."""

    batch: Batch | None
    """What it said; None when nothing of it is a reading."""
    silent: bool
    """It stopped answering; what it had said before is in the batch."""
    lost: LinkDown | None
    """The connection broke meanwhile."""


class Polled(Protocol[P_contra]):
    """A device that speaks when it is asked."""

    @property
    def address(self) -> str:
        """Which one it is on its line."""
        ...

    @property
    def record(self) -> DeviceRecord: ...
    @property
    def period_s(self) -> float: ...
    @property
    def breaker(self) -> Breaker: ...

    async def poll(self, port: P_contra) -> Poll:
        """Ask for everything once; never raises: what came before a fault is kept."""
        ...

    def status(self) -> DeviceStatus: ...


Queue = list[tuple[float, int, Cadence, Polled[P]]]
"""A heap by due time; the turn settles ties."""


class Poller(Generic[P]):
    """A link whose devices are polled; knows nothing of what they are asked.

    :param kind: of its section.
    :param line: what the port leads to, as an engineer knows it.
    :param reopen_s: no pause between two tries to open the port is longer.
    """

    def __init__(  # noqa: PLR0913 - what makes a link a link
        self,
        name: str,
        kind: str,
        line: str,
        port: P,
        devices: Sequence[Polled[P]],
        clock: Clock,
        reopen_s: float = NETWORK_CAP_S,
    ) -> None:
        self.name = name
        self._kind = kind
        self._line = line
        self._port = port
        self._devices = devices
        self._clock = clock
        self._backoff = Backoff(cap_s=reopen_s)
        self._up = False
        self._trouble = ""

    async def run(self, intake: Intake) -> None:
        turn = count()
        queue: Queue[P] = [(c.due_s, next(turn), c, d) for d in self._devices for c in (self._cadence(d),)]
        heapify(queue)
        while True:
            try:
                await self._port.open()
                self._up = True
                await self._poll(queue, turn, intake)
            except LinkDown as error:
                self._trouble = str(error)
                self._port.counters["link_down"] += 1
            finally:
                self._up = False
                self._port.close()
            for device in self._devices:
                device.record.state = "silent"
            await self._clock.sleep(self._backoff.next_s())

    def _cadence(self, device: Polled[P]) -> Cadence:
        """Every device of every link gets its own place in the period, the same one after each restart."""
        phase = phase_of(f"{self._line}/{device.address}/{device.record.source}")
        return Cadence(self._clock.monotonic_s(), device.period_s, phase)

    async def _poll(self, queue: Queue[P], turn: "count[int]", intake: Intake) -> None:
        """Ask whoever is due, for ever.

        :raises LinkDown: the connection is gone, or deaf.
        """
        silences = 0
        while True:
            await self._between_polls()
            due_s, _, cadence, device = queue[0]
            wait_s = due_s - self._clock.monotonic_s()
            if wait_s > 0 and await self._interrupted(wait_s):
                continue
            poll = await device.poll(self._port)
            if poll.batch is not None:
                intake.put(poll.batch).add_done_callback(_counting(device.record))
            if poll.lost is not None:
                raise poll.lost
            self._next_tick(cadence, device, silent=poll.silent)
            heapreplace(queue, (cadence.due_s, next(turn), cadence, device))
            if not poll.silent:
                silences = 0
                self._backoff.succeeded()
                continue
            silences += 1
            if silences >= DEAF_AFTER and all(d.breaker.open for d in self._devices):
                self._wake(queue)
                raise LinkDown(f"{self._line}: {silences} questions in a row without an answer")

    async def _between_polls(self) -> None:
        """What else is to be asked of somebody; once before each poll.

        :raises LinkDown: the connection broke over it.
        """

    async def _interrupted(self, seconds: float) -> bool:
        """Wait so long; True: something else came first."""
        await self._clock.sleep(seconds)
        return False

    def _next_tick(self, cadence: Cadence, device: Polled[P], *, silent: bool) -> None:
        now_s = self._clock.monotonic_s()
        missed = cadence.missed
        cadence.advance(now_s)
        if cadence.missed > missed:
            device.record.errors["missed_tick"] += cadence.missed - missed
        if silent:
            cadence.suspend(now_s + device.breaker.silence())

    def _wake(self, queue: Queue[P]) -> None:
        """Perhaps it was the connection, not the devices: after it is opened anew, nobody is left out any longer."""
        now_s = self._clock.monotonic_s()
        for _, _, cadence, _ in queue:
            cadence.suspend(now_s)
        queue[:] = [(cadence.due_s, turn, cadence, device) for _, turn, cadence, device in queue]
        heapify(queue)

    def status(self) -> LinkStatus:
        devices = tuple(device.status() for device in self._devices)
        return LinkStatus(self.name, self._kind, self._up, dict(self._port.counters), devices, self._trouble)


def _counting(record: DeviceRecord) -> Callable[["asyncio.Future[None]"], None]:
    """Count readings that the disk refused; they are lost, and the spool's own alarm says so."""

    def not_kept(taken: "asyncio.Future[None]") -> None:
        if not taken.cancelled() and taken.exception() is not None:
            record.errors["not_kept"] += 1

    return not_kept

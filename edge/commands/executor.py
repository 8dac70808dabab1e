"""Carries commands out: at most once, not after their time, and tells what the device says, not what was hoped."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from edge.blocking import whole
from edge.commands.actuator import Actuators, Unfit
from edge.commands.attempt import MAX_TOLD, Attempts
from edge.commands.journal import Entry, Journal
from edge.spool.gather import EARLIEST_MS
from protocols.uplink import Command, Item, Kind, Result, Signed, State
from protocols.vocabulary import Clock, Event, ProtocolError

log = logging.getLogger(__name__)

MAX_QUEUED: Final = 10_000
"""Commands that may wait; a further one is not answered, so that it comes again later."""
WARN_EVERY_S: Final = 60.0
"""An event tells of messages that are not to be trusted at most so often; all are counted."""


class Notes(Protocol):
    """Where events go; the spool's intake is one (edge.spool.gather)."""

    def note(self, event: Event) -> "asyncio.Future[None]": ...


@dataclass(slots=True)
class CommandCounts:
    """Each number only grows."""

    heard: int = 0
    untrusted: int = 0
    """Wrong MAC, malformed, or somebody else's."""
    repeated: int = 0
    put_off: int = 0
    applied: int = 0
    failed: int = 0
    refused: int = 0
    expired: int = 0
    superseded: int = 0


class Executor:
    """Commands of one target one after the other, those of different targets beside one another.

    :param key: the gateway's.
    :param say: takes a signed result for the cloud; it may be lost.
    """

    def __init__(  # noqa: PLR0913 - it stands between cloud, devices, disk and spool
        self,
        gateway: str,
        key: bytes,
        actuators: Actuators,
        journal: Journal,
        notes: Notes,
        clock: Clock,
        say: Callable[[bytes], None],
    ) -> None:
        self.counts = CommandCounts()
        self._gateway = gateway
        self._key = key
        self._actuators = actuators
        self._attempts = Attempts(actuators, clock)
        self._journal = journal
        self._notes = notes
        self._clock = clock
        self._say = say
        self._queues: dict[str, deque[Command]] = {}
        self._known: set[str] = set()
        """Waiting or under way."""
        self._interrupted: set[str] = set()
        self._unwritten: list[Entry] = []
        self._writing = asyncio.Lock()
        self._tasks: asyncio.TaskGroup | None = None
        self._warned_s = float("-inf")

    @property
    def waiting(self) -> int:
        """Commands that are not over."""
        return len(self._known)

    def status(self) -> dict[str, int]:
        """For the agent's status."""
        return {**asdict(self.counts), "waiting": self.waiting, "journal_damaged": self._journal.damaged}

    def hear(self, payload: bytes) -> None:
        """A message from ``down/command``; never blocks."""
        try:
            command = Command.of(Signed.of_gateway(payload, Kind.COMMAND, self._gateway, (self._key,)).body)
        except ProtocolError as error:
            self._distrust(error)
            return
        self.counts.heard += 1
        ended = self._journal.ended(command.id)
        if ended is not None:
            self.counts.repeated += 1
            self._tell(ended)
        elif command.id in self._known:
            self.counts.repeated += 1
        elif len(self._known) >= MAX_QUEUED:
            self.counts.put_off += 1
        else:
            self._queue(command)

    def _distrust(self, error: ProtocolError) -> None:
        self.counts.untrusted += 1
        now_s = self._clock.monotonic_s()
        if now_s - self._warned_s >= WARN_EVERY_S:
            self._warned_s = now_s
            log.warning("a command that is not to be trusted: %s", error)
            data: dict[str, str | int] = {"reason": str(error)[:MAX_TOLD], "untrusted": self.counts.untrusted}
            self._notes.note(Event(self._gateway, "command.untrusted", self._clock.now_ms(), data))

    async def run(self) -> None:
        """Until cancelled. What an earlier run began and did not end is looked at first."""
        async with asyncio.TaskGroup() as self._tasks:
            for command in self._journal.unfinished():
                self._interrupted.add(command.id)
                self._queue(command)
            await asyncio.Event().wait()

    def _queue(self, command: Command) -> None:
        if self._tasks is None:
            return  # not running yet: it comes again
        self._known.add(command.id)
        queue = self._queues.get(command.target)
        if queue is None:
            self._queues[command.target] = deque([command])
            self._tasks.create_task(self._work(command.target))
        else:
            queue.append(command)

    async def _work(self, target: str) -> None:
        queue = self._queues[target]
        while queue:
            command = queue[0]
            if command.id in self._interrupted:
                result = await self._looked_at(command)
                self._interrupted.discard(command.id)
            else:
                result = await self._carried_out(command)
            await self._end(command, result)
            queue.popleft()
            self._known.discard(command.id)
        del self._queues[target]

    async def _carried_out(self, command: Command) -> Result:
        now_ms = self._clock.now_ms()
        if now_ms < EARLIEST_MS:
            return self._untouched(command, "refused", "the gateway's clock was never set")
        if now_ms >= command.expires:
            return self._untouched(command, "expired", f"{(now_ms - command.expires) / 1000:.0f} s after its time")
        points = command.points()
        due = {point: value for point, value in points.items() if self._journal.newest(str(point)) < command.version}
        if not due:
            return self._untouched(command, "superseded", "a newer command was begun before")
        try:
            for point, value in due.items():
                self._actuators.fit(point, value)
        except Unfit as unfit:
            return self._untouched(command, "refused", str(unfit))
        try:
            await self._written(command)
        except OSError as error:
            return self._untouched(command, "refused", f"the journal cannot be written: {error.strerror}")
        items = []
        for point, value in points.items():
            if point not in due:
                items.append(Item(point.series, "superseded"))
            elif self._clock.now_ms() >= command.expires:
                items.append(Item(point.series, "expired", reason="its time was over before its turn came"))
            else:
                items.append(await self._attempts.set(point, value))
        return self._summed(command, items)

    async def _looked_at(self, command: Command) -> Result:
        """It was begun, and how it ended is not known: it is not done again, the device is asked."""
        items = [await self._attempts.look(point, value) for point, value in command.points().items()]
        return self._summed(command, items, "the agent was stopped in the middle; the device was asked, not set again")

    def _untouched(self, command: Command, state: State, reason: str) -> Result:
        items = tuple(Item(point.series, state) for point in command.points())
        return Result(command.id, command.version, state, self._clock.now_ms(), items, reason)

    def _summed(self, command: Command, items: list[Item], reason: str = "") -> Result:
        states = {item.state for item in items} - {"superseded"}
        state: State = "applied" if states == {"applied"} else "expired" if states == {"expired"} else "failed"
        return Result(command.id, command.version, state, self._clock.now_ms(), tuple(items), reason)

    async def _end(self, command: Command, result: Result) -> None:
        """Tell the event, which cannot be lost, then write down that it is over, then tell the cloud at once."""
        setattr(self.counts, result.state, getattr(self.counts, result.state) + 1)
        try:
            await self._notes.note(Event(command.target, f"command.{result.state}", result.time, _told(result)))
            await self._written(result)
        except OSError as error:
            log.warning("%s %s, which could not be written down: %s", command.id, result.state, error)
        self._tell(result)

    def _tell(self, result: Result) -> None:
        self._say(Signed(Kind.RESULT, self._gateway, result.body()).encode(self._key))

    async def _written(self, entry: Entry) -> None:
        """On disk when this returns; entries that come meanwhile share the next write.

        :raises OSError: the disk refused.
        """
        self._unwritten.append(entry)
        async with self._writing:
            if not any(one is entry for one in self._unwritten):
                return  # it went with another's
            together, self._unwritten = self._unwritten, []
            try:
                await whole(lambda: self._journal.commit(together))
            except OSError:
                self._unwritten = [one for one in together if one is not entry] + self._unwritten
                raise  # the others try for themselves


def _told(result: Result) -> Mapping[str, str | int | float | None]:
    """The event's data: flat."""
    read = {item.series: item.value for item in result.items if item.value is not None}
    reason = result.reason or "; ".join(f"{item.series}: {item.reason}" for item in result.items if item.reason)
    return {"command": result.id, "version": result.version, **read, "reason": reason[:MAX_TOLD]}

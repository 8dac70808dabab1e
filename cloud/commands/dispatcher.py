"""Sends what is due down to the gateways, again and again, and takes their results."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy.exc import SQLAlchemyError

from cloud.registry import commands, configurations
from cloud.registry.commands import Given
from cloud.registry.configurations import Ordered
from cloud.registry.database import Database
from cloud.registry.mac_keys import MacKeys
from protocols.uplink import Command, Configuration, Kind, Result, Signed
from protocols.vocabulary import Clock, ProtocolError, wait_at_most
from protocols.vocabulary.topics import topic

log = logging.getLogger(__name__)

MAX_RESULTS: Final = 20_000
"""That may wait to be written; a further one is dropped and counted: the gateway says it again when asked again."""
PER_ROUND: Final = 500
CONFIGURED_PER_ROUND: Final = 8
AWAY_MS: Final = 300_000
LOOK_EVERY_S: Final = 5.0
"""Another process may have given commands."""
_AFTER_FAILURE_S: Final = 5.0


class Line(Protocol):
    """The session with the broker, as much as is needed of it."""

    connected: asyncio.Event

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None: ...


@dataclass(slots=True)
class DispatchCounts:
    """Each number only grows."""

    sent: int = 0
    resent: int = 0
    results: int = 0
    untrusted: int = 0
    """Results with a wrong MAC, malformed, or another gateway's."""
    dropped: int = 0


class _Heard(NamedTuple):
    gateway: str
    payload: bytes
    settle: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Round:
    messages: list[tuple[str, bytes]]
    sent: list[Given]
    late: list[Given]
    configured: list[Ordered]
    away: list[Ordered]
    """Configurations of gateways that are not there: a megabyte each does not pile up at the broker."""

    def __len__(self) -> int:
        return len(self.sent) + len(self.late) + len(self.configured) + len(self.away)


class Dispatcher:
    """``run`` lives until it is cancelled; the other methods are called on its event loop."""

    def __init__(self, registry: Database, keys: MacKeys, line: Line, clock: Clock) -> None:
        self.counts = DispatchCounts()
        self._registry = registry
        self._keys = keys
        self._line = line
        self._clock = clock
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._heard: deque[_Heard] = deque()
        self._to_write = asyncio.Event()
        self._online: set[str] = set()
        self._returned: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send())
            group.create_task(self._write())

    # -- down --------------------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Send what is due now; what comes later is looked at in time."""
        while await self._round():
            pass
        self._wake.set()

    async def _send(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self._round():
                    pass
                next_ms = await asyncio.to_thread(self._next_ms)
            except SQLAlchemyError as error:
                log.error("commands: the registry cannot be reached: %s", error)  # noqa: TRY400 - tried again
                await self._clock.sleep(_AFTER_FAILURE_S)
                continue
            wait_s = LOOK_EVERY_S if next_ms is None else (next_ms - self._clock.now_ms()) / 1000
            shortest_s = 0.02 if self._line.connected.is_set() else 1.0
            await wait_at_most(self._clock, min(LOOK_EVERY_S, max(shortest_s, wait_s)), self._wake)

    def _next_ms(self) -> int | None:
        with self._registry.read() as tx:
            found = (commands.next_ms(tx), configurations.next_ms(tx))
        return min((one for one in found if one is not None), default=None)

    async def _round(self) -> bool:
        """Some of what is due; True: there is more."""
        async with self._turn:
            found = await asyncio.to_thread(self._due, reachable=self._line.connected.is_set())
            if not len(found):
                return False
            for name, payload in found.messages:
                self._line.publish(name, payload)
            now_ms = self._clock.now_ms()
            await asyncio.to_thread(self._note, found, now_ms)
        self.counts.sent += sum(one.attempts == 0 for one in found.sent)
        self.counts.resent += sum(one.attempts > 0 for one in found.sent)
        return len(found) >= PER_ROUND

    def _due(self, *, reachable: bool) -> _Round:
        now_ms = self._clock.now_ms()
        returned, self._returned = self._returned, set()
        if returned:
            with self._registry.begin() as tx:
                for gateway in sorted(returned):
                    commands.resend(tx, gateway, now_ms)
                    configurations.resend(tx, gateway, now_ms)
        with self._registry.read() as tx:
            given = commands.due(tx, now_ms, PER_ROUND)
            ordered = configurations.due(tx, now_ms, CONFIGURED_PER_ROUND) if reachable else []
        late = [one for one in given if now_ms >= one.expires_ms]
        sent = [one for one in given if now_ms < one.expires_ms] if reachable else []
        here = [one for one in ordered if one.gateway in self._online]
        away = [one for one in ordered if one.gateway not in self._online]
        both: list[Given | Ordered] = [*sent, *here]
        messages = [message for one in both for message in self._messages(one)]
        return _Round(messages, sent, late, here, away)

    def _messages(self, one: Given | Ordered) -> list[tuple[str, bytes]]:
        if isinstance(one, Given):
            command = Command(one.id, one.neuron, one.version, one.created_ms, one.expires_ms, one.desired)
            signed = Signed(Kind.COMMAND, one.gateway, command.body())
        else:
            configuration = Configuration(one.id, one.version, one.created_ms, one.toml)
            signed = Signed(Kind.CONFIGURATION, one.gateway, configuration.body())
        # during an overlap the gateway may know the old key only: it goes out under each
        keys = self._keys.mac_keys(one.gateway).values()
        return [(topic(one.gateway, signed.kind.leaf), signed.encode(key)) for key in keys]

    def _note(self, found: _Round, now_ms: int) -> None:
        with self._registry.begin() as tx:
            commands.note_sent(tx, found.sent, now_ms)
            commands.note_late(tx, found.late, now_ms)
            configurations.note_sent(tx, found.configured, now_ms)
            configurations.put_off(tx, found.away, now_ms + AWAY_MS)

    def seen(self, gateway: str, *, online: bool) -> None:
        """What a gateway said on ``up/status``: when it comes back, what it has not answered goes to it at once."""
        if not online:
            self._online.discard(gateway)
        elif gateway not in self._online:
            self._online.add(gateway)
            self._returned.add(gateway)
            self._wake.set()

    # -- up ----------------------------------------------------------------------------------------------------------

    def receive(self, gateway: str, payload: bytes, settle: Callable[[], None]) -> None:
        """A message from ``up/result``; settled once it is written down."""
        if len(self._heard) >= MAX_RESULTS:
            self.counts.dropped += 1
            settle()
            return
        self._heard.append(_Heard(gateway, payload, settle))
        self._to_write.set()

    async def _write(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            while self._heard:
                part = [self._heard.popleft() for _ in range(min(PER_ROUND, len(self._heard)))]
                while not await self._written(part):
                    await self._clock.sleep(_AFTER_FAILURE_S)
                for one in part:
                    one.settle()

    async def _written(self, part: list[_Heard]) -> bool:
        try:
            await asyncio.to_thread(self._take, part)
        except SQLAlchemyError as error:
            log.error("results: the registry cannot be reached: %s", error)  # noqa: TRY400 - tried again
            return False
        return True

    def _take(self, part: list[_Heard]) -> None:
        results = [(one.gateway, result) for one in part if (result := self._result_of(one)) is not None]
        if not results:
            return
        now_ms = self._clock.now_ms()
        with self._registry.begin() as tx:
            new = sum(
                (configurations if result.id.startswith("cfg-") else commands).heed(tx, gateway, result, now_ms)
                for gateway, result in results
            )
        self.counts.results += new

    def _result_of(self, heard: _Heard) -> Result | None:
        keys: Any = self._keys.mac_keys(heard.gateway).values()
        try:
            return Result.of(Signed.of_gateway(heard.payload, Kind.RESULT, heard.gateway, keys).body)
        except ProtocolError as error:
            self.counts.untrusted += 1
            log.warning("a result of %s that is not to be trusted: %s", heard.gateway, error)
            return None

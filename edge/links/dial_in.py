"""A TCP port where stations dial in: who may stay on the line, and for how long."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from edge.backoff import Backoff
from edge.port_claim import PortClaim
from protocols.vocabulary import Clock

HELLO_S: Final = 60.0
"""A new connection has so long for its first valid frame."""
SILENT_S: Final = 5.0
"""When no connection is free, one that has been silent for so long since it came makes room for a new one."""
SWEEP_S: Final = 1.0
CHUNK: Final = 4096
MAX_UNREAD: Final = 65_536
"""Bytes that a station has not read: it never will, and is cut off."""


@dataclass(eq=False, slots=True)
class Caller:
    """The other end of one connection."""

    writer: asyncio.StreamWriter
    idle_s: float
    since_s: float
    deadline_s: float
    has_spoken: bool = False
    counters: Counter[str] = field(default_factory=Counter)
    """The listener's."""

    @property
    def gone(self) -> bool:
        """Nothing can be said to it any more."""
        return self.writer.transport.is_closing()

    def heard(self, now_s: float) -> None:
        """A valid frame came."""
        self.has_spoken = True
        self.deadline_s = now_s + self.idle_s

    def send(self, data: bytes) -> bool:
        """Write; False when the connection is gone, or full of what was never read, and then it is cut."""
        transport = self.writer.transport
        if transport.is_closing():
            return False
        if transport.get_write_buffer_size() + len(data) > MAX_UNREAD:
            self.counters["unread_closed"] += 1
            transport.abort()
            return False
        self.writer.write(data)
        return True


class Talk(Protocol):
    """What is said on one connection."""

    async def take(self, data: bytes) -> None:
        """Bytes came; returns when the next may be read."""
        ...

    def over(self) -> None:
        """The connection is gone."""
        ...


class Listening(Protocol):
    """What the configuration says about the port."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def max_connections(self) -> int: ...

    @property
    def idle_s(self) -> float: ...


class DialIn:
    """A TCP listener with bounds on connections, silence and what is not read.

    :param counters: the link's.
    :param begin: somebody dialled in: what is said with them.
    :param tick: called once a second.
    """

    def __init__(
        self,
        config: Listening,
        clock: Clock,
        counters: Counter[str],
        begin: Callable[[Caller], Talk],
        tick: Callable[[], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._counters = counters
        self._claim = PortClaim("TCP", config.host, config.port, counters)
        self._begin = begin
        self._tick = tick
        self._callers: dict[Caller, None] = {}
        """In the order in which they came."""
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int | None:
        """Where it listens; None while it does not."""
        return self._server.sockets[0].getsockname()[1] if self._server and self._server.sockets else None

    @property
    def trouble(self) -> str:
        """Why it does not listen."""
        return self._claim.trouble

    @property
    def connections(self) -> int:
        """Those that are open."""
        return len(self._callers)

    async def run(self) -> None:
        """Until cancelled."""
        backoff, config = Backoff(), self._config
        async with asyncio.TaskGroup() as group:

            def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                group.create_task(self._serve(reader, writer))

            while self._server is None:
                try:
                    self._server = await asyncio.start_server(answer, config.host, config.port, limit=CHUNK)
                except OSError as error:
                    self._claim.refused(error)
                    await self._clock.sleep(backoff.next_s())
            self._claim.had()
            try:
                await self._sweep()
            finally:
                self._server.close()
                self._server = None

    async def _sweep(self) -> None:
        """Once a second: close the connections that brought nothing valid for too long, and tick."""
        while True:
            await self._clock.sleep(SWEEP_S)
            now_s = self._clock.monotonic_s()
            for caller in self._callers:
                if now_s >= caller.deadline_s:
                    self._counters["idle_closed"] += 1
                    caller.writer.transport.abort()
            self._tick()

    def _makes_room(self, now_s: float) -> bool:
        """Whether one more may come in; if need be instead of the first that never said anything valid."""
        if len(self._callers) < self._config.max_connections:
            return True
        silent = next((caller for caller in self._callers if not caller.has_spoken), None)
        if silent is None or now_s - silent.since_s < SILENT_S:
            return False
        self._counters["silent_closed"] += 1
        silent.writer.transport.abort()
        del self._callers[silent]
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now_s = self._clock.monotonic_s()
        if not self._makes_room(now_s):
            self._counters["connection_refused"] += 1
            writer.transport.abort()
            return
        idle_s = self._config.idle_s
        caller = Caller(writer, idle_s, now_s, now_s + min(HELLO_S, idle_s), counters=self._counters)
        self._callers[caller] = None
        self._counters["connection"] += 1
        talk = self._begin(caller)
        end = writer.transport.abort
        try:
            while data := await reader.read(CHUNK):
                await talk.take(data)
                await writer.drain()
            end = writer.close
        except OSError:
            self._counters["connection_reset"] += 1
        finally:
            end()
            self._callers.pop(caller, None)
            talk.over()

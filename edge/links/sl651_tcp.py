"""The SL 651 listener on TCP: stations dial in, in HEX or ASCII mode (SL 651-2014 §6.2.1)."""

import asyncio
from collections import Counter
from pathlib import Path

from edge.intake import Intake
from edge.links.dial_in import Caller, DialIn
from edge.links.link import LinkStatus
from edge.links.sl651_config import Sl651Tcp
from edge.links.sl651_desk import Desk
from edge.links.station_memory import StationMemory
from protocols.sl651 import Decoder, Frame
from protocols.vocabulary import Clock, SystemClock


class _Talk:
    """One connection; several stations may speak on it."""

    def __init__(self, caller: Caller, desk: Desk, intake: Intake, clock: Clock) -> None:
        self._caller = caller
        self._desk = desk
        self._intake = intake
        self._clock = clock
        self._decoder = Decoder()

    async def take(self, data: bytes) -> None:
        found = self._decoder.feed(data)
        if any(isinstance(one, Frame) for one in found):
            self._caller.heard(self._clock.monotonic_s())
        futures = self._desk.take(found, self._caller, self._intake)
        if futures:
            await asyncio.wait(futures)  # unlike await, being cancelled here leaves the intake's futures alone

    def over(self) -> None:
        self._desk.gone(self._caller)


class Sl651TcpLink:
    """A TCP port where stations dial in."""

    def __init__(self, config: Sl651Tcp, clock: Clock | None = None) -> None:
        self.name = config.name
        self._config = config
        self._clock = clock or SystemClock()
        self._counters: Counter[str] = Counter()
        self.desk = Desk(config, self._clock, self._counters)
        self._memory = StationMemory(
            lambda: ((name, one.history) for name, one in self.desk.stations.listed()), self._clock, self._counters
        )
        self._line: DialIn | None = None

    def remember(self, path: Path) -> None:
        """See edge.links.link.Remembering."""
        self._memory.path = path

    @property
    def port(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        return self._line.port if self._line else None

    async def run(self, intake: Intake) -> None:
        self._line = DialIn(
            self._config,
            self._clock,
            self._counters,
            lambda caller: _Talk(caller, self.desk, intake, self._clock),
            self._wake,
        )
        self._memory.load()
        try:
            await self._line.run()
        finally:
            self._memory.save()

    def _wake(self) -> None:
        self._memory.tick()
        self.desk.wake()

    def status(self) -> LinkStatus:
        counters = {**self._counters, "connections": self._line.connections if self._line else 0}
        trouble = self._line.trouble if self._line else ""
        return LinkStatus(self.name, "sl651-tcp", self.port is not None, counters, self.desk.status(), trouble)

"""The SL 651 listener on UDP: whole frames in datagrams (SL 651-2014 §6.2.1).

A datagram is read by itself: one that is lost, doubled or late disturbs no other. The answer goes to where the
station's last valid datagram came from, so that a station behind a changing address is found again.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from edge.backoff import Backoff
from edge.intake import Intake
from edge.links.dial_in import SWEEP_S
from edge.links.link import LinkStatus
from edge.links.sl651_config import Sl651Udp
from edge.links.sl651_desk import Desk
from edge.links.station_memory import StationMemory
from edge.port_claim import PortClaim
from protocols.sl651 import Decoder, Direction, Frame
from protocols.vocabulary import Clock, SystemClock

Address = tuple[str, int]
MAX_FRAMES: Final = 32
"""In one datagram; further ones are left, and come again because they are not confirmed."""


@dataclass(frozen=True, slots=True)
class _Back:
    """The way back to who sent a datagram."""

    door: "_Door"
    address: Address

    def send(self, data: bytes) -> bool:
        return self.door.send(data, self.address)


class _Door(asyncio.DatagramProtocol):
    """Where datagrams come in."""

    def __init__(self, desk: Desk, intake: Intake, counters: Counter[str]) -> None:
        self._desk = desk
        self._intake = intake
        self._counters = counters
        self._transport: asyncio.DatagramTransport | None = None
        self._is_full = False
        """The system takes no more answers for now; further ones are left, and what they answer comes again."""
        self.lost = asyncio.Event()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False

    def send(self, data: bytes, address: Address) -> bool:
        """False when the port is gone, or full."""
        if self._transport is None or self._transport.is_closing() or self._is_full:
            return False
        self._transport.sendto(data, address)
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost.set()

    def error_received(self, exc: Exception) -> None:
        """An answer did not arrive where it was sent to; the station will send again."""
        del exc
        self._counters["unreachable"] += 1

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._counters["datagram"] += 1
        found = Decoder().feed(data)
        if not any(isinstance(one, Frame) and one.direction is Direction.UP for one in found):
            self._counters["datagram_without_frame"] += 1
        if len(found) > MAX_FRAMES:
            self._counters["frame_left"] += len(found) - MAX_FRAMES
        self._desk.take(found[:MAX_FRAMES], _Back(self, addr), self._intake)


class Sl651UdpLink:
    """A UDP port where stations report to."""

    def __init__(self, config: Sl651Udp, clock: Clock | None = None) -> None:
        self.name = config.name
        self._config = config
        self._clock = clock or SystemClock()
        self._counters: Counter[str] = Counter()
        self._claim = PortClaim("UDP", config.host, config.port, self._counters)
        self.desk = Desk(config, self._clock, self._counters)
        self._memory = StationMemory(
            lambda: ((name, one.history) for name, one in self.desk.stations.listed()), self._clock, self._counters
        )
        self._transport: asyncio.DatagramTransport | None = None

    def remember(self, path: Path) -> None:
        """See edge.links.link.Remembering."""
        self._memory.path = path

    @property
    def port(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        if self._transport is None or self._transport.is_closing():
            return None
        number: int = self._transport.get_extra_info("sockname")[1]
        return number

    async def run(self, intake: Intake) -> None:
        backoff = Backoff()
        self._memory.load()
        try:
            while True:
                await self._listen(intake, backoff)
                await self._clock.sleep(backoff.next_s())
        finally:
            self._memory.save()

    async def _listen(self, intake: Intake, backoff: Backoff) -> None:
        """Until the port is lost; at once when it cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._transport, door = await loop.create_datagram_endpoint(
                lambda: _Door(self.desk, intake, self._counters), (self._config.host, self._config.port)
            )
        except OSError as error:
            self._claim.refused(error)
            return
        self._claim.had()
        try:
            backoff.succeeded()
            while not door.lost.is_set():
                await self._clock.sleep(SWEEP_S)
                self._memory.tick()
                self.desk.wake()
        finally:
            self._transport.abort()

    def status(self) -> LinkStatus:
        up, counters = self.port is not None, dict(self._counters)
        return LinkStatus(self.name, "sl651-udp", up, counters, self.desk.status(), self._claim.trouble)

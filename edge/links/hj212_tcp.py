"""The HJ 212 listener: stations dial in, and are acknowledged once their data are on disk (HJ 212-2017 §6.2, §7)."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from edge.backoff import Backoff
from edge.intake import Intake
from edge.links.config import Hj212Tcp
from edge.links.hj212_station import Station, Stations
from edge.links.link import LinkStatus
from protocols.conversation import Send
from protocols.hj212 import Decoder, Packet, encode
from protocols.hj212.data_centre import DataCentre, Said
from protocols.hj212.dialogue import Received
from protocols.vocabulary import Batch, Clock, ProtocolError, SystemClock

HELLO_S: Final = 60.0
"""A new connection has so long for its first valid frame."""
SWEEP_S: Final = 1.0
CHUNK: Final = 4096


@dataclass(slots=True, eq=False)
class _Call:
    """One connection."""

    writer: asyncio.StreamWriter
    deadline_s: float
    stations: set[Station] = field(default_factory=set)
    centre: DataCentre = field(default_factory=DataCentre)
    """The conversation: what came before is acknowledged again, and not put on disk again."""


_Waiting = tuple[Packet, Station, "asyncio.Future[None] | None"]
"""A packet, whose it is, and when its readings are on disk; None: it brought none."""


class Hj212TcpLink:
    """A TCP port where stations dial in."""

    def __init__(self, config: Hj212Tcp, clock: Clock | None = None) -> None:
        self.name = config.name
        self._config = config
        self._clock = clock or SystemClock()
        self._counters: Counter[str] = Counter()
        self._stations = Stations(config.device, config.crc, self._counters)
        self._crc = self._stations.crc
        self._calls: set[_Call] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        return self._server.sockets[0].getsockname()[1] if self._server and self._server.sockets else None

    async def run(self, intake: Intake) -> None:
        backoff = Backoff()
        async with asyncio.TaskGroup() as group:

            def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                group.create_task(self._serve(reader, writer, intake))

            while self._server is None:
                try:
                    self._server = await asyncio.start_server(answer, self._config.host, self._config.port, limit=CHUNK)
                except OSError:
                    self._counters["port_not_had"] += 1
                    await self._clock.sleep(backoff.next_s())
            try:
                await self._sweep()
            finally:
                self._server.close()
                self._server = None

    async def _sweep(self) -> None:
        """Close, once a second, the connections that brought nothing valid for too long."""
        while True:
            await self._clock.sleep(SWEEP_S)
            now_s = self._clock.monotonic_s()
            for call in self._calls:
                if now_s >= call.deadline_s:
                    self._counters["idle_closed"] += 1
                    call.writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, intake: Intake) -> None:
        if len(self._calls) >= self._config.max_connections:
            self._counters["connection_refused"] += 1
            writer.transport.abort()
            return
        call = _Call(writer, self._clock.monotonic_s() + min(HELLO_S, self._config.idle_s))
        self._calls.add(call)
        self._counters["connection"] += 1
        decoder = Decoder(self._crc)
        end = writer.transport.abort
        try:
            while data := await reader.read(CHUNK):
                await self._take(decoder.feed(data), call, intake)
            end = writer.close
        except OSError:
            self._counters["connection_reset"] += 1
        finally:
            end()
            self._calls.discard(call)
            for station in call.stations - {other for c in self._calls for other in c.stations}:
                station.record.state = "silent"

    async def _take(self, found: list[Packet | ProtocolError], call: _Call, intake: Intake) -> None:
        """Hand over the readings of what came together, then acknowledge each packet whose readings are on disk."""
        waiting: list[_Waiting] = []
        for item in found:
            if isinstance(item, ProtocolError):
                self._counters["crc" if str(item).startswith("CRC") else "malformed"] += 1
                continue
            call.deadline_s = self._clock.monotonic_s() + self._config.idle_s
            station = self._stations.of(item.mn)
            if station is not None and station.lets_in(item):
                call.stations.add(station)
                waiting += self._heard(item, station, call, intake)
        futures = [taken for _, _, taken in waiting if taken is not None]
        if futures:
            await asyncio.wait(futures)  # unlike await, being cancelled here leaves the intake's futures alone
        for packet, station, taken in waiting:
            if taken is not None and (taken.cancelled() or taken.exception() is not None):
                station.record.errors["not_kept"] += 1
                call.centre.not_taken(packet)
                continue
            for said in call.centre.taken(packet):
                self._send(said, station, call)
        await call.writer.drain()

    def _heard(self, packet: Packet, station: Station, call: _Call, intake: Intake) -> list[_Waiting]:
        """What a packet leaves to be waited for: its readings, when it brings data for the first time."""
        waiting: list[_Waiting] = []
        for said in call.centre.receive(packet, self._clock.monotonic_s()):
            if not isinstance(said, Received):
                station.record.heard(self._clock.now_ms(), 0)
                self._send(said, station, call)
                continue
            try:
                waiting.append((packet, station, self._put(packet, station, intake)))
            except ProtocolError:
                station.record.errors["malformed_time"] += 1
                call.centre.not_taken(packet)
        return waiting

    def _put(self, packet: Packet, station: Station, intake: Intake) -> "asyncio.Future[None] | None":
        """Hand over the readings of a packet; None when it has none.

        :raises ProtocolError: it gives a time that is none.
        """
        now_ms = self._clock.now_ms()
        readings = station.readings(packet, now_ms)
        station.record.heard(now_ms, len(readings))
        return intake.put(Batch.of(readings)) if readings else None

    def _send(self, said: Said, station: Station, call: _Call) -> None:
        """9014 to data, 9013 to a notice; the conversation says nothing else while nobody asks the station anything."""
        if not isinstance(said, Send):
            return
        try:
            call.writer.write(encode(said.frame))
        except ProtocolError:
            station.record.errors["unanswerable"] += 1

    def status(self) -> LinkStatus:
        counters = {**self._counters, "connections": len(self._calls)}
        return LinkStatus(self.name, "hj212-tcp", self._server is not None, counters, self._stations.status())

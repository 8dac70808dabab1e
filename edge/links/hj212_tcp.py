"""The HJ 212 listener: stations dial in, and are acknowledged once their data are on disk (HJ 212-2017 §6.2, §7)."""

import asyncio
from collections import Counter, OrderedDict
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from edge.intake import Intake
from edge.links.dial_in import DialIn
from edge.links.hj212_config import Hj212Section, Hj212Tcp
from edge.links.hj212_station import Station, rule_of, stations_of
from edge.links.link import LinkStatus
from edge.links.station_memory import StationMemory
from edge.links.stations import Stations
from protocols.conversation import Send
from protocols.hj212 import Decoder, Packet, encode
from protocols.hj212.data_centre import DataCentre, Said
from protocols.hj212.dialogue import Ended, Noticed, Received
from protocols.vocabulary import Batch, Clock, ProtocolError, SystemClock

REMEMBERED: Final = 20_000
"""Packets of all stations that are known again when they come again."""


class _Waiting(NamedTuple):
    """A packet whose readings are waited for."""

    packet: Packet
    station: Station
    taken: "asyncio.Future[None] | None"
    """None: it brought none."""
    readings: int
    asked: bool
    """It answers a request."""


class Peer(Protocol):
    """The other end of a connection or line."""

    @property
    def gone(self) -> bool:
        """Nothing can be said to it any more."""
        ...

    def heard(self, now_s: float) -> None:
        """A valid frame came."""
        ...

    def send(self, data: bytes) -> bool:
        """Write; False when it is gone."""
        ...


class Talk:
    """One connection or line; several stations may speak on it."""

    def __init__(self, caller: Peer, link: "Hj212Link", intake: Intake) -> None:
        config = link.config
        self._caller = caller
        self._link = link
        self._intake = intake
        self._clock = link.clock
        self._decoder = Decoder(rule_of(config))
        self.stations: dict[Station, None] = {}
        self._centre = DataCentre(config.over_time_s, config.retries, config.execution_s, REMEMBERED, link.known)
        """The conversation: what came before is acknowledged again, and not put on disk again."""
        self._asking: Station | None = None
        """Whose answer is waited for."""

    async def take(self, data: bytes) -> None:
        """Hand over the readings of what came together, then acknowledge each packet whose readings are on disk."""
        waiting: list[_Waiting] = []
        ends: list[Ended] = []
        for item in self._decoder.feed(data):
            if isinstance(item, ProtocolError):
                self._link.counters["crc" if str(item).startswith("CRC") else "malformed"] += 1
                continue
            self._caller.heard(self._clock.monotonic_s())
            station = self._link.stations.of(item.mn)
            if station is not None and station.lets_in(item):
                self.stations[station] = None
                self._heard(item, station, waiting, ends)
        futures = [one.taken for one in waiting if one.taken is not None]
        if futures:
            await asyncio.wait(futures)  # unlike await, being cancelled here leaves the intake's futures alone
        for one in waiting:
            self._settle(one)
        for ended in ends:
            self._end(ended)
        self._ask()

    def over(self) -> None:
        self._link.talks.discard(self)
        for station in self.stations.keys() - {other for talk in self._link.talks for other in talk.stations}:
            station.record.state = "silent"
        if self._asking is not None:
            self._asking.questions.interrupted()

    def wake(self) -> None:
        """Time passed: repeat, or give up, the request that was not answered."""
        now_s = self._clock.monotonic_s()
        if self._centre.due_s is not None and self._centre.due_s <= now_s:
            for said in self._centre.wake(now_s):
                if isinstance(said, Ended):
                    self._end(said)
                else:
                    self._send(said)
        self._ask()

    def _heard(self, packet: Packet, station: Station, waiting: list[_Waiting], ends: list[Ended]) -> None:
        """What a packet leaves to be waited for: its readings, when it brings data for the first time."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        for said in self._centre.receive(packet, now_s):
            station.record.heard(now_ms, 0, now_s=now_s)
            if isinstance(said, Ended):
                ends.append(said)
            elif isinstance(said, Noticed):
                self._link.counters[f"notice_{packet.cn}"] += 1
                station.questions.heard(packet, now_ms)
            elif isinstance(said, Received):
                if said.request is None:
                    station.questions.heard(packet, now_ms)
                else:
                    station.questions.told(packet, now_ms)
                try:
                    waiting.append(self._put(packet, station, asked=said.request is not None))
                except ProtocolError:
                    station.record.errors["malformed_time"] += 1
                    self._centre.not_taken(packet)
            else:
                self._send(said)

    def _put(self, packet: Packet, station: Station, *, asked: bool) -> _Waiting:
        """Hand over the readings of a packet.

        :raises ProtocolError: it gives a time that is none.
        """
        if packet.cn == "1011" and asked:
            return _Waiting(packet, station, None, 0, asked)
        readings = station.readings(packet, self._clock.now_ms(), asked=asked)
        station.record.readings += len(readings)
        taken = self._intake.put(Batch.of(readings)) if readings else None
        return _Waiting(packet, station, taken, len(readings), asked)

    def _settle(self, one: _Waiting) -> None:
        """Its readings are on disk, or the disk refused them."""
        packet, station, taken, readings, asked = one
        if taken is not None and (taken.cancelled() or taken.exception() is not None):
            station.record.errors["not_kept"] += 1
            station.questions.spoiled()
            self._centre.not_taken(packet)
            return
        if taken is not None:
            pulled = readings if asked else 0
            station.questions.kept(packet, self._clock.monotonic_s(), self._clock.now_ms(), pulled=pulled)
        for said in self._centre.taken(packet):
            self._send(said)

    def _end(self, ended: Ended) -> None:
        if self._asking is not None:
            self._asking.questions.ended(ended, self._clock.monotonic_s(), self._clock.now_ms())
            self._asking = None

    def _ask(self) -> None:
        """Ask one of the stations the next thing, while nobody else's answer is waited for."""
        if self._asking is not None or self._caller.gone:
            return
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        for station in self.stations:
            request = station.questions.next(now_s, now_ms)
            if request is not None:
                self._asking = station
                self._link.counters[f"request_{request.cn}"] += 1
                for said in self._centre.ask(request, now_s):
                    self._send(said)
                return

    def _send(self, said: Said) -> None:
        """9014 to data, 9013 to a notice, and requests."""
        if not isinstance(said, Send):
            return
        try:
            self._caller.send(encode(said.frame))
        except ProtocolError:
            self._link.counters["unanswerable"] += 1


class Hj212Link:
    """What the links of all ways to HJ 212 stations have in common."""

    def __init__(self, config: Hj212Section, clock: Clock | None = None) -> None:
        self.name = config.name
        self.config = config
        self.clock = clock or SystemClock()
        self.counters: Counter[str] = Counter()
        self.stations: Stations[Station] = stations_of(config, self.counters)
        self.talks: set[Talk] = set()
        self.known: OrderedDict[bytes, None] = OrderedDict()
        """Which packets came, on whatever connection."""
        self._memory = StationMemory(
            lambda: ((name, one.questions.history) for name, one in self.stations.listed()), self.clock, self.counters
        )

    def remember(self, path: Path) -> None:
        """See edge.links.link.Remembering."""
        self._memory.path = path

    def begin(self, caller: Peer, intake: Intake) -> Talk:
        """Somebody is there: what is said with them."""
        talk = Talk(caller, self, intake)
        self.talks.add(talk)
        return talk

    def wake(self) -> None:
        """Once a second."""
        self._memory.tick()
        now_s = self.clock.monotonic_s()
        for station in self.stations:  # others may speak on its connection
            station.record.look(now_s, self.config.idle_s)
        for talk in self.talks:
            talk.wake()


class Hj212TcpLink(Hj212Link):
    """A TCP port where stations dial in."""

    def __init__(self, config: Hj212Tcp, clock: Clock | None = None) -> None:
        super().__init__(config, clock)
        self._listening = config
        self._line: DialIn | None = None

    @property
    def port(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        return self._line.port if self._line else None

    async def run(self, intake: Intake) -> None:
        begin = partial(self.begin, intake=intake)
        self._line = DialIn(self._listening, self.clock, self.counters, begin, self.wake)
        self._memory.load()
        try:
            await self._line.run()
        finally:
            self._memory.save()

    def status(self) -> LinkStatus:
        counters = {**self.counters, "connections": self._line.connections if self._line else 0}
        trouble = self._line.trouble if self._line else ""
        return LinkStatus(self.name, "hj212-tcp", self.port is not None, counters, self.stations.status(), trouble)

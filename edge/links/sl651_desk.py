"""The centre's end of the line to all SL 651 stations of a listener, whatever carries the frames (SL 651-2014 §6.3)."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from edge.intake import Intake
from edge.links.link import DeviceStatus
from edge.links.sl651_config import Sl651Device, Sl651Tcp, Sl651Udp
from edge.links.sl651_station import PERIOD, Observed, Station
from edge.links.stations import Stations
from protocols.conversation import Send
from protocols.sl651 import (
    Centre,
    CentreTimes,
    Delivered,
    Direction,
    Frame,
    Ignored,
    Incomplete,
    Joiner,
    KeptAlive,
    Line,
    Unanswered,
    encode,
)
from protocols.sl651.centre import Said
from protocols.sl651.functions import PICTURE, SET_CLOCK
from protocols.sl651.messages import QUERY_CLOCK
from protocols.sl651.times import utc_ms
from protocols.vocabulary import Batch, Clock, ProtocolError

MAX_MESSAGE: Final = 1 << 20
"""Bytes of a message in packets: a picture of 1 MB."""
MAX_OPEN: Final = 4
"""Messages of one station whose packets are coming."""
MAX_HELD: Final = 16 << 20
"""Bytes of all packets that wait for the rest of their messages, of all stations."""
MAX_WAITING: Final = 4096
"""Messages of all stations that wait for the disk."""
MAX_LINES: Final = 4
"""Of one station: it may write in both modes, to several centre addresses, with a new password."""


class Path(Protocol):
    """The way back to a station: its connection, or where its last datagram came from."""

    def send(self, data: bytes) -> bool:
        """False when it leads nowhere any more."""
        ...


@dataclass(slots=True, eq=False)
class _Talk:
    """The conversation with one station on one line."""

    station: Station
    line: Line
    centre: Centre
    path: Path | None = None
    heard_s: float = 0.0
    held: int = 0
    """Bytes of packets that wait for the rest of their messages."""


class Desk:
    """Takes frames, hands over readings, confirms what is on disk, asks what is to be asked.

    :param counters: the link's.
    """

    def __init__(self, config: Sl651Tcp | Sl651Udp, clock: Clock, counters: Counter[str]) -> None:
        self._config = config
        self._clock = clock
        self._counters = counters
        listed = {device.station: Station(device, config, listed=True) for device in config.device}
        self.stations = Stations(listed, self._stranger, counters)
        self._talks: dict[str, OrderedDict[Line, _Talk]] = {}
        """By station, then by line, the one used last at the end."""
        self._waiting = 0
        self._held = 0

    def take(self, found: Iterable[Frame | ProtocolError], path: Path, intake: Intake) -> "list[asyncio.Future[None]]":
        """What a decoder gave; gives what is waited for: while it is not on disk, no more should be read."""
        futures: list[asyncio.Future[None]] = []
        for frame in found:
            if isinstance(frame, ProtocolError):
                self._counters["crc" if str(frame).startswith("CRC") else "malformed"] += 1
            elif frame.direction is not Direction.UP:
                self._counters["from_a_centre"] += 1
            elif (talk := self._talk(frame)) is not None:
                talk.path, talk.heard_s = path, self._clock.monotonic_s()
                futures += self._hear(talk, frame, intake)
        return futures

    def gone(self, path: Path) -> None:
        """A way leads nowhere any more."""
        for talk in self._all():
            if talk.path is path:
                self._lose(talk)

    def wake(self) -> None:
        """Time passed: repeat, or give up, what was not answered; forget the way to who is silent for too long."""
        now_s = self._clock.monotonic_s()
        for talk in self._all():
            if (due_s := talk.centre.due_s) is not None and due_s <= now_s:
                self._say(talk, talk.centre.wake(now_s))
                self._weigh(talk)
            if talk.path is not None and now_s - talk.heard_s >= self._config.idle_s:
                self._lose(talk)

    def _all(self) -> Iterator[_Talk]:
        for lines in self._talks.values():
            yield from lines.values()

    def _lose(self, talk: _Talk) -> None:
        talk.path = None
        talk.station.record.state = "silent"
        talk.station.history.interrupted()

    def status(self) -> tuple[DeviceStatus, ...]:
        return self.stations.status()

    def _talk(self, frame: Frame) -> _Talk | None:
        station = self.stations.of(frame.station)
        if station is None or not station.lets_in(frame):
            return None
        lines = self._talks.setdefault(station.address, OrderedDict())
        line = Line.of(frame)
        talk = lines.get(line)
        if talk is None:
            times = CentreTimes(answer_s=self._config.answer_s, repeats=self._config.retries)
            joiner = Joiner(MAX_OPEN, MAX_MESSAGE, times.message_s)
            talk = lines[line] = _Talk(station, line, Centre(line, times, always_on=False, joiner=joiner))
            if len(lines) > MAX_LINES:
                _, oldest = lines.popitem(last=False)
                self._held -= oldest.held
                oldest.station.history.interrupted()
        lines.move_to_end(line)
        return talk

    def _hear(self, talk: _Talk, frame: Frame, intake: Intake) -> "list[asyncio.Future[None]]":
        if frame.is_part and self._held + len(frame.body) > MAX_HELD:
            self._counters["packet_left"] += 1
            return []
        talk.station.record.heard(self._clock.now_ms(), 0)
        futures = [
            self._deliver(talk, delivered, intake)
            for delivered in self._say(talk, talk.centre.receive(frame, self._clock.monotonic_s()))
        ]
        self._weigh(talk)
        return [future for future in futures if future is not None]

    def _weigh(self, talk: _Talk) -> None:
        held = talk.centre.held_bytes
        self._held += held - talk.held
        talk.held = held

    def _say(self, talk: _Talk, said: list[Said]) -> list[Delivered]:
        """Send what is to be sent, count what is to be counted; gives what is to be stored."""
        delivered: list[Delivered] = []
        errors = talk.station.record.errors
        for word in said:
            match word:
                case Send():
                    if talk.path is None or not talk.path.send(encode(word.frame)):
                        errors["unreachable"] += 1
                case Delivered():
                    delivered.append(word)
                case KeptAlive():
                    self._counters["keep_alive"] += 1
                    self._hint(talk, word.frame)
                    self._say(talk, self._ask(talk))
                case Ignored():
                    errors["not_answered"] += 1
                case Incomplete():
                    errors["packets_missing"] += 1
                case Unanswered():
                    self._unanswered(talk)
        return delivered

    def _deliver(self, talk: _Talk, delivered: Delivered, intake: Intake) -> "asyncio.Future[None] | None":
        """Hand over the readings of a message; it is confirmed at once when it brings none."""
        if self._waiting >= MAX_WAITING:
            self._counters["message_left"] += 1
            self._not_stored(talk, delivered)
            return None
        if delivered.message.function == PICTURE:
            self._counters["picture"] += 1
        pulled = delivered.answers is not None and delivered.message.function == PERIOD
        observed = talk.station.observed(delivered.message, self._clock.now_ms(), self.stations.of, pulled=pulled)
        if not observed.readings:
            self._stored(talk, delivered, observed)
            return None
        talk.station.record.readings += len(observed.readings)
        self._waiting += 1
        future = intake.put(Batch.of(observed.readings))
        future.add_done_callback(partial(self._on_disk, talk, delivered, observed))
        return future

    def _on_disk(self, talk: _Talk, delivered: Delivered, observed: Observed, taken: "asyncio.Future[None]") -> None:
        self._waiting -= 1
        if taken.cancelled() or taken.exception() is not None:
            talk.station.record.errors["not_kept"] += 1
            self._not_stored(talk, delivered)
            return
        self._stored(talk, delivered, observed)

    def _not_stored(self, talk: _Talk, delivered: Delivered) -> None:
        """A report comes again by itself; an answer has to be asked for again."""
        talk.centre.not_stored(delivered)
        if delivered.answers is not None:
            talk.station.history.interrupted()

    def _stored(self, talk: _Talk, delivered: Delivered, observed: Observed) -> None:
        """It is on disk: learn from it, think of a question, then confirm it."""
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        station = talk.station
        pulled = delivered.answers is not None and delivered.message.function == PERIOD
        station.kept(observed, now_s, now_ms, pulled=pulled)
        if delivered.answers is None:
            self._hint(talk, delivered.message)
        else:
            self._answered(station, delivered, len(observed.readings))
        asked = self._ask(talk, after_confirmation=True)
        self._say(talk, [*talk.centre.confirm(delivered, now_s), *asked])

    def _answered(self, station: Station, delivered: Delivered, readings: int) -> None:
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        function = delivered.message.function
        if function == PERIOD:
            station.history.counts.pulled += readings
            station.history.answered(now_s)
        stamp_ms = _sent_ms(delivered.message)
        if stamp_ms is None:
            return
        if function == SET_CLOCK:
            station.history.moved(station.clock.was_set(stamp_ms, now_ms))
            if station.clock.is_off:
                station.record.errors["clock_not_set"] += 1
        elif function == QUERY_CLOCK.function:
            station.clock.told(stamp_ms, now_ms, sure=True)

    def _hint(self, talk: _Talk, message: Frame) -> None:
        stamp_ms = _sent_ms(message)
        if stamp_ms is not None:
            talk.station.clock.told(stamp_ms, self._clock.now_ms())

    def _ask(self, talk: _Talk, *, after_confirmation: bool = False) -> list[Said]:
        """Ask the station the next thing, if there is one, and nothing else waits for its answer."""
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        if talk.centre.busy:
            return []
        command = talk.station.next_question(now_s, now_ms)
        if command is None:
            return []
        try:
            if after_confirmation:
                talk.centre.queue(command, now_s, now_ms)
                asked: list[Said] = []
            else:
                asked = talk.centre.ask(command, now_s, now_ms)
        except ProtocolError:  # the station writes an element in a way in which nobody can ask for it
            talk.station.record.errors["unaskable"] += 1
            talk.station.history.refused(now_s)
            return []
        self._counters["request"] += 1
        return asked

    def _unanswered(self, talk: _Talk) -> None:
        self._counters["unanswered"] += 1
        if talk.path is None:
            talk.station.history.interrupted()
        else:
            talk.station.record.errors["unanswered"] += 1
            talk.station.history.refused(self._clock.monotonic_s())

    def _stranger(self, address: str) -> Station | None:
        try:
            return Station(Sl651Device(station=address), self._config, listed=False)
        except ValueError:
            return None


def _sent_ms(message: Frame) -> int | None:
    """When the station says that it wrote the message; None when its digits are no date."""
    try:
        return utc_ms(message.send_time or "")
    except ProtocolError:
        return None

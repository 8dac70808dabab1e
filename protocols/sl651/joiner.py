"""The packets of long messages (SYN, §6.4.3, §6.5.3) put together again.

Only the first packet of a message has a serial number; the others say no more than "7 of 13". So a station has one open
message for each function, and what does not fit to it begins a new one. A packet that looks like one of the messages
before may be a late one of those, or the same bytes again, as cameras send in every picture: it is left out, and taken
when it comes once more because it was asked for.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from protocols.sl651.control import End
from protocols.sl651.frame import Frame

MAX_MESSAGES: Final = 16
"""Open ones; the oldest is given up for another."""
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of one message."""
KEEP_S: Final = 600.0
"""How long an incomplete message waits for its next packet."""
STALE_S: Final = 60.0
"""How long packets of a complete message may still come: doubled, or late, or sent again."""
_REMEMBERED: Final = 4
"""Complete messages of one station and function."""

Key = tuple[str, int]
"""Station and function."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A message is complete."""

    message: Frame
    """The first packet with the whole body, without packet number; it has no raw bytes."""
    total: int


@dataclass(frozen=True, slots=True)
class Again:
    """A packet that is there already: of the open message, or of the last one that was complete."""

    packet: Frame
    complete: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A message was given up."""

    station: str
    function: int
    total: int
    missing: tuple[int, ...]
    reason: str


@dataclass(slots=True)
class _Open:
    total: int
    touched_s: float
    parts: dict[int, Frame] = field(default_factory=dict)
    wanted: set[int] = field(default_factory=set)
    """Packets that were asked for again."""

    def missing(self) -> tuple[int, ...]:
        return tuple(number for number in range(1, self.total + 1) if number not in self.parts)

    def size(self) -> int:
        return sum(len(part.body) for part in self.parts.values())


@dataclass(slots=True)
class _Done:
    at_s: float
    total: int
    seen: dict[int, tuple[bytes, set[End]]]
    """For each packet what it was, and by which end characters it came: one that is sent again may have another."""


class Joiner:
    """Takes packets in any order; gives messages, repetitions and gaps. Time is handed in.

    :param max_messages: how many may be open.
    :param max_bytes: the longest message.
    :param keep_s: after so long without a packet a message is given up.
    :param stale_s: for so long the packets of a complete message are known again.
    """

    def __init__(
        self,
        max_messages: int = MAX_MESSAGES,
        max_bytes: int = MAX_BYTES,
        keep_s: float = KEEP_S,
        stale_s: float = STALE_S,
    ) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._keep_s = keep_s
        self._open: dict[Key, _Open] = {}
        """The one that was touched last stands last."""
        self._stale_s = stale_s
        self._done: dict[Key, deque[_Done]] = {}

    @property
    def due_s(self) -> float | None:
        """When :meth:`expire` has something to do."""
        return min((message.touched_s + self._keep_s for message in self._open.values()), default=None)

    @property
    def size(self) -> int:
        """Bytes of the packets that are kept."""
        return sum(message.size() for message in self._open.values())

    def add(self, packet: Frame, now_s: float) -> list[Joined | Again | Gap]:
        """Take one packet.

        :raises ValueError: the frame is no packet.
        """
        if packet.packet is None:
            raise ValueError("the frame is no packet")
        total, number = packet.packet
        key = packet.station, packet.function
        told: list[Joined | Again | Gap] = list(self.expire(now_s))
        message = self._open.get(key)
        wanted = message is not None and number in message.wanted
        if self._is_stale(key, packet, wanted=wanted):
            return [*told, Again(packet, complete=message is None)]
        if message is not None and not _fits(message, packet):
            told.append(self._give_up(key, "another message began"))
            message = None
        if message is None:
            message = _Open(total, now_s)
            if len(self._open) >= self._max_messages:
                told.append(self._give_up(next(iter(self._open)), "too many messages are open"))
        self._open.pop(key, None)
        self._open[key] = message
        message.touched_s = now_s
        if number in message.parts:
            return [*told, Again(packet, complete=False)]
        message.parts[number] = packet
        if message.size() > self._max_bytes:
            return [*told, self._give_up(key, f"longer than {self._max_bytes} bytes")]
        if len(message.parts) == total:
            told.append(self._complete(key, message, now_s))
        return told

    def missing(self, station: str, function: int) -> tuple[int, ...]:
        """The packets that an open message lacks; none when nothing is open."""
        message = self._open.get((station, function))
        return message.missing() if message else ()

    def total(self, station: str, function: int) -> int | None:
        """Of how many packets the open message is made."""
        message = self._open.get((station, function))
        return message.total if message else None

    def first(self, station: str, function: int) -> Frame | None:
        """The first packet of the open message, once it came."""
        message = self._open.get((station, function))
        return message.parts.get(1) if message else None

    def want(self, station: str, function: int, number: int) -> None:
        """A packet was asked for again: it is taken even if it looks like one of the message before."""
        message = self._open.get((station, function))
        if message:
            message.wanted.add(number)

    def expire(self, now_s: float) -> list[Gap]:
        """Give up what waited too long."""
        for key, done in list(self._done.items()):
            while done and done[0].at_s + self._stale_s <= now_s:
                done.popleft()
            if not done:
                del self._done[key]
        late = [key for key, message in self._open.items() if message.touched_s + self._keep_s <= now_s]
        return [self._give_up(key, f"no packet for {self._keep_s:g} s") for key in late]

    def _is_stale(self, key: Key, packet: Frame, *, wanted: bool) -> bool:
        """Whether it is one of a message before: for sure when that frame came already, else if nobody asked for it."""
        stale = False
        for done in self._done.get(key, ()):
            digest, ends = done.seen.get(packet.packet.number if packet.packet else 0, (b"", set[End]()))
            if digest == _digest(packet) and done.total == (packet.packet and packet.packet.total):
                stale = stale or not wanted or packet.end in ends
                ends.add(packet.end)
        return stale

    def _give_up(self, key: Key, reason: str) -> Gap:
        message = self._open.pop(key)
        return Gap(*key, message.total, message.missing(), reason)

    def _complete(self, key: Key, message: _Open, now_s: float) -> Joined:
        del self._open[key]
        seen = {number: (_digest(part), {part.end}) for number, part in message.parts.items()}
        done = self._done.setdefault(key, deque(maxlen=_REMEMBERED))
        done.append(_Done(now_s, message.total, seen))
        if len(self._done) > self._max_messages:
            del self._done[next(iter(self._done))]
        parts = [message.parts[number] for number in range(1, message.total + 1)]
        body = b"".join(part.body for part in parts)
        return Joined(replace(parts[0], body=body, packet=None, end=parts[-1].end, raw=b""), message.total)


def _fits(message: _Open, packet: Frame) -> bool:
    if packet.packet is None or packet.packet.total != message.total:
        return False
    present = message.parts.get(packet.packet.number)
    return present is None or _digest(present) == _digest(packet)


def _digest(packet: Frame) -> bytes:
    """What tells two packets apart; a station that sends again may have set the send time anew."""
    opening = len(packet.body) - len(packet.content)
    serial = packet.body[: opening // 4]  # of 8 bytes, or 16 characters, the first quarter
    return sha256(b"%d %b " % (packet.packet.number if packet.packet else 0, serial) + packet.content).digest()

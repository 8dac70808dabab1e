"""Long contents in several packets, PNUM and PNO: HJ 212-2017 Table 3 and the example of splitting in Appendix C."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from protocols.hj212.content import Group, write_groups
from protocols.hj212.frame import MAX_SEGMENT
from protocols.hj212.packet import Packet
from protocols.vocabulary.errors import FrameTooLong

MAX_CONTENT: Final = 950
"""Bytes of ``CP=&&...&&`` (Table 3)."""
_CP: Final = len("CP=&&&&")
_SPLIT: Final = 0x02


def split(packet: Packet) -> tuple[Packet, ...]:
    """A packet as packets that keep the limits: 1024 bytes of data segment, 950 of content, cut between groups.

    A packet that keeps them already is given as it is. Each part repeats a leading DataTime group, as real stations do.

    :raises FrameTooLong: one group alone is too long, or it takes more than 9999 packets.
    """
    size = len(write_groups(packet.groups).encode()) + _CP
    if size <= MAX_CONTENT and len(packet.segment()) <= MAX_SEGMENT:
        return (packet,)
    lead = packet.groups[:1] if [name for name, _ in packet.groups[0]] == ["DataTime"] else ()
    flag = (packet.flag or 0) | _SPLIT
    header = replace(packet, flag=flag, pnum=9999, pno=9999, groups=(), raw=b"")
    room = min(MAX_CONTENT, MAX_SEGMENT - len(header.segment()) + _CP) - _CP
    contents = _packed(packet.groups[len(lead) :], lead, room)
    if len(contents) > 9999:
        raise FrameTooLong(f"{len(contents)} packets, 9999 are allowed")
    return tuple(
        replace(header, pnum=len(contents), pno=number, groups=lead + groups)
        for number, groups in enumerate(contents, 1)
    )


def _packed(groups: tuple[Group, ...], lead: tuple[Group, ...], room: int) -> list[tuple[Group, ...]]:
    """The groups in runs, each of which fits into the room together with the lead."""
    room -= sum(len(write_groups((group,)).encode()) + 1 for group in lead)
    runs: list[list[Group]] = [[]]
    left = room
    for group in groups:
        size = len(write_groups((group,)).encode())
        if size > room:
            raise FrameTooLong(
                f"the group of {group[0][0]!r:.40} has {size} bytes, {max(room, 0)} are free in a packet"
            )
        if size > left:
            runs.append([])
            left = room
        runs[-1].append(group)
        left -= size + 1
    return [tuple(run) for run in runs]


class Message(NamedTuple):
    """All packets of one message, in the order of PNO; most messages are one packet."""

    parts: tuple[Packet, ...]

    @property
    def packet(self) -> Packet:
        """The message as one packet, however long; a DataTime that the parts repeat stands once."""
        first, *rest = self.parts
        if not rest:
            return first
        lead = first.groups[:1]
        more = tuple(
            group
            for part in rest
            for place, group in enumerate(part.groups)
            if place or group not in lead or group[0][0] != "DataTime"
        )
        flag = None if first.flag is None else first.flag & ~_SPLIT
        return replace(first, flag=flag, pnum=None, pno=None, groups=first.groups + more, raw=b"")


class Torn(NamedTuple):
    """Parts of a message that will not become whole."""

    parts: tuple[Packet, ...]
    why: str


Key = tuple[str, str, str]
"""MN, CN, and QN or DataTime."""


@dataclass(slots=True)
class _Open:
    pnum: int
    expires_s: float
    parts: dict[int, Packet] = field(default_factory=dict)
    size: int = 0


class Joiner:
    """Joins the packets of messages. No I/O, no clock; bounded in messages, bytes and time.

    A part that comes again is passed over, also after its message was given. A part that contradicts what came before
    under its key (another PNUM, or other content under its PNO) begins the message anew.

    :param patience_s: a message whose next part does not come for so long is torn.
    :param max_messages: open at a time; when one more begins, the oldest is torn.
    :param max_bytes: of all parts kept; when there are more, the oldest message is torn.
    """

    def __init__(self, patience_s: float = 60.0, max_messages: int = 64, max_bytes: int = 1 << 20) -> None:
        self._patience_s = patience_s
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._open: OrderedDict[Key, _Open] = OrderedDict()
        self._given: OrderedDict[Key, tuple[float, tuple[Packet, ...]]] = OrderedDict()
        self.size = 0
        """Bytes of the parts that wait."""

    @property
    def waiting(self) -> int:
        """How many messages are open."""
        return len(self._open)

    @property
    def due_s(self) -> float | None:
        """When the next message expires."""
        return min((message.expires_s for message in self._open.values()), default=None)

    def add(self, packet: Packet, now_s: float) -> list[Message | Torn]:
        """A packet came: the messages that are whole, or torn, by it."""
        found = self.wake(now_s)
        if not packet.is_part:
            return [*found, Message((packet,))]
        if packet.pno is None or packet.pnum is None:
            return [*found, Torn((packet,), "a part without PNO")]
        key = self._key(packet)
        given = self._given.get(key)
        if given is not None and packet in given[1]:
            return found
        message = self._open.get(key)
        if message is not None:
            known = message.parts.get(packet.pno)
            if known == packet:
                return found
            if known is not None or message.pnum != packet.pnum:
                found.append(self._tear(key, "another message came under its key"))
                message = None
        if message is None:
            message = self._open[key] = _Open(packet.pnum, 0)
        message.parts[packet.pno] = packet
        message.expires_s = now_s + self._patience_s
        size = len(packet.raw) or len(packet.segment())
        message.size += size
        self.size += size
        if len(message.parts) == message.pnum:
            parts = tuple(message.parts[number] for number in range(1, message.pnum + 1))
            self._remove(key)
            self._remember(key, parts, now_s)
            return [*found, Message(parts)]
        return found + self._shed()

    def wake(self, now_s: float) -> list[Message | Torn]:
        """Time passed: the messages that expired."""
        while self._given and (oldest := next(iter(self._given.items())))[1][0] <= now_s:
            del self._given[oldest[0]]
        expired = [key for key, message in self._open.items() if message.expires_s <= now_s]
        return [self._tear(key, f"no further part for {self._patience_s:g} s") for key in expired]

    def _key(self, packet: Packet) -> Key:
        """Of a part without QN and DataTime: the one open message of its station and command, if there is one."""
        number = packet.qn or packet.first("DataTime")
        if number is None:
            number = next((n for mn, cn, n in reversed(self._open) if (mn, cn) == (packet.mn, packet.cn)), "")
        return packet.mn, packet.cn, number

    def _remember(self, key: Key, parts: tuple[Packet, ...], now_s: float) -> None:
        self._given.pop(key, None)
        self._given[key] = (now_s + self._patience_s, parts)
        kept = sum(len(given) for _, given in self._given.values())
        while kept > 2 * self._max_messages and len(self._given) > 1:
            kept -= len(self._given.popitem(last=False)[1][1])

    def _shed(self) -> list[Message | Torn]:
        found: list[Message | Torn] = []
        while len(self._open) > self._max_messages or (self.size > self._max_bytes and self._open):
            why = "messages" if len(self._open) > self._max_messages else "bytes"
            found.append(self._tear(next(iter(self._open)), f"too many {why} wait for their parts"))
        return found

    def _tear(self, key: Key, why: str) -> Torn:
        message = self._remove(key)
        parts = tuple(message.parts[number] for number in sorted(message.parts))
        return Torn(parts, f"{why}: {len(parts)} of {message.pnum} parts came")

    def _remove(self, key: Key) -> _Open:
        message = self._open.pop(key)
        self.size -= message.size
        return message

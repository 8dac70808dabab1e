"""What the two ends of the conversation of HJ 212-2017 §6.6 and §6.8 have in common: outcomes, and what waits."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.hj212.answers import answered_qn
from protocols.hj212.commands import ExeRtn, QnRtn, command
from protocols.hj212.frame import CRC, HEAD, TAIL, Frame
from protocols.hj212.packet import Packet
from protocols.vocabulary.errors import ProtocolError

OVER_TIME_S: Final = 10.0
"""How long an answer is waited for (§6.8: 5 s by wire, 10 s by radio)."""
RETRIES: Final = 3
"""How often what was not answered is sent again (§6.8)."""
MAX_WAITING: Final = 256


class Unreadable(NamedTuple):
    """What came was no packet, or its CRC was wrong: it was passed over, the conversation goes on."""

    error: ProtocolError


class Left(NamedTuple):
    """A packet that has no place in the conversation, or came too often: it was passed over."""

    packet: Packet
    why: str


class Received(NamedTuple):
    """Data came, for the first time. It is acknowledged once the data centre is told that it was taken."""

    packet: Packet
    request: Packet | None = None
    """What it answers; None: the station sent it of itself."""


class Noticed(NamedTuple):
    """A station's notice came, and was answered: a heartbeat (9015), or that it asks for the time (1013)."""

    packet: Packet


class Ended(NamedTuple):
    """A request, or a notice, of the data centre came to its end."""

    request: Packet
    result: ExeRtn | None = None
    """What 9012 said; SUCCESS for a notice that was answered. None: it did not come so far."""
    refusal: QnRtn | None = None
    """What 9011 said, other than READY."""
    why: str = ""
    """In words, when neither came."""


class Asked(NamedTuple):
    """A request came to the station, and was found right: it is to be carried out, then answered."""

    request: Packet


class Delivered(NamedTuple):
    """What the station sent was acknowledged."""

    packet: Packet


class Undelivered(NamedTuple):
    """What the station sent was not acknowledged, however often it was tried."""

    packet: Packet
    why: str


Outcome = Unreadable | Left | Received | Noticed | Ended | Asked | Delivered | Undelivered


@dataclass(slots=True)
class _Wait:
    packet: Packet
    due_s: float
    retries: int


class Waiting:
    """Packets that wait for their answer, in the order in which they were sent; at most MAX_WAITING.

    :param over_time_s: how long each waits (OverTime).
    :param retries: how often each is sent again (ReCount).
    """

    def __init__(self, over_time_s: float, retries: int) -> None:
        self.over_time_s = over_time_s
        self.retries = retries
        self._waits: list[_Wait] = []

    def __len__(self) -> int:
        return len(self._waits)

    def __contains__(self, packet: Packet) -> bool:
        return any(wait.packet == packet for wait in self._waits)

    @property
    def due_s(self) -> float | None:
        """When the first of them is to be sent again or given up."""
        return min((wait.due_s for wait in self._waits), default=None)

    def add(self, packet: Packet, now_s: float) -> None:
        """One was sent."""
        self._waits.append(_Wait(packet, now_s + self.over_time_s, self.retries))

    def answered(self, answer: Packet) -> Packet | None:
        """Take out what an answer answers; None: nothing.

        Each part of a split message has an answer of its own with the part's PNO. Some data centres leave it out:
        such an answer counts for the part that was sent first.
        """
        qn = answered_qn(answer)
        for wait in self._waits:
            sent = wait.packet
            expected = command(sent.cn, sent.version).answered_by
            if sent.qn == qn and expected == answer.cn and answer.pno in (None, sent.pno):
                self._waits.remove(wait)
                return sent
        return None

    def wake(self, now_s: float) -> tuple[list[Packet], list[Packet]]:
        """What is to be sent again now, and what is given up."""
        again: list[Packet] = []
        given_up: list[Packet] = []
        for wait in [wait for wait in self._waits if wait.due_s <= now_s]:
            if wait.retries:
                wait.retries -= 1
                wait.due_s = now_s + self.over_time_s
                again.append(wait.packet)
            else:
                self._waits.remove(wait)
                given_up.append(wait.packet)
        return again, given_up


def packet_of_wrong_crc(error: ProtocolError) -> Packet | None:
    """What a packet said whose CRC is wrong, as far as it can be read; only to answer that it is wrong (QnRtn=9)."""
    raw = error.raw.removesuffix(TAIL)
    if not str(error).startswith("CRC") or not raw.startswith(b"##") or len(raw) < HEAD + CRC:
        return None
    try:
        return Packet.read(Frame(raw[HEAD:-CRC], 0, "standard", raw))
    except ProtocolError:
        return None

"""The data centre's end of the conversation: HJ 212-2017 §6.6, §6.8 and Appendix C. No I/O, no clock."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from protocols.conversation import Send
from protocols.hj212.answers import acknowledge, answered_qn, exe_rtn, qn_rtn
from protocols.hj212.commands import ExeRtn, QnRtn, command
from protocols.hj212.dialogue import (
    MAX_WAITING,
    OVER_TIME_S,
    RETRIES,
    Ended,
    Left,
    Noticed,
    Received,
    Unreadable,
)
from protocols.hj212.frame import CRC, HEAD
from protocols.hj212.packet import Packet
from protocols.vocabulary.errors import ProtocolError

Said = Send[Packet] | Received | Noticed | Ended | Left | Unreadable
Key = bytes

EXECUTION_S: Final = 60.0
_ENDLESS: Final = frozenset({"2011", "2021"})
"""Requests whose data go on until a notice stops them: more of them do not mean that 9012 is still to come."""


@dataclass(slots=True)
class _Exchange:
    """One request that was sent."""

    request: Packet
    due_s: float
    retries: int
    begun: bool = False
    """Whether it was answered: by 9011, or by data."""


class DataCentre:
    """One connection on which stations speak. Obeys protocols.conversation.Conversation.

    Data are handed out once (:class:`Received`), and acknowledged when :meth:`taken` says that they are safe; the same
    packet again is acknowledged again and not handed out, if it has a QN or a DataTime. Requests go one at a time, the
    others wait their turn.

    :param over_time_s: how long 9011 or 9013 is waited for.
    :param retries: how often a request is sent again without it.
    :param execution_s: how long 9012 is waited for, from 9011 or the last data on, or from the first data of 2011 and
        2021, which do not end. The standard names no such time.
    :param remembered: how many of the packets that came last are known again.
    :param known: what is remembered, where several connections share it: a station sends again on a new one.
    """

    def __init__(
        self,
        over_time_s: float = OVER_TIME_S,
        retries: int = RETRIES,
        execution_s: float = EXECUTION_S,
        remembered: int = MAX_WAITING,
        known: OrderedDict[bytes, None] | None = None,
    ) -> None:
        self._over_time_s = over_time_s
        self._retries = retries
        self._execution_s = execution_s
        self._remembered = remembered
        self._exchange: _Exchange | None = None
        self._queue: deque[Packet] = deque()
        self._pending: set[Key] = set()
        self._known: OrderedDict[Key, None] = OrderedDict() if known is None else known

    @property
    def due_s(self) -> float | None:
        return None if self._exchange is None else self._exchange.due_s

    def ask(self, request: Packet, now_s: float) -> list[Said]:
        """Send a request or a notice (protocols.hj212.requests), as soon as the ones before it have ended.

        :raises ValueError: the packet is neither, or has no QN.
        """
        if command(request.cn, request.version).kind in ("answer", "upload") or request.qn is None:
            raise ValueError(f"CN {request.cn}, QN {request.qn}: no request of a data centre")
        if len(self._queue) >= MAX_WAITING:
            return [Ended(request, why=f"{MAX_WAITING} requests wait already")]
        self._queue.append(request)
        return self._next(now_s)

    def receive(self, packet: Packet | ProtocolError, now_s: float) -> list[Said]:
        """What a decoder gave: a packet, or why it is none."""
        if isinstance(packet, ProtocolError):
            return [Unreadable(packet)]
        kind = command(packet.cn, packet.version).kind
        if kind == "answer":
            return self._answered(packet, now_s)
        if kind == "request":
            return [Left(packet, "a request to the data centre")]
        key = _key(packet)
        if key in self._known:
            return _acknowledged(packet)
        if kind == "notice":
            if key is not None:
                self._remember(key)
            return [*_acknowledged(packet), Noticed(packet)]
        return self._data(packet, key, now_s)

    def taken(self, packet: Packet) -> list[Said]:
        """Data that were handed out are safe: acknowledge them, if the station wants it."""
        key = _key(packet)
        if key is not None:
            if key not in self._pending:
                return []
            self._pending.remove(key)
            self._remember(key)
        return _acknowledged(packet)

    def not_taken(self, packet: Packet) -> None:
        """Data that were handed out could not be kept: they are not acknowledged, and received when they come again."""
        if (key := _key(packet)) is not None:
            self._pending.discard(key)

    def wake(self, now_s: float) -> list[Said]:
        exchange = self._exchange
        if exchange is None or now_s < exchange.due_s:
            return []
        if exchange.begun:
            return self._end(Ended(exchange.request, why=f"no 9012 for {self._execution_s:g} s"), now_s)
        if not exchange.retries:
            return self._end(Ended(exchange.request, why=f"no answer to {1 + self._retries} tries"), now_s)
        exchange.retries -= 1
        exchange.due_s = now_s + self._over_time_s
        return [Send(exchange.request)]

    def _data(self, packet: Packet, key: Key | None, now_s: float) -> list[Said]:
        exchange = self._exchange
        asked = exchange is not None and (answered_qn(packet), packet.mn) == (exchange.request.qn, exchange.request.mn)
        if exchange is not None and asked:
            if not exchange.begun or exchange.request.cn not in _ENDLESS:
                exchange.due_s = now_s + self._execution_s
            exchange.begun = True
        if key in self._pending:
            return []
        if len(self._pending) >= MAX_WAITING:
            return [Left(packet, f"{MAX_WAITING} packets wait to be taken")]
        if key is not None:
            self._pending.add(key)
        return [Received(packet, exchange.request if exchange is not None and asked else None)]

    def _answered(self, answer: Packet, now_s: float) -> list[Said]:
        exchange = self._exchange
        if exchange is None or answered_qn(answer) != exchange.request.qn or answer.mn != exchange.request.mn:
            return [Left(answer, "it answers nothing that waits")]
        request = exchange.request
        is_notice = command(request.cn, request.version).kind == "notice"
        if answer.cn == "9013" and is_notice:
            return self._end(Ended(request, ExeRtn.SUCCESS), now_s)
        if answer.cn == "9012" and not is_notice:
            return self._end(Ended(request, exe_rtn(answer)), now_s)
        if answer.cn != "9011":
            return [Left(answer, f"no answer to {request.cn}")]
        said = qn_rtn(answer)
        if said is not QnRtn.READY and not exchange.begun:
            return self._end(Ended(request, refusal=said), now_s)
        if not exchange.begun:
            exchange.begun = True
            exchange.due_s = now_s + self._execution_s
        return []

    def _end(self, ended: Ended, now_s: float) -> list[Said]:
        self._exchange = None
        return [ended, *self._next(now_s)]

    def _next(self, now_s: float) -> list[Said]:
        if self._exchange is not None or not self._queue:
            return []
        request = self._queue.popleft()
        begun = not request.wants_answer
        due_s = now_s + (self._execution_s if begun else self._over_time_s)
        self._exchange = _Exchange(request, due_s, self._retries, begun)
        return [Send(request)]

    def _remember(self, key: Key) -> None:
        self._known[key] = None
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)


def _acknowledged(packet: Packet) -> list[Said]:
    return [Send(acknowledge(packet))] if packet.wants_answer else []


def _key(packet: Packet) -> Key | None:
    """The same for the same data segment only; None without QN and DataTime: it may be new though it looks the same."""
    if packet.qn is None and packet.first("DataTime") is None:
        return None
    return blake2b(packet.raw[HEAD:-CRC] or packet.segment(), digest_size=16).digest()

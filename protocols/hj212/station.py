"""The station's end of the conversation: HJ 212-2017 §6.6, §6.8 and Appendix C. No I/O, no clock."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from protocols.conversation import Send
from protocols.hj212.answers import acknowledge, answer_request, execution_result
from protocols.hj212.body import Address
from protocols.hj212.commands import COMMANDS, INTERACTION, ExeRtn, QnRtn, command
from protocols.hj212.dialogue import (
    MAX_WAITING,
    OVER_TIME_S,
    RETRIES,
    Asked,
    Delivered,
    Left,
    Undelivered,
    Unreadable,
    Waiting,
    packet_of_wrong_crc,
)
from protocols.hj212.packet import Packet, Version
from protocols.vocabulary.errors import ProtocolError

Said = Send[Packet] | Asked | Delivered | Undelivered | Left | Unreadable

REQUESTS: Final = frozenset(row.cn for row in COMMANDS.values() if row.kind in ("request", "request or upload"))
REMEMBERED: Final = 32
"""Requests that are known again when they come again."""

Key = tuple[str, str, str | None]

_QN = re.compile(r"[0-9]{17}")


class Station:
    """One connection to a data centre. Obeys protocols.conversation.Conversation.

    What is sent with Flag's bit A waits for its acknowledgement and is sent again without it. A request is handed out
    once (:class:`Asked`), whatever its QN comes with again: then it is answered as it was. Success of 1000 and 1072
    changes this end's own timeouts and password.

    :param address: its own.
    :param requests: the commands that it carries out; others are refused by QnRtn=8.
    :param over_time_s: how long an acknowledgement is waited for, until 1000 says otherwise.
    :param retries: how often it is sent again without one, until 1000 says otherwise.
    """

    def __init__(
        self,
        address: Address,
        requests: frozenset[str] = REQUESTS,
        over_time_s: float = OVER_TIME_S,
        retries: int = RETRIES,
    ) -> None:
        self.address = address
        self._requests = requests
        self._waiting = Waiting(over_time_s, retries)
        self._replies: OrderedDict[Key, list[Packet]] = OrderedDict()
        self._open: list[Packet] = []

    @property
    def due_s(self) -> float | None:
        return self._waiting.due_s

    @property
    def waiting(self) -> int:
        """How many packets wait for their acknowledgement."""
        return len(self._waiting)

    def send(self, packet: Packet, now_s: float) -> list[Said]:
        """Send data (protocols.hj212.uploads) or a notice; each part of a split message by itself.

        :raises ValueError: the packet wants an acknowledgement and has no QN, or is an answer.
        """
        if packet.wants_answer and packet.qn is None:
            raise ValueError(f"CN {packet.cn} wants an acknowledgement and has no QN")
        if command(packet.cn, packet.version).answered_by is None:
            raise ValueError(f"CN {packet.cn} is an answer")
        if not packet.wants_answer:
            return [Send(packet)]
        if len(self._waiting) >= MAX_WAITING:
            return [Undelivered(packet, f"{MAX_WAITING} packets wait for their acknowledgement")]
        self._waiting.add(packet, now_s)
        return [Send(packet)]

    def receive(self, packet: Packet | ProtocolError, now_s: float) -> list[Said]:
        """What a decoder gave: a packet, or why it is none; a request with a wrong CRC is answered by QnRtn=9."""
        del now_s
        if isinstance(packet, ProtocolError):
            return [Unreadable(packet), *self._wrong_crc(packet)]
        kind = command(packet.cn, packet.version).kind
        if kind == "answer":
            delivered = self._waiting.answered(packet)
            return [Left(packet, "it answers nothing that waits") if delivered is None else Delivered(delivered)]
        if kind == "upload":
            return [Left(packet, "data to a station")]
        return self._asked(packet)

    def answer(
        self, request: Packet, data: Sequence[Packet] = (), result: ExeRtn = ExeRtn.SUCCESS, *, now_s: float
    ) -> list[Said]:
        """A request was carried out: send what was asked for, under the QN of the request, then 9012.

        :raises ValueError: it was not handed out, or was answered before.
        """
        if request not in self._open:
            raise ValueError(f"CN {request.cn}, QN {request.qn}: no request that waits")
        self._open.remove(request)
        is_notice = command(request.cn, request.version).kind == "notice"
        replies = [*data] if is_notice or not request.wants_answer else [*data, execution_result(request, result)]
        self._replies.get(_key(request), []).extend(replies)
        if result is ExeRtn.SUCCESS:
            self._obey(request)
        return [said for reply in replies for said in self._sent(reply, now_s)]

    def wake(self, now_s: float) -> list[Said]:
        again, given_up = self._waiting.wake(now_s)
        tries = f"no acknowledgement after {1 + self._waiting.retries} tries"
        return [*map(Send, again), *(Undelivered(packet, tries) for packet in given_up)]

    def _sent(self, reply: Packet, now_s: float) -> list[Said]:
        return [Send(reply)] if reply.cn == "9012" else self.send(reply, now_s)

    def _asked(self, request: Packet) -> list[Said]:
        is_notice = command(request.cn, request.version).kind == "notice"
        key = _key(request)
        if key in self._replies:
            return [*map(Send, self._replies[key])]
        fault = None if is_notice else self._fault(request)
        if fault is not None:
            return [Send(answer_request(request, fault))] if request.wants_answer else [Left(request, fault.name)]
        if is_notice and request.mn != self.address.mn:
            return [Left(request, "a notice to another station")]
        first = acknowledge(request) if is_notice else answer_request(request)
        self._replies[key] = [first] if request.wants_answer else []
        while len(self._replies) > REMEMBERED:
            self._replies.popitem(last=False)
        self._open = [*self._open[-REMEMBERED:], request]
        return [*map(Send, self._replies[key]), Asked(request)]

    def _fault(self, request: Packet) -> QnRtn | None:
        """Why a request is refused."""
        if request.qn is None or _QN.fullmatch(request.qn) is None:
            return QnRtn.QN_ERROR
        if request.mn != self.address.mn:
            return QnRtn.MN_ERROR
        if request.pw != self.address.pw:
            return QnRtn.PW_ERROR
        if request.st not in (self.address.st, INTERACTION):
            return QnRtn.ST_ERROR
        if request.version not in set(Version):
            return QnRtn.FLAG_ERROR
        return None if request.cn in self._requests else QnRtn.CN_ERROR

    def _wrong_crc(self, error: ProtocolError) -> list[Said]:
        request = packet_of_wrong_crc(error)
        if request is None or request.mn != self.address.mn or not request.wants_answer:
            return []
        if command(request.cn, request.version).kind not in ("request", "request or upload"):
            return []
        return [Send(answer_request(replace(request, crc=self.address.crc), QnRtn.CRC_ERROR))]

    def _obey(self, request: Packet) -> None:
        """What a request changes at this end of the conversation itself."""
        over_time, retries = request.first("OverTime"), request.first("ReCount")
        if request.cn == "1000" and over_time and retries and over_time.isdecimal() and retries.isdecimal():
            self._waiting.over_time_s, self._waiting.retries = float(over_time), int(retries)
        password = request.first("NewPW") or request.first("PW")
        if request.cn == "1072" and password:
            self.address = replace(self.address, pw=password)


def _key(request: Packet) -> Key:
    """By what a request is known again."""
    return request.mn, request.cn, request.qn

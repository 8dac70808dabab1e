"""One connection of a station to its data centre, and what the station answers on it (HJ 212-2017 §6.6.2)."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from protocols.hj212 import (
    Decoder,
    ExeRtn,
    Packet,
    QnRtn,
    answer_request,
    encode,
    execution_result,
    local_stamp,
    utc_ms,
)
from protocols.vocabulary import ProtocolError
from simulators.devices.hj212_logger import FLAG_NO_ANSWER, Hj212Logger
from simulators.faults import PLAIN, Mouth


class Hj212Link(asyncio.Protocol):
    """Takes acknowledgements to the logger, answers requests (1011, 1012, 2011, 2051, 2061); QnRtn=8 to all others."""

    def __init__(self, logger: Hj212Logger, mouth: Mouth = PLAIN) -> None:
        self._logger = logger
        self._mouth = mouth
        self._decoder = Decoder(logger.settings.crc)
        self._transport: asyncio.Transport | None = None
        self.lost = False
        self.acknowledged = 0
        """How many uploads were acknowledged on this connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        self._logger.news.set()

    def send(self, frame: bytes) -> None:
        """Write one packet; into the void when the connection was lost meanwhile."""
        if self._transport is not None and not self.lost:
            self._mouth.say(frame, self._transport)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        for packet in self._decoder.feed(data):
            if not isinstance(packet, ProtocolError) and packet.mn == self._logger.settings.mn:
                self._take(packet)

    def _take(self, packet: Packet) -> None:
        if packet.cn == "9014":
            self.acknowledged += self._logger.delivered(packet.qn or "")
        elif not packet.cn.startswith("9"):
            for answer in answers(self._logger, packet):
                self.send(encode(answer))


def answers(logger: Hj212Logger, request: Packet) -> list[Packet]:
    """What a station says to a request: 9011, and if it is ready what was asked for and 9012, all under its QN."""
    carry_out = _REQUESTS.get(request.cn)
    if request.pw != logger.settings.password:
        return [answer_request(request, QnRtn.PW_ERROR)]
    if carry_out is None:
        return [answer_request(request, QnRtn.CN_ERROR)]
    try:
        asked_for = carry_out(logger, request)
    except ProtocolError:
        return [answer_request(request), execution_result(request, ExeRtn.CONDITION)]
    return [answer_request(request), *asked_for, execution_result(request)]


def _device_time(logger: Hj212Logger, request: Packet) -> list[Packet]:
    """1011."""
    stamp = local_stamp(logger.own_ms())
    content = (("PolId", request.first("PolId") or ""),), (("SystemTime", stamp),)
    return [logger.packet("1011", request.qn, FLAG_NO_ANSWER, *content)]


def _set_device_time(logger: Hj212Logger, request: Packet) -> list[Packet]:
    """1012: from now on the station's stamps are of that clock."""
    logger.clock_error_ms += utc_ms(request.first("SystemTime") or "") - logger.own_ms()
    return []


def _real_time_data(logger: Hj212Logger, request: Packet) -> list[Packet]:
    """2011."""
    packet, said = logger.content()
    logger.tell(said, "sent")
    return [logger.packet("2011", request.qn, FLAG_NO_ANSWER, *packet.groups)]


def _means(logger: Hj212Logger, request: Packet) -> list[Packet]:
    """2051 and 2061: each under the QN of the request."""
    begin_ms, end_ms = (utc_ms(request.first(name) or "") for name in ("BeginTime", "EndTime"))
    found = logger.means(request.cn, begin_ms, end_ms)
    return [logger.packet(request.cn, request.qn, FLAG_NO_ANSWER, *packet.groups) for packet in found]


_REQUESTS: Final[dict[str, Callable[[Hj212Logger, Packet], list[Packet]]]] = {
    "1011": _device_time,
    "1012": _set_device_time,
    "2011": _real_time_data,
    "2051": _means,
    "2061": _means,
}

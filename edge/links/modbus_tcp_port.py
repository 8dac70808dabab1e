"""A Modbus TCP connection with one question under way (Messaging on TCP/IP V1.0b §3.1, §4.2)."""

import asyncio
from collections import Counter
from struct import Struct
from typing import Final, cast

from edge.links.modbus_port import DeviceSilent, PduPort, Question
from protocols.modbus.tcp import HEADER, LENGTHS
from protocols.vocabulary import LinkDown

_START: Final = Struct(">HHHB")
"""Transaction, protocol, length, unit."""
_AROUND: Final = HEADER + 1


class TcpPort(PduPort):
    """One connection; reconnecting and repeating are left to the link. Implements edge.links.modbus_port.ModbusPort.

    Counters, besides the link's: ``late_answer`` and ``wrong_unit`` (frames that answer another question),
    ``noise`` (stretches of bytes that are no frame).

    :param timeout_s: for connecting, and for each answer.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self.counters: Counter[str] = Counter()
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._wire: _Wire | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_s):
                _, self._wire = await loop.create_connection(lambda: _Wire(self.counters), self._host, self._port)
        except TimeoutError:
            raise LinkDown(f"{self._host}:{self._port}: no connection within {self._timeout_s} s") from None
        except OSError as error:
            raise LinkDown(f"{self._host}:{self._port}: {error.strerror or error}") from None

    def close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    async def _answer(self, unit: int, question: Question) -> bytes:
        if self._wire is None:
            raise LinkDown(f"{self._host}:{self._port}: not connected")
        answer = await self._wire.ask(unit, question.pdu, self._timeout_s)
        if answer is None:
            raise DeviceSilent(f"unit {unit}: no answer within {self._timeout_s} s")
        return answer


class _Wire(asyncio.Protocol):
    """Frames in and out; an answer is known by transaction and unit."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._transport: asyncio.Transport | None = None
        self._lost: Exception | None = None
        self._transaction = 0
        self._unit = 0
        self._answer: asyncio.Future[bytes | None] | None = None
        self._buffer = b""
        self._noisy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # which uvloop's are not by their class

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LinkDown(f"connection lost: {exc or 'the other end hung up'}"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, unit: int, pdu: bytes, timeout_s: float) -> bytes | None:
        """The PDU of the unit's answer; None: it did not come in time.

        :raises LinkDown: the connection is lost, or nobody takes what is sent.
        """
        if self._transport is None:
            raise LinkDown("connection lost")
        loop = asyncio.get_running_loop()
        self._transaction = self._transaction % 0xFFFF + 1
        self._unit = unit
        answer: asyncio.Future[bytes | None] = loop.create_future()
        self._answer = answer
        overdue = loop.call_later(timeout_s, _give_up, answer)
        try:
            self._transport.write(_START.pack(self._transaction, 0, len(pdu) + 1, unit) + pdu)
            return await answer
        finally:
            overdue.cancel()
            self._answer = None

    def data_received(self, data: bytes) -> None:
        if not self._buffer and len(data) > _AROUND:
            transaction, protocol, length, unit = _START.unpack_from(data)
            if not protocol and length == len(data) - HEADER and length in LENGTHS:
                self._take(transaction, unit, data[_AROUND:])
                return
        self._buffer += data
        self._sort()

    def _take(self, transaction: int, unit: int, pdu: bytes) -> None:
        self._noisy = False
        if self._answer is None or self._answer.done() or transaction != self._transaction:
            self._counters["late_answer"] += 1
        elif unit != self._unit:
            self._counters["wrong_unit"] += 1
        else:
            self._answer.set_result(pdu)

    def _sort(self) -> None:
        """Take the frames out of what came in pieces, glued, or torn.

        Half a frame that was never finished must not swallow the answer behind it: where the beginning of that one is
        seen within a frame that is none we wait for, the frame is given up.
        """
        buffer, start = self._buffer, 0
        awaited = _START.pack(self._transaction, 0, 0, 0)[:4]
        while len(buffer) - start >= _AROUND:
            transaction, protocol, length, unit = _START.unpack_from(buffer, start)
            end = start + HEADER + length
            if protocol or length not in LENGTHS:
                start = self._noise(start + 1)
            elif transaction != self._transaction and (within := buffer.find(awaited, start + 1, end)) > 0:
                start = self._noise(within)
            elif end > len(buffer):
                break
            else:
                self._take(transaction, unit, buffer[start + _AROUND : end])
                start = end
        self._buffer = buffer[start:]

    def _noise(self, up_to: int) -> int:
        if not self._noisy:
            self._counters["noise"] += 1
        self._noisy = True
        return up_to


def _give_up(answer: "asyncio.Future[bytes | None]") -> None:
    if not answer.done():
        answer.set_result(None)

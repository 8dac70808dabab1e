"""A Modbus TCP connection with one question under way (Messaging on TCP/IP V1.0b §3.1, §4.2)."""

import asyncio
from collections import Counter
from struct import Struct
from typing import Final, NamedTuple, cast

from edge.links.modbus_port import DeviceSilent, PduPort, Question, WrongAnswer
from protocols.modbus.tcp import HEADER, LENGTHS
from protocols.vocabulary import LinkDown

_START: Final = Struct(">HHHB")
"""Transaction, protocol, length, unit."""
_AROUND: Final = HEADER + 1


class TcpPort(PduPort):
    """One connection; reconnecting and repeating are left to the link. Implements edge.links.modbus_port.ModbusPort.

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
        wire = self._wire
        if wire is None:
            raise LinkDown(f"{self._host}:{self._port}: not connected")
        answer = await wire.ask(unit, question.pdu, self._timeout_s)
        if answer is None:
            raise DeviceSilent(f"unit {unit}: no answer within {self._timeout_s} s", dict(wire.strays))
        if answer.trailing:
            raise WrongAnswer("trailing_bytes", f"{len(answer.trailing)} bytes behind the answer", answer.pdu)
        return answer.pdu


class _Answer(NamedTuple):
    pdu: bytes
    trailing: bytes
    """What came right behind it and is no frame: the stream is out of step."""


class _Wire(asyncio.Protocol):
    """Frames in and out; an answer is known by transaction and unit.

    Counts what answers nothing: ``late_answer`` (of another transaction, or nothing is asked), ``wrong_unit``,
    ``malformed_header``, ``unfinished_answer``, ``unasked`` (bytes that lay there before the question).
    """

    def __init__(self, counters: Counter[str]) -> None:
        self.strays: Counter[str] = Counter()
        """What came since the question and was no answer to it, by kind."""
        self._counters = counters
        self._transport: asyncio.Transport | None = None
        self._transaction = 0
        self._unit = 0
        self._asked: asyncio.Future[_Answer | None] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # which uvloop's are not by their class

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(LinkDown(f"connection lost: {exc or 'the other end hung up'}"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, unit: int, pdu: bytes, timeout_s: float) -> _Answer | None:
        """The unit's answer; None: it did not come in time.

        :raises LinkDown: the connection is lost.
        """
        if self._transport is None:
            raise LinkDown("connection lost")
        if self._buffer:
            self._counters["unasked"] += 1
            self._buffer = b""
        loop = asyncio.get_running_loop()
        self._transaction = self._transaction % 0xFFFF + 1
        self._unit = unit
        self.strays.clear()
        asked: asyncio.Future[_Answer | None] = loop.create_future()
        self._asked = asked
        overdue = loop.call_later(timeout_s, self._give_up)
        try:
            self._transport.write(_START.pack(self._transaction, 0, len(pdu) + 1, unit) + pdu)
            return await asked
        finally:
            overdue.cancel()
            self._asked = None

    def _give_up(self) -> None:
        if self._asked is not None and not self._asked.done():
            if self._buffer:
                self._buffer = b""
                self._strayed("unfinished_answer")
            self._asked.set_result(None)

    def data_received(self, data: bytes) -> None:
        if not self._buffer and len(data) > _AROUND:
            transaction, protocol, length, unit = _START.unpack_from(data)
            if not protocol and length == len(data) - HEADER and length in LENGTHS:
                if self._answers(transaction, unit):
                    self._settle(_Answer(data[_AROUND:], b""))
                return
        self._buffer += data
        self._sort()

    def _answers(self, transaction: int, unit: int) -> bool:
        """Whether a frame is the answer to the question that is open; counts it when it is none."""
        if self._asked is None or self._asked.done() or transaction != self._transaction:
            self._strayed("late_answer")
            return False
        if unit != self._unit:
            self._strayed("wrong_unit")
        return unit == self._unit

    def _settle(self, answer: _Answer) -> None:
        assert self._asked is not None  # noqa: S101 - the question that _answers() spoke of
        self._asked.set_result(answer)

    def _sort(self) -> None:
        """Take the frames out of what came in pieces, glued, or torn; what is none is dropped."""
        buffer, at = self._buffer, 0
        answer: bytes | None = None
        while len(buffer) - at >= _AROUND:
            transaction, protocol, length, unit = _START.unpack_from(buffer, at)
            end = at + HEADER + length
            if protocol or length not in LENGTHS:
                if answer is None:
                    at = self._resumed(at)
                    continue
                break
            if end > len(buffer):
                break
            if answer is not None:
                self._strayed("late_answer")
            elif self._answers(transaction, unit):
                answer = buffer[at + _AROUND : end]
            at = end
        self._buffer = buffer[at:]
        if answer is not None:
            trailing, self._buffer = self._buffer, b""
            self._settle(_Answer(answer, trailing))

    def _resumed(self, at: int) -> int:
        """Where the open question's answer begins behind bytes that are no frame: a late half of another one."""
        self._strayed("malformed_header")
        start = self._buffer.find(_START.pack(self._transaction, 0, 0, 0)[:4], at + 1)
        return len(self._buffer) if self._asked is None or start < 0 else start

    def _strayed(self, kind: str) -> None:
        self._counters[kind] += 1
        self.strays[kind] += 1

"""A Modbus TCP server of many simulated units on one port (MODBUS Messaging on TCP/IP V1.0b; functions 3, 4, 6, 16).

It takes frames apart with struct and not with protocols.modbus: it is polled at tens of thousands of requests per
second by benchmarks, and a second reading of the standard keeps a mistake in the codec from cancelling itself.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self, cast

from protocols.vocabulary import Clock
from simulators.devices.modbus_unit import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Unit
from simulators.devices.register_map import READ_HOLDING, READ_INPUT
from simulators.faults import PLAIN

ILLEGAL_FUNCTION: Final = 1
TARGET_SILENT: Final = 0x0B
"""What a serial server answers for a unit that is not on its line."""
MAX_ADU: Final = 260
_HEADER: Final = struct.Struct(">HHHB")
_PAIR: Final = struct.Struct(">HH")


class ModbusConnection(asyncio.Protocol):
    """One client; requests may come in pieces or many at a time, and are answered in order.

    A frame that is none (another protocol identifier, an impossible length) closes the connection: there is no way to
    find the next one. While the client does not read its answers, its requests are not read either.
    """

    def __init__(self, server: "ModbusServer") -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by inheritance
        self._server.connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._transport is not None:
            self._server.connections.discard(self._transport)
            self._transport = None

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        data = self._buffer + data if self._buffer else data
        now_ms = self._server.clock.now_ms()
        answers: list[bytes] = []
        at, end = 0, len(data)
        while end - at >= 8:
            transaction, protocol, length, unit = _HEADER.unpack_from(data, at)
            if protocol != 0 or not 2 <= length <= MAX_ADU - 6:
                self._transport.write(b"".join(answers))
                self._transport.close()
                return
            if end - at < 6 + length:
                break
            answer = self._server.answer(unit, data[at + 7 : at + 6 + length], now_ms)
            frame = _HEADER.pack(transaction, 0, 1 + len(answer), unit) + answer
            target = self._server.units.get(unit)
            if target is None or target.mouth is PLAIN:
                answers.append(frame)
            else:
                target.mouth.say(frame, self._transport)
            at += 6 + length
        self._buffer = data[at:]
        self._transport.write(b"".join(answers))


class ModbusServer:
    """Up to 256 units behind one address, as a serial server or a lamp controller's cabinet has them.

    ``async with`` listens; :attr:`port` is then the port that was really taken.

    :param units: unit identifier, 0 to 255, -> unit. The identifier is one byte: more units need another server.
    """

    def __init__(self, host: str, port: int, units: Mapping[int, Unit], clock: Clock) -> None:
        self.host = host
        self.port = port
        self.clock = clock
        self.units = dict(units)
        self.connections: set[asyncio.Transport] = set()
        self.requests = 0
        """How many were answered."""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: ModbusConnection(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for transport in tuple(self.connections):
                transport.abort()
            await self._server.wait_closed()

    def answer(self, unit: int, pdu: bytes, now_ms: int) -> bytes:
        """The answer's PDU to a request's (function code and what follows it)."""
        self.requests += 1
        target = self.units.get(unit)
        if target is None:
            return bytes((pdu[0] | 0x80, TARGET_SILENT))
        return answer_of(target, pdu, now_ms)


def answer_of(target: Unit, pdu: bytes, now_ms: int) -> bytes:
    """What a unit answers to a request's PDU (function code and what follows it)."""
    function = _FUNCTIONS.get(pdu[0])
    if function is None:
        return bytes((pdu[0] | 0x80, ILLEGAL_FUNCTION))
    answer = function(target, pdu, now_ms)
    return bytes((pdu[0] | 0x80, answer)) if isinstance(answer, int) else answer


def _read(target: Unit, pdu: bytes, now_ms: int) -> bytes | int:
    """Functions 3 and 4: the answer, or the exception code."""
    if pdu[0] != target.registers.function:
        return ILLEGAL_FUNCTION
    if len(pdu) != 5:
        return ILLEGAL_VALUE
    address, quantity = _PAIR.unpack_from(pdu, 1)
    if not 1 <= quantity <= 125:
        return ILLEGAL_VALUE
    words = target.read(address, quantity, now_ms)
    return ILLEGAL_ADDRESS if words is None else bytes((pdu[0], len(words))) + words


def _write_one(target: Unit, pdu: bytes, now_ms: int) -> bytes | int:
    """Function 6: the answer repeats the request."""
    if len(pdu) != 5:
        return ILLEGAL_VALUE
    return target.write(_PAIR.unpack_from(pdu, 1)[0], pdu[3:], now_ms) or pdu


def _write_many(target: Unit, pdu: bytes, now_ms: int) -> bytes | int:
    """Function 16: the answer repeats address and quantity."""
    if len(pdu) < 6:
        return ILLEGAL_VALUE
    address, quantity = _PAIR.unpack_from(pdu, 1)
    if not 1 <= quantity <= 123 or not len(pdu) - 6 == 2 * quantity == pdu[5]:
        return ILLEGAL_VALUE
    return target.write(address, pdu[6:], now_ms) or pdu[:5]


_FUNCTIONS: Final[dict[int, Callable[[Unit, bytes, int], bytes | int]]] = {
    READ_HOLDING: _read,
    READ_INPUT: _read,
    6: _write_one,
    16: _write_many,
}

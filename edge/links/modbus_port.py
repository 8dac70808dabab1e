"""The one door to pymodbus's client: ask one unit for one block, get its bytes, checked (Modbus over TCP/IP V1.0b)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from struct import pack, unpack_from
from typing import Final, Protocol

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusIOException
from pymodbus.pdu import DecodePDU, ModbusPDU

from protocols.modbus.plan import Table
from protocols.vocabulary import DeviceRefused, LinkDown, ProtocolError, YingzhouError

FUNCTIONS: Final[dict[Table, int]] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}


class DeviceSilent(YingzhouError):
    """The device was asked and no answer came in time."""


class ModbusRefused(DeviceRefused):
    """The device answered with an exception (V1.1b3 §7).

    :param code: the exception code; 2 is an address it does not have, 3 a count it does not serve.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code:02X}")
        self.code = code


class WrongAnswer(ProtocolError):
    """An answer that does not fit the question: drop it.

    :param kind: the name of its counter: ``wrong_function``, ``wrong_count``, ``wrong_unit``, ``late_answer``,
        ``malformed_exception``, ``wrong_echo``.
    """

    def __init__(self, kind: str, message: str, raw: bytes) -> None:
        super().__init__(message, raw)
        self.kind = kind


class ModbusPort(Protocol):
    """What the poller needs of a connection; one question at a time."""

    counters: Counter[str]
    """Frames that were dropped before they could be an answer: ``wrong_unit``, ``late_answer``."""

    async def open(self) -> None:
        """Connect.

        :raises LinkDown: nobody listens, or not in time.
        """
        ...

    async def read(self, unit: int, table: Table, address: int, count: int) -> bytes:
        """Ask once for ``count`` registers or bits; gives the data bytes of the answer, as on the wire.

        :raises DeviceSilent: no answer in time.
        :raises ModbusRefused: the device answered with an exception.
        :raises WrongAnswer: the answer has another function or count than was asked.
        :raises LinkDown: the connection is gone.
        """
        ...

    async def write(self, unit: int, table: Table, address: int, registers: Sequence[int]) -> None:
        """Write once: a coil (function 5), one register (6) or several (16); done when the device has echoed it.

        :param registers: words; for the table ``coil`` one 0 or 1.
        :raises DeviceSilent: no answer in time; nobody knows whether it was written.
        :raises ModbusRefused: the device answered with an exception.
        :raises WrongAnswer: the answer is no echo of what was written.
        :raises LinkDown: the connection is gone; nobody knows whether it was written.
        """
        ...

    def close(self) -> None: ...


class _RawAnswer(ModbusPDU):
    """An answer's function code and data, untouched: what they must be is checked against the question."""

    def __init__(self, frame: bytes) -> None:
        super().__init__()
        self.frame = frame


class _RawDecoder(DecodePDU):
    """Takes every answer as it is.

    pymodbus's own decoder passes too few, too many and odd numbers of bytes, builds a Python list register by register,
    and tears the connection down over an unknown function code.
    """

    def decode(self, frame: bytes) -> ModbusPDU:
        return _RawAnswer(frame)


class PymodbusPort:
    """A Modbus TCP connection through pymodbus; reconnecting and repeating are left to the link.

    :param timeout_s: for connecting, and for each answer.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._client: AsyncModbusTcpClient | None = None
        self._unit = 0
        self._asking = False
        self.counters: Counter[str] = Counter()

    async def open(self) -> None:
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._trace_packet,
            trace_connect=self._trace_connect,
        )
        client.set_max_no_responses(1 << 30)  # a silent unit behind a serial server must not cut its neighbours off
        client.ctx.framer.decoder = _RawDecoder(is_server=False)
        self._client = client
        connected = await client.connect()
        _heed_cancellation()
        if not connected:
            self._client = None
            raise LinkDown(f"{self._host}:{self._port}: no connection")

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def read(self, unit: int, table: Table, address: int, count: int) -> bytes:
        client = self._connected()
        function = FUNCTIONS[table]
        ask = {
            1: client.read_coils,
            2: client.read_discrete_inputs,
            3: client.read_holding_registers,
            4: client.read_input_registers,
        }[function]
        size = count * 2 if function > 2 else (count + 7) // 8
        frame = await self._frame(client, unit, partial(ask, address, count=count, device_id=unit))
        return checked_data(frame, function, size)

    async def write(self, unit: int, table: Table, address: int, registers: Sequence[int]) -> None:
        client = self._connected()
        ask: Callable[[], Awaitable[ModbusPDU]]
        if table == "coil":
            echo = pack(">BHH", 5, address, 0xFF00 if registers[0] else 0)
            ask = partial(client.write_coil, address, bool(registers[0]), device_id=unit)
        elif len(registers) == 1:
            echo = pack(">BHH", 6, address, registers[0])
            ask = partial(client.write_register, address, registers[0], device_id=unit)
        else:
            echo = pack(">BHH", 16, address, len(registers))
            ask = partial(client.write_registers, address, list(registers), device_id=unit)
        check_echo(await self._frame(client, unit, ask), echo)

    def _connected(self) -> AsyncModbusTcpClient:
        if self._client is None:
            raise LinkDown(f"{self._host}:{self._port}: not connected")
        return self._client

    async def _frame(self, client: AsyncModbusTcpClient, unit: int, ask: Callable[[], Awaitable[ModbusPDU]]) -> bytes:
        """Function code and what follows it of this unit's answer to this question."""
        self._unit = unit
        self._asking = True
        try:
            answer = await ask()
        except ConnectionException as lost:
            raise LinkDown(f"{self._host}:{self._port}: {lost.string}") from None
        except ModbusIOException:
            raise DeviceSilent(f"unit {unit}: no answer within {self._timeout_s} s") from None
        finally:
            self._asking = False
            _heed_cancellation()
        if not isinstance(answer, _RawAnswer):
            raise TypeError("pymodbus replaced its decoder; the pin in pyproject.toml is wrong")
        if answer.dev_id != unit:
            raise WrongAnswer("wrong_unit", f"unit {answer.dev_id} where {unit} was asked", answer.frame)
        if answer.transaction_id != client.ctx.request_transaction_id:
            raise WrongAnswer("late_answer", f"transaction {answer.transaction_id} is not this one", answer.frame)
        return answer.frame

    def _trace_packet(self, sending: bool, data: bytes) -> bytes:
        """Count what pymodbus is about to skip: it only writes a log line about it."""
        if not sending and len(data) > 7 and self._client is not None:
            transaction, _, length, unit = unpack_from(">HHHB", data)
            if len(data) >= 6 + length:
                if transaction != self._client.ctx.request_transaction_id:
                    self.counters["late_answer"] += 1
                elif unit != self._unit:
                    self.counters["wrong_unit"] += 1
        return data

    def _trace_connect(self, connected: bool) -> None:
        """Let a question that is under way fail at once, not after the time-out, when the connection is lost."""
        if not connected and self._asking and self._client is not None:
            future = self._client.ctx.response_future
            if not future.done():
                future.set_exception(ConnectionException("connection lost"))


def _heed_cancellation() -> None:
    """Let a cancellation through that pymodbus lost.

    It waits with asyncio.wait_for, which on Python 3.11 swallows a cancellation that comes in the same turn of the
    loop as the answer; a link would then never stop.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def checked_data(frame: bytes, function: int, size: int) -> bytes:
    """The data bytes of an answer's PDU.

    :param frame: function code, byte count, data.
    :param size: how many data bytes were asked for.
    :raises ModbusRefused: it is a well-formed exception to this function.
    :raises WrongAnswer: anything else than what was asked for.
    """
    _check_function(frame, function)
    if len(frame) != 2 + size or frame[1] != size:
        raise WrongAnswer("wrong_count", f"{len(frame) - 2} bytes, byte count {frame[1:2].hex()}, {size} asked", frame)
    return frame[2:]


def check_echo(frame: bytes, echo: bytes) -> None:
    """That the answer to a write repeats what it must.

    :raises ModbusRefused: it is a well-formed exception to this function.
    :raises WrongAnswer: anything else.
    """
    _check_function(frame, echo[0])
    if frame != echo:
        raise WrongAnswer("wrong_echo", f"{frame.hex()} where {echo.hex()} was expected", frame)


def _check_function(frame: bytes, function: int) -> None:
    got = frame[0]
    if got == function | 0x80:
        if len(frame) != 2:
            raise WrongAnswer("malformed_exception", f"exception of {len(frame) - 1} bytes, 1 expected", frame)
        raise ModbusRefused(frame[1])
    if got != function:
        raise WrongAnswer("wrong_function", f"function {got:02X} where {function:02X} was asked", frame)

"""The way to Modbus devices: ask one unit for one block, get its bytes, checked (V1.1b3)."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from protocols.modbus import ReadBits, ReadRegisters, Request, WriteCoil, WriteRegister, WriteRegisters
from protocols.modbus.plan import Table
from protocols.vocabulary import DeviceRefused, ProtocolError, YingzhouError

_ECHO: Final = 5
"""Bytes that the answer to a write repeats."""


class DeviceSilent(YingzhouError):
    """The device was asked and no answer came in time.

    :param strays: what came instead, by kind.
    """

    def __init__(self, message: str, strays: Mapping[str, int] | None = None) -> None:
        super().__init__(message)
        self.strays = strays or {}


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
        ``malformed_exception``, ``wrong_echo``, ``trailing_bytes``.
    """

    def __init__(self, kind: str, message: str, raw: bytes) -> None:
        super().__init__(message, raw)
        self.kind = kind


class ModbusPort(Protocol):
    """What the poller needs of a connection; one question at a time."""

    counters: Counter[str]
    """What came and was no answer: ``wrong_unit``, ``late_answer``, ``malformed_header``, ``unfinished_answer``;
    ``unasked``: bytes between two questions."""

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


class Question(NamedTuple):
    """What is asked of a unit, and how long the answer to it is."""

    request: Request
    pdu: bytes
    """The request's bytes."""
    size: int
    """Bytes of the answer's PDU that is expected."""

    @classmethod
    def of(cls, request: Request, size: int) -> "Question":
        return cls(request, request.encode(), size)


@lru_cache(maxsize=10_000)
def _reading(table: Table, address: int, count: int) -> Question:
    if table in ("coil", "discrete"):
        return Question.of(ReadBits(1 if table == "coil" else 2, address, count), 2 + (count + 7) // 8)
    return Question.of(ReadRegisters(3 if table == "holding" else 4, address, count), 2 + 2 * count)


def _writing(table: Table, address: int, registers: Sequence[int]) -> Question:
    if table == "coil":
        return Question.of(WriteCoil(address, bool(registers[0])), _ECHO)
    if len(registers) == 1:
        return Question.of(WriteRegister(address, registers[0]), _ECHO)
    return Question.of(WriteRegisters(address, tuple(registers)), _ECHO)


class PduPort(ABC):
    """A way that carries a question's PDU to a unit and brings one back. Implements ModbusPort's read and write."""

    async def read(self, unit: int, table: Table, address: int, count: int) -> bytes:
        question = _reading(table, address, count)
        return checked_data(await self._answer(unit, question), question.pdu[0], question.size - 2)

    async def write(self, unit: int, table: Table, address: int, registers: Sequence[int]) -> None:
        question = _writing(table, address, registers)
        check_echo(await self._answer(unit, question), question.pdu[:_ECHO])

    @abstractmethod
    async def _answer(self, unit: int, question: Question) -> bytes:
        """Function code and what follows it of this unit's answer.

        :raises DeviceSilent: no answer in time.
        :raises LinkDown: the way is gone.
        """


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

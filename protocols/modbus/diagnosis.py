"""What a device tells about itself and its line: functions 7, 8, 11, 12 and 17 (V1.1b3 §6.7-6.10 and §6.13)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from protocols.modbus.packing import counted, pack, sized
from protocols.vocabulary.errors import ProtocolError

SUB_FUNCTIONS: Final = {
    0: "return query data",
    1: "restart communications option",
    2: "return diagnostic register",
    3: "change ASCII input delimiter",
    4: "force listen only mode",
    10: "clear counters and diagnostic register",
    11: "return bus message count",
    12: "return bus communication error count",
    13: "return bus exception error count",
    14: "return server message count",
    15: "return server no response count",
    16: "return server NAK count",
    17: "return server busy count",
    18: "return bus character overrun count",
    20: "clear overrun counter and flag",
}
"""Of function 8; all but the first take and give one register."""
RETURN_QUERY_DATA: Final = 0
BUSY: Final = 0xFFFF
_RUN: Final = {0x00: False, 0xFF: True}


@dataclass(frozen=True, slots=True)
class Ask:
    """Functions 7 (exception status), 11 (event counter), 12 (event log), 17 (server id): the function says it all."""

    function: int

    def encode(self) -> bytes:
        return pack(">B", self.function)


@dataclass(frozen=True, slots=True)
class ExceptionStatus:
    """The answer to function 7: eight outputs whose meaning the maker fixed."""

    status: int

    @property
    def function(self) -> int:
        return 7

    def encode(self) -> bytes:
        return pack(">BB", 7, self.status)


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Function 8, question and answer; ``data`` is in whole registers."""

    sub_function: int
    data: bytes

    @property
    def function(self) -> int:
        return 8

    @property
    def meaning(self) -> str:
        return SUB_FUNCTIONS.get(self.sub_function, f"sub-function {self.sub_function}")

    def encode(self) -> bytes:
        return pack(">BH", 8, self.sub_function) + self.data


@dataclass(frozen=True, slots=True)
class EventCounter:
    """The answer to function 11: how many messages went well."""

    status: int
    """0, or FFFF while a program command is at work."""
    events: int

    @property
    def function(self) -> int:
        return 11

    def encode(self) -> bytes:
        return pack(">BHH", 11, self.status, self.events)


@dataclass(frozen=True, slots=True)
class EventLog:
    """The answer to function 12."""

    status: int
    events: int
    messages: int
    log: bytes
    """One byte for each of the last events, the newest first; see :func:`event`."""

    @property
    def function(self) -> int:
        return 12

    def encode(self) -> bytes:
        return pack(">BBHHH", 12, 6 + len(self.log), self.status, self.events, self.messages) + self.log


@dataclass(frozen=True, slots=True)
class ServerId:
    """The answer to function 17; how long the identifier is, only its maker knows."""

    data: bytes

    @property
    def function(self) -> int:
        return 17

    @property
    def identifier(self) -> bytes:
        """What stands before the run indicator; all of it, when there is none."""
        return self.data if self._run is None else self.data[: self._run]

    @property
    def running(self) -> bool | None:
        """The run indicator: the first byte behind the first that is 00 or FF. None: there is none."""
        return None if self._run is None else _RUN[self.data[self._run]]

    @property
    def additional(self) -> bytes:
        """What follows the run indicator."""
        return b"" if self._run is None else self.data[self._run + 1 :]

    @property
    def _run(self) -> int | None:
        return next((at for at, byte in enumerate(self.data) if at and byte in _RUN), None)

    def encode(self) -> bytes:
        return pack(">BB", 17, len(self.data)) + self.data


def event(byte: int) -> str:
    """What one byte of an event log says (V1.1b3 §6.10)."""
    if byte & 0x80:
        kind, bits = "received", _RECEIVED
    elif byte & 0x40:
        kind, bits = "sent", _SENT
    else:
        return {0: "communication restarted", 4: "entered listen only mode"}.get(byte, f"event {byte:02X}")
    return ", ".join([kind, *(meaning for bit, meaning in bits.items() if byte & bit)])


_RECEIVED: Final = {
    0x02: "communication error",
    0x10: "character overrun",
    0x20: "in listen only mode",
    0x40: "broadcast",
}
_SENT: Final = {
    0x01: "exception 1 to 3",
    0x02: "exception 4",
    0x04: "exception 5 or 6",
    0x08: "exception 7",
    0x10: "write time-out",
    0x20: "in listen only mode",
}


def _ask(data: bytes) -> Ask:
    return Ask(sized(data, 1)[0])


def _exception_status(data: bytes) -> ExceptionStatus:
    return ExceptionStatus(sized(data, 2)[1])


def _diagnostics(data: bytes) -> Diagnostics:
    if len(data) < 3 or not len(data) % 2:
        raise ProtocolError(f"Modbus: function 8: PDU of {len(data)} bytes: expected whole registers", data)
    sub_function = int.from_bytes(data[1:3])
    if sub_function in SUB_FUNCTIONS and sub_function != RETURN_QUERY_DATA:
        sized(data, 5)
    return Diagnostics(sub_function, data[3:])


def _event_counter(data: bytes) -> EventCounter:
    _, status, events = struct.unpack(">BHH", sized(data, 5))
    return EventCounter(status, events)


def _event_log(data: bytes) -> EventLog:
    packed = counted(data, 1)
    if len(packed) < 6:
        raise ProtocolError(f"Modbus: function 12: byte count {len(packed)}: expected 6 or more", data)
    status, events, messages = struct.unpack_from(">HHH", packed)
    return EventLog(status, events, messages, packed[6:])


def _server_id(data: bytes) -> ServerId:
    return ServerId(counted(data, 1))


Question = Ask | Diagnostics
Answer = ExceptionStatus | Diagnostics | EventCounter | EventLog | ServerId

REQUESTS: Final[dict[int, Callable[[bytes], Question]]] = {7: _ask, 8: _diagnostics, 11: _ask, 12: _ask, 17: _ask}
RESPONSES: Final[dict[int, Callable[[bytes], Answer]]] = {
    7: _exception_status,
    8: _diagnostics,
    11: _event_counter,
    12: _event_log,
    17: _server_id,
}

"""How a frame's data are divided, by function and direction: identifier, credentials, data, sequence number."""

from dataclasses import dataclass
from typing import Final

from protocols.dlt645 import control
from protocols.dlt645.control import Edition, edition_of
from protocols.dlt645.frame import Frame
from protocols.dlt645.items import DI_WIDTH

_NAMED: Final = frozenset({*control.READS, control.WRITE, control.PASSWORD, control.WRITE_1997})
"""Functions whose request begins with a data identifier."""
_LICENSED: Final = frozenset(
    {control.CLEAR_DEMAND, control.CLEAR_METER, control.CLEAR_EVENTS, control.REMOTE_SWITCH},
)
"""Functions whose request begins with password and operator."""
_ADDRESSED: Final = frozenset({control.READ_ADDRESS, control.WRITE_ADDRESS, control.WRITE_ADDRESS_1997})
_SEQUENCED: Final = control.READ_NEXT
CREDENTIAL: Final = 4
ADDRESS: Final = 6


@dataclass(frozen=True, slots=True)
class Payload:
    """The data of one frame, divided; what a function does not have is None."""

    edition: Edition
    di: int | None = None
    password: bytes | None = None
    """PA (the level) and three bytes, as on the wire."""
    operator: bytes | None = None
    data: bytes = b""
    """What is left: the values of an answer, the parameters of a command."""
    sequence: int | None = None
    """SEQ of a read next of 2007 and of its answer."""
    address: str | None = None
    """In the data: what a read address found, what a write address sets."""
    error: int | None = None


def divide(frame: Frame) -> Payload:
    """The parts of a frame's data; a frame too short for its parts has its bytes undivided in ``data``."""
    function, data = frame.function, frame.data
    edition = edition_of(function)
    if frame.error:
        return Payload(edition, error=data[0] if data else None, data=data[1:])
    if function in _ADDRESSED and len(data) == ADDRESS:
        return Payload(edition, address=data[::-1].hex().upper())
    divided = _answer if frame.from_meter else _question
    return divided(function, edition, data)


def _question(function: int, edition: Edition, data: bytes) -> Payload:
    if function in _LICENSED and len(data) >= 2 * CREDENTIAL:
        return Payload(edition, password=data[:CREDENTIAL], operator=data[CREDENTIAL:8], data=data[8:])
    width = DI_WIDTH[edition]
    if function not in _NAMED or len(data) < width:
        return Payload(edition, data=data)
    di, rest = _di(data, width), data[width:]
    if function == control.WRITE and len(rest) >= 2 * CREDENTIAL:
        return Payload(edition, di, rest[:CREDENTIAL], rest[CREDENTIAL:8], rest[8:])
    if function == _SEQUENCED and rest:
        return Payload(edition, di, sequence=rest[-1], data=rest[:-1])
    return Payload(edition, di, data=rest)


def _answer(function: int, edition: Edition, data: bytes) -> Payload:
    width = DI_WIDTH[edition]
    if function not in control.READS or len(data) < width:
        return Payload(edition, data=data)
    di, rest = _di(data, width), data[width:]
    if function == _SEQUENCED and rest:
        return Payload(edition, di, data=rest[:-1], sequence=rest[-1])
    return Payload(edition, di, data=rest)


def _di(data: bytes, width: int) -> int:
    return int.from_bytes(data[:width], "little")


def di_wire(di: int, edition: Edition) -> bytes:
    """An identifier as it is sent: low byte first."""
    return di.to_bytes(DI_WIDTH[edition], "little")


def di_text(di: int, edition: Edition) -> str:
    """An identifier as the standard prints it: DI3 first."""
    return di.to_bytes(DI_WIDTH[edition], "big").hex().upper()

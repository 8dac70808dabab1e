"""How a frame's data are divided: identifier, serial number SER, data; of an error, SER and status."""

from dataclasses import dataclass

from protocols.cjt188.control import identifier
from protocols.cjt188.frame import Frame

_ERROR = 3


@dataclass(frozen=True, slots=True)
class Payload:
    """The data of one frame, divided; what it does not have is None."""

    di_wire: bytes | None = None
    """The identifier as it was sent; an answer mirrors the order of the question."""
    ser: int | None = None
    data: bytes = b""
    status: bytes | None = None
    """Of an error: what the meter gives as reason."""

    @property
    def di(self) -> int | None:
        """The identifier, whichever order it was sent in."""
        return None if self.di_wire is None else identifier(self.di_wire)


def divide(frame: Frame) -> Payload:
    """The parts of a frame's data.

    An error is SER and two bytes of status; some meters put the identifier before SER, and one status byte only.
    """
    data = frame.data
    if frame.error:
        if len(data) == _ERROR:
            return Payload(ser=data[0], status=data[1:])
        if len(data) > _ERROR:
            return Payload(data[:2], data[2], status=data[3:])
        return Payload(data=data)
    if len(data) < 2:
        return Payload(data=data)
    return Payload(data[:2], data[2] if len(data) > 2 else None, data[3:])

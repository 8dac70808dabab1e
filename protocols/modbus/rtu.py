"""The serial-line envelope: unit, PDU, CRC low byte first (Modbus over Serial Line V1.02 §2.5.1).

Silence between frames cannot be measured behind USB and TCP converters, so a frame ends where its function and byte
count say it ends and its CRC is right; else one byte is passed over and the next one is tried.
"""

from dataclasses import dataclass, field
from typing import Final

from protocols.checksums import crc16_modbus
from protocols.framing import Noise
from protocols.modbus.answer import check_answer
from protocols.modbus.pdu import EXCEPTION, Direction, Request, Response
from protocols.modbus.reader import decode_request, decode_response
from protocols.vocabulary.errors import ProtocolError

MAX_FRAME: Final = 256
MIN_FRAME: Final = 4
BROADCAST: Final = 0

_FIXED: Final = {
    "request": {**dict.fromkeys((1, 2, 3, 4, 5, 6), 8), 22: 10},
    "response": {**dict.fromkeys((5, 6, 15, 16), 8), 22: 10},
}
_COUNTED: Final = {
    "request": {15: 6, 16: 6, 23: 10},
    "response": dict.fromkeys((1, 2, 3, 4, 23), 2),
}
"""Where the byte count stands, by function."""
_REFUSAL: Final = 5
_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True)
class Adu:
    """One frame of a serial line."""

    unit: int
    pdu: Request | Response
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What it was read from; empty when it was made."""


def encode(adu: Adu) -> bytes:
    """The frame as it is sent.

    :raises ProtocolError: it does not fit.
    """
    if not 0 <= adu.unit <= 255:
        raise ProtocolError(f"Modbus: unit {adu.unit}: expected 0 to 255")
    return seal(bytes([adu.unit]) + adu.pdu.encode())


def seal(body: bytes) -> bytes:
    """Unit and PDU with their CRC.

    :raises ProtocolError: longer than 256 bytes.
    """
    if len(body) > MAX_FRAME - 2:
        raise ProtocolError(f"Modbus: frame of {len(body) + 2} bytes, {MAX_FRAME} are allowed", body)
    return body + crc16_modbus(body).to_bytes(2, "little")


def open_frame(raw: bytes) -> tuple[int, bytes]:
    """Unit and PDU bytes of exactly one frame.

    :raises ProtocolError: too short, too long, or the CRC is wrong; the message says which was right.
    """
    if not MIN_FRAME <= len(raw) <= MAX_FRAME:
        raise ProtocolError(f"Modbus: frame of {len(raw)} bytes: expected {MIN_FRAME} to {MAX_FRAME}", raw)
    body, given = raw[:-2], raw[-2:]
    right = crc16_modbus(body).to_bytes(2, "little")
    if given != right:
        raise ProtocolError(f"CRC: found {given.hex().upper()}, {right.hex().upper()} is right (low byte first)", raw)
    return body[0], body[1:]


def decode(raw: bytes, direction: Direction) -> Adu:
    """Read exactly one frame.

    :raises ProtocolError: it is not one.
    """
    unit, pdu = open_frame(raw)
    return Adu(unit, decode_request(pdu) if direction == "request" else decode_response(pdu), raw)


def check(asked: Adu, answered: Adu) -> Response:
    """The response, when it comes from the unit that was asked and answers the question.

    :raises Refused: the device said no.
    :raises ProtocolError: another unit, function or count.
    """
    if answered.unit != asked.unit:
        raise ProtocolError(f"Modbus: asked unit {asked.unit}, unit {answered.unit} answered")
    return check_answer(asked.pdu, answered.pdu)  # type: ignore[arg-type]  # the decoder's direction tells them apart


class Decoder:
    """Frames of one direction out of a stream. Obeys protocols.framing.Decoder.

    :param direction: whose frames these are; the two have different lengths.
    :param unit: only frames of this unit begin here, when a master knows whom it asked: an echo of its own request,
        or garbage, then rarely looks like the beginning of a long frame that has to be waited for.
    """

    MAX_FRAME = MAX_FRAME

    def __init__(self, direction: Direction, unit: int | None = None) -> None:
        self._direction: Direction = direction
        self._unit = unit
        self._fixed = _FIXED[direction]
        self._counted = _COUNTED[direction]
        self._buffer = bytearray()
        self._noise = Noise(MAX_FRAME)

    def feed(self, data: bytes) -> list[Adu | ProtocolError]:
        """Take bytes; give the frames that are complete, and one error for each run of bytes that are none."""
        self._buffer += data
        return self._scan(at_rest=False)

    def silence(self) -> list[Adu | ProtocolError]:
        """The line was silent for longer than a frame's bytes may be apart: what is incomplete stays so."""
        return [*self._scan(at_rest=True), *self._noise.end()]

    def _scan(self, *, at_rest: bool) -> list[Adu | ProtocolError]:
        buffer = self._buffer
        found: list[Adu | ProtocolError] = []
        start = position = 0
        while position < len(buffer):
            length = self._length(position)
            missing = length == 0 or position + length > len(buffer)
            if missing and not at_rest:
                break
            adu = None if missing or length == _UNKNOWN else self._frame(position, length)
            if adu is None:
                position += 1
                continue
            found += self._noise.add(bytes(buffer[start:position]))
            found += self._noise.end()
            found.append(adu)
            start = position = position + length
        found += self._noise.add(bytes(buffer[start:position]))
        del buffer[:position]
        return found

    def _length(self, position: int) -> int:
        """How long a frame that begins here must be; 0 when more bytes must tell, -1 when none can begin here."""
        buffer = self._buffer
        left = len(buffer) - position
        if self._unit is not None and buffer[position] != self._unit:
            return _UNKNOWN
        if left < 2:
            return 0
        function = buffer[position + 1]
        refused = function & EXCEPTION and self._direction == "response"
        if fixed := _REFUSAL if refused else self._fixed.get(function):
            return fixed
        at = self._counted.get(function)
        if at is None:
            return _UNKNOWN
        if left <= at:
            return 0
        length = at + 1 + buffer[position + at] + 2
        return length if length <= MAX_FRAME else _UNKNOWN

    def _frame(self, position: int, length: int) -> Adu | None:
        raw = bytes(self._buffer[position : position + length])
        try:
            return decode(raw, self._direction)
        except ProtocolError:
            return None  # not a frame: the bytes are counted as noise

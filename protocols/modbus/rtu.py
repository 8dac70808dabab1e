"""The serial-line envelope: unit, PDU, CRC low byte first (Modbus over Serial Line V1.02 §2.5.1).

Silence between frames cannot be measured behind USB and TCP converters, so a frame ends where its function and byte
count say it ends and its CRC is right; else one byte is passed over and the next one is tried.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from protocols.checksums import RunningCrc16, crc16_modbus
from protocols.framing import Noise
from protocols.modbus.answer import check_answer
from protocols.modbus.lengths import MAX_FRAME, MIN_FRAME, MORE, UNKNOWN, frame_length
from protocols.modbus.pairing import Heard, Pairing
from protocols.modbus.pdu import Direction, Request, Response
from protocols.modbus.reader import decode_request, decode_response
from protocols.vocabulary.errors import ProtocolError

BROADCAST: Final = 0
"""A write to this unit is for all of them and is not answered."""


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
        self._buffer = bytearray()
        self._scanner = Scanner(self._buffer)

    def feed(self, data: bytes) -> list[Adu | ProtocolError]:
        """Take bytes; give the frames that are complete, and one error for each run of bytes that are none."""
        self._buffer += data
        return self._scanner.scan(self._frame, at_rest=False)

    def silence(self) -> list[Adu | ProtocolError]:
        """The line was silent for longer than a frame's bytes may be apart: what is incomplete stays so."""
        return self._scanner.scan(self._frame, at_rest=True)

    def _frame(self, position: int) -> Adu | Literal["wait"] | None:
        if self._unit is not None and self._buffer[position] != self._unit:
            return None
        length = frame_length(self._buffer, position, self._direction)
        if length == UNKNOWN:
            return None
        if length == MORE or position + length > len(self._buffer):
            return "wait"
        return self._scanner.frame(position, length, self._direction)


class Listener:
    """Both directions of a line, as a bystander hears them, paired. Obeys protocols.framing.Decoder.

    Which direction a frame has, its length and its CRC tell; where both would do, whether it answers the request
    before it. A frame that is not there yet is waited for only when no shorter one fits.
    """

    MAX_FRAME = MAX_FRAME

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanner = Scanner(self._buffer)
        self._pairing: Pairing[Adu] = Pairing(check, broadcasts=True)

    def feed(self, data: bytes) -> list[Heard[Adu] | ProtocolError]:
        """Take bytes; give the frames that are complete, and one error for each run of bytes that are none."""
        self._buffer += data
        return self._scanner.scan(self._frame, at_rest=False)

    def silence(self) -> list[Heard[Adu] | ProtocolError]:
        """The line was silent for longer than a frame's bytes may be apart: what is incomplete stays so."""
        return self._scanner.scan(self._frame, at_rest=True)

    def _frame(self, position: int) -> Heard[Adu] | Literal["wait"] | None:
        asked = frame_length(self._buffer, position, "request")
        answered = frame_length(self._buffer, position, "response")
        for length in sorted({asked, answered} - {UNKNOWN, MORE}):
            if position + length > len(self._buffer):
                return "wait"
            request = self._scanner.frame(position, length, "request") if length == asked else None
            response = self._scanner.frame(position, length, "response") if length == answered else None
            heard = self._pairing.heard(request, response)
            if heard is not None:
                return heard
        return "wait" if MORE in (asked, answered) else None


Found = TypeVar("Found", bound=Adu | Heard[Adu])


class Scanner:
    """Walks over a buffer from place to place until a frame begins, and throws away what it has walked over.

    :param buffer: is filled by somebody else.
    """

    def __init__(self, buffer: bytearray) -> None:
        self._buffer = buffer
        self._noise = Noise(MAX_FRAME)
        self._crc = RunningCrc16()
        self._summed = 0

    def frame(self, position: int, length: int, direction: Direction) -> Adu | None:
        """The frame of so many bytes; None when its CRC is wrong or its PDU is none: they are then counted as noise.

        A right CRC behind the bytes that it was made of makes 0 of the sum of all of them.
        """
        end = position + length
        if length < MIN_FRAME or self._crc.part(position, end):
            return None
        raw = bytes(self._buffer[position:end])
        try:
            pdu = decode_request(raw[1:-2]) if direction == "request" else decode_response(raw[1:-2])
        except ProtocolError:
            return None
        return Adu(raw[0], pdu, raw)

    def scan(
        self, frame_at: Callable[[int], Found | Literal["wait"] | None], *, at_rest: bool
    ) -> list[Found | ProtocolError]:
        """The frames and the runs of other bytes.

        :param frame_at: the frame at a place, or that more bytes must tell, or that there is none.
        :param at_rest: no more bytes will come.
        """
        buffer = self._buffer
        self._crc.add(bytes(buffer[self._summed :]))
        found: list[Found | ProtocolError] = []
        start = position = 0
        while position < len(buffer):
            frame = frame_at(position)
            if isinstance(frame, str) and not at_rest:
                break
            if frame is None or isinstance(frame, str):
                position += 1
                continue
            found += self._noise.add(bytes(buffer[start:position]))
            found += self._noise.end()
            found.append(frame)
            start = position = position + len(frame.raw)
        found += self._noise.add(bytes(buffer[start:position]))
        del buffer[:position]
        self._crc.drop(position)
        self._summed = len(buffer)
        if at_rest:
            found += self._noise.end()
        return found


def frame_in(raw: bytes, direction: Direction) -> Adu | None:
    """The frame that these bytes are; None when they are none."""
    try:
        return decode(raw, direction)
    except ProtocolError:
        return None

"""The TCP envelope, MBAP: transaction, protocol 0, length, unit (Modbus Messaging on TCP/IP V1.0b §3.1)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from protocols.framing import Noise
from protocols.modbus.answer import check_answer
from protocols.modbus.pairing import Heard, Pairing
from protocols.modbus.pdu import MAX_PDU, Direction, Request, Response
from protocols.modbus.reader import decode_request, decode_response
from protocols.vocabulary.errors import ProtocolError

HEADER: Final = 6
MAX_FRAME: Final = HEADER + 1 + MAX_PDU
_HEADER = struct.Struct(">HHH")
LENGTHS: Final = range(2, MAX_PDU + 2)
"""What the length field may say: unit and PDU."""


@dataclass(frozen=True, slots=True)
class Adu:
    """One frame of a connection."""

    transaction: int
    unit: int
    pdu: Request | Response
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What it was read from; empty when it was made."""


def encode(adu: Adu) -> bytes:
    """The frame as it is sent.

    :raises ProtocolError: it does not fit.
    """
    body = adu.pdu.encode()
    if len(body) > MAX_PDU or not 0 <= adu.unit <= 255 or not 0 <= adu.transaction <= 65_535:
        raise ProtocolError(f"Modbus: transaction {adu.transaction}, unit {adu.unit}, PDU of {len(body)} bytes", body)
    return _HEADER.pack(adu.transaction, 0, len(body) + 1) + bytes([adu.unit]) + body


def open_frame(raw: bytes) -> tuple[int, int, bytes]:
    """Transaction, unit and PDU bytes of exactly one frame.

    :raises ProtocolError: the protocol is not 0, or the length field is not the length.
    """
    if len(raw) < HEADER + 2:
        raise ProtocolError(f"Modbus: frame of {len(raw)} bytes: expected at least {HEADER + 2}", raw)
    transaction, protocol, length = _HEADER.unpack_from(raw)
    if protocol:
        raise ProtocolError(f"Modbus: protocol identifier {protocol}: expected 0", raw)
    if length not in LENGTHS or length != len(raw) - HEADER:
        raise ProtocolError(f"Modbus: length field says {length}, {len(raw) - HEADER} bytes follow", raw)
    return transaction, raw[HEADER], raw[HEADER + 1 :]


def decode(raw: bytes, direction: Direction) -> Adu:
    """Read exactly one frame.

    :raises ProtocolError: it is not one.
    """
    transaction, unit, pdu = open_frame(raw)
    return Adu(transaction, unit, decode_request(pdu) if direction == "request" else decode_response(pdu), raw)


def check(asked: Adu, answered: Adu) -> Response:
    """The response, when it belongs to this transaction and unit and answers the question.

    :raises Refused: the device said no.
    :raises ProtocolError: another transaction, unit, function or count.
    """
    question, answer = (asked.transaction, asked.unit), (answered.transaction, answered.unit)
    if answer != question:
        raise ProtocolError(f"Modbus: asked (transaction, unit) {question}, answered {answer}")
    return check_answer(asked.pdu, answered.pdu)  # type: ignore[arg-type]  # the decoder's direction tells them apart


class Decoder:
    """Frames of one direction out of a connection. Obeys protocols.framing.Decoder.

    A header with another protocol or an impossible length is passed over byte by byte. A PDU that is not what its
    function says is an error in its place, and the stream goes on where the length field says.

    :param direction: whose frames these are.
    """

    MAX_FRAME = MAX_FRAME

    def __init__(self, direction: Direction) -> None:
        self._direction: Direction = direction
        self._buffer = bytearray()
        self._noise = Noise(MAX_FRAME)

    def feed(self, data: bytes) -> list[Adu | ProtocolError]:
        """Take bytes; give the frames that are complete and the errors met."""
        self._buffer += data
        return _frames(self._buffer, self._noise, self._frame)

    def _frame(self, raw: bytes) -> Adu | ProtocolError:
        return _attempt(raw, self._direction)


class Listener:
    """Both directions of a connection, as a bystander hears them, paired. Obeys protocols.framing.Decoder."""

    MAX_FRAME = MAX_FRAME

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._noise = Noise(MAX_FRAME)
        self._pairing: Pairing[Adu] = Pairing(check, broadcasts=False)

    def feed(self, data: bytes) -> list[Heard[Adu] | ProtocolError]:
        """Take bytes; give the frames that are complete and the errors met."""
        self._buffer += data
        return _frames(self._buffer, self._noise, self._frame)

    def _frame(self, raw: bytes) -> Heard[Adu] | ProtocolError:
        request, response = _attempt(raw, "request"), _attempt(raw, "response")
        heard = self._pairing.heard(
            None if isinstance(request, ProtocolError) else request,
            None if isinstance(response, ProtocolError) else response,
        )
        if heard is not None:
            return heard
        return ProtocolError(f"neither a request ({request}) nor a response ({response})", raw)


Found = TypeVar("Found", bound=Adu | Heard[Adu])


def _frames(
    buffer: bytearray, noise: Noise, frame_in: Callable[[bytes], Found | ProtocolError]
) -> list[Found | ProtocolError]:
    """Take the complete frames, and what is none before them, out of the buffer."""
    found: list[Found | ProtocolError] = []
    start = position = 0
    while len(buffer) - position >= HEADER:
        _, protocol, length = _HEADER.unpack_from(buffer, position)
        if protocol or length not in LENGTHS:
            position += 1
            continue
        end = position + HEADER + length
        if end > len(buffer):
            break
        found += noise.add(bytes(buffer[start:position]))
        found += noise.end()
        found.append(frame_in(bytes(buffer[position:end])))
        start = position = end
    found += noise.add(bytes(buffer[start:position]))
    del buffer[:position]
    return found


def _attempt(raw: bytes, direction: Direction) -> Adu | ProtocolError:
    try:
        return decode(raw, direction)
    except ProtocolError as error:
        return ProtocolError(str(error), raw)

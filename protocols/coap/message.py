"""Messages, one to a datagram: RFC 7252 §3."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from protocols.coap.codes import EMPTY
from protocols.coap.options import MAX_NUMBER, Option, uint
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

VERSION: Final = 1
HEADER: Final = 4
MAX_TOKEN: Final = 8
MAX_FRAME: Final = 65_535
"""The most that the length field of a UDP datagram can say."""
USUAL_MESSAGE: Final = 1_152
USUAL_PAYLOAD: Final = 1_024
"""Upper bounds where nothing is known of the path (RFC 7252 §4.6): a matter of manners, not of the syntax."""

MARKER: Final = 0xFF
_ONE_BYTE: Final = 13
_TWO_BYTES: Final = 14
_RESERVED: Final = 15
_AFTER_ONE: Final = 269


class Type(IntEnum):
    """How the message wants to be confirmed."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3


@dataclass(frozen=True, slots=True)
class Message:
    """One message; options in the order of the wire, which is that of their numbers."""

    type: Type
    code: int
    """Class in the upper three bits, detail in the lower five: see protocols.coap.codes."""
    mid: int
    """The message's number, 0..65535."""
    token: bytes = b""
    options: tuple[Option, ...] = ()
    payload: bytes = b""
    raw: bytes = field(default=b"", compare=False, repr=False)

    def values(self, number: int) -> tuple[bytes, ...]:
        """The values of an option, in order."""
        return tuple([option.value for option in self.options if option.number == number])

    def texts(self, number: int) -> tuple[str, ...]:
        """The same as texts: the segments of a path, the parts of a query.

        :raises ProtocolError: one is no UTF-8.
        """
        try:
            return tuple([value.decode() for value in self.values(number)])
        except UnicodeDecodeError as error:
            raise ProtocolError(f"CoAP: option {number}: no UTF-8: {error.object.hex():.40}", self.raw) from None

    def uint(self, number: int) -> int | None:
        """The first value of an option as an unsigned integer; None when it is not there.

        :raises ProtocolError: more than four bytes.
        """
        values = self.values(number)
        return uint(values[0]) if values else None


def decode(raw: bytes) -> Message:
    """Read one message that fills all of the bytes.

    Unlisted codes and options are values, also critical ones: see protocols.coap.options.unrecognised.

    :raises ProtocolError: version, token length, a reserved nibble, something cut off, a payload marker without a
        payload, or an empty message with anything behind its message number.
    """
    token_length = _header(raw)
    mid = int.from_bytes(raw[2:HEADER])
    if raw[1] == EMPTY and len(raw) > HEADER:
        raise ProtocolError(
            f"CoAP: an empty message ends after the message number, found {len(raw) - HEADER} bytes", raw
        )
    end = HEADER + token_length
    if len(raw) < end:
        raise ProtocolError(f"CoAP: token of {token_length} bytes, {len(raw) - HEADER} are there", raw)
    options, start = _options(raw, end)
    return Message(Type(raw[0] >> 4 & 3), raw[1], mid, raw[HEADER:end], options, raw[start:], raw)


def _header(raw: bytes) -> int:
    """Check the first byte; gives the token's length."""
    if len(raw) > MAX_FRAME:
        raise FrameTooLong(f"CoAP: {len(raw)} bytes, a datagram has at most {MAX_FRAME}", raw[:64])
    if raw and raw[0] >> 6 != VERSION:
        raise ProtocolError(f"CoAP: version {raw[0] >> 6}, expected {VERSION}", raw)
    if len(raw) < HEADER:
        raise ProtocolError(f"CoAP: {len(raw)} bytes, the header alone has {HEADER}", raw)
    length = raw[0] & 15
    if length > MAX_TOKEN:
        raise ProtocolError(f"CoAP: token length {length} is reserved, 0 to {MAX_TOKEN} are allowed", raw)
    return length


def _options(raw: bytes, start: int) -> tuple[tuple[Option, ...], int]:
    """The options from ``start`` on, and where the payload begins."""
    options: list[Option] = []
    place, number = start, 0
    while place < len(raw):
        if raw[place] == MARKER:
            if place + 1 == len(raw):
                raise ProtocolError(f"CoAP: byte {place}: payload marker FF without a payload", raw)
            return tuple(options), place + 1
        step = OptionHead.read(raw, place)
        number += step.delta
        if number > MAX_NUMBER:
            raise ProtocolError(f"CoAP: byte {place}: option number {number}, {MAX_NUMBER} is the highest", raw)
        end = step.start + step.length
        if end > len(raw):
            raise ProtocolError(
                f"CoAP: byte {place}: option {number} has {step.length} bytes, {len(raw) - step.start} are there", raw
            )
        options.append(Option(number, raw[step.start : end]))
        place = end
    return tuple(options), place


@dataclass(frozen=True, slots=True)
class OptionHead:
    """What stands in front of an option's value: RFC 7252 §3.1."""

    delta: int
    """What is added to the number of the option before."""
    length: int
    start: int
    """Where the value begins."""

    @classmethod
    def read(cls, raw: bytes, place: int) -> "OptionHead":
        """The head at a place, which is no payload marker.

        :raises ProtocolError: a nibble is 15, or the extended bytes are not all there.
        """
        delta, start = _extended(raw, place, raw[place] >> 4, place + 1, "delta")
        length, start = _extended(raw, place, raw[place] & 15, start, "length")
        return cls(delta, length, start)


def _extended(raw: bytes, place: int, nibble: int, start: int, what: str) -> tuple[int, int]:
    if nibble < _ONE_BYTE:
        return nibble, start
    if nibble == _RESERVED:
        raise ProtocolError(f"CoAP: byte {place}: option {what} 15 is reserved", raw)
    width = nibble - 12
    if start + width > len(raw):
        raise ProtocolError(f"CoAP: byte {place}: the option's {what} is cut off", raw)
    base = _ONE_BYTE if nibble == _ONE_BYTE else _AFTER_ONE
    return base + int.from_bytes(raw[start : start + width]), start + width


def encode(message: Message) -> bytes:
    """Write one message; each length and delta in the fewest bytes.

    :raises ProtocolError: a field is out of its range, options are out of order, or it is too long for a datagram.
    """
    if not (0 <= message.code < 256 and 0 <= message.mid < 65_536 and len(message.token) <= MAX_TOKEN):
        raise ProtocolError(
            f"CoAP: code {message.code}, message number {message.mid}, token of {len(message.token)} bytes: "
            f"expected 0..255, 0..65535 and at most {MAX_TOKEN}"
        )
    if message.code == EMPTY and (message.token or message.options or message.payload):
        raise ProtocolError("CoAP: an empty message has neither token nor options nor payload")
    head = bytes((VERSION << 6 | message.type << 4 | len(message.token), message.code))
    parts = [head, message.mid.to_bytes(2), message.token, *_written(message.options)]
    if message.payload:
        parts += [bytes((MARKER,)), message.payload]
    raw = b"".join(parts)
    if len(raw) > MAX_FRAME:
        raise FrameTooLong(f"CoAP: {len(raw)} bytes, a datagram has at most {MAX_FRAME}")
    return raw


def _written(options: tuple[Option, ...]) -> Iterator[bytes]:
    before = 0
    for number, value in options:
        if not before <= number <= MAX_NUMBER:
            raise ProtocolError(f"CoAP: option {number} behind {before}: expected rising numbers up to {MAX_NUMBER}")
        delta, more_delta = _nibble(number - before)
        length, more_length = _nibble(len(value))
        yield bytes((delta << 4 | length,)) + more_delta + more_length + value
        before = number


def _nibble(number: int) -> tuple[int, bytes]:
    if number < _ONE_BYTE:
        return number, b""
    if number < _AFTER_ONE:
        return _ONE_BYTE, bytes((number - _ONE_BYTE,))
    if number - _AFTER_ONE > 0xFFFF:
        raise FrameTooLong(f"CoAP: an option of {number} bytes, {0xFFFF + _AFTER_ONE} are the most")
    return _TWO_BYTES, (number - _AFTER_ONE).to_bytes(2)

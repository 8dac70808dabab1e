"""Read device identification: function 43, MEI type 14 (V1.1b3 §6.21)."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.modbus.packing import pack, sized
from protocols.vocabulary.errors import ProtocolError

MEI: Final = 14
OBJECTS: Final = {
    0: "VendorName",
    1: "ProductCode",
    2: "MajorMinorRevision",
    3: "VendorUrl",
    4: "ProductName",
    5: "ModelName",
    6: "UserApplicationName",
}
"""The rest up to 7F is reserved, from 80 on it is the maker's own."""
READ_CODES: Final = {1: "basic", 2: "regular", 3: "extended", 4: "one object"}
MORE: Final = 0xFF
_HEAD: Final = 7
"""Bytes before the first object."""


class Object(NamedTuple):
    """One thing that the device says of itself."""

    number: int
    value: bytes
    """ASCII for the objects that have a name."""

    @property
    def name(self) -> str:
        return OBJECTS.get(self.number, f"{'private' if self.number >= 0x80 else 'reserved'} {self.number:02X}")


@dataclass(frozen=True, slots=True)
class ReadIdentification:
    """The question."""

    code: int
    """1 basic, 2 regular, 3 extended: a stream of objects from ``first`` on; 4: that object alone."""
    first: int = 0

    @property
    def function(self) -> int:
        return 43

    def encode(self) -> bytes:
        return pack(">BBBB", 43, MEI, self.code, self.first)


@dataclass(frozen=True, slots=True)
class Identification:
    """The answer, or a part of it."""

    code: int
    conformity: int
    """1 basic, 2 regular, 3 extended; from 81 on single objects can be read, too."""
    more: int
    """FF: ask again from ``following`` on."""
    following: int
    objects: tuple[Object, ...]

    @property
    def function(self) -> int:
        return 43

    def encode(self) -> bytes:
        head = pack(">7B", 43, MEI, self.code, self.conformity, self.more, self.following, len(self.objects))
        return head + b"".join([pack(">BB", number, len(value)) + value for number, value in self.objects])


def is_identification(data: bytes) -> bool:
    """Whether a PDU of function 43 is of this MEI type; another, such as 13 (CANopen), is carried as it is."""
    return data[1:2] == bytes([MEI])


def decode_request(data: bytes) -> ReadIdentification:
    """:raises ProtocolError: it has another length."""
    _, _, code, first = sized(data, 4)
    return ReadIdentification(code, first)


def decode_response(data: bytes) -> Identification:
    """:raises ProtocolError: the objects are more or fewer than announced, or one is cut off."""
    if len(data) < _HEAD:
        raise ProtocolError(f"Modbus: function 43: PDU of {len(data)} bytes: expected {_HEAD} or more", data)
    _, _, code, conformity, more, following, count = data[:_HEAD]
    objects: list[Object] = []
    at = _HEAD
    for _ in range(count):
        end = at + 2 + data[at + 1] if at + 1 < len(data) else len(data) + 1
        if end > len(data):
            raise ProtocolError(f"Modbus: function 43: {count} objects announced, {len(objects)} are there", data)
        objects.append(Object(data[at], data[at + 2 : end]))
        at = end
    if at != len(data):
        raise ProtocolError(f"Modbus: function 43: {len(data) - at} bytes after the last of {count} objects", data)
    return Identification(code, conformity, more, following, tuple(objects))

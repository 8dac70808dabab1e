"""What a body is made of, item by item, in the order of the wire (§6.6)."""

from dataclasses import dataclass

from protocols.bcd import packed
from protocols.sl651.elements import BULK, PICTURE, RELAY_RANGE, TEXT, code
from protocols.sl651.stations import station_bytes
from protocols.vocabulary.errors import ProtocolError

TO_THE_END = {TEXT: 0xF2, PICTURE: 0xF3, BULK: 0xF6}
"""Elements whose data takes the rest of the body, and their fixed second byte."""


@dataclass(frozen=True, slots=True)
class StationMark:
    """F1F1, ST: whose data follows."""

    station: str
    kind: int | None = None
    """The station's type, see protocols.sl651.stations; None where the function does not send it."""

    def encode(self) -> bytes:
        """As it is sent in HEX mode."""
        return b"\xf1\xf1" + station_bytes(self.station) + (b"" if self.kind is None else bytes([self.kind]))


@dataclass(frozen=True, slots=True)
class TimeMark:
    """F0F0, TT: when what follows was observed."""

    stamp: str
    """YYMMDDHHmm, local."""

    def encode(self) -> bytes:
        """As it is sent in HEX mode."""
        return b"\xf0\xf0" + packed(self.stamp, 5)


@dataclass(frozen=True, slots=True)
class Asked:
    """An id without data: what a centre wants to have, or what the groups of a series are."""

    id: int
    """0x01..0xFE, or 0xFF00..0xFFFF."""
    definition: int
    """Its second byte, 0..255."""

    @property
    def length(self) -> int:
        """Bytes of its data."""
        return self.definition >> 3

    @property
    def decimals(self) -> int:
        """Digits behind the point."""
        return self.definition & 7

    def encode(self) -> bytes:
        """As it is sent in HEX mode."""
        return id_bytes(self.id) + bytes([self.definition])


@dataclass(frozen=True, slots=True)
class Element:
    """An element or a parameter with its data, HEX mode."""

    id: int
    definition: int
    """Length of the data (bits 7 to 3) and decimals (bits 2 to 0)."""
    data: bytes

    @property
    def decimals(self) -> int:
        """Digits behind the point."""
        return self.definition & 7

    def encode(self) -> bytes:
        """As it is sent."""
        return id_bytes(self.id) + bytes([self.definition]) + self.data


@dataclass(frozen=True, slots=True)
class Period:
    """From which hour to which a centre wants to have data."""

    begin: str
    """YYMMDDHH, local."""
    end: str

    def encode(self) -> bytes:
        """As it is sent in HEX mode."""
        return packed(self.begin, 4) + packed(self.end, 4)


@dataclass(frozen=True, slots=True)
class Series:
    """Groups of data at equal distances in time, HEX mode."""

    heads: tuple[Asked, ...]
    """One by the standard; some devices send more."""
    groups: tuple[tuple[bytes, ...], ...]
    """For each time the data of each head."""

    def encode(self) -> bytes:
        """As it is sent."""
        return b"".join(head.encode() for head in self.heads) + b"".join(b"".join(group) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Plain:
    """Bytes with a layout of their own: see protocols.sl651.states."""

    data: bytes

    def encode(self) -> bytes:
        """As it is sent."""
        return self.data


@dataclass(frozen=True, slots=True)
class Named:
    """An element, or a parameter, with its data, ASCII mode."""

    name: str
    data: bytes
    """Characters; the bytes themselves for RGZS and PIC."""

    @property
    def text(self) -> str:
        """The characters."""
        return self.data.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Names:
    """Names without data, ASCII mode."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedSeries:
    """Groups of data at equal distances in time, ASCII mode."""

    names: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]


Item = StationMark | TimeMark | Asked | Element | Period | Series | Plain
"""What bodies of HEX mode are made of."""
TextItem = StationMark | TimeMark | Period | Plain | Named | Names | NamedSeries
"""What bodies of ASCII mode are made of."""
AnyItem = Item | TextItem


def id_bytes(identifier: int) -> bytes:
    """One byte, or FF and another one.

    :raises ProtocolError: an id that does not exist.
    """
    if 1 <= identifier <= 0xFE:
        return bytes([identifier])
    if identifier >> 8 == 0xFF:
        return identifier.to_bytes(2, "big")
    raise ProtocolError(f"id {identifier:X}: expected 01 to FE, or FF and a second byte")


def element(identifier: int, data: bytes, decimals: int = 0) -> Element:
    """An element of data with the definition byte that belongs to it.

    :raises ProtocolError: more than 31 bytes, or more than 7 decimals.
    """
    if identifier in TO_THE_END:
        return Element(identifier, TO_THE_END[identifier], data)
    if len(data) > 31 or not 0 <= decimals <= 7:
        raise ProtocolError(
            f"element {code(identifier)}: {len(data)} bytes, {decimals} decimals: expected at most 31 and 7"
        )
    return Element(identifier, len(data) << 3 | decimals, data)


def relay_range(data: bytes) -> Element:
    """The parameter 0E, whose second byte is all length.

    :raises ProtocolError: more than 255 bytes.
    """
    if len(data) > 255:
        raise ProtocolError(f"relay range of {len(data)} bytes: expected 255 at most")
    return Element(RELAY_RANGE, len(data), data)

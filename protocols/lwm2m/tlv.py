"""TLV, the binary form of objects and resources: OMA LwM2M 1.0 and 1.1 content format 11542 (and 1542 before it)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_FRAME: Final = 65_536
_LONG_ID: Final = 0x20
MAX_LENGTH: Final = 0xFF_FFFF


class Kind(IntEnum):
    """What an entry is: the upper two bits of its first byte."""

    OBJECT_INSTANCE = 0
    RESOURCE_INSTANCE = 1
    MULTIPLE_RESOURCE = 2
    RESOURCE = 3


_MAY_HOLD: Final = {
    Kind.OBJECT_INSTANCE: frozenset({Kind.RESOURCE, Kind.MULTIPLE_RESOURCE}),
    Kind.MULTIPLE_RESOURCE: frozenset({Kind.RESOURCE_INSTANCE}),
}
_NEIGHBOURS: Final = (
    frozenset({Kind.OBJECT_INSTANCE}),
    frozenset({Kind.RESOURCE, Kind.MULTIPLE_RESOURCE}),
    frozenset({Kind.RESOURCE_INSTANCE}),
)


@dataclass(frozen=True, slots=True)
class Tlv:
    """One entry: object instances and multiple resources hold ``children``, the others a ``value``."""

    kind: Kind
    id: int
    """0..65535: of the instance, the resource, or the resource instance."""
    value: bytes = b""
    children: "tuple[Tlv, ...]" = ()
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What stood behind the head: the value, or the children as they were written."""

    @property
    def nests(self) -> bool:
        """Whether it holds other entries."""
        return self.kind in _MAY_HOLD


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in front of an entry's value."""

    kind: Kind
    id: int
    length: int
    start: int
    """Where the value begins."""
    id_width: int
    length_width: int

    @classmethod
    def read(cls, raw: bytes, place: int, end: int) -> "Head":
        """The head at a place.

        :raises ProtocolError: it is cut off at ``end``.
        """
        first = raw[place]
        id_width = 2 if first & _LONG_ID else 1
        length_width = first >> 3 & 3
        start = place + 1 + id_width + length_width
        if start > end:
            raise ProtocolError(f"TLV: byte {place}: a head of {start - place} bytes, {end - place} are there", raw)
        number = int.from_bytes(raw[place + 1 : place + 1 + id_width])
        length = int.from_bytes(raw[start - length_width : start]) if length_width else first & 7
        return cls(Kind(first >> 6), number, length, start, id_width, length_width)


def decode(raw: bytes) -> tuple[Tlv, ...]:
    """Read the entries that fill all of the bytes; no bytes are no entries.

    Lengths and numbers may stand in more bytes than they need.

    :raises ProtocolError: a head or a value is cut off, or an entry stands where its kind cannot.
    """
    if len(raw) > MAX_FRAME:
        raise FrameTooLong(f"TLV: {len(raw)} bytes, {MAX_FRAME} are allowed", raw[:64])
    entries = _level(raw, 0, len(raw), frozenset(Kind))
    kinds = frozenset(entry.kind for entry in entries)
    if not any(kinds <= allowed for allowed in _NEIGHBOURS):
        found = " and ".join(kind.name.lower() for kind in sorted(kinds))
        raise ProtocolError(f"TLV: {found} side by side: one of them is not what the request named", raw)
    return entries


def _level(raw: bytes, start: int, end: int, allowed: frozenset[Kind]) -> tuple[Tlv, ...]:
    """The entries between two places. Kinds can nest three deep only, and so does this."""
    entries = []
    place = start
    while place < end:
        head = Head.read(raw, place, end)
        if head.kind not in allowed:
            expected = " or ".join(kind.name.lower() for kind in sorted(allowed))
            raise ProtocolError(f"TLV: byte {place}: {head.kind.name.lower()}, expected {expected}", raw)
        after = head.start + head.length
        if after > end:
            raise ProtocolError(
                f"TLV: byte {place}: {head.kind.name.lower()} {head.id} says {head.length} bytes, "
                f"{end - head.start} are there",
                raw,
            )
        inside = _MAY_HOLD.get(head.kind)
        children = _level(raw, head.start, after, inside) if inside else ()
        data = raw[head.start : after]
        entries.append(Tlv(head.kind, head.id, b"" if inside else data, children, data))
        place = after
    return tuple(entries)


def encode(entries: Iterable[Tlv]) -> bytes:
    """Write entries, each number and length in the fewest bytes.

    :raises ProtocolError: a number or length is out of its range, or kinds are nested as they cannot be.
    """
    raw = b"".join(map(_written, entries))
    decode(raw)
    return raw


def _written(entry: Tlv) -> bytes:
    if not 0 <= entry.id <= 0xFFFF or (entry.value if entry.nests else entry.children):
        raise ProtocolError(f"TLV: {entry.kind.name.lower()} {entry.id}: expected 0..65535, and a value or children")
    value = b"".join(map(_written, entry.children)) if entry.nests else entry.value
    long_id = entry.id > 0xFF
    number = entry.id.to_bytes(2 if long_id else 1)
    if len(value) > MAX_LENGTH:
        raise FrameTooLong(f"TLV: a value of {len(value)} bytes, {MAX_LENGTH} are the most")
    width = 0 if len(value) < 8 else (len(value).bit_length() + 7) // 8
    first = entry.kind << 6 | long_id << 5 | width << 3 | (0 if width else len(value))
    return bytes((first,)) + number + (len(value).to_bytes(width) if width else b"") + value

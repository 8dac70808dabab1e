"""Which bytes of a payload mean what, field by field: ``yingzhou decode sparkplug --explain``.

A walk over the bytes of our own, without the library: it goes on where the library gives up, and says where that was.
"""

import struct
from datetime import UTC, datetime
from typing import Final, NamedTuple, cast

from protocols.fields import Field, FieldReader
from protocols.sparkplug.datatypes import name_of, typed
from protocols.sparkplug.schema import BY_NUMBER, Row
from protocols.sparkplug.values import Slot, Value
from protocols.vocabulary.errors import ProtocolError

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_WIDTHS: Final = {_EIGHT: 8, _FOUR: 4}
_WIRE_TYPES: Final = {"uint32": _VARINT, "uint64": _VARINT, "bool": _VARINT, "double": _EIGHT, "float": _FOUR}
"""Of the scalars; texts, bytes and messages are lengths and what they count."""
_VARINT_BYTES: Final = 10
_DEPTH: Final = 24
"""Messages in messages; what is deeper is named as bytes."""
_SHOWN: Final = 40


def explain(raw: bytes) -> list[Field]:
    """Every field with its tag, in wire order; a message in a message begins with a row of its own."""
    return _Walk(raw).fields()


def first_flaw(raw: bytes) -> str | None:
    """Where and why this is no protobuf, in one line; None when it looks like it."""
    walk = _Walk(raw)
    walk.fields()
    return walk.flaw


class _Where(NamedTuple):
    """A message that is being walked."""

    message: str
    """Its name in the table."""
    path: str
    end: int
    depth: int


class _Tag(NamedTuple):
    number: int
    wire_type: int
    width: int


class _Walk:
    def __init__(self, raw: bytes) -> None:
        self.flaw: str | None = None
        self._reader = FieldReader(raw)

    def fields(self) -> list[Field]:
        self._message(_Where("Payload", "", len(self._reader.raw), 0))
        return self._reader.rest("not read", "behind what is broken")

    def _message(self, where: _Where) -> None:
        reader = self._reader
        counts: dict[str, int] = {}
        datatype: int | None = None
        groups = 0
        while reader.position < where.end and self.flaw is None:
            tag = self._tag(where)
            if tag is None:
                return
            groups += {3: 1, 4: -1}.get(tag.wire_type, 0)
            row = BY_NUMBER[where.message].get(tag.number)
            if groups or row is None or not _fits(row, tag):
                self._unknown(where, tag)
                continue
            place = counts.get(row.name, 0)
            counts[row.name] = place + 1
            path = f"{where.path}{row.name}[{place}]" if row.many else f"{where.path}{row.name}"
            content = self._field(where, tag, row, path, datatype)
            if row.name in ("datatype", "type") and isinstance(content, int):
                datatype = content

    def _field(self, where: _Where, tag: _Tag, row: Row, path: str, datatype: int | None) -> object:
        """Name one field; what a scalar says."""
        if tag.wire_type == _LENGTH:
            self._counted(where, tag, row, path, datatype)
            return None
        taken = self._scalar(where, tag, row, path)
        if taken is None:
            return None
        width, content = taken
        self._reader.take(tag.width + width, path, _meaning(row, content, datatype))
        return content

    def _scalar(self, where: _Where, tag: _Tag, row: Row | None, path: str) -> tuple[int, object] | None:
        """How many bytes a number has, and the number; None when it is cut off."""
        start = self._reader.position + tag.width
        if tag.wire_type == _VARINT:
            read = self._varint(start, where.end)
            if read is None:
                self._broken(where, path, "a number of more than 10 bytes, or one that is cut off")
                return None
            kind = row.kind if row else "uint64"
            number = read[0] & (0xFFFF_FFFF if kind == "uint32" else 0xFFFF_FFFF_FFFF_FFFF)
            return read[1], bool(number) if kind == "bool" else number
        width = _WIDTHS[tag.wire_type]
        data = self._reader.raw[start : start + width]
        if start + width > where.end:
            self._broken(where, path, f"a number of {width} bytes is cut off")
            return None
        return width, struct.unpack("<d" if width == 8 else "<f", data)[0]

    def _counted(self, where: _Where, tag: _Tag, row: Row, path: str, datatype: int | None) -> None:
        """A text, bytes, packed numbers, or a message."""
        reader = self._reader
        read = self._varint(reader.position + tag.width, where.end)
        if read is None:
            self._broken(where, path, "a length of more than 10 bytes, or one that is cut off")
            return
        length, width = read
        begin = reader.position + tag.width + width
        if begin + length > where.end:
            self._broken(where, path, f"{length} bytes announced, {where.end - begin} follow")
            return
        if row.kind in BY_NUMBER and where.depth < _DEPTH:
            reader.take(tag.width + width, path, f"{row.kind} of {length} bytes")
            self._message(_Where(row.kind, f"{path}.", begin + length, where.depth + 1))
            return
        data = reader.raw[begin : begin + length]
        reader.take(tag.width + width + length, path, _counted_meaning(row, data, datatype))

    def _unknown(self, where: _Where, tag: _Tag) -> None:
        """A field that Sparkplug 3.0 does not have, or not of this wire type: it is skipped."""
        name = f"{where.path}field {tag.number}"
        if tag.wire_type == _LENGTH:
            self._counted(where, tag, Row(tag.number, name, "bytes"), name, None)
        elif tag.wire_type in (_VARINT, *_WIDTHS):
            taken = self._scalar(where, tag, None, name)
            if taken is not None:
                self._reader.take(tag.width + taken[0], name, f"unknown: {taken[1]}")
        else:
            self._reader.take(tag.width, name, {3: "unknown: a group begins", 4: "a group ends"}[tag.wire_type])

    def _tag(self, where: _Where) -> _Tag | None:
        read = self._varint(self._reader.position, where.end)
        if read is None:
            self._broken(where, f"{where.path}tag", "no field begins here")
            return None
        number, wire_type = read[0] >> 3, read[0] & 7
        if number == 0 or wire_type in (6, 7) or read[0] >> 32:
            self._broken(where, f"{where.path}tag", f"field {number} of wire type {wire_type}: there is no such field")
            return None
        return _Tag(number, wire_type, read[1])

    def _varint(self, start: int, end: int) -> tuple[int, int] | None:
        """A number and how many bytes it has."""
        number = 0
        for place, byte in enumerate(self._reader.raw[start : min(end, start + _VARINT_BYTES)]):
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return number, place + 1
        return None

    def _broken(self, where: _Where, path: str, what: str) -> None:
        self.flaw = f"byte {self._reader.position}: {path}: {what}"
        self._reader.take(where.end - self._reader.position, path, what)


def _fits(row: Row, tag: _Tag) -> bool:
    expected = _WIRE_TYPES.get(row.kind, _LENGTH)
    return tag.wire_type == expected or (tag.wire_type == _LENGTH and row.many and row.kind == "uint32")


def _meaning(row: Row, content: object, datatype: int | None) -> str:
    if row.name == "timestamp" and isinstance(content, int):
        return f"{content}: {_moment(content)}"
    if row.name in ("datatype", "type") and isinstance(content, int):
        return f"{content}: {name_of(content)}"
    if datatype is not None and row.name.endswith("_value") and isinstance(content, int | float):
        meant = _meant(row, content, datatype)
        return meant if meant == str(content) else f"{content}: {meant}"
    return str(content)


def _counted_meaning(row: Row, data: bytes, datatype: int | None) -> str:
    if row.kind == "string":
        return repr(data.decode("utf-8", "replace"))[: _SHOWN * 2]
    if row.kind == "uint32":
        return f"{len(data)} bytes of packed numbers"
    if row.name == "bytes_value" and datatype is not None and datatype > 21:
        return f"{len(data)} bytes: {_meant(row, data, datatype)}"
    return f"{'unknown: ' if row.name.startswith('field ') or '.field ' in row.name else ''}{len(data)} bytes"


def _meant(row: Row, content: float | bytes, datatype: int) -> str:
    """What the metric's datatype makes of it, or why it cannot."""
    try:
        return f"{typed(Value(cast('Slot', row.name), content), datatype)!r}"[: _SHOWN * 2]
    except ProtocolError as error:
        return str(error)


def _moment(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "outside of the calendar"

"""A small strict reader and writer of CBOR (RFC 8949): the generic data model without what sensors do not need.

Read: integers of 64 bits, floats of three widths, text, bytes, arrays, maps, true, false, null, definite and
indefinite lengths, tag 4 (decimal fraction) and a leading 55799. All other tags and simple values, duplicate keys, keys
that are neither integer nor text, and trailing bytes are refused.
"""

import struct
from collections.abc import Sequence
from math import isnan
from typing import Final, NamedTuple

from protocols.vocabulary.errors import ProtocolError

MAX_DEPTH: Final = 16
_SELF_DESCRIBED: Final = b"\xd9\xd9\xf7"
_INDEFINITE: Final = -1
_BREAK: Final = 0xFF
_SIMPLE: Final = {20: False, 21: True, 22: None}
_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_EXPONENT: Final = 400


class DecimalFraction(NamedTuple):
    """Tag 4: mantissa * 10 ** exponent (RFC 8949 §3.4.4)."""

    exponent: int
    mantissa: int

    def __float__(self) -> float:
        return float(f"{self.mantissa}e{self.exponent}")


Value = int | float | str | bytes | bool | None | DecimalFraction | list["Value"] | dict[int | str, "Value"]


def loads(data: bytes, max_depth: int = MAX_DEPTH) -> Value:
    """Read one data item that fills all of the bytes.

    :raises ProtocolError: it is not well-formed, not among what is read here, too deep, or not all of the bytes.
    """
    reader = _Reader(data)
    if data.startswith(_SELF_DESCRIBED):
        reader.position = len(_SELF_DESCRIBED)
    value = reader.item(max_depth)
    if reader.position != len(data):
        raise ProtocolError(f"CBOR: {len(data) - reader.position} bytes after the end of the data item", data)
    return value


class _Reader:
    """Walks over the bytes; every length is compared with what is left before anything is made of it."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def item(self, depth: int) -> Value:
        start = self.position
        major, info = divmod(self._take(1)[0], 32)
        if major == 7:
            return self._simple(info, start)
        argument = self._argument(info, start)
        if argument == _INDEFINITE and major in (0, 1, 6):
            raise self._error("no such indefinite length", start)
        if major < 2:
            return ~argument if major else argument
        if major < 4:
            return self._text(argument, start) if major == 3 else b"".join(self._chunks(2, argument))
        if depth <= 0:
            raise self._error("nested too deep", start)
        return self._nested(major, argument, depth - 1, start)

    def _nested(self, major: int, argument: int, depth: int, start: int) -> Value:
        if major == 4:
            return self._array(argument, depth)
        if major == 5:
            return self._map(argument, depth)
        return self._tagged(argument, depth, start)

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise self._error(f"{end - len(self.data)} bytes missing at the end", self.position)
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def _argument(self, info: int, start: int) -> int:
        if info < 24:
            return info
        if info == 31:
            return _INDEFINITE
        width = _WIDTHS.get(info)
        if width is None:
            raise self._error(f"reserved length {info}", start)
        return int.from_bytes(self._take(width))

    def _simple(self, info: int, start: int) -> Value:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info == 25:
            return float(struct.unpack(">e", self._take(2))[0])
        if info == 26:
            return float(struct.unpack(">f", self._take(4))[0])
        if info == 27:
            return float(struct.unpack(">d", self._take(8))[0])
        raise self._error("break outside of an indefinite length" if info == 31 else f"simple value {info}", start)

    def _chunks(self, major: int, length: int) -> list[bytes]:
        """The parts of a string: one, unless its length is indefinite."""
        if length != _INDEFINITE:
            return [self._take(length)]
        parts = []
        while not self._at_break():
            start = self.position
            kind, info = divmod(self._take(1)[0], 32)
            length = self._argument(info, start)
            if kind != major or length == _INDEFINITE:
                raise self._error("a part of an indefinite string of another kind", start)
            parts.append(self._take(length))
        return parts

    def _text(self, length: int, start: int) -> str:
        try:
            return "".join([part.decode() for part in self._chunks(3, length)])
        except UnicodeDecodeError:
            raise self._error("text that is no UTF-8", start) from None

    def _at_break(self) -> bool:
        if self._take(1)[0] == _BREAK:
            return True
        self.position -= 1
        return False

    def _bounded(self, length: int, bytes_each: int) -> int:
        if length * bytes_each > len(self.data) - self.position:
            raise self._error(f"length {length} is more than the bytes that follow", self.position)
        return length

    def _array(self, length: int, depth: int) -> list[Value]:
        if length != _INDEFINITE:
            return [self.item(depth) for _ in range(self._bounded(length, 1))]
        items = []
        while not self._at_break():
            items.append(self.item(depth))
        return items

    def _map(self, length: int, depth: int) -> dict[int | str, Value]:
        entries: dict[int | str, Value] = {}
        if length != _INDEFINITE:
            for _ in range(self._bounded(length, 2)):
                self._entry(entries, depth)
            return entries
        while not self._at_break():
            self._entry(entries, depth)
        return entries

    def _entry(self, entries: dict[int | str, Value], depth: int) -> None:
        start = self.position
        key = self.item(0)
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise self._error("a key that is neither integer nor text", start)
        if key in entries:
            raise self._error(f"key {key!r:.40} comes twice", start)
        entries[key] = self.item(depth)

    def _tagged(self, tag: int, depth: int, start: int) -> DecimalFraction:
        if tag != 4:
            raise self._error(f"tag {tag} is not read here", start)
        match self.item(depth):
            case [bool(), _] | [_, bool()]:
                pass
            case [int(exponent), int(mantissa)] if abs(exponent) <= _EXPONENT:
                return DecimalFraction(exponent, mantissa)
        raise self._error(f"a decimal fraction: expected [exponent within {_EXPONENT}, mantissa]", start)

    def _error(self, what: str, start: int) -> ProtocolError:
        return ProtocolError(f"CBOR: byte {start}: {what}", self.data)


def dumps(value: "Value | Sequence[Value]") -> bytes:
    """Write one data item, each number in the fewest bytes that keep it (RFC 8949 §4.2.1), map order as given.

    :raises OverflowError: an integer of more than 64 bits.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: "Value | Sequence[Value]") -> None:
    match value:
        case None | bool():
            out.append({False: 0xF4, True: 0xF5, None: 0xF6}[value])
        case DecimalFraction():
            out += b"\xc4\x82"
            _write(out, value.exponent)
            _write(out, value.mantissa)
        case int():
            _head(out, 1 if value < 0 else 0, ~value if value < 0 else value)
        case float():
            out += _float(value)
        case str():
            text = value.encode()
            _head(out, 3, len(text))
            out += text
        case bytes():
            _head(out, 2, len(value))
            out += value
        case dict():
            _head(out, 5, len(value))
            for key, item in value.items():
                _write(out, key)
                _write(out, item)
        case _:
            _head(out, 4, len(value))
            for item in value:
                _write(out, item)


def _head(out: bytearray, major: int, argument: int) -> None:
    if argument < 24:
        out.append(major << 5 | argument)
        return
    for info, width in _WIDTHS.items():
        if argument < 1 << 8 * width:
            out.append(major << 5 | info)
            out += argument.to_bytes(width)
            return
    raise OverflowError(f"integer {argument} has more than 64 bits")


def _float(value: float) -> bytes:
    if isnan(value):
        return b"\xf9\x7e\x00"
    for mark, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return mark + packed
    return b"\xfb" + struct.pack(">d", value)

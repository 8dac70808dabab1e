"""Which bytes of a pack mean what: ``yingzhou decode senml-json --explain`` and ``senml-cbor --explain``."""

import json
import re
import struct
from datetime import UTC, datetime
from typing import Final

from protocols import cbor
from protocols.fields import Field, FieldReader
from protocols.senml.codec import LABELS
from protocols.senml.record import END_OF_TIME_S, RELATIVE_BELOW_S
from protocols.senml.units import UCUM

NAMES: Final = {
    "bn": "base name",
    "bt": "base time",
    "bu": "base unit",
    "bv": "base value",
    "bs": "base sum",
    "bver": "version",
    "n": "name",
    "u": "unit",
    "v": "value",
    "vs": "string value",
    "vb": "boolean value",
    "vd": "data value",
    "s": "sum",
    "t": "time",
    "ut": "update time",
    "vlo": "object link of LwM2M",
}
"""RFC 8428 Table 1, and LwM2M's own."""
_DEPTH: Final = 16
MAX_EXPONENT: Final = 400
"""Of a decimal fraction that is worked out."""

_SPACE: Final = rb"[ \t\r\n]*"
_STRING: Final = rb'"(?:[^"\\]|\\.)*"'
_OPEN_PACK = re.compile(_SPACE + rb"\[" + _SPACE)
_OPEN = re.compile(rb"\{" + _SPACE)
_KEY = re.compile(rb"(" + _STRING + rb")" + _SPACE + rb":" + _SPACE, re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^\s,\[\]{}\"]+", re.DOTALL)
_COMMA = re.compile(_SPACE + rb"(?:,)?" + _SPACE)
_CLOSE = re.compile(rb"\}" + _COMMA.pattern)
_CLOSE_PACK = re.compile(rb"\]" + _SPACE)
_BRACKET = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)


def meaning_of(name: str, value: object) -> str:
    """A field in words: what it is and what it says."""
    if isinstance(value, bool) or value is None:
        value = {True: "true", False: "false", None: "null"}[value]
    if name not in NAMES:
        return f"must be understood, and is not: {value}" if name.endswith("_") else f"unknown, ignored: {value}"
    if name in ("bt", "t") and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{NAMES[name]}: {_moment(value)}"
    if name in ("bu", "u"):
        code = UCUM.get(str(value))
        return f"{NAMES[name]}: {value}" + ("" if code == value else f", UCUM {code}" if code else ", no UCUM code")
    if name == "ut":
        return f"{NAMES[name]}: the next within {value} s"
    return f"{NAMES[name]}: {value}"


def _moment(seconds: float) -> str:
    if RELATIVE_BELOW_S <= seconds < END_OF_TIME_S:
        told = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
        return told.replace("+00:00", "Z").replace(".000Z", "Z")
    return f"{seconds:+.12g} s, from the base time or the receipt"


def explain_json(raw: bytes) -> list[Field]:
    """One row for each key with its value; from where it is no pack any more, one for the rest."""
    reader = FieldReader(raw)
    if (begin := _OPEN_PACK.match(raw)) is None:
        return reader.rest("no pack", "expected [")
    reader.take(begin.end(), "pack", "begins")
    number = 0
    while begin := _OPEN.match(raw, reader.position):
        number += 1
        reader.take(begin.end() - reader.position, f"record {number}", "begins")
        while _pair(reader):
            pass
        end = _CLOSE.match(raw, reader.position)
        if end is None:
            return reader.rest("no JSON", "expected a key and a value, or }")
        reader.take(end.end() - reader.position, f"record {number}", "ends")
    if end := _CLOSE_PACK.match(raw, reader.position):
        reader.take(end.end() - reader.position, "pack", "ends")
        return reader.rest("surplus", "behind the pack's end")
    return reader.rest("no JSON", "expected { or ]")


def _pair(reader: FieldReader) -> bool:
    """Name one key with its value and the comma behind them."""
    raw = reader.raw
    key = _KEY.match(raw, reader.position)
    if key is None:
        return False
    name = str(_scalar(key[1]))
    if value := _SCALAR.match(raw, key.end()):
        end, said = value.end(), meaning_of(name, _scalar(value[0]))
    else:
        end, said = _end_of_nested(raw, key.end()), meaning_of(name, "an array or an object")
    comma = _COMMA.match(raw, end)
    end = comma.end() if comma else end
    reader.take(end - reader.position, name if name.isprintable() and name else "key", said)
    return True


def _scalar(text: bytes) -> object:
    """The value that it is in JSON; the text itself, when it is none."""
    try:
        value: object = json.loads(text, parse_int=float if len(text) > 300 else int)
    except ValueError:
        return text.decode("utf-8", "replace")
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _end_of_nested(raw: bytes, start: int) -> int:
    """The place behind the array or object that begins at ``start``; the end, when it is not closed."""
    depth = 0
    for token in _BRACKET.finditer(raw, start):
        if token[0] in b"[{":
            depth += 1
        elif token[0] in b"]}":
            depth -= 1
        if depth <= 0:
            return token.end() if depth == 0 and raw[start : start + 1] in (b"[", b"{") else start
    return len(raw) if depth else start


def explain_cbor(raw: bytes) -> list[Field]:
    """One row for each head, label and value; from where it is no CBOR any more, one for the rest."""
    walk = _Walk(raw)
    if raw.startswith(b"\xd9\xd9\xf7"):
        walk.reader.take(3, "tag 55799", "CBOR follows")
    walk.item("pack", _DEPTH)
    return walk.reader.rest("surplus", "behind the pack's end, or no CBOR")


class _Walk:
    """Names data items one after the other; ``ended`` once the bytes make no sense any more."""

    def __init__(self, raw: bytes) -> None:
        self.reader = FieldReader(raw)
        self.ended = False
        self.records = 0

    def item(self, name: str, depth: int) -> None:
        """Name one data item, with all that it holds."""
        major, info, argument, size = self._head()
        if self.ended or depth < 0:
            self.ended = True
        elif major in (2, 3):
            self._string(name, major, argument, size)
        elif major == 4:
            self._array(name, argument, size, depth)
        elif major == 5:
            self._map(name, argument, size, depth)
        elif major == 6:
            self.reader.take(size, name, "decimal fraction" if argument == 4 else f"tag {argument}")
            if argument != 4 or not self._fraction(name):
                self.item(name, depth - 1)
        else:
            self.reader.take(size, name, meaning_of(name, _plain(major, info, argument, size)))

    def _head(self) -> tuple[int, int, int, int]:
        """(major type, additional information, argument, bytes); the argument of an indefinite length is -1."""
        first = self.reader.peek(1)
        major, info = divmod(first[0], 32) if first else (0, 28)
        width = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
        self.ended |= 28 <= info <= 30 or self.reader.left < 1 + width or (info == 31 and major in (0, 1, 6, 7))
        if info < 24 or info == 31:
            return major, info, info if info < 24 else -1, 1
        return major, info, int.from_bytes(self.reader.peek(1 + width)[1:]), 1 + width

    def _string(self, name: str, major: int, length: int, size: int) -> None:
        kind = "text" if major == 3 else "bytes"
        if length < 0:
            self.reader.take(size, name, f"{kind} in parts")
            while not self._break():
                self.item(name, 0)
            return
        self.reader.take(size, name, f"{kind} of {length} bytes")
        data = self.reader.peek(length)
        told = data.decode("utf-8", "replace") if major == 3 else data.hex(" ").upper()
        self.reader.take(length, name, meaning_of(name, told))
        self.ended |= len(data) < length

    def _fraction(self, name: str) -> bool:
        """Name exponent and mantissa of a decimal fraction; False when it is made of anything else."""
        if self.reader.peek(1) != b"\x82":
            return False
        self.reader.take(1, name, "array of 2 items")
        exponent = 0
        for part in ("exponent", "mantissa"):
            major, _, argument, size = self._head()
            if self.ended or major > 1:
                self.ended = True
                break
            number = ~argument if major else argument
            fraction = cbor.DecimalFraction(exponent, number)
            told = (
                "" if part == "exponent" or abs(exponent) > MAX_EXPONENT else f", {meaning_of(name, float(fraction))}"
            )
            self.reader.take(size, f"{name} {part}", f"{number}{told}")
            exponent = number
        return True

    def _array(self, name: str, length: int, size: int, depth: int) -> None:
        holds = "records" if name == "pack" else "items"
        self.reader.take(size, name, f"array of {length if length >= 0 else 'so many'} {holds}")
        left = length
        while left and not self.ended and not (length < 0 and self._break()):
            self.records += name == "pack"
            self.item(f"record {self.records}" if name == "pack" else name, depth - 1)
            left -= 1

    def _map(self, name: str, length: int, size: int, depth: int) -> None:
        self.reader.take(size, name, f"map of {length if length >= 0 else 'so many'} fields")
        left = length
        while left and not self.ended and not (length < 0 and self._break()):
            label = self._label()
            if not self.ended:
                self.item(label, depth - 1)
            left -= 1

    def _label(self) -> str:
        """Name a key, and give the SenML name that it stands for."""
        major, _, argument, size = self._head()
        if self.ended or major not in (0, 1, 3):
            self.ended = True
            return ""
        if major == 3:
            name = self.reader.peek(size + max(argument, 0))[size:].decode("utf-8", "replace")
            self.ended |= argument < 0 or self.reader.left < size + argument
            self.reader.take(size + max(argument, 0), "label", f"{name}: {NAMES.get(name, 'unknown')}")
            return name if name.isprintable() and name else "label"
        number = ~argument if major else argument
        name = LABELS.get(number, "")
        self.reader.take(size, "label", f"{number}: {name}, {NAMES[name]}" if name else f"{number}: unknown")
        return name or f"label {number}"

    def _break(self) -> bool:
        """Whether an indefinite length, or everything, ends here; the break is named."""
        if self.reader.peek(1) == b"\xff":
            self.reader.take(1, "break", "ends what has no length")
            return True
        self.ended |= not self.reader.left
        return self.ended


def _plain(major: int, info: int, argument: int, size: int) -> object:
    """An integer, a float, or one of the simple values."""
    if major < 2:
        return ~argument if major else argument
    form = {25: ">e", 26: ">f", 27: ">d"}.get(info)
    if form is not None:
        value: float = struct.unpack(form, argument.to_bytes(size - 1))[0]
        return value
    return {20: False, 21: True, 22: None}.get(argument, f"simple value {argument}")

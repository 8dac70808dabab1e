"""Values of resources by their type, as bytes (TLV, opaque) and as plain text: OMA LwM2M 1.0 and 1.1, data formats."""

import base64
import re
import struct
from collections.abc import Callable
from math import isfinite
from typing import Final

from protocols.lwm2m.path import ObjectLink
from protocols.lwm2m.resources import Type
from protocols.vocabulary.errors import ProtocolError

Value = str | int | float | bool | bytes | ObjectLink

_INTEGERS: Final = (1, 2, 4, 8)
_WIDTHS: Final[dict[Type, tuple[int, ...]]] = {
    "string": (),
    "opaque": (),
    "integer": _INTEGERS,
    "time": _INTEGERS,
    "float": (4, 8),
    "boolean": (1,),
    "objlnk": (4,),
}
"""Bytes that a value of the type may have; any number where none is given."""

_INTEGER: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_LINK: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,5})", re.ASCII)


def read(data: bytes, kind: Type) -> Value:
    """The value in the bytes of a TLV or of an opaque payload.

    :raises ProtocolError: the bytes cannot be of the type: integers and times have 1, 2, 4 or 8 bytes, floats 4 or 8,
        booleans one byte 00 or 01, object links 4.
    """
    widths = _WIDTHS[kind]
    if widths and len(data) not in widths:
        raise ProtocolError(f"{kind} of {len(data)} bytes: expected {' or '.join(map(str, widths))}", data)
    match kind:
        case "string":
            return _text(data)
        case "integer" | "time":
            return int.from_bytes(data, signed=True)
        case "float":
            return float(struct.unpack(">f" if len(data) == 4 else ">d", data)[0])
        case "boolean":
            if data[0] > 1:
                raise ProtocolError(f"boolean {data[0]:02X}: expected 00 or 01", data)
            return data == b"\1"
        case "objlnk":
            return ObjectLink(int.from_bytes(data[:2]), int.from_bytes(data[2:]))
        case "opaque":
            return data


def write(value: Value, kind: Type) -> bytes:
    """The inverse; integers and floats in the fewest bytes that keep them.

    :raises ProtocolError: the value is not of the type, or does not fit.
    """
    match kind, value:
        case "boolean", bool():
            return b"\1" if value else b"\0"
        case _, bool():
            pass
        case "string", str():
            return value.encode()
        case (("integer" | "time"), int()) if -(1 << 63) <= value < 1 << 63:
            width = next(width for width in _INTEGERS if -(1 << 8 * width - 1) <= value < 1 << 8 * width - 1)
            return value.to_bytes(width, signed=True)
        case "float", int() | float():
            return _float_bytes(float(value))
        case "objlnk", ObjectLink():
            return value.object_id.to_bytes(2) + value.instance_id.to_bytes(2)
        case "opaque", bytes():
            return value
    raise ProtocolError(f"{kind}: {value!r:.40} is no such value")


def _float_bytes(value: float) -> bytes:
    try:
        short = struct.pack(">f", value)
    except OverflowError:
        return struct.pack(">d", value)
    kept = struct.unpack(">f", short)[0]
    return short if kept == value or value != value else struct.pack(">d", value)  # noqa: PLR0124  # NaN is not itself


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"string: no UTF-8 at byte {error.start}", data) from None


def read_text(data: bytes, kind: Type) -> Value:
    """The value in a payload of content format 0 (text/plain).

    :raises ProtocolError: the text cannot be of the type: numbers are decimal, booleans 0 or 1, opaque values
        Base64, object links ``66:0``.
    """
    text = _text(data)
    value = _TEXTS[kind](text)
    if value is None:
        raise ProtocolError(f"{kind}: {text!r:.40} is no such text", data)
    return value


def _integer(text: str) -> int | None:
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and -(1 << 63) <= number < 1 << 63 else None


def _float(text: str) -> float | None:
    return float(text) if _FLOAT.fullmatch(text) and isfinite(float(text)) else None


def object_link(text: str) -> ObjectLink | None:
    """``66:0``; None for anything else."""
    match = _LINK.fullmatch(text)
    if match is None or max(int(match[1]), int(match[2])) > 0xFFFF:
        return None
    return ObjectLink(int(match[1]), int(match[2]))


def opaque(text: str) -> bytes | None:
    """Base64, as text and JSON carry opaque values; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


_TEXTS: Final[dict[Type, Callable[[str], Value | None]]] = {
    "string": str,
    "integer": _integer,
    "time": _integer,
    "float": _float,
    "boolean": {"0": False, "1": True}.get,
    "objlnk": object_link,
    "opaque": opaque,
}

"""Array values, packed into bytes: Sparkplug 3.0, chapter Payloads, array types (datatypes 22 to 34).

Numbers are little-endian, as the standard's text says; the examples that it prints for FloatArray and DoubleArray are
big-endian, and the one for DateTimeArray has six bytes where its text says eight: the text is followed.
"""

import struct
from collections.abc import Sequence
from math import ceil
from typing import Final

from protocols.vocabulary.errors import ProtocolError

BOOLEANS: Final = 32
STRINGS: Final = 33
NUMBERS: Final = {
    22: "b",
    23: "h",
    24: "i",
    25: "q",
    26: "B",
    27: "H",
    28: "I",
    29: "Q",
    30: "f",
    31: "d",
    34: "Q",
}
"""How struct calls an element of each array of numbers."""
ARRAYS: Final = frozenset({*NUMBERS, BOOLEANS, STRINGS})

Element = int | float | bool | str
_COUNT: Final = 4
"""Bytes of the number of booleans."""


def unpack(datatype: int, packed: bytes) -> tuple[Element, ...]:
    """The elements.

    :param datatype: one of :data:`ARRAYS`.
    :raises ProtocolError: there are not as many bytes as the elements take.
    """
    if datatype == BOOLEANS:
        return _booleans(packed)
    if datatype == STRINGS:
        return _strings(packed)
    form = NUMBERS[datatype]
    width = struct.calcsize(f"<{form}")
    if len(packed) % width:
        raise ProtocolError(f"array of {width}-byte elements: found {len(packed)} bytes, expected a multiple")
    return struct.unpack(f"<{len(packed) // width}{form}", packed)


def pack(datatype: int, elements: Sequence[Element]) -> bytes:
    """The bytes.

    :raises ValueError: an element is not of the type, is out of its range, or is a string with a NUL in it.
    """
    if datatype == BOOLEANS:
        bits = "".join("1" if element else "0" for element in elements)
        size = ceil(len(bits) / 8)
        return struct.pack("<I", len(bits)) + (int(bits.ljust(size * 8, "0"), 2).to_bytes(size) if bits else b"")
    if datatype == STRINGS:
        texts = [str(element).encode() for element in elements]
        if any(b"\x00" in text for text in texts):
            raise ValueError("a string of a StringArray cannot hold a NUL")
        return b"".join(text + b"\x00" for text in texts)
    try:
        return struct.pack(f"<{len(elements)}{NUMBERS[datatype]}", *elements)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"array of datatype {datatype}: {error}") from error


def _booleans(packed: bytes) -> tuple[bool, ...]:
    """Bits, the highest of each byte first, behind their number."""
    count = int.from_bytes(packed[:_COUNT], "little")
    expected = _COUNT + ceil(count / 8)
    if len(packed) < _COUNT or len(packed) != expected:
        raise ProtocolError(f"BooleanArray of {count}: found {len(packed)} bytes, expected {max(expected, _COUNT)}")
    return tuple(bool(packed[_COUNT + place // 8] >> (7 - place % 8) & 1) for place in range(count))


def _strings(packed: bytes) -> tuple[str, ...]:
    if not packed:
        return ()
    if not packed.endswith(b"\x00"):
        raise ProtocolError(f"StringArray: found {packed[-16:]!r} at its end, expected a NUL behind each string")
    try:
        return tuple(text.decode() for text in packed[:-1].split(b"\x00"))
    except UnicodeDecodeError:
        raise ProtocolError(f"StringArray: expected UTF-8, found {packed[:40]!r}") from None

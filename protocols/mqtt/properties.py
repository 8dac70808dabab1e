"""Properties of MQTT 5 packets (§2.2.2)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from protocols.mqtt.fields import Bytes, binary, number, text, varint
from protocols.vocabulary.errors import ProtocolError


class Property(IntEnum):
    """Those that a client of ours looks at."""

    SERVER_KEEP_ALIVE = 0x13
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    MAXIMUM_PACKET_SIZE = 0x27


Value = int | str | bytes | tuple[str, str]


def _pair(data: Bytes, at: int) -> tuple[tuple[str, str], int]:
    name, at = text(data, at)
    value, at = text(data, at)
    return (name, value), at


_BYTE, _TWO, _FOUR = (lambda data, at, size=size: (number(data, at, size), at + size) for size in (1, 2, 4))
_KINDS: Final[dict[int, Callable[[Bytes, int], tuple[Value, int]]]] = {
    0x01: _BYTE, 0x02: _FOUR, 0x03: text, 0x08: text, 0x09: binary, 0x0B: varint, 0x11: _FOUR, 0x12: text, 0x13: _TWO,
    0x15: text, 0x16: binary, 0x17: _BYTE, 0x18: _FOUR, 0x19: _BYTE, 0x1A: text, 0x1C: text, 0x1F: text, 0x21: _TWO,
    0x22: _TWO, 0x23: _TWO, 0x24: _BYTE, 0x25: _BYTE, 0x26: _pair, 0x27: _FOUR, 0x28: _BYTE, 0x29: _BYTE, 0x2A: _BYTE,
}  # fmt: skip
"""How the value of each is written (table 2-4)."""


def properties(data: Bytes, at: int) -> tuple[dict[int, Value], int]:
    """The properties that begin there, and where they end; of one that comes more than once the last.

    :raises ProtocolError: one is unknown, or they end elsewhere than they say.
    """
    length, at = varint(data, at)
    end = at + length
    found: dict[int, Value] = {}
    while at < end:
        name = number(data, at, 1)
        if name not in _KINDS:
            raise ProtocolError(f"property {name:#04x} is none of MQTT 5", bytes(data))
        found[name], at = _KINDS[name](data, at + 1)
    if at != end:
        raise ProtocolError(f"properties end at {at}, not at {end}", bytes(data))
    return found, end

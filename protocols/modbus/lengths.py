"""How long a frame of a serial line is, as far as its first bytes tell (V1.1b3 §6, Serial Line V1.02 §2.5.1).

A maker's own functions, CANopen (43/13) and a loop-back (8/0) of more than one register do not say how long they are.
"""

from collections.abc import Sequence
from typing import Final

from protocols.modbus.identification import MEI
from protocols.modbus.pdu import EXCEPTION, Direction

MAX_FRAME: Final = 256
MIN_FRAME: Final = 4
MORE: Final = 0
"""More bytes must tell."""
UNKNOWN: Final = -1

_REFUSAL: Final = 5
_FIXED: Final[dict[Direction, dict[int, int]]] = {
    "request": {**dict.fromkeys((1, 2, 3, 4, 5, 6, 8), 8), **dict.fromkeys((7, 11, 12, 17), 4), 22: 10, 24: 6},
    "response": {**dict.fromkeys((5, 6, 8, 11, 15, 16), 8), 7: 5, 22: 10},
}
_COUNTED: Final[dict[Direction, dict[int, tuple[int, int]]]] = {
    "request": {15: (6, 1), 16: (6, 1), 20: (2, 1), 21: (2, 1), 23: (10, 1)},
    "response": {**dict.fromkeys((1, 2, 3, 4, 12, 17, 20, 21, 23), (2, 1)), 24: (2, 2)},
}
"""Where the byte count stands, and how wide it is, by function."""
_ENCAPSULATED: Final = 43
_SETTLED: Final[dict[Direction, tuple[int | None, ...]]] = {
    direction: tuple(
        (_REFUSAL if direction == "response" else UNKNOWN)
        if function & EXCEPTION
        else None
        if function == _ENCAPSULATED or function in _COUNTED[direction]
        else _FIXED[direction].get(function, UNKNOWN)
        for function in range(256)
    )
    for direction in _FIXED
}
"""What the function alone tells, by function; None where more bytes must."""
_FIRST_OBJECT: Final = 8


def frame_length(buffer: Sequence[int], position: int, direction: Direction) -> int:
    """How many bytes a frame that begins at ``position`` has, CRC and all; MORE, or UNKNOWN: none can begin here."""
    left = len(buffer) - position
    if left < 2:
        return MORE
    function = buffer[position + 1]
    settled = _SETTLED[direction][function]
    if settled is not None:
        return settled
    if function == _ENCAPSULATED:
        return _encapsulated(buffer, position, direction)
    at, width = _COUNTED[direction][function]
    if left < at + width:
        return MORE
    count = buffer[position + at]
    if width == 2:
        count = count << 8 | buffer[position + at + 1]
    return _bounded(at + width + count + 2)


def _bounded(length: int) -> int:
    return length if length <= MAX_FRAME else UNKNOWN


def _encapsulated(buffer: Sequence[int], position: int, direction: Direction) -> int:
    left = len(buffer) - position
    if left < 3:
        return MORE
    if buffer[position + 2] != MEI:
        return UNKNOWN
    if direction == "request":
        return 7
    if left < _FIRST_OBJECT:
        return MORE
    length = _FIRST_OBJECT
    for _ in range(buffer[position + 7]):
        if left < length + 2:
            return MORE if length + 2 < MAX_FRAME else UNKNOWN
        length += 2 + buffer[position + length + 1]
    return _bounded(length + 2)

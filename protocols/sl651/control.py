"""Control characters, encodings and directions: SL 651-2014 Table 10."""

from enum import IntEnum, StrEnum
from typing import Final


class Mode(StrEnum):
    """How a frame is written. Both have one structure; a frame that begins with SOH is ASCII, with 7E7E is HEX."""

    HEX = "HEX"
    ASCII = "ASCII"


class Direction(StrEnum):
    """Who sends: up is the station, down is the centre. The two write their addresses in opposite order."""

    UP = "up"
    DOWN = "down"


class Start(IntEnum):
    """What stands in front of the body."""

    STX = 0x02
    SYN = 0x16
    """Packet total and number follow: the body is one part of a longer one."""


class End(IntEnum):
    """What stands behind the body."""

    ETX = 0x03
    """Up: nothing follows."""
    EOT = 0x04
    """Down: received, the station may leave."""
    ENQ = 0x05
    """Down: a question or a command."""
    ACK = 0x06
    """Down: received, go on."""
    NAK = 0x15
    """Down: send that packet again."""
    ETB = 0x17
    """Up: more follows, do not leave."""
    ESC = 0x1B
    """Down: received, the station stays on the line."""


UPLINK_ENDS: Final = frozenset({End.ETX, End.ETB})
"""Those that a station sends; the others are the centre's."""

"""Functions and error bits of DL/T 645-2007 and DL/T 645-1997."""

from typing import Final, Literal

Edition = Literal["2007", "1997"]

READ: Final = 0x11
READ_NEXT: Final = 0x12
READ_ADDRESS: Final = 0x13
WRITE: Final = 0x14
WRITE_ADDRESS: Final = 0x15
FREEZE: Final = 0x16
BAUD_RATE: Final = 0x17
PASSWORD: Final = 0x18
CLEAR_DEMAND: Final = 0x19
CLEAR_METER: Final = 0x1A
CLEAR_EVENTS: Final = 0x1B
REMOTE_SWITCH: Final = 0x1C
TERMINAL_OUTPUT: Final = 0x1D
AUTHENTICATE: Final = 0x03
BROADCAST_TIME: Final = 0x08
"""The same in both editions."""

READ_1997: Final = 0x01
READ_NEXT_1997: Final = 0x02
WRITE_1997: Final = 0x04
WRITE_ADDRESS_1997: Final = 0x0A
BAUD_RATE_1997: Final = 0x0C
PASSWORD_1997: Final = 0x0F
CLEAR_DEMAND_1997: Final = 0x10

_NAMES: Final = {
    AUTHENTICATE: "security authentication (2007), read again (1997)",
    BROADCAST_TIME: "broadcast time",
    READ: "read",
    READ_NEXT: "read next",
    READ_ADDRESS: "read address",
    WRITE: "write",
    WRITE_ADDRESS: "write address",
    FREEZE: "freeze",
    BAUD_RATE: "change baud rate",
    PASSWORD: "change password",
    CLEAR_DEMAND: "clear maximum demand",
    CLEAR_METER: "clear meter",
    CLEAR_EVENTS: "clear events",
    REMOTE_SWITCH: "remote switch",
    TERMINAL_OUTPUT: "multi-function terminal output",
    READ_1997: "read",
    READ_NEXT_1997: "read next",
    WRITE_1997: "write",
    WRITE_ADDRESS_1997: "write address",
    BAUD_RATE_1997: "change baud rate",
    PASSWORD_1997: "change password",
    CLEAR_DEMAND_1997: "clear maximum demand",
}
_OF_1997: Final = frozenset(
    {
        READ_1997,
        READ_NEXT_1997,
        WRITE_1997,
        WRITE_ADDRESS_1997,
        BAUD_RATE_1997,
        PASSWORD_1997,
        CLEAR_DEMAND_1997,
    }
)
READS: Final = frozenset({READ, READ_NEXT, READ_1997, READ_NEXT_1997})
"""Their answers carry a data identifier and data."""

ERRORS: Final[dict[Edition, tuple[str, ...]]] = {
    "2007": (
        "other error",
        "no such data",
        "wrong password or not authorised",
        "baud rate cannot be changed",
        "more year zones than allowed",
        "more day slots than allowed",
        "more tariffs than allowed",
    ),
    "1997": (
        "illegal data",
        "no such data identifier",
        "wrong password",
        "bit 3",
        "more year zones than allowed",
        "more day slots than allowed",
        "more tariffs than allowed",
    ),
}
"""By bit, lowest first; known from memory of the standards, seen in real frames: 2007 bits 1 and 2."""

SWITCH_COMMANDS: Final = {
    0x1A: "trip",
    0x1B: "allow closing",
    0x1C: "close",
    0x2A: "alarm",
    0x2B: "end alarm",
    0x3A: "keep supply on",
    0x3B: "end keeping supply on",
}
"""N1 of a remote switch."""

BAUD_RATES: Final = {0x02: 600, 0x04: 1200, 0x08: 2400, 0x10: 4800, 0x20: 9600, 0x40: 19_200}
"""The characteristic word Z of a baud rate, 2007."""


def edition_of(function: int) -> Edition:
    """Which edition's function this is; broadcast time and what neither lists count as 2007."""
    return "1997" if function in _OF_1997 else "2007"


def function_name(function: int) -> str:
    """In words; an unlisted one by its number."""
    return _NAMES.get(function, f"function {function:02X}")


def error_bits(code: int) -> list[int]:
    """The bits of an error byte that are set, lowest first."""
    return [bit for bit in range(8) if code >> bit & 1]


def error_meaning(code: int, edition: Edition = "2007") -> str:
    """In words."""
    names = ERRORS[edition]
    told = [names[bit] if bit < len(names) else f"bit {bit}" for bit in error_bits(code)]
    return ", ".join(told) or "no reason given"

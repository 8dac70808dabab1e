"""Functions, meter types and data identifiers of CJ/T 188-2004 and -2018."""

from typing import Final, Literal

READ: Final = 0x01
READ_ADDRESS: Final = 0x03
WRITE: Final = 0x04
READ_KEY_VERSION: Final = 0x09
WRITE_ADDRESS: Final = 0x15
SYNC_MOTOR: Final = 0x16

_FUNCTIONS: Final = {
    READ: "read",
    READ_ADDRESS: "read address",
    WRITE: "write",
    READ_KEY_VERSION: "read key version",
    WRITE_ADDRESS: "write address",
    SYNC_MOTOR: "write mechanical counter",
}

Family = Literal["water", "heat", "gas", "other"]
_FAMILIES: Final[dict[int, Family]] = {1: "water", 2: "heat", 3: "gas"}
_TYPES: Final = {
    0x10: "cold water meter",
    0x11: "hot water meter",
    0x12: "drinking water meter",
    0x13: "reclaimed water meter",
    0x20: "heat meter (heat)",
    0x21: "heat meter (cooling)",
    0x22: "heat meter (heat and cooling)",
    0x30: "gas meter",
    0x40: "electricity or other meter",
    0xAA: "any meter",
}

_NAMES: Final = {
    0x901F: "metering data",
    0x907F: "meter's time",
    0x911F: "metering data 2",
    0x8102: "price table",
    0x8103: "settlement day",
    0x8104: "reading day",
    0x8105: "purchase",
    0x8106: "key version",
    0x810A: "address",
    0xA010: "price table",
    0xA011: "settlement day",
    0xA012: "reading day",
    0xA013: "purchase",
    0xA014: "new key",
    0xA015: "standard time",
    0xA016: "mechanical counter",
    0xA017: "valve",
    0xA018: "address",
    0xA019: "factory enable",
    0xA101: "enter verification",
    0xA102: "leave verification",
    0xA103: "communication parameters",
    0xA104: "freeze parameters",
    0xA105: "alarm volume",
    0xA106: "alarm money",
    0xA107: "key",
}
SET_TIME: Final = 0xA015
VALVE: Final = 0xA017
READING: Final = 0x901F
ADDRESS: Final = 0x810A
TIME: Final = 0x907F
MONTHS: Final = range(0xD120, 0xD12C)
HISTORY: Final = range(0xD200, 0xD300)
TIMED_FREEZES: Final = range(0xD300, 0xD400)
INSTANT_FREEZES: Final = range(0xD400, 0xD500)
_HIGH_BYTES: Final = frozenset({0x81, 0x90, 0x91, 0xA0, 0xA1, 0xD1, 0xD2, 0xD3, 0xD4})

VALVE_COMMANDS: Final = {
    0x55: "open",
    0x99: "close",
    0x66: "maker's command 66",
    0x77: "maker's command 77",
    0x00: "maker's command 00",
}


def function_name(function: int) -> str:
    """In words; an unlisted one by its number."""
    return _FUNCTIONS.get(function, f"function {function:02X}")


def family(meter_type: int) -> Family:
    """Which layout its metering data have, by the high digit of the type."""
    return _FAMILIES.get(meter_type >> 4, "other") if meter_type & 0x0F <= 9 else "other"


def type_name(meter_type: int) -> str:
    """In words; an unlisted one by its family."""
    kind = family(meter_type)
    return _TYPES.get(meter_type, f"{kind} meter, type {meter_type:02X}")


def identifier_name(di: int) -> str | None:
    """What an identifier stands for; None: unlisted."""
    if di in MONTHS:
        return f"settlement data, {di - MONTHS[0] + 1} months back"
    if di in HISTORY:
        return f"settlement data, {di - HISTORY[0] + 1} months back (2018)"
    if di in TIMED_FREEZES:
        return f"timed freeze, {di - TIMED_FREEZES[0] + 1} back"
    if di in INSTANT_FREEZES:
        return f"instant freeze, {di - INSTANT_FREEZES[0] + 1} back"
    return _NAMES.get(di)


def identifier(wire: bytes) -> int:
    """The identifier that two bytes mean: makers send 90 1F (2004) as well as 1F 90 (2018).

    The order in which it is a listed one; if it is one in both or in neither, the one that begins with a byte with
    which identifiers begin; if that settles nothing, the order of 2004: high byte first.
    """
    high, low = int.from_bytes(wire, "big"), int.from_bytes(wire, "little")
    known = identifier_name(high) is not None, identifier_name(low) is not None
    if known[0] != known[1]:
        return high if known[0] else low
    return low if wire[0] not in _HIGH_BYTES and wire[1] in _HIGH_BYTES else high

"""Quality of a reading: QARTOD's flags (IOOS QARTOD, "Manual for Real-Time Quality Control") and our reason bits."""

from enum import IntEnum, IntFlag


class Quality(IntEnum):
    """QARTOD's primary flags. The raw value is never overwritten by a check; the flag rides beside it."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


_SEVERITY = {Quality.MISSING: 0, Quality.NOT_EVALUATED: 1, Quality.PASS: 2, Quality.SUSPECT: 3, Quality.FAIL: 4}


def worst(*flags: Quality) -> Quality:
    """The roll-up of several flags, as QARTOD orders them: missing < not evaluated < pass < suspect < fail."""
    return max(flags, key=_SEVERITY.__getitem__)


class Reason(IntFlag):
    """Why a reading has its quality: a bit set, 32 bits on the wire (docs/uplink.md). Bits are never reused."""

    NONE = 0
    GROSS_RANGE = 1 << 0
    SPIKE = 1 << 1
    RATE = 1 << 2
    FLAT_LINE = 1 << 3
    GAP = 1 << 4
    CLOCK = 1 << 5
    DEVICE_FLAG = 1 << 6
    MAINTENANCE = 1 << 7
    CALIBRATION = 1 << 8
    BACKFILLED = 1 << 9
    MANUAL = 1 << 10
    INSTRUMENT_RANGE = 1 << 11
    LINK_FAULT = 1 << 12
    DEVICE_FAULT = 1 << 13
    STOPPED = 1 << 14
    UNIT = 1 << 15
    INVALID_VALUE = 1 << 16


REASON_MASK = 0xFFFF_FFFF


def reason_names(bits: int) -> list[str]:
    """The names of the bits that are set, lower case, lowest bit first; an unknown bit is named ``bit<n>``."""
    names = [reason.name.lower() for reason in Reason if reason and bits & reason and reason.name]
    names += [f"bit{n}" for n in range(32) if bits >> n & 1 and (1 << n) not in Reason._value2member_map_]
    return names

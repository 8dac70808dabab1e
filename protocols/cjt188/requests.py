"""Every command that a master sends, as a frame: reading, addresses, valve, time, prices, days, keys, counter."""

from datetime import datetime
from typing import Literal, NamedTuple

from protocols.bcd import packed
from protocols.cjt188 import control, times
from protocols.cjt188.frame import ANY_TYPE, ANYONE, LAYOUT, Frame
from protocols.meter_line.address import address_wire
from protocols.vocabulary.errors import ProtocolError

DiOrder = Literal["high first", "low first"]
"""90 1F as CJ/T 188-2004 prints it, or 1F 90: a setting of the meter."""


class Meter(NamedTuple):
    """Whom a master talks to, and how that meter wants it."""

    meter_type: int
    """10 cold water, 20 heat, 30 gas...; AA any."""
    address: str
    """14 digits; AA stands for any pair."""
    di_order: DiOrder = "high first"


def read(meter: Meter, ser: int, di: int = control.READING) -> Frame:
    """Read metering data, or whatever ``di`` names; ``ser`` comes back in the answer."""
    return _frame(meter, control.READ, di, ser)


def read_address(meter: Meter | None = None, ser: int | None = 0) -> Frame:
    """Ask for the address: one meter on the line only. Without ``ser`` two bytes are sent, as some makers want it."""
    return _frame(meter or Meter(ANY_TYPE, ANYONE), control.READ_ADDRESS, control.ADDRESS, ser)


def read_key_version(meter: Meter, ser: int) -> Frame:
    """Which key the meter uses."""
    return _frame(meter, control.READ_KEY_VERSION, 0x8106, ser)


def write(meter: Meter, ser: int, di: int, data: bytes) -> Frame:
    """Write what ``di`` names; ``data`` as on the wire."""
    return _frame(meter, control.WRITE, di, ser, data)


def valve(meter: Meter, ser: int, command: int) -> Frame:
    """Open (55), close (99), or a maker's own command (control.VALVE_COMMANDS)."""
    return write(meter, ser, control.VALVE, bytes([_byte(command, "valve command")]))


def set_time(meter: Meter, ser: int, when: datetime, order: times.Order = "low first") -> Frame:
    """Set the clock."""
    return write(meter, ser, control.SET_TIME, times.wire(when, order))


def write_prices(meter: Meter, ser: int, prices: tuple[int, int, int], limits: tuple[int, int], start: int) -> Frame:
    """Three prices in cents, the two volumes in m3 up to which the first two hold, and the day they start."""
    figures = (prices[0], limits[0], prices[1], limits[1], prices[2])
    data = b"".join(packed(figure, 3)[::-1] for figure in figures)
    return write(meter, ser, 0xA010, data + packed(start, 1))


def settlement_day(meter: Meter, ser: int, day: int) -> Frame:
    """The day of the month at which the meter settles."""
    return write(meter, ser, 0xA011, packed(day, 1))


def reading_day(meter: Meter, ser: int, day: int) -> Frame:
    """The day of the month at which the meter is read."""
    return write(meter, ser, 0xA012, packed(day, 1))


def purchase(meter: Meter, ser: int, number: int, cents: int) -> Frame:
    """The n-th purchase, and its money."""
    return write(meter, ser, 0xA013, packed(number, 1) + packed(cents, 4)[::-1])


def write_key(meter: Meter, ser: int, version: int, key: bytes) -> Frame:
    """A new key of 8 bytes, and its version."""
    return write(meter, ser, 0xA014, bytes([_byte(version, "key version")]) + key)


def factory_enable(meter: Meter, ser: int) -> Frame:
    """Put a meter from the factory into service."""
    return write(meter, ser, 0xA019, b"")


def write_address(meter: Meter, ser: int, new: str) -> Frame:
    """Give a meter another address."""
    return _frame(meter, control.WRITE_ADDRESS, 0xA018, ser, address_wire(new, LAYOUT))


def sync_counter(meter: Meter, ser: int, hundredths: int, unit: int) -> Frame:
    """Set the electronic counter to what the mechanical one shows: in hundredths of the unit with this code."""
    data = packed(hundredths, 4)[::-1] + bytes([_byte(unit, "unit")])
    return _frame(meter, control.SYNC_MOTOR, 0xA016, ser, data)


def _frame(meter: Meter, function: int, di: int, ser: int | None, data: bytes = b"") -> Frame:
    serial = b"" if ser is None else bytes([_byte(ser, "SER")])
    return Frame(meter.meter_type, meter.address, function, di_wire(di, meter.di_order) + serial + data)


def di_wire(di: int, order: DiOrder) -> bytes:
    """An identifier as it is sent.

    :raises ProtocolError: more than two bytes.
    """
    if not 0 <= di <= 0xFFFF:
        raise ProtocolError(f"CJ/T 188: identifier {di:X}: expected at most 4 hexadecimal digits")
    return di.to_bytes(2, "big" if order == "high first" else "little")


def _byte(value: int, name: str) -> int:
    if not 0 <= value <= 255:
        raise ProtocolError(f"CJ/T 188: {name} {value}: expected 0 to 255")
    return value

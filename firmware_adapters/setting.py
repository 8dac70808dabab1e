"""From a value that is wanted to the registers that say it: the inverse of interpretation, exact or not at all."""

from fractions import Fraction
from typing import NamedTuple

from firmware_adapters.interpretation import interpreter
from firmware_adapters.rows import RegisterRow
from protocols.modbus import registers_of
from protocols.modbus.packing import pack_words
from protocols.vocabulary import OBSERVED_PROPERTIES, ProtocolError


class Setting(NamedTuple):
    """What to write, and what the device will say then."""

    registers: tuple[int, ...]
    """Register words; of a coil one 0 or 1."""
    value: float
    """What these registers mean when they are read: the value that was wanted, or of ``f32`` the nearest to it."""


def setting_of(row: RegisterRow, value: float) -> Setting:
    """What to write for a value in the observed property's unit.

    :raises ValueError: the row may not be written, the value is outside of the property's range or the register's,
        lies between two of the device's steps, or is one of the marks by which the device says that it has no value.
    """
    if not row.writable:
        raise ValueError(f"{row.series} may not be written")
    known = OBSERVED_PROPERTIES.get(row.observed)
    if known is not None and not known.low <= value <= known.high:
        raise ValueError(f"{row.series} {value:g} {known.unit}: expected {known.low:g} to {known.high:g}")
    registers = (_bit(row, value),) if row.kind == "bit" else _words(row, value)
    data = bytes(registers) if row.kind == "bit" else pack_words(registers)
    said, faults = interpreter((row,))(data)
    if faults:
        raise ValueError(f"{row.series} {value:g}: the device uses this number to say that it has no value")
    return Setting(registers, said[0])


def _number(row: RegisterRow, value: float) -> Fraction:
    """The device's number, exactly: 21.4 at a divisor of 10 is 214."""
    numerator, divisor = row.scale
    return Fraction(repr(float(value))) * divisor / numerator


def _bit(row: RegisterRow, value: float) -> int:
    number = _number(row, value)
    if number not in (0, 1):
        raise ValueError(f"{row.series} {value:g}: expected 0 or 1")
    return int(number)


def _words(row: RegisterRow, value: float) -> tuple[int, ...]:
    number = _number(row, value)
    if row.kind[0] != "f" and number.denominator != 1:
        numerator, divisor = row.scale
        raise ValueError(f"{row.series} {value:g}: expected a multiple of {numerator / divisor:g}")
    try:
        wanted = float(number) if row.kind[0] == "f" else int(number)
        return registers_of(wanted, row.kind, row.order)  # type: ignore[arg-type] # bits and bit are no kinds of numbers
    except (ProtocolError, OverflowError) as error:
        raise ValueError(f"{row.series} {value:g}: {error}") from None

"""From the bytes of one answer to the values of its rows: everything that can be is worked out once, beforehand."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from math import isfinite, nan
from operator import itemgetter, mul, truediv
from struct import Struct
from typing import Final, NamedTuple

from firmware_adapters.rows import RegisterRow
from protocols.modbus.values import Order, number
from protocols.vocabulary import Reason

_FORM: Final = {"s16": "h", "s32": "i", "s64": "q", "f32": "f", "f64": "d"}
_UNSIGNED_FORM: Final = {1: "H", 2: "I", 4: "Q"}
"""By registers: what is not in _FORM is read unsigned first."""
_PROBE: Final = {1: (0x0001,), 2: (0x0001, 0x0203), 4: (0x0001, 0x0203, 0x0405, 0x0607)}
"""Registers whose bytes are numbered in wire order: read as one number, they tell where its bytes come from."""
_MOST_DECIMALS: Final = 9
"""A register of decimals above this is none."""
_UNSIGNED: Final = {1: "u16", 2: "u32", 4: "u64"}
_ONE_F32: Final = Struct(">f")

Raw = Sequence[float]
"""Numbers as the kinds read them: int or float."""


class Interpreted(NamedTuple):
    """The values of a block, aligned with its rows."""

    value: list[float]
    """In the observed properties' units; NaN where there is none."""
    faults: dict[int, int]
    """Row index -> Reason bits, only for rows without a value."""


@lru_cache(maxsize=4096)
def interpreter(rows: tuple[RegisterRow, ...]) -> Callable[[bytes], Interpreted]:
    """The function that reads answers to one block (protocols.modbus.plan.Block).

    It takes the data bytes of the answer, 2 * count of registers or (count + 7) // 8 of bits, and gives the values,
    aligned with the rows. Devices of one model share it.

    :param rows: of one table, in address order; the block begins with the first and holds all of them.
    """
    unpack = _bit_reader(rows) if rows[0].kind == "bit" else _register_reader(rows)
    numerators = [row.scale[0] for row in rows]
    divisors = [row.scale[1] for row in rows]
    marked = [(index, row.invalid) for index, row in enumerate(rows) if row.invalid]
    floats = any(row.kind[0] == "f" or row.kind in ("bcd16", "bcd32") or row.codes or row.decimals for row in rows)
    decimals = list(enumerate((index for index, row in enumerate(rows) if row.decimals), len(rows)))
    meanings = [(index, meaning) for index, row in enumerate(rows) if (meaning := _meaning(row)) is not None]
    scaled = any(numerator != 1 for numerator in numerators)

    def interpret(data: bytes) -> Interpreted:
        raw = numbers = unpack(data)
        if meanings:
            numbers = list(raw)
            for index, meaning in meanings:
                numbers[index] = meaning(raw[index])
        value = list(map(truediv, map(mul, numbers, numerators) if scaled else numbers, divisors))
        for place, index in decimals:
            value[index] = _with_decimals(numbers[index] * numerators[index], divisors[index], int(raw[place]))
        faults: dict[int, int] = {}
        if floats and not isfinite(sum(value)):
            faults = {index: int(Reason.INVALID_VALUE) for index, one in enumerate(value) if not isfinite(one)}
        for index, marks in marked:
            if raw[index] in marks:
                faults[index] = int(Reason.DEVICE_FAULT)
        for index in faults:
            value[index] = nan
        return Interpreted(value, faults)

    return interpret


def _with_decimals(number: float, divisor: int, decimals: int) -> float:
    """Divided once, by an integer; NaN when a device says something else than a count of decimals."""
    return number / (divisor * 10**decimals) if decimals <= _MOST_DECIMALS else nan


def _meaning(row: RegisterRow) -> Callable[[float], float] | None:
    """Codes and offsets; None where the number is only to be divided."""
    if row.codes:
        values = dict(row.codes)
        return lambda number: values.get(int(number), nan) if isfinite(number) else nan
    if row.offset:
        return lambda number: number + row.offset
    return None


def _register_reader(rows: tuple[RegisterRow, ...]) -> Callable[[bytes], Raw]:
    """One struct for the whole block; other byte orders than ABCD, and shared registers, are put straight first.

    Registers of decimals come behind the numbers of all rows.
    """
    base = rows[0].address
    apart = all(row.end <= following.address for row, following in pairwise(rows))
    if apart and all(row.order == "ABCD" and not row.decimals for row in rows):
        form, position = ">", base
        for row in rows:
            form += f"{2 * (row.address - position)}x{_form(row)}"
            position = row.end
        return _converted(rows, _shortened(rows, Struct(form).unpack))
    scaled = [row for row in rows if row.decimals]
    straight = Struct(">" + "".join(_form(row) for row in rows) + "H" * len(scaled))
    numbers = [
        2 * (row.number_address - base) + place for row in rows for place in _places(row.number_registers, row.order)
    ]
    decimals = [
        2 * (row.address - base if row.decimals == "before" else row.end - 1 - base) + place
        for row in scaled
        for place in _places(1, row.order)
    ]
    pick = itemgetter(*numbers, *decimals)
    return _converted(rows, _shortened(rows, lambda data: straight.unpack(bytes(pick(data)))))


def _form(row: RegisterRow) -> str:
    return _FORM.get(row.kind) or _UNSIGNED_FORM[row.number_registers]


def _converted(rows: tuple[RegisterRow, ...], unpack: Callable[[bytes], Raw]) -> Callable[[bytes], Raw]:
    """Decimals, sign and magnitude, and fields of bits out of the unsigned numbers that the struct read."""
    conversions = [(index, convert) for index, row in enumerate(rows) if (convert := _conversion(row)) is not None]
    if not conversions:
        return unpack

    def read(data: bytes) -> Raw:
        raw = list(unpack(data))
        for index, convert in conversions:
            raw[index] = convert(int(raw[index]))
        return raw

    return read


def _conversion(row: RegisterRow) -> Callable[[int], float] | None:
    if row.kind in ("bcd16", "bcd32"):
        return _decimal
    if row.kind in ("sm16", "sm32"):
        sign = 1 << 16 * row.number_registers - 1
        return lambda number: sign - number if number & sign else number
    if row.kind == "bits":
        low, mask = row.low_bit, (1 << row.width) - 1
        return lambda number: number >> low & mask
    return None


def _decimal(number: int) -> float:
    """A number of decimal digits, four bits each; NaN when one of them is above 9."""
    digits = f"{number:x}"
    return int(digits) if digits.isdecimal() else nan


def _places(registers: int, order: Order) -> bytes:
    """Where, on the wire, the bytes of a big-endian value stand."""
    return int(number(_PROBE[registers], _UNSIGNED[registers], order)).to_bytes(2 * registers, "big")  # type: ignore[arg-type]


def _shortened(rows: tuple[RegisterRow, ...], unpack: Callable[[bytes], Raw]) -> Callable[[bytes], Raw]:
    """32-bit floats become the shortest decimal that is the same 32-bit float: 21.4, not 21.399999618530273.

    Nothing is lost by it, and it is what the device's maker wrote and what packs well.
    """
    singles = [index for index, row in enumerate(rows) if row.kind == "f32"]
    if not singles:
        return unpack
    count = len(singles)
    text, pack = "%.7g " * count, Struct(f">{count}f").pack
    every = count == len(rows)

    def read(data: bytes) -> Raw:
        raw = unpack(data)
        exact = raw if every else [raw[index] for index in singles]
        short = list(map(float, (text % tuple(exact)).split()))
        if pack(*short) != pack(*exact):
            short = list(map(shortest, exact))
        if every:
            return short
        mixed = list(raw)
        for index, one in zip(singles, short, strict=True):
            mixed[index] = one
        return mixed

    return read


def shortest(single: float) -> float:
    """The decimal with the fewest digits that is this 32-bit float; NaN and infinities as they are."""
    for digits in (7, 8):
        short = float(f"{single:.{digits}g}")
        if _ONE_F32.pack(short) == _ONE_F32.pack(single):
            return short
    return float(f"{single:.9g}")


def _bit_reader(rows: tuple[RegisterRow, ...]) -> Callable[[bytes], Raw]:
    """Bits come lowest first, eight to a byte (V1.1b3 §6.1)."""
    places = [(offset >> 3, offset & 7) for offset in (row.address - rows[0].address for row in rows)]

    def read(data: bytes) -> Raw:
        return [data[byte] >> bit & 1 for byte, bit in places]

    return read

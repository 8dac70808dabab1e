"""From the bytes of one answer to the values of its rows: everything that can be is worked out once, beforehand."""

from collections.abc import Callable, Sequence
from math import isfinite, nan
from operator import itemgetter, mul, truediv
from struct import Struct
from typing import Final, NamedTuple

from firmware_adapters.rows import RegisterRow
from protocols.modbus.values import Order, number
from protocols.vocabulary import Reason

_FORM: Final = {"u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}
_PROBE: Final = {1: (0x0001,), 2: (0x0001, 0x0203), 4: (0x0001, 0x0203, 0x0405, 0x0607)}
"""Registers whose bytes are numbered in wire order: read as one number, they tell where its bytes come from."""
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


def interpreter(rows: tuple[RegisterRow, ...]) -> Callable[[bytes], Interpreted]:
    """The function that reads answers to one block.

    :param rows: of one table, in address order; the block begins with the first and ends with the last.
    """
    unpack = _bit_reader(rows) if rows[0].kind == "bit" else _register_reader(rows)
    numerators = [row.scale[0] for row in rows]
    divisors = [row.scale[1] for row in rows]
    marked = [(index, row.invalid) for index, row in enumerate(rows) if row.invalid]
    floats = any(row.kind[0] == "f" for row in rows)
    scaled = any(numerator != 1 for numerator in numerators)

    def interpret(data: bytes) -> Interpreted:
        raw = unpack(data)
        value = list(map(truediv, map(mul, raw, numerators) if scaled else raw, divisors))
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


def _register_reader(rows: tuple[RegisterRow, ...]) -> Callable[[bytes], Raw]:
    """One struct for the whole block; other byte orders than ABCD are put straight first."""
    base = rows[0].address
    if all(row.order == "ABCD" for row in rows):
        form, position = ">", base
        for row in rows:
            form += f"{2 * (row.address - position)}x{_FORM[row.kind]}"
            position = row.end
        return _shortened(rows, Struct(form).unpack)
    straight = Struct(">" + "".join(_FORM[row.kind] for row in rows))
    pick = itemgetter(
        *(2 * (row.address - base) + place for row in rows for place in _places(row.registers, row.order))
    )
    return _shortened(rows, lambda data: straight.unpack(bytes(pick(data))))


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

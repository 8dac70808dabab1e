"""Numbers, bits and texts in registers, in the byte orders that devices use.

The orders are named after where the bytes A B C D of the big-endian value stand on the wire: 123456.0 is 47F1 2000 as
ABCD, 2000 47F1 as CDAB, F147 0020 as BADC, 0020 F147 as DCBA. Values of 64 bits follow the same two switches (words
turned round, bytes in a word swapped), values of 16 bits only the second, bit fields as the whole they are cut from.
Which marks mean "not available" is the device model's business.
"""

import struct
from collections.abc import Sequence
from math import isfinite
from typing import Final, Literal

from protocols.bcd import digits, packed
from protocols.vocabulary.errors import ProtocolError

Kind = Literal["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "bcd16", "bcd32", "sm16", "sm32"]
"""Unsigned, two's complement, IEEE 754, binary-coded decimal, sign and magnitude (the highest bit is the sign)."""
Order = Literal["ABCD", "BADC", "CDAB", "DCBA"]

_FORMS: Final[dict[str, struct.Struct]] = {
    "u16": struct.Struct(">H"),
    "s16": struct.Struct(">h"),
    "u32": struct.Struct(">I"),
    "s32": struct.Struct(">i"),
    "u64": struct.Struct(">Q"),
    "s64": struct.Struct(">q"),
    "f32": struct.Struct(">f"),
    "f64": struct.Struct(">d"),
}
_SIGNED: Final = {"sm16": 0x8000, "sm32": 0x8000_0000}
"""Where the sign stands."""
WIDTH: Final[dict[str, int]] = {
    **{kind: form.size // 2 for kind, form in _FORMS.items()},
    "bcd16": 1,
    "bcd32": 2,
    "sm16": 1,
    "sm32": 2,
}
"""Registers that a value of a kind takes."""


def number(registers: Sequence[int], kind: Kind, order: Order = "ABCD") -> int | float:
    """The number in 1, 2 or 4 registers.

    :raises ProtocolError: another count of registers than the kind has; a decimal digit above 9.
    """
    if len(registers) != WIDTH[kind]:
        raise ProtocolError(f"{kind}: {len(registers)} registers: expected {WIDTH[kind]}")
    data = _bytes(registers, order)
    if kind in ("bcd16", "bcd32"):
        return int(digits(data))
    if sign := _SIGNED.get(kind):
        size = int.from_bytes(data)
        return sign - size if size & sign else size
    value: int | float = _FORMS[kind].unpack(data)[0]
    return value


def registers_of(value: float, kind: Kind, order: Order = "ABCD") -> tuple[int, ...]:
    """The inverse of :func:`number`.

    :raises ProtocolError: the value does not fit; integer kinds take whole numbers only.
    """
    if kind[0] != "f" and not (isfinite(value) and value == int(value)):
        raise ProtocolError(f"{kind}: {value} is no whole number")
    if kind in ("bcd16", "bcd32"):
        return _registers(packed(int(value), 2 * WIDTH[kind]), order)
    if sign := _SIGNED.get(kind):
        size = abs(int(value))
        if size >= sign:
            raise ProtocolError(f"{kind}: {value} does not fit: expected {1 - sign} to {sign - 1}")
        return _registers((size | (sign if value < 0 else 0)).to_bytes(2 * WIDTH[kind]), order)
    try:
        data = _FORMS[kind].pack(value if kind[0] == "f" else int(value))
    except (struct.error, OverflowError) as error:
        raise ProtocolError(f"{kind}: {value} does not fit: {error}") from None
    return _registers(data, order)


def candidates(registers: Sequence[int], kind: Kind) -> dict[Order, int | float]:
    """What the same registers mean in each order: for the engineer who has a device and no manual.

    An order in which they are no number of the kind (a decimal digit above 9) is left out.
    """
    orders: tuple[Order, ...] = ("ABCD", "BADC", "CDAB", "DCBA")
    found: dict[Order, int | float] = {}
    for order in orders:
        try:
            found[order] = number(registers, kind, order)
        except ProtocolError:
            continue
    return found


def bit_field(registers: Sequence[int], low_bit: int, width: int, order: Order = "ABCD") -> int:
    """A run of bits in one register, or across two, as a number of zero or more.

    :param low_bit: the place of its lowest bit; 0 is the lowest of the whole value.
    :raises ProtocolError: it does not lie within the registers.
    """
    _within(registers, low_bit, width)
    return int.from_bytes(_bytes(registers, order)) >> low_bit & (1 << width) - 1


def with_bit_field(
    registers: Sequence[int], value: int, low_bit: int, width: int, order: Order = "ABCD"
) -> tuple[int, ...]:
    """The registers with the run of bits set to a number, all other bits as they were.

    :raises ProtocolError: it does not lie within the registers, or the number has more bits.
    """
    _within(registers, low_bit, width)
    if not 0 <= value < 1 << width:
        raise ProtocolError(f"bits: {value} does not fit into {width}")
    whole = int.from_bytes(_bytes(registers, order))
    whole = whole & ~((1 << width) - 1 << low_bit) | value << low_bit
    return _registers(whole.to_bytes(2 * len(registers)), order)


def _within(registers: Sequence[int], low_bit: int, width: int) -> None:
    if low_bit < 0 or width < 1 or low_bit + width > 16 * len(registers):
        raise ProtocolError(f"bits {low_bit} to {low_bit + width - 1}: {len(registers)} registers have no such")


def bcd(registers: Sequence[int]) -> int:
    """Binary-coded decimal of any length, four digits to a register, most significant first.

    :raises ProtocolError: a digit above 9, or no register.
    """
    if not registers:
        raise ProtocolError("BCD: no registers")
    return int(digits(_bytes(registers, "ABCD")))


def bcd_registers(value: int, count: int) -> tuple[int, ...]:
    """The inverse of :func:`bcd` in ``count`` registers.

    :raises ProtocolError: negative, or more digits than fit.
    """
    return _registers(packed(value, 2 * count), "ABCD")


def bits(register: int) -> tuple[bool, ...]:
    """The 16 bits of a register, lowest first."""
    return tuple([bool(register >> place & 1) for place in range(16)])


def register_of_bits(places: Sequence[bool]) -> int:
    """The inverse of :func:`bits`, at most 16 of them."""
    return sum(1 << place for place, on in enumerate(places[:16]) if on)


def text(registers: Sequence[int], order: Order = "ABCD") -> str:
    """ASCII, two characters to a register, without the blanks and NULs that fill it up.

    :raises ProtocolError: a byte above 7F.
    """
    data = _bytes(registers, "BADC" if order in ("BADC", "DCBA") else "ABCD")
    try:
        return data.decode("ascii").rstrip("\0 ")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"text: byte {error.start} is no ASCII", data) from None


def text_registers(characters: str, count: int) -> tuple[int, ...]:
    """The inverse of :func:`text`, filled up with NUL.

    :raises ProtocolError: no ASCII, or more than fits.
    """
    if not characters.isascii() or len(characters) > 2 * count:
        raise ProtocolError(f"text: {characters!r:.40} does not fit into {count} registers")
    return _registers(characters.encode().ljust(2 * count, b"\0"), "ABCD")


def _bytes(registers: Sequence[int], order: Order) -> bytes:
    if order in ("CDAB", "DCBA"):
        registers = registers[::-1]
    return struct.pack(f"{'<' if order in ('BADC', 'DCBA') else '>'}{len(registers)}H", *registers)


def _registers(data: bytes, order: Order) -> tuple[int, ...]:
    words = struct.unpack(f"{'<' if order in ('BADC', 'DCBA') else '>'}{len(data) // 2}H", data)
    return words[::-1] if order in ("CDAB", "DCBA") else words

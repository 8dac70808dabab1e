"""The bytes of the functions that read and write bits and registers: V1.1b3 §6.1-6.6, §6.11, §6.12, §6.16, §6.17."""

from collections.abc import Callable
from math import isfinite
from typing import Final

from protocols.fields import FieldReader
from protocols.modbus.values import Order, candidates

_SMALL: Final = 4096
"""Two registers below it are more likely two numbers than one float of a rare byte order."""
_SHOWN: Final[dict[Order, tuple[float, float]]] = {
    "ABCD": (1e-3, 1e7),
    "CDAB": (1e-3, 1e7),
    "BADC": (1e-3, 1e5),
    "DCBA": (1e-3, 1e5),
}
"""Between these a float is worth a word: what instruments show. The lower two orders are rare."""

Rows = Callable[[FieldReader, int | None], None]
"""Names the bytes behind a function code; is told the first address of a read answer, when it is known."""


def number(reader: FieldReader, width: int, name: str, meaning: Callable[[int], str] = str) -> int:
    """Name a field that is one number, and give it; 0 when it is not there."""
    data = reader.peek(width)
    found = int.from_bytes(data)
    reader.take(width, name, meaning(found) if len(data) == width else "")
    return found


def numbers(*names: str) -> Rows:
    """Fields of two bytes each."""

    def rows(reader: FieldReader, start: int | None) -> None:
        del start
        for name in names:
            number(reader, 2, name)

    return rows


def _coil(reader: FieldReader, start: int | None) -> None:
    del start
    number(reader, 2, "coil")
    number(reader, 2, "value", lambda said: {0xFF00: "on", 0: "off"}.get(said, f"{said:04X}: expected FF00 or 0000"))


def _mask(reader: FieldReader, start: int | None) -> None:
    del start
    number(reader, 2, "register")
    number(reader, 2, "AND mask", lambda mask: f"{mask:016b}: bits that stay")
    number(reader, 2, "OR mask", lambda mask: f"{mask:016b}: bits that are set, of those that do not stay")


def _counted_bits(reader: FieldReader, start: int | None, quantity: int | None = None) -> None:
    count = number(reader, 1, "byte count")
    for place in range(min(count, reader.left)):
        first = 8 * place
        shown = 8 if quantity is None else max(min(8, quantity - first), 0)
        bits = " ".join(str(reader.peek(1)[0] >> bit & 1) for bit in range(shown))
        name = f"bits +{first}" if start is None else f"bits {start + first}"
        reader.take(1, f"{name} to {(start or 0) + first + shown - 1}" if shown > 1 else name, f"lowest first: {bits}")


def registers(reader: FieldReader, start: int | None, count: int) -> None:
    """One row for each register; with the second of a pair, the floats that the two may be."""
    before: int | None = None
    for place in range(min(count, (reader.left + 1) // 2)):
        name = f"register +{place}" if start is None else f"register {start + place}"
        data = reader.peek(2)
        one = int.from_bytes(data)
        if len(data) < 2:
            reader.take(2, name)
            return
        told = f"{one}" + (f" (signed {one - 0x10000})" if one >= 0x8000 else "")
        if before is not None and place % 2:
            told += _floats(before, one)
        reader.take(2, name, told)
        before = one


def _floats(high: int, low: int) -> str:
    """The orders in which two registers are a float that an instrument would show."""
    found = candidates((high, low), "f32")
    numbers_apart = max(high, low) < _SMALL or not isfinite(found["ABCD"]) or not isfinite(found["CDAB"])
    told = [
        f"{order} {found[order]:.7g}"
        for order, (least, most) in _SHOWN.items()
        if least <= abs(found[order]) < most and not (numbers_apart and order in ("BADC", "DCBA"))
    ]
    return f"; with the one before, as float: {', '.join(told)}" if told else ""


def _counted_registers(reader: FieldReader, start: int | None) -> None:
    count = number(reader, 1, "byte count")
    registers(reader, start, (count + 1) // 2)


def _write_coils(reader: FieldReader, start: int | None) -> None:
    del start
    first = number(reader, 2, "start")
    quantity = number(reader, 2, "quantity")
    _counted_bits(reader, first, quantity)


def _write_registers(reader: FieldReader, start: int | None) -> None:
    del start
    first = number(reader, 2, "start")
    number(reader, 2, "quantity")
    _counted_registers(reader, first)


def _read_write(reader: FieldReader, start: int | None) -> None:
    numbers("start", "quantity")(reader, start)
    first = number(reader, 2, "write start")
    number(reader, 2, "write quantity")
    _counted_registers(reader, first)


_WORDS: Final = numbers("start", "quantity")
_REGISTER: Final = numbers("register", "value")
REQUESTS: Final[dict[int, Rows]] = {
    **dict.fromkeys((1, 2, 3, 4), _WORDS),
    5: _coil,
    6: _REGISTER,
    15: _write_coils,
    16: _write_registers,
    22: _mask,
    23: _read_write,
}
RESPONSES: Final[dict[int, Rows]] = {
    **dict.fromkeys((1, 2), _counted_bits),
    **dict.fromkeys((3, 4, 23), _counted_registers),
    5: _coil,
    6: _REGISTER,
    **dict.fromkeys((15, 16), _WORDS),
    22: _mask,
}

"""What the data of an element means, in either mode: numbers, lists of an hour, time steps."""

import re
from typing import Final

from protocols.sl651.elements import LEVEL_LISTS, RAIN_LIST, STATUS, STEP, ElementKind, code, elements, elements_by_name
from protocols.sl651.items import Element, Named
from protocols.sl651.numbers import MISSING, NOT_DECIMAL, VENDOR_FILL, Number, fill, number, scaled
from protocols.sl651.text import MISSING as MISSING_TEXT
from protocols.sl651.text import is_step
from protocols.sl651.times import Step

_DECIMAL = re.compile(r"([+-]?)([0-9]{1,20})(?:\.([0-9]{0,10}))?")
_DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_STEP_UNITS: Final = {"D": "days", "H": "hours", "N": "minutes"}


def kind_of(item: Element | Named) -> ElementKind | None:
    """Its row of Table C.1; None for a reserved or a user's own one."""
    return elements().get(item.id) if isinstance(item, Element) else elements_by_name().get(item.name)


def name_of(item: Element | Named) -> str:
    """Its ASCII name; the printed id of an unlisted one of HEX mode."""
    if isinstance(item, Named):
        return item.name
    kind = elements().get(item.id)
    return kind.name if kind else code(item.id)


def number_of(item: Element | Named) -> Number:
    """The value of an ordinary element, or of the status word (a whole number)."""
    kind = kind_of(item)
    if isinstance(item, Named):
        if kind is not None and kind.id == STATUS:
            return _word(_unhexed(item.text))
        return text_number(item.text)
    return _word(item.data) if kind is not None and kind.id == STATUS else number(item.data, item.decimals)


def text_number(text: str) -> Number:
    """A decimal number as ASCII mode writes it."""
    if text == MISSING_TEXT:
        return Number(None, MISSING)
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return Number(None, NOT_DECIMAL)
    sign, whole, decimals = match[1], match[2], match[3] or ""
    value = scaled(int(whole + decimals), len(decimals))
    return Number(-value if sign == "-" and value else value)


def _word(data: bytes) -> Number:
    if not data:
        return Number(None, NOT_DECIMAL)
    blank = fill(data)
    return Number(None, blank) if blank else Number(int.from_bytes(data, "big"))


def _unhexed(text: str) -> bytes:
    return bytes.fromhex(text) if _DIGITS.fullmatch(text) else b""


def is_list(item: Element | Named) -> bool:
    """Whether it has a value for each five minutes of an hour."""
    kind = kind_of(item)
    return kind is not None and (kind.id == RAIN_LIST or kind.id in LEVEL_LISTS)


def list_of(item: Element | Named) -> tuple[Number, ...]:
    """The values of a list of an hour: rain of 0.1 mm in a byte, relative level of 0.01 m in two; all F is missing."""
    kind = kind_of(item)
    data = item.data if isinstance(item, Element) else _unhexed(item.text)
    return list_numbers(kind.id if kind else RAIN_LIST, data)


def list_numbers(identifier: int, data: bytes) -> tuple[Number, ...]:
    """As :func:`list_of`, of the bytes. A list that is AA from end to end was filled by a vendor and says nothing."""
    width, decimals = (1, 1) if identifier == RAIN_LIST else (2, 2)
    cells = [data[at : at + width] for at in range(0, len(data), width)]
    if fill(data) == VENDOR_FILL:
        return tuple(Number(None, VENDOR_FILL) for _ in cells)
    return tuple(
        Number(None, MISSING) if not cell.strip(b"\xff") else Number(scaled(int.from_bytes(cell, "big"), decimals))
        for cell in cells
    )


def step_of(item: Element | Named) -> Step | None:
    """The time step, when it is one.

    :raises ProtocolError: not three bytes.
    """
    if isinstance(item, Element):
        return Step.of(item.data) if item.id == STEP else None
    return Step(**{_STEP_UNITS[item.name[2]]: int(item.name[3:])}) if is_step(item.name) else None

"""Elements by id and by ASCII name (Appendix C, elements.tsv) and parameters by id (Appendix D, parameters.tsv).

Both use the same numbers; which of them a number means is said by the function code (functions.py).
"""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

STEP: Final = 0x04
DURATION: Final = 0x05
GATE_OPENING: Final = 0x09
WIND_DIRECTION: Final = 0x33
STATUS: Final = 0x45
TIME: Final = 0xF0
STATION: Final = 0xF1
TEXT: Final = 0xF2
PICTURE: Final = 0xF3
RAIN_LIST: Final = 0xF4
LEVEL_LISTS: Final = range(0xF5, 0xFD)
RESERVED: Final = range(0x76, 0xF0)
BULK: Final = 0xFD
EXTENDED: Final = 0xFF
RELAY_RANGE: Final = 0x0E
"""A parameter whose definition byte is all length."""
MODEM_ID: Final = 0x0F
_CHANNELS: Final = range(0x04, 0x0C)


class ElementKind(NamedTuple):
    """One row of Table C.1. What a frame brings may have other digits and decimals; its own definition byte counts."""

    id: int
    name: str
    """As it is written in ASCII mode."""
    name_zh: str
    name_en: str
    unit: str
    """UCUM; empty when there is none."""
    digits: int | None
    decimals: int | None
    observed_property: str | None
    """Of protocols.vocabulary.properties, where one fits and has the same unit.

    Several elements share one: the element's name tells their datastreams apart."""


class ParameterKind(NamedTuple):
    """One row of Tables D.1 and D.4."""

    id: int
    name_zh: str
    name_en: str
    unit: str
    digits: int | None
    decimals: int | None


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (files(__package__) / name).read_text("utf-8").splitlines()]


def _count(text: str) -> int | None:
    return int(text) if text else None


@cache
def elements() -> dict[int, ElementKind]:
    """All elements by id."""
    return {
        int(number, 16): ElementKind(int(number, 16), name, zh, en, unit, _count(digits), _count(places), known or None)
        for number, name, zh, en, unit, digits, places, known in _rows("elements.tsv")
    }


@cache
def elements_by_name() -> dict[str, ElementKind]:
    """All elements by ASCII name, as it is printed (pH, else capitals)."""
    return {kind.name: kind for kind in elements().values()}


@cache
def parameters() -> dict[int, ParameterKind]:
    """All parameters by id."""
    return {
        int(number, 16): ParameterKind(int(number, 16), zh, en, unit, _count(digits), _count(places))
        for number, zh, en, unit, digits, places in _rows("parameters.tsv")
    }


def code(identifier: int) -> str:
    """How an id is printed: 39, or FF02 when it has two bytes."""
    return f"{identifier:02X}"


def is_channel(parameter: int) -> bool:
    """Whether it is the type and address of a channel to a centre."""
    return parameter in _CHANNELS

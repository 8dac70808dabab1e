"""The units that one byte names: the base unit and a power of ten."""

from typing import Final, NamedTuple


class Unit(NamedTuple):
    """One code."""

    name: str
    """J, Wh, kWh, GJ, kW, L, m3, L/h, m3/h, GJ/h..."""
    factor: int
    """1, 10 or 100: what the digits are to be multiplied by."""


_BASES: Final = {
    0x02: "Wh",
    0x05: "kWh",
    0x08: "MWh",
    0x0B: "kJ",
    0x0E: "MJ",
    0x11: "GJ",
    0x14: "W",
    0x17: "kW",
    0x1A: "MW",
    0x29: "L",
    0x2C: "m3",
    0x32: "L/h",
    0x35: "m3/h",
    0x43: "kJ/h",
    0x46: "MJ/h",
    0x49: "GJ/h",
}
"""Each with its ten- and hundredfold behind it."""
UNITS: Final = {0x01: Unit("J", 1), 0x40: Unit("J/h", 1)} | {
    code + power: Unit(name, 10**power) for code, name in _BASES.items() for power in range(3)
}

ENERGY: Final = frozenset({"J", "Wh", "kWh", "MWh", "kJ", "MJ", "GJ"})
POWER: Final = frozenset({"W", "kW", "MW", "J/h", "kJ/h", "MJ/h", "GJ/h"})
VOLUME: Final = frozenset({"L", "m3"})
FLOW: Final = frozenset({"L/h", "m3/h"})

"""Momentary values (DI3 = 02) of DL/T 645-2007; a power is positive when it is drawn."""

from typing import Final

from protocols.dlt645.energy import PHASES
from protocols.dlt645.item import Format, Item, Observed, number, single

_POWER: Final = "XX.XXXX"
MAX_HARMONIC: Final = 21

_BY_PHASE: Final[dict[int, tuple[str, Format, str | None, int]]] = {
    0x01: ("voltage", number("XXX.X", "V"), "voltage", 1),
    0x02: ("current", number("XXX.XXX", "A", signed=True), "current", 1),
    0x03: ("active power", number(_POWER, "kW", signed=True), "active_power", 1000),
    0x04: ("reactive power", number(_POWER, "kvar", signed=True), None, 1),
    0x05: ("apparent power", number(_POWER, "kVA", signed=True), None, 1),
    0x06: ("power factor", number("X.XXX", "", signed=True), "power_factor", 1),
    0x07: ("phase angle", number("XXX.X", "°"), None, 1),
    0x08: ("voltage distortion", number("XX.XX", "%"), None, 1),
    0x09: ("current distortion", number("XX.XX", "%"), None, 1),
}
"""DI2: DI1 = 01..03 is the phase; 00 the total, where there is one."""
WITH_TOTAL: Final = range(0x03, 0x07)
_HARMONICS: Final = {0x0A: "voltage", 0x0B: "current"}

_OTHERS: Final = {
    0x01: single("neutral current", number("XXX.XXX", "A", signed=True), Observed("current", "n")),
    0x02: single("frequency", number("XX.XX", "Hz"), Observed("frequency")),
    0x03: single("one-minute mean active power", number(_POWER, "kW", signed=True)),
    0x04: single("present active demand", number(_POWER, "kW", signed=True)),
    0x05: single("present reactive demand", number(_POWER, "kvar", signed=True)),
    0x06: single("present apparent demand", number(_POWER, "kVA", signed=True)),
    0x07: single("meter temperature", number("XXX.X", "Cel", signed=True)),
    0x08: single("clock battery voltage", number("XX.XX", "V"), Observed("battery_voltage", "clock")),
    0x09: single("backup battery voltage", number("XX.XX", "V"), Observed("battery_voltage", "backup")),
    0x0A: single("battery working time", number("XXXXXXXX", "min")),
    0x0B: single("present step price", number("XXXX.XXXX", "CNY/kWh")),
    0x20: single("present price", number("XXXX.XXXX", "CNY/kWh")),
    0x21: single("present tariff price", number("XXXX.XXXX", "CNY/kWh")),
    0x22: single("present step price", number("XXXX.XXXX", "CNY/kWh")),
}
"""02 80 00 DI0."""


def variable(di2: int, di1: int, di0: int) -> Item | None:
    """The item of 02 DI2 DI1 DI0."""
    if di2 == 0x80:
        return _OTHERS.get(di0) if not di1 else None
    if di2 in _HARMONICS:
        if not 1 <= di1 <= 3 or not 1 <= di0 <= MAX_HARMONIC:
            return None
        name = f"phase {PHASES[di1 - 1]} {_HARMONICS[di2]} harmonic {di0}"
        return single(name, number("XX.XX", "%"))
    row = _BY_PHASE.get(di2)
    if row is None or di0 or di1 > 3 or (not di1 and di2 not in WITH_TOTAL):
        return None
    quantity, form, observed, factor = row
    name = f"phase {PHASES[di1 - 1]} {quantity}" if di1 else f"total {quantity}"
    channel = PHASES[di1 - 1].lower() if di1 else ""
    return single(name, form, Observed(observed, channel, factor) if observed else None)

"""Event records (DI3 = 03), freezes (05) and load records (06) of DL/T 645-2007: names, times and counts."""

from typing import Final

from protocols.dlt645.energy import ENERGIES, PHASES
from protocols.dlt645.item import MINUTE, MOMENT, REST, Format, Item, Part, digits, number, single

COUNT: Final = number("XXXXXX", "")
_MINUTES: Final = number("XXXXXX", "min")
MAX_RECORD: Final = 10

_BY_PHASE: Final = {
    0x01: "voltage loss",
    0x02: "undervoltage",
    0x03: "overvoltage",
    0x04: "phase failure",
    0x0B: "current loss",
    0x0C: "overcurrent",
    0x0D: "current cut",
    0x0E: "power reversal",
    0x0F: "overload",
}
"""DI1 is the phase, DI0 the record, the last one 01."""
_OF_METER: Final = {
    0x05: "loss of all voltages",
    0x06: "auxiliary supply failure",
    0x07: "voltage sequence reversal",
    0x08: "current sequence reversal",
    0x09: "voltage imbalance",
    0x0A: "current imbalance",
    0x11: "power failure",
}
_DEMANDS: Final = (
    "forward active demand overrun",
    "reverse active demand overrun",
    *(f"quadrant {n} reactive demand overrun" for n in (1, 2, 3, 4)),
)
_OPERATIONS: Final = (
    "programming",
    "meter clear",
    "demand clear",
    "event clear",
    "clock setting",
    "day slot programming",
    "year zone programming",
    "weekend programming",
    "holiday programming",
    "active combination programming",
    "reactive combination 1 programming",
    "reactive combination 2 programming",
    "settlement day programming",
    "meter cover opening",
    "terminal cover opening",
)
"""03 30 DI1."""
_CLOCK_SETTING: Final = 4
_QUALITY: Final = 0x10
_OVERRUNS: Final = 0x12
_OPERATED: Final = 0x30

_FREEZES: Final = {
    0x00: "timed freeze",
    0x01: "instant freeze",
    0x02: "year zone switch freeze",
    0x03: "day slot switch freeze",
    0x04: "hourly freeze",
    0x06: "daily freeze",
}


def event(di2: int, di1: int, di0: int) -> Item | None:
    """The item of 03 DI2 DI1 DI0."""
    if di2 == _QUALITY:
        return _quality(di1, di0) if di1 <= len(PHASES) else None
    if di0 > MAX_RECORD:
        return None
    if di2 in _BY_PHASE:
        return _of_phases(_BY_PHASE[di2], di1, di0)
    if di2 in _OF_METER and not di1:
        return _of_meter(_OF_METER[di2], di2, di0)
    special = {_OVERRUNS: _overruns, _OPERATED: _operation}.get(di2)
    return special(di1, di0) if special else None


def _quality(phase: int, months: int) -> Item:
    name = f"phase {PHASES[phase - 1]} voltage quality" if phase else "voltage quality"
    return Item(f"{name}, {months} months back" if months else f"{name}, this month", (REST,))


def _of_phases(name: str, phase: int, record: int) -> Item | None:
    if not phase and not record:
        parts = [
            (Part(f"phase {letter} {name} count", COUNT), Part(f"phase {letter} {name} minutes", _MINUTES))
            for letter in PHASES
        ]
        return Item(f"{name} counts and minutes", tuple(part for pair in parts for part in pair))
    if not 1 <= phase <= 3 or not record:
        return None
    return _record(f"phase {PHASES[phase - 1]} {name} record {record}", REST)


def _of_meter(name: str, di2: int, record: int) -> Item:
    if record:
        return _record(f"{name} record {record}", REST)
    if di2 == 0x11:
        return single(f"{name} count", COUNT)
    return Item(f"{name} count and minutes", (Part(f"{name} count", COUNT), Part(f"{name} minutes", _MINUTES)))


def _overruns(which: int, record: int) -> Item | None:
    if not which and not record:
        return Item("demand overrun counts", tuple(Part(f"{name} count", COUNT) for name in _DEMANDS))
    if not record or not 1 <= which <= len(_DEMANDS):
        return None
    return _record(f"{_DEMANDS[which - 1]} record {record}", REST)


def _operation(di1: int, record: int) -> Item | None:
    if di1 >= len(_OPERATIONS):
        return None
    name = _OPERATIONS[di1]
    if not record:
        return single(f"{name} count", COUNT)
    name = f"{name} record {record}"
    if di1 == _CLOCK_SETTING:
        parts = (Part("operator", digits(4)), Part("time before", MOMENT), Part("time after", MOMENT))
        return Item(name, parts)
    return _record(name, REST)


def _record(name: str, rest: Part) -> Item:
    return Item(name, (Part("begin", MOMENT), rest))


def relay(name: str, di2: int, di1: int, di0: int) -> Item | None:
    """The item of 1D (trip) or 1E (close) of the later catalogues: 00 00 01 the count, 00 01 nn a record."""
    if di2 or not 1 <= di0 <= MAX_RECORD:
        return None
    if not di1:
        return single(f"{name} count", COUNT) if di0 == 1 else None
    return _record(f"{name} record {di0}", REST) if di1 == 1 else None


def freeze(di2: int, di1: int, di0: int, count: int) -> Item | None:
    """The item of 05 DI2 DI1 DI0; a frozen energy is its total and as many tariffs as ``count`` bytes hold."""
    name = _FREEZES.get(di2)
    if name is None or not di0:
        return None
    lead = f"{name} {di0}"
    if not di1:
        return single(f"{lead}, time", MINUTE)
    kind = ENERGIES.get(di1) if di1 <= 0x08 else None
    if kind is None:
        return Item(f"{lead}, data {di1:02X}", (Part(f"{lead}, data {di1:02X}", Format("bytes", 0)),))
    form = number("XXXXXX.XX", "kWh" if kind.quantity == "active" else "kvarh", signed=kind.signed)
    tariffs = [f"{lead}, {kind.name} tariff {n}" for n in range(1, count // 4)]
    names = (f"{lead}, {kind.name} total", *tariffs)
    return Item(f"{lead}, {kind.name}", tuple(Part(each, form) for each in names))


def load_record(di2: int, di1: int, di0: int) -> Item:
    """The item of 06 DI2 DI1 DI0: carried as it came."""
    return Item(f"load record {di2:02X}{di1:02X}{di0:02X}", (Part("load record", Format("bytes", 0)),))

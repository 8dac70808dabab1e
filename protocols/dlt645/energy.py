"""Energies (DI3 = 00) and maximum demands with their time (DI3 = 01) of DL/T 645-2007.

DI2 says which energy, DI1 which tariff (00 total, 01..3F), DI0 which settlement day (00 now, 01..0C back).
"""

from typing import Final, NamedTuple

from protocols.dlt645.item import MINUTE, Item, Observed, Part, number, single

MAX_TARIFF: Final = 63
MAX_SETTLEMENT: Final = 12


class EnergyKind(NamedTuple):
    """One DI2."""

    name: str
    quantity: str
    """active, reactive or apparent."""
    signed: bool = False
    channel: str | None = None
    """Of the property active_energy; None: another quantity."""


def _kinds(phase: str = "") -> tuple[EnergyKind, ...]:
    """Forward active to reverse apparent, in the standard's order."""
    channel = f"{phase[-1:].lower()}" if phase else ""
    lead = f"{phase} " if phase else ""
    return (
        EnergyKind(f"{lead}forward active energy", "active", channel=channel),
        EnergyKind(f"{lead}reverse active energy", "active", channel=f"{channel}.reverse".lstrip(".")),
        EnergyKind(f"{lead}combined reactive 1", "reactive", signed=True),
        EnergyKind(f"{lead}combined reactive 2", "reactive", signed=True),
        *(EnergyKind(f"{lead}quadrant {n} reactive", "reactive") for n in (1, 2, 3, 4)),
        EnergyKind(f"{lead}forward apparent energy", "apparent"),
        EnergyKind(f"{lead}reverse apparent energy", "apparent"),
    )


def _special(phase: str = "") -> tuple[EnergyKind, ...]:
    lead = f"{phase} " if phase else ""
    names = (
        "associated energy",
        "forward active fundamental energy",
        "reverse active fundamental energy",
        "forward active harmonic energy",
        "reverse active harmonic energy",
        "copper loss active compensation energy",
        "iron loss active compensation energy",
    )
    return tuple(EnergyKind(lead + name, "active") for name in names)


PHASES: Final = ("A", "B", "C")
_TOTALS: Final = dict(enumerate(_kinds(), 1))
"""Energy and demand, all tariffs."""
_OF_PHASES: Final = {
    first + at: kind
    for first, phase in zip((0x15, 0x29, 0x3D), PHASES, strict=True)
    for at, kind in enumerate(_kinds(f"phase {phase}"))
}
_SPECIAL: Final = {
    first + at: kind
    for first, phase in zip((0x80, 0x94, 0xA8, 0xBC), ("", "phase A", "phase B", "phase C"), strict=True)
    for at, kind in enumerate(_special(phase))
}
ENERGIES: Final = (
    {0: EnergyKind("combined active energy", "active", signed=True, channel="combined")}
    | _TOTALS
    | _OF_PHASES
    | _SPECIAL
)
TARIFFED: Final = range(0x0B)
"""DI2 with tariffs; the others have a total alone, which is not called so."""
_ENERGY_UNITS: Final = {"active": "kWh", "reactive": "kvarh", "apparent": "kVAh"}
_POWER_UNITS: Final = {"active": "kW", "reactive": "kvar", "apparent": "kVA"}

_PREPAID: Final = {
    0x0100: single("remaining energy", number("XXXXXX.XX", "kWh")),
    0x0101: single("overdrawn energy", number("XXXXXX.XX", "kWh")),
    0x0200: single("remaining money", number("XXXXXX.XX", "CNY")),
    0x0201: single("overdrawn money", number("XXXXXX.XX", "CNY")),
}
"""DI2 = 90: of prepaid meters."""


def energy(di2: int, di1: int, di0: int) -> Item | None:
    """The item of 00 DI2 DI1 DI0."""
    if di2 == 0x90:
        return _PREPAID.get(di1 << 8 | di0)
    kind = ENERGIES.get(di2)
    if kind is None or not _in_range(di2, di1, di0):
        return None
    observed = None
    if kind.channel is not None and not di0:
        observed = Observed("active_energy", ".".join(filter(None, (kind.channel, f"t{di1}" if di1 else ""))))
    form = number("XXXXXX.XX", _ENERGY_UNITS[kind.quantity], signed=kind.signed)
    return single(_named(kind.name, di2, di1, di0), form, observed)


def demand(di2: int, di1: int, di0: int) -> Item | None:
    """The item of 01 DI2 DI1 DI0: the demand, and when it was."""
    kind = (_TOTALS | _OF_PHASES).get(di2)
    if kind is None or not _in_range(di2, di1, di0):
        return None
    name = _named(f"{kind.name.removesuffix(' energy')} maximum demand", di2, di1, di0)
    form = number("XX.XXXX", _POWER_UNITS[kind.quantity], signed=kind.signed)
    return Item(name, (Part(name, form), Part(f"{name}, time", MINUTE)), at_its_time=True)


def _in_range(di2: int, di1: int, di0: int) -> bool:
    return di1 <= (MAX_TARIFF if di2 in TARIFFED else 0) and di0 <= MAX_SETTLEMENT


def _named(name: str, di2: int, di1: int, di0: int) -> str:
    if di2 in TARIFFED:
        name = f"{name} tariff {di1}" if di1 else f"{name} total"
    return f"{name}, settlement {di0} back" if di0 else name

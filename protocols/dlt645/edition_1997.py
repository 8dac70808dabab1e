"""Data identifiers of DL/T 645-1997: two bytes, four hexadecimal digits DI1 DI0."""

from typing import Final

from protocols.dlt645.item import Format, Item, Observed, Part, digits, number, single, stamp, word

_ENERGY: Final = {
    (0x90, 1): ("forward active energy", "kWh", ""),
    (0x90, 2): ("reverse active energy", "kWh", "reverse"),
    (0x91, 1): ("forward reactive", "kvarh", None),
    (0x91, 2): ("reverse reactive", "kvarh", None),
    (0x91, 3): ("quadrant 1 reactive", "kvarh", None),
    (0x91, 4): ("quadrant 4 reactive", "kvarh", None),
    (0x91, 5): ("quadrant 2 reactive", "kvarh", None),
    (0x91, 6): ("quadrant 3 reactive", "kvarh", None),
}
"""DI1 of this month and the high digit of DI0; the low digit is the tariff, 0 the total."""
_MONTHS: Final = {0x0: "", 0x4: ", last month", 0x8: ", two months back"}
"""What is added to DI1."""

_POWER: Final = number("XX.XXXX", "kW")
_REACTIVE: Final = number("XX.XX", "kvar")
_FACTOR: Final = number("X.XXX", "")
_PHASES: Final = ("total", "phase A", "phase B", "phase C")
_CHANNELS: Final = ("", "a", "b", "c")


def _phased() -> dict[int, Item]:
    rows: dict[int, Item] = {}
    for n, (phase, channel) in enumerate(zip(_PHASES, _CHANNELS, strict=True)):
        if n:
            rows[0xB610 + n] = single(f"{phase} voltage", number("XXXX", "V"), Observed("voltage", channel))
            rows[0xB620 + n] = single(f"{phase} current", number("XX.XX", "A"), Observed("current", channel))
        rows[0xB630 + n] = single(f"{phase} active power", _POWER, Observed("active_power", channel, 1000))
        rows[0xB640 + n] = single(f"{phase} reactive power", _REACTIVE)
        rows[0xB650 + n] = single(f"{phase} power factor", _FACTOR, Observed("power_factor", channel))
    return rows


_OTHERS: Final[dict[int, tuple[str, Format]]] = {
    0xB210: ("last programming time", stamp("MMDDhhmm")),
    0xB211: ("last demand clear time", stamp("MMDDhhmm")),
    0xB212: ("programming count", number("NNNN")),
    0xB213: ("demand clear count", number("NNNN")),
    0xB214: ("battery working time", number("NNNNNN", "min")),
    0xB310: ("phase failure count", number("NNNN")),
    **{0xB310 + n: (f"{_PHASES[n]} failure count", number("NNNN")) for n in (1, 2, 3)},
    0xB320: ("phase failure minutes", number("NNNNNN", "min")),
    **{0xB320 + n: (f"{_PHASES[n]} failure minutes", number("NNNNNN", "min")) for n in (1, 2, 3)},
    0xC010: ("date and weekday", stamp("YYMMDDWW")),
    0xC011: ("time", stamp("hhmmss")),
    0xC020: ("meter status word", word()),
    0xC021: ("grid status word", word()),
    0xC022: ("weekend word", word()),
    0xC030: ("active meter constant", number("NNNNNN", "imp/kWh")),
    0xC031: ("reactive meter constant", number("NNNNNN", "imp/kvarh")),
    0xC032: ("meter number", digits(6)),
    0xC033: ("customer number", digits(6)),
    0xC034: ("device code", digits(6)),
    0xC111: ("maximum demand period", number("NN", "min")),
    0xC112: ("demand slip time", number("NN", "min")),
    0xC117: ("meter reading day", stamp("DDhh")),
}
_ITEMS: Final = _phased() | {di: single(name, form) for di, (name, form) in _OTHERS.items()}


def item_1997(di: int) -> Item | None:
    """What a two-byte identifier stands for; None: unlisted, or a block."""
    high, low = di >> 8, di & 0xFF
    kind, tariff = low >> 4, low & 0x0F
    if tariff == 0x0F or kind == 0x0F:
        return None
    when = _MONTHS.get(high & 0x0C)
    quantity = _ENERGY.get((high & 0x01 | 0x90, kind))
    if when is None or quantity is None or high & 0x02:
        return _ITEMS.get(di)
    name, unit, channel = quantity
    which = f"tariff {tariff}" if tariff else "total"
    match high & 0xF0:
        case 0x90:
            observed = None
            if channel is not None and not when:
                observed = Observed("active_energy", ".".join(filter(None, (channel, f"t{tariff}" if tariff else ""))))
            return single(f"{name} {which}{when}", number("XXXXXX.XX", unit), observed)
        case 0xA0:
            return single(f"{_demand(name)} {which}{when}", number("XX.XXXX", unit.removesuffix("h")))
        case 0xB0 if (high & 0x0F) in (0, 1, 4, 5, 8, 9):
            return Item(
                f"{_demand(name)} {which}, time{when}",
                (Part(f"{_demand(name)} {which}, time{when}", stamp("MMDDhhmm")),),
            )
        case _:
            return _ITEMS.get(di)


def _demand(name: str) -> str:
    return f"{name.removesuffix(' energy')} maximum demand"

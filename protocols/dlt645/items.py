"""Which item a data identifier of either edition is, and what a block of FF consists of."""

from collections.abc import Callable
from typing import Final

from protocols.dlt645.control import Edition
from protocols.dlt645.edition_1997 import item_1997
from protocols.dlt645.energy import ENERGIES, demand, energy
from protocols.dlt645.events import event, freeze, load_record, relay
from protocols.dlt645.item import Item
from protocols.dlt645.parameters import parameter
from protocols.dlt645.variables import variable

WILD: Final = 0xFF
FREEZES: Final = 0x05
_CATALOGUES: Final[dict[int, Callable[[int, int, int], Item | None]]] = {
    0x00: energy,
    0x01: demand,
    0x02: variable,
    0x03: event,
    0x04: parameter,
    0x06: load_record,
    0x1D: lambda *low: relay("trip", *low),
    0x1E: lambda *low: relay("close", *low),
}
"""By DI3."""
DI_WIDTH: Final[dict[Edition, int]] = {"2007": 4, "1997": 2}
_BLOCKS: Final = {
    0x00: "energy",
    0x01: "maximum demand",
    0x02: "momentary values",
    0x03: "event records",
    0x04: "parameters",
    0x05: "frozen data",
}
_QUANTITIES: Final = {0x0201: "voltage", 0x0202: "current", 0x0203: "active power", 0x0204: "reactive power"} | {
    0x0205: "apparent power",
    0x0206: "power factor",
    0x0207: "phase angle",
}


def is_block(di: int, edition: Edition = "2007") -> bool:
    """Whether FF stands in it for all values that this byte (in 1997: this digit, F) can have."""
    if edition == "1997":
        return di & 0x0F == 0x0F or di & 0xF0 == 0xF0
    return WILD in di.to_bytes(4, "big")


def item_of(di: int, count: int = 0, edition: Edition = "2007") -> Item | None:
    """What an identifier stands for; None: unlisted, or a block.

    :param count: bytes of data that came with it; a frozen energy has as many tariffs as they hold.
    """
    if edition == "1997":
        return item_1997(di)
    di3, di2, di1, di0 = di.to_bytes(4, "big")
    if di3 == FREEZES:
        return freeze(di2, di1, di0, count) if WILD not in (di2, di1, di0) else None
    catalogue = _CATALOGUES.get(di3)
    return catalogue(di2, di1, di0) if catalogue else None


def members(di: int, count: int, edition: Edition = "2007") -> tuple[tuple[int, Item], ...] | None:
    """The items that a block's ``count`` bytes hold, in order; None when they cannot be told apart.

    The listed items of the block follow one another as long as there are bytes; the last one must end where they end.
    """
    found: list[tuple[int, Item]] = []
    left = count
    for each in _concrete(di, edition):
        if not left:
            break
        item = item_of(each, 0, edition)
        if item is None:
            continue
        if item.open or item.width > left:
            return None
        found.append((each, item))
        left -= item.width
    return tuple(found) if found and not left else None


def _concrete(di: int, edition: Edition) -> list[int]:
    if edition == "1997":
        if di & 0xFF == 0xFF:
            return [di & ~0xFF | low for low in range(0xFF) if low & 0x0F != 0x0F]
        return (
            [di & ~0x0F | low for low in range(0x0F)]
            if di & 0x0F == 0x0F
            else [di & ~0xF0 | n for n in range(0, 0xF0, 16)]
        )
    parts = di.to_bytes(4, "big")
    if parts.count(WILD) != 1:
        return []  # two dimensions at once: no source says in which order
    at = parts.index(WILD)
    shift = 8 * (3 - at)
    return [di & ~(WILD << shift) | value << shift for value in range(WILD)]


def name_of(di: int, edition: Edition = "2007") -> str | None:
    """The item's or the block's name; None: unlisted."""
    if (item := item_of(di, 0, edition)) is not None:
        return item.name
    if not is_block(di, edition):
        return None
    if edition == "1997":
        items = [item for each in _concrete(di, edition) if (item := item_of(each, 0, edition))]
        return f"{items[0].name} and further: block" if items else None
    di3, di2, di1, di0 = di.to_bytes(4, "big")
    if di3 == 0 and di2 in ENERGIES:
        dimension = "tariffs" if di1 == WILD else "settlements"
        return f"{ENERGIES[di2].name}, all {dimension}"
    if (quantity := _QUANTITIES.get(di3 << 8 | di2)) and di1 == WILD and not di0:
        return f"{quantity} block"
    return f"{_BLOCKS[di3]} block" if di3 in _BLOCKS else None

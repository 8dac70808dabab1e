"""The data of an answer as values, by meter family, identifier and length; another length is a maker's own layout."""

from typing import Final, Literal, NamedTuple

from protocols import bcd
from protocols.cjt188 import control, times, units
from protocols.cjt188.control import Family, family
from protocols.cjt188.status import Status, read_status
from protocols.cjt188.units import UNITS, Unit

Kind = Literal["quantity", "number", "time", "status"]
UnitPlace = Literal["behind", "before", ""]

NOT_AVAILABLE: Final = "not available"
NOT_BCD: Final = "not BCD"
UNKNOWN_UNIT: Final = "unknown unit"


class Part(NamedTuple):
    """One field of a layout."""

    key: str
    kind: Kind
    width: int
    """Bytes, the unit's included."""
    decimals: int = 0
    unit: str = ""
    """Of a number without a unit byte."""
    dimension: frozenset[str] = frozenset()
    """Which units a quantity can have."""


def _quantity(key: str, dimension: frozenset[str], decimals: int = 2) -> Part:
    return Part(key, "quantity", 5, decimals, dimension=dimension)


_TIME: Final = Part("time", "time", times.WIDTH)
_STATUS: Final = Part("status", "status", 2)
_METERED: Final = units.VOLUME | units.ENERGY
"""What a water or gas meter counts; a meter of type 40 may count energy."""

FLOW_DECIMALS: Final = 4
"""Of a heat meter's flow, XXXX.XXXX; some makers mean two."""

_READING: Final = (_quantity("current", _METERED), _quantity("settle", _METERED), _TIME, _STATUS)
_HEAT: Final = (
    _quantity("settle_heat", units.ENERGY),
    _quantity("heat", units.ENERGY),
    _quantity("power", units.POWER),
    _quantity("flow", units.FLOW, FLOW_DECIMALS),
    _quantity("volume", units.VOLUME),
    Part("supply_temperature", "number", 3, 2, "Cel"),
    Part("return_temperature", "number", 3, 2, "Cel"),
    Part("hours", "number", 3, 0, "h"),
    _TIME,
    _STATUS,
)
_HEAT_2018: Final = (
    _quantity("settle_heat", units.ENERGY),
    _quantity("heat", units.ENERGY),
    Part("power", "quantity", 4, 2, dimension=units.POWER),
    Part("flow", "quantity", 4, 3, dimension=units.FLOW),
    _quantity("volume", units.VOLUME),
    Part("supply_temperature", "number", 2, 2, "Cel"),
    Part("return_temperature", "number", 2, 2, "Cel"),
    Part("hours", "number", 4, 0, "h"),
    _TIME,
    _STATUS,
)
"""L = 2B; known from one public source only."""
_PURCHASE: Final = (
    Part("purchase_number", "number", 1),
    Part("purchase", "number", 4, 2, "CNY"),
    Part("purchase_total", "number", 4, 2, "CNY"),
    Part("money_left", "number", 4, 2, "CNY"),
    _STATUS,
)
_PRICES: Final = (
    Part("price_1", "number", 3, 2, "CNY"),
    Part("volume_1", "number", 3, 0, "m3"),
    Part("price_2", "number", 3, 2, "CNY"),
    Part("volume_2", "number", 3, 0, "m3"),
    Part("price_3", "number", 3, 2, "CNY"),
)
_FREEZE: Final = (
    Part("freeze_time", "time", times.WIDTH),
    _quantity("volume", units.VOLUME),
    _quantity("flow", units.FLOW, 4),
    Part("temperature", "number", 3, 2, "Cel"),
    Part("pressure", "number", 3, 2),
)
_HISTORY_HEAT: Final = (
    _quantity("settle_heat", units.ENERGY),
    _quantity("settle_cooling", units.ENERGY),
    _quantity("settle_volume", units.VOLUME),
)


def layouts(kind: Family, di: int) -> tuple[tuple[Part, ...], ...]:
    """The layouts that an answer of this identifier can have; they differ in length."""
    heat = kind == "heat"
    if di == control.READING:
        return (_HEAT, _HEAT_2018) if heat else (_READING,)
    if di in control.MONTHS:
        return ((_quantity("settle_heat" if heat else "settle", units.ENERGY if heat else _METERED),),)
    if di in control.HISTORY:
        return (_HISTORY_HEAT,) if heat else ((_quantity("settle", _METERED),),)
    if di in control.TIMED_FREEZES or di in control.INSTANT_FREEZES:
        return () if heat else (_FREEZE,)
    return _COMMON.get(di, ())


_COMMON: Final[dict[int, tuple[tuple[Part, ...], ...]]] = {
    control.TIME: ((_TIME,),),
    control.VALVE: ((_STATUS,),),
    0x8102: (_PRICES,),
    0x8103: ((Part("settlement_day", "number", 1),),),
    0x8104: ((Part("reading_day", "number", 1),),),
    0x8105: (_PURCHASE,),
    0x8106: ((Part("key_version", "number", 1),),),
    0xA013: (_PURCHASE,),
}


class Value(NamedTuple):
    """One field of an answer."""

    part: Part
    data: bytes
    """As on the wire."""
    digits: str | None = None
    """Of a number: most significant first, without the decimal point; None: it is none."""
    unit_code: int | None = None
    unit: Unit | None = None
    """None: no unit byte, or an unlisted one."""
    unit_place: UnitPlace = ""
    stamp: times.Stamp | None = None
    status: Status | None = None
    reason: str = ""
    """Why there is no number, or no unit."""

    @property
    def unit_name(self) -> str:
        """The unit that ``number`` has; empty when unknown."""
        return self.part.unit or (self.unit.name if self.unit else "")

    @property
    def plain(self) -> float | None:
        """The digits with their decimals, whatever the unit; None: they are no number."""
        return None if self.digits is None else float(int(self.digits) / 10**self.part.decimals)

    @property
    def number(self) -> float | None:
        """In ``unit_name``; None: no number, or nobody knows of what."""
        if self.digits is None or (self.part.kind == "quantity" and self.unit is None):
            return None
        factor = self.unit.factor if self.unit else 1
        return float(int(self.digits) * factor / 10**self.part.decimals)


def read(meter_type: int, di: int, data: bytes) -> tuple[Value, ...] | None:
    """The values of an answer; None when the identifier is unlisted or the length is a maker's own."""
    for parts in layouts(family(meter_type), di):
        if sum(part.width for part in parts) == len(data):
            return _values(parts, data)
    return None


def _values(parts: tuple[Part, ...], data: bytes) -> tuple[Value, ...]:
    pieces = []
    at = 0
    for part in parts:
        pieces.append((part, data[at : at + part.width]))
        at += part.width
    place = _unit_place([(part, piece) for part, piece in pieces if part.kind == "quantity"])
    return tuple(_value(part, piece, place) for part, piece in pieces)


def _unit_place(quantities: list[tuple[Part, bytes]]) -> UnitPlace:
    """Where the unit stands: behind the digits; before them only if all of them say so and not all say behind."""
    behind = all(_fits(part, piece[-1]) for part, piece in quantities)
    before = all(_fits(part, piece[0]) for part, piece in quantities)
    return "before" if quantities and before and not behind and len(quantities) > 1 else "behind"


def _fits(part: Part, code: int) -> bool:
    return code in UNITS and UNITS[code].name in part.dimension


def _value(part: Part, data: bytes, place: UnitPlace) -> Value:
    match part.kind:
        case "time":
            return Value(part, data, stamp=times.read(data))
        case "status":
            return Value(part, data, status=read_status(data))
        case "number":
            return Value(part, data, *_digits(data)[:1], reason=_digits(data)[1])
        case "quantity":
            return _quantity_value(part, data, place)


def _quantity_value(part: Part, data: bytes, place: UnitPlace) -> Value:
    code, figures = (data[0], data[1:]) if place == "before" else (data[-1], data[:-1])
    digits, reason = _digits(figures)
    unit = UNITS.get(code)
    return Value(part, data, digits, code, unit, place, reason=reason or ("" if unit else UNKNOWN_UNIT))


def _digits(low_first: bytes) -> tuple[str | None, str]:
    if set(low_first) == {0xFF}:
        return None, NOT_AVAILABLE
    if bcd.low_first(low_first) is None:
        return None, NOT_BCD
    return low_first[::-1].hex(), ""

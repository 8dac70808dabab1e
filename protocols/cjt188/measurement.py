"""What an answer measures: item, value, unit, observed property, time, quality."""

from typing import Final, NamedTuple

from protocols.cjt188 import reading
from protocols.cjt188.control import READING, Family, family
from protocols.cjt188.reading import NOT_AVAILABLE, Value
from protocols.vocabulary.quality import Quality, Reason

_LITRES: Final = "L"


class Observed(NamedTuple):
    """The observed property of the vocabulary that a field measures, and how its unit becomes that of the property."""

    name: str
    channel: str
    ratios: dict[str, tuple[int, int]]
    """By unit of the wire: what the value is to be multiplied by, and divided by."""


_M3: Final = {"m3": (1, 1), "L": (1, 1000)}
_KWH: Final = {
    "Wh": (1, 1000),
    "kWh": (1, 1),
    "MWh": (1000, 1),
    "J": (1, 3_600_000),
    "kJ": (1, 3600),
    "MJ": (5, 18),
    "GJ": (2500, 9),
}
_CEL: Final = {"Cel": (1, 1)}
_OBSERVED: Final = {
    "supply_temperature": Observed("water_temperature", "supply", _CEL),
    "return_temperature": Observed("water_temperature", "return", _CEL),
    "temperature": Observed("water_temperature", "", _CEL),
    "flow": Observed("water_flow", "", {"m3/h": (1, 3600), "L/h": (1, 3_600_000)}),
}
"""The same of all meters."""
_WATER: Final = Observed("water_volume", "", _M3)
_COUNTED: Final[dict[Family, dict[str, Observed]]] = {
    "water": {"current": _WATER},
    "heat": {"volume": _WATER, "heat": Observed("heat_energy", "", _KWH)},
    "gas": {"current": Observed("gas_volume", "", _M3)},
    "other": {"current": Observed("active_energy", "", _KWH)},
}
"""What a meter of a family counts. The last settlement is no value of now, and a freeze is none either."""


class Measurement(NamedTuple):
    """One number of an answer."""

    item: str
    """current, settle, heat, volume, power, flow, supply_temperature, hours..."""
    value: float | None
    """In ``unit``; None: the meter has none, sent what is no number, or of an unknown unit."""
    unit: str
    """m3, L, kWh, GJ, kW, m3/h, Cel, h, CNY: multiples (m3 x10) are counted in."""
    observed: Observed | None
    observed_value: float | None
    """In the unit of the observed property."""
    time: int | None
    """UTC ms, by the meter's clock; None: it gave none."""
    quality: Quality
    reasons: Reason


def measurements(meter_type: int, di: int, data: bytes) -> list[Measurement]:
    """The numbers in an answer's data, in wire order; none of an unlisted identifier or of a maker's own length.

    A meter whose status says that its valve is at fault in both readings of the bits marks nothing: the count is right.
    """
    values = reading.read(meter_type, di, data)
    if values is None:
        return []
    stamps = [value.stamp for value in values if value.stamp]
    time = stamps[0].ms if stamps else None
    counted = _COUNTED[family(meter_type)] if di == READING else {}
    observed = _OBSERVED | counted
    numbers = [value for value in values if value.part.kind in ("quantity", "number")]
    return [_measured(value, observed.get(value.part.key), time) for value in numbers]


def _measured(value: Value, observed: Observed | None, time: int | None) -> Measurement:
    quality, reasons = Quality.NOT_EVALUATED, Reason.NONE
    if value.number is None:
        quality, reasons = Quality.MISSING, _why(value.reason)
    elif value.unit_name == _LITRES:
        # the sources do not agree on how many decimals a count of litres has: told with two, and marked
        quality, reasons = Quality.SUSPECT, Reason.UNIT
    ratio = observed.ratios.get(value.unit_name) if observed else None
    return Measurement(
        value.part.key,
        value.number,
        value.unit_name,
        observed if ratio else None,
        None if value.number is None or not ratio else value.number * ratio[0] / ratio[1],
        time,
        quality,
        reasons,
    )


def _why(reason: str) -> Reason:
    if reason == NOT_AVAILABLE:
        return Reason.NONE
    return Reason.UNIT if reason == reading.UNKNOWN_UNIT else Reason.INVALID_VALUE

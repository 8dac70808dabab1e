"""What an answer measures: item, value, unit, observed property, time, quality."""

from typing import Final, NamedTuple

from protocols.cjt188 import reading
from protocols.cjt188.reading import NOT_AVAILABLE, Value
from protocols.vocabulary.quality import Quality, Reason

_LITRES: Final = "L"


class Observed(NamedTuple):
    """The observed property of the vocabulary that a field measures, and how its unit becomes that of the property."""

    name: str
    channel: str
    divisors: dict[str, int]
    """By unit of the wire: what the value is to be divided by."""


_OBSERVED: Final = {
    "supply_temperature": Observed("water_temperature", "supply", {"Cel": 1}),
    "return_temperature": Observed("water_temperature", "return", {"Cel": 1}),
    "temperature": Observed("water_temperature", "", {"Cel": 1}),
    "flow": Observed("water_flow", "", {"m3/h": 3600, "L/h": 3_600_000}),
}
"""The vocabulary has no property of counted water, gas or heat: those are told by their item alone."""


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
    return [_measured(value, time) for value in values if value.part.kind in ("quantity", "number")]


def _measured(value: Value, time: int | None) -> Measurement:
    quality, reasons = Quality.NOT_EVALUATED, Reason.NONE
    if value.number is None:
        quality, reasons = Quality.MISSING, _why(value.reason)
    elif value.unit_name == _LITRES:
        # the sources do not agree on how many decimals a count of litres has: told with two, and marked
        quality, reasons = Quality.SUSPECT, Reason.UNIT
    observed = _OBSERVED.get(value.part.key)
    divisor = observed.divisors.get(value.unit_name) if observed else None
    return Measurement(
        value.part.key,
        value.number,
        value.unit_name,
        observed if divisor else None,
        None if value.number is None or not divisor else value.number / divisor,
        time,
        quality,
        reasons,
    )


def _why(reason: str) -> Reason:
    if reason == NOT_AVAILABLE:
        return Reason.NONE
    return Reason.UNIT if reason == reading.UNKNOWN_UNIT else Reason.INVALID_VALUE

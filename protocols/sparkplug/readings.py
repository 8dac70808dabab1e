"""What samples mean as readings: names to points, quality codes to ours; what is no number is told apart, counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from protocols.sparkplug.datatypes import NUMBERS
from protocols.sparkplug.points import point_of
from protocols.sparkplug.samples import Sample
from protocols.vocabulary import IdentityError, Point, Quality, Reading, Reason, unit_of

LATEST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

GOOD, BAD, STALE = 192, 0, 500
_QUALITIES: Final[dict[int | None, tuple[Quality, Reason]]] = {
    None: (Quality.NOT_EVALUATED, Reason.NONE),
    GOOD: (Quality.NOT_EVALUATED, Reason.NONE),
    BAD: (Quality.FAIL, Reason.DEVICE_FLAG),
    STALE: (Quality.SUSPECT, Reason.DEVICE_FLAG | Reason.LINK_FAULT),
}
_OPC_GOOD, _OPC_UNCERTAIN = 0xC0, 0x40
"""The two highest bits of an OPC quality, which senders that pass it on use instead of Sparkplug's three codes."""

UNITS: Final[dict[str, str]] = {
    "°C": "Cel",
    "℃": "Cel",
    "degC": "Cel",
    "C": "Cel",
    "pH": "[pH]",
    "NTU": "[NTU]",
    "ppm": "[ppm]",
    "dBm": "dB[mW]",
    "kWh": "kW.h",
    "μg/m3": "ug/m3",
    "µg/m3": "ug/m3",
    "μg/m³": "ug/m3",
    "µg/m³": "ug/m3",
    "mg/m³": "mg/m3",
    "m³/s": "m3/s",
    "μS/cm": "uS/cm",
    "µS/cm": "uS/cm",
    "W/m²": "W/m2",
    "°": "deg",
    "%RH": "%",
    "lux": "lx",
}
"""Other ways to write a unit of ours; nothing is converted."""


class Understood(NamedTuple):
    """Samples, sorted."""

    readings: list[Reading]
    events: list[Sample]
    """What is no number: truths, texts, moments, bytes, arrays, tables."""
    refused: list[str]
    """One line for each that was meant as a reading and cannot be one."""


def quality_of(code: int | None) -> tuple[Quality, Reason]:
    """What a quality code says; one that is none of Sparkplug's is read as an OPC quality: good, uncertain or bad."""
    known = _QUALITIES.get(code)
    if known is not None or code is None:
        return known or _QUALITIES[None]
    if not 0 <= code <= 0xFF:
        return Quality.SUSPECT, Reason.DEVICE_FLAG
    if code & _OPC_GOOD == _OPC_GOOD:
        return Quality.NOT_EVALUATED, Reason.DEVICE_FLAG
    return (Quality.SUSPECT if code & _OPC_UNCERTAIN else Quality.FAIL), Reason.DEVICE_FLAG


def understand(
    found: Iterable[Sample], arrived_ms: int, counters: Counter[str], site: Mapping[str, str] | None = None
) -> Understood:
    """Make readings.

    :param arrived_ms: stands in for the time of a sample that has none, or 0, as senders without a clock write.
    :param counters: what was left out is counted here, by kind: ``not_a_number``, ``transient``, ``property``,
        ``time``, ``unit``, ``double``; ``no_time`` counts readings that got the arrival's time.
    :param site: as in :func:`protocols.sparkplug.points.point_of`.
    """
    readings: dict[tuple[Point, int], Reading] = {}
    events: list[Sample] = []
    refused: list[str] = []
    for sample in found:
        if sample.transient:
            counters["transient"] += 1
        elif not _is_number(sample):
            counters["not_a_number"] += 1
            events.append(sample)
        elif isinstance(reading := _reading(sample, arrived_ms, counters, site or {}), str):
            refused.append(reading)
        elif reading is not None:
            key = reading.point, reading.time
            counters["double"] += key in readings
            readings.setdefault(key, reading)
    return Understood(list(readings.values()), events, refused)


def _is_number(sample: Sample) -> bool:
    """By its datatype; by its value where the datatype is not known, or not listed."""
    if sample.value is None:
        return sample.datatype in NUMBERS
    numeric = isinstance(sample.value, int | float) and not isinstance(sample.value, bool)
    return numeric and (sample.datatype in NUMBERS or not sample.datatype)


def _reading(sample: Sample, arrived_ms: int, counters: Counter[str], site: Mapping[str, str]) -> Reading | str | None:
    """A reading; why it cannot be one; None when its name means no observed property."""
    try:
        point = point_of(sample.source, sample.name, site)
    except IdentityError as wrong:
        counters["property"] += 1
        return str(wrong)
    if point is None:
        counters["property"] += 1
        return None
    label = f"{sample.source}: {sample.name}"
    ours = unit_of(point.observed)
    if sample.unit and ours not in (None, sample.unit, UNITS.get(sample.unit)):
        counters["unit"] += 1
        return f"{label}: unit {sample.unit!r:.40} is not {ours}"
    if sample.time is not None and sample.time > LATEST_MS:
        counters["time"] += 1
        return f"{label}: time {sample.time} is behind the year 9999"
    quality, reasons = quality_of(sample.quality)
    if not sample.time:
        counters["no_time"] += 1
        reasons |= Reason.CLOCK if sample.time == 0 else Reason.NONE
    if sample.historical:
        reasons |= Reason.BACKFILLED
    time = sample.time or arrived_ms
    if not isinstance(sample.value, int | float):
        return Reading.missing(point, time, int(reasons))
    return Reading.of(point, time, float(sample.value), quality, int(reasons))

"""What an answer measures: item, value, unit, observed property, time, quality."""

from typing import NamedTuple

from protocols.dlt645.control import Edition
from protocols.dlt645.item import Observed
from protocols.dlt645.reading import NOT_AVAILABLE, Value, read, stamp_ms
from protocols.vocabulary.quality import Quality, Reason


class Measurement(NamedTuple):
    """One number of an answer."""

    item: str
    di: int
    """The item's own, also when it came in a block."""
    value: float | None
    """In ``unit``; None: the meter has none, or sent what is no number."""
    unit: str
    """As the standard prints it: kWh, kW, V, A; empty of a power factor or a count."""
    observed: Observed | None
    """The property of the vocabulary, with channel; None: there is none that fits, or it is no value of now."""
    observed_value: float | None
    """In the unit of the observed property."""
    time: int | None
    """UTC ms, when the meter says when it was: of a maximum demand. None: now."""
    quality: Quality
    reasons: Reason


def measurements(di: int, data: bytes, edition: Edition = "2007") -> list[Measurement]:
    """The numbers in an answer's data, in wire order; none of an unlisted item or of one with another width."""
    told = read(di, data, edition)
    if told is None:
        return []
    found = []
    for at, value in enumerate(told.values):
        if value.part.format.kind != "number":
            continue
        following = told.values[at + 1] if at + 1 < len(told.values) else None
        timed = following is not None and following.di == value.di and following.part.format.kind == "stamp"
        found.append(_measured(value, stamp_ms(following) if timed and following else None))
    return found


def _measured(value: Value, time: int | None) -> Measurement:
    quality, reasons = Quality.NOT_EVALUATED, Reason.NONE
    if value.scaled is None:
        quality = Quality.MISSING
        reasons = Reason.NONE if value.reason == NOT_AVAILABLE else Reason.INVALID_VALUE
    form = value.part.format
    return Measurement(
        value.part.name,
        value.di,
        value.number,
        form.unit,
        value.part.observed,
        value.observed,
        time,
        quality,
        reasons,
    )

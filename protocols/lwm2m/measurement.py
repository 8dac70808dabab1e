"""What the value of a resource measures: path and value to observed property, unit and quality."""

from math import isfinite
from typing import Final, NamedTuple

from protocols.lwm2m.path import Path
from protocols.lwm2m.resources import Resource, resource
from protocols.lwm2m.units import convert, ucum_of
from protocols.lwm2m.values import Value
from protocols.vocabulary.properties import unit_of
from protocols.vocabulary.quality import Quality, Reason

_IN_SENSOR_UNITS: Final = frozenset({5_601, 5_602, 5_603, 5_604, 5_700, 5_702, 5_703, 5_704, 5_900})
"""The resources whose unit is what resource 5701 of their instance says."""


class Measurement(NamedTuple):
    """One number of one resource."""

    path: Path
    resource: Resource | None
    """What the table knows; None for a resource that it does not list."""
    value: float | None
    """In ``unit``; None when the device sent no finite number."""
    unit: str | None
    """UCUM; None when neither device nor table tells it."""
    observed: str | None
    """The property of protocols.vocabulary.properties whose unit this is; None when none fits."""
    channel: str = ""
    reasons: Reason = Reason.NONE

    @property
    def quality(self) -> Quality:
        """MISSING when there is no value; otherwise nobody has looked yet."""
        return Quality.MISSING if self.value is None else Quality.NOT_EVALUATED


def measurement(
    path: Path, value: Value, sensor_units: str | None = None, observed: str | None = None
) -> Measurement | None:
    """What a value means that was read at a path, however it travelled (TLV, SenML, text, CBOR).

    Where neither table nor device tells the unit, or the unit leads to none of the property, the number is told as it
    came, without a property and with the reason UNIT: somebody has to say what it is.

    :param path: down to the resource, or to a resource instance.
    :param sensor_units: what the same instance's resource 5701 says; it stands above the table.
    :param observed: the property that the device model gives to this resource; it stands above the table, which calls
        any temperature that of the air.
    :returns: None for what is no number (a switch, a text, a link): that is an event, not a reading.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or path.resource_id is None:
        return None
    known = resource(path.object_id, path.resource_id)
    channel = known.channel if known else ""
    number = _finite(value)
    unit = _unit(known, sensor_units)
    wanted = observed or (known.observed if known else "")
    if number is None:
        return Measurement(path, known, None, unit or None, wanted or None, channel, Reason.INVALID_VALUE)
    if wanted:
        ours = convert(number, unit or "", wanted)
        if ours is None:
            return Measurement(path, known, number, unit, None, channel, Reason.UNIT)
        return Measurement(path, known, ours, unit_of(wanted), wanted, channel)
    return Measurement(path, known, number, unit, None, channel)


def _unit(known: Resource | None, sensor_units: str | None) -> str | None:
    """UCUM, or None when nobody tells it. The device's own units count for its sensor value and its bounds only."""
    if known is None:
        return None
    if sensor_units is not None and known.resource_id in _IN_SENSOR_UNITS:
        return ucum_of(sensor_units)
    return known.unit or None


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None

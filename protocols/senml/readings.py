"""What a SenML pack means as readings: names to points, units to ours, what is no number left out and counted."""

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from protocols.senml.codec import decode_cbor, decode_json
from protocols.senml.pack import Entry
from protocols.senml.points import point_of
from protocols.senml.record import Record, resolve
from protocols.senml.units import convert
from protocols.vocabulary import IdentityError, Point, Quality, Reading, unit_of

JSON: Final = 110
CBOR: Final = 112
DECODERS: Final[dict[int, Callable[[bytes, int], list[Entry]]]] = {JSON: decode_json, CBOR: decode_cbor}
"""By CoAP content format (RFC 8428 §12.3.2)."""


class Understood(NamedTuple):
    """A pack, read."""

    readings: list[Reading]
    refused: list[str]
    """One line for each record that was meant as a reading and cannot be one."""
    relative: bool
    """Some reading's time counts from the arrival: the same bytes at another time say something else."""


def understand(payload: bytes, content_format: int, limit: int, arrived_ms: int, counters: Counter[str]) -> Understood:
    """Read a pack.

    :param content_format: one of :data:`DECODERS`.
    :param limit: bytes.
    :param arrived_ms: stands in for the time of a record that gives none, and relative times count from it.
    :param counters: what was left out is counted here, by kind.
    :raises ProtocolError: the pack is malformed; nothing of it is taken.
    """
    records = resolve(DECODERS[content_format](payload, limit), arrived_ms / 1000)
    readings: dict[tuple[Point, int], Reading] = {}
    refused = []
    relative = False
    for record in records:
        if record.v is None:
            counters["sum_only" if record.s is not None else "not_a_number"] += 1
            continue
        try:
            point = point_of(record.name)
        except IdentityError as wrong:
            counters["name"] += 1
            refused.append(str(wrong))
            continue
        value = _in_our_unit(record.v, record, point)
        if value is None:
            counters["unit"] += 1
            refused.append(f"{record.name}: unit {record.unit} is no way to {unit_of(point.observed)}")
            continue
        time = arrived_ms if record.time_ms == arrived_ms else record.time_ms
        if (point, time) in readings:
            counters["double_record"] += 1
            continue
        readings[point, time] = Reading(point, time, value, Quality.NOT_EVALUATED, 0)
        relative |= record.relative
    return Understood(list(readings.values()), refused, relative)


def _in_our_unit(value: float, record: Record, point: Point) -> float | None:
    """The value in the observed property's unit; a record without a unit is taken to be in it already."""
    ours = unit_of(point.observed)
    if ours is None or record.unit in (None, "", ours):
        return value
    return convert(value, record.unit or "", ours)

"""SenML packs (RFC 8428) as sightings: over MQTT with a gateway's credentials, over HTTP with an API key."""

from collections import Counter
from typing import Final, NamedTuple

from cloud.ingest.doors.sighting import Sighting
from protocols.senml import resolve
from protocols.senml.points import source_and_series
from protocols.senml.readings import CBOR, DECODERS, JSON
from protocols.senml.record import Record
from protocols.vocabulary import IdentityError, Point

MAX_PACK: Final = 256 << 10
"""Bytes."""
_FIRST_NO_TEXT: Final = b"\x80"
"""JSON begins with ASCII, a CBOR array (0x80 and up) or a tag never does."""


class Pack(NamedTuple):
    """A pack, read."""

    sightings: list[Sighting]
    refused: list[str]
    """One line for each record that was meant as a reading and names no device."""
    relative: bool
    """Some reading's time counts from the arrival: the same bytes at another time say something else."""


def content_format(payload: bytes) -> int:
    """JSON or CBOR, by the first byte."""
    return CBOR if payload[:1] >= _FIRST_NO_TEXT else JSON


def read_pack(payload: bytes, form: int, arrived_ms: int, counters: Counter[str]) -> Pack:
    """Read a pack; texts, truths and sums are left out.

    :param form: one of protocols.senml.readings.DECODERS.
    :param arrived_ms: stands in for the time of a record that gives none, and relative times count from it.
    :param counters: what was left out is counted here, by kind.
    :raises ProtocolError: the pack is malformed; nothing of it is taken.
    """
    found: dict[tuple[str, str, int], Sighting] = {}
    refused = []
    relative = False
    for record in resolve(DECODERS[form](payload, MAX_PACK), arrived_ms / 1000):
        if record.v is None:
            counters["sum_only" if record.s is not None else "not_a_number"] += 1
            continue
        try:
            one = _sighting(record, record.v, arrived_ms)
        except IdentityError as wrong:
            counters["name"] += 1
            refused.append(str(wrong))
            continue
        if found.setdefault((one.source, one.name, one.time), one) is not one:
            counters["double_record"] += 1
            continue
        relative |= record.relative
    return Pack(list(found.values()), refused, relative)


def _sighting(record: Record, value: float, arrived_ms: int) -> Sighting:
    source, name = source_and_series(record.name)
    time = arrived_ms if record.time_ms == arrived_ms else record.time_ms
    return Sighting(source, name, series_of(source, name), time, value, record.unit or None)


def series_of(source: str, name: str) -> str:
    """The name itself when it has the shape of a series, ``<observed property>[/<channel>]``; else empty."""
    try:
        return Point.parse(f"{source}/{name}").series
    except IdentityError:
        return ""

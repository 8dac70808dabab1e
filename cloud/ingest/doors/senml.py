"""SenML packs (RFC 8428) as sightings: over MQTT with a gateway's credentials, over HTTP with an API key."""

from collections import Counter
from typing import Final, NamedTuple

from cloud.ingest.doors.sighting import Sighting
from protocols.senml import resolve
from protocols.senml.points import source_and_series
from protocols.senml.readings import CBOR, DECODERS, JSON
from protocols.vocabulary import IdentityError
from protocols.vocabulary.identity import is_series

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
    names: dict[str, tuple[str, str, str]] = {}
    refused = []
    relative = False
    for record in resolve(DECODERS[form](payload, MAX_PACK), arrived_ms / 1000):
        if record.v is None:
            counters["sum_only" if record.s is not None else "not_a_number"] += 1
            continue
        try:
            known = names.get(record.name) or names.setdefault(record.name, _named(record.name))
        except IdentityError as wrong:
            counters["name"] += 1
            refused.append(str(wrong))
            continue
        time = record.time_ms
        one = Sighting(*known, time, record.v, record.unit or None)
        if found.setdefault((known[0], known[1], time), one) is not one:
            counters["double_record"] += 1
            continue
        relative |= record.relative
    return Pack(list(found.values()), refused, relative)


def _named(name: str) -> tuple[str, str, str]:
    """Source, the name of the series as the device has it, and what that means by itself."""
    source, series = source_and_series(name)
    return source, series, series if is_series(series) else ""

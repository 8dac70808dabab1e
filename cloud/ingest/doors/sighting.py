"""What was seen at a door: one value of one device, under the name that its sender gives the series."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from protocols.vocabulary import ProtocolError, Quality


class Sighting(NamedTuple):
    """A value that may have a place; it stands alone, so that it can be tried again at any time."""

    source: str
    """Hardware identity or neuron identifier."""
    name: str
    """Of the series, as its sender calls it."""
    series: str
    """What the name means by itself, ``<observed property>[/<channel>]``; empty: nothing."""
    time: int
    """Observed, ms UTC."""
    value: float | None
    """None: missing."""
    unit: str | None = None
    """As the sender told it, UCUM or SenML; None: it did not."""
    quality: int = Quality.NOT_EVALUATED
    reasons: int = 0


def dump(sightings: Iterable[Sighting]) -> bytes:
    """As they lie in quarantine: JSON, an array of arrays in the order of the fields."""
    return msgspec.json.encode(list(sightings))


def load(payload: bytes) -> list[Sighting]:
    """Out of quarantine.

    :raises ProtocolError: it is nothing that ``dump`` made.
    """
    try:
        return msgspec.json.decode(payload, type=list[Sighting])
    except msgspec.DecodeError as error:
        raise ProtocolError(f"sightings: {error}", payload) from None

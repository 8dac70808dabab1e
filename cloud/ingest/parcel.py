"""What ingest works on: a message as it came, and what became of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.ingest.resolver import Resolved
from cloud.registry.events import Arrived
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns, CommitReport, EnvelopeKey
from protocols.uplink import Header
from protocols.uplink.columns import Body


class Source(Enum):
    """How the readings are written; the value names it in quarantine."""

    ENVELOPE = "envelope"
    SENML = "senml"
    LINE_PROTOCOL = "line-protocol"
    THINGSBOARD = "thingsboard"
    SPARKPLUG = "sparkplug"
    SIGHTINGS = "sightings"
    """Out of quarantine: what came in by a door and had no place."""
    REPLAY = "replay"
    """A whole envelope out of quarantine: its MAC is checked, but the ledger is not asked: it may hold it already."""
    REMAINDER = "envelope-part"
    """What had no place of an envelope that was stored otherwise: an envelope of our own making, under no key."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it came."""

    source: Source
    gateway: str
    topic: str
    payload: bytes
    settle: Callable[[], None]
    """Told once it is committed, in quarantine, or known already: the sender may forget it."""
    arrived_ms: int | None = None
    """When it came, ms UTC; None: now. Out of quarantine it is older than now."""
    retained: bool = False
    """A copy that the broker keeps and hands out at every subscription."""
    again: bool = False
    """A worker had it before and did not settle it: what is in it may be in the store."""


@dataclass(slots=True)
class Runs:
    """Readings of one parcel that have a place, ordered by datastream run; columns of equal length n."""

    datastreams: NDArray[np.int32]
    """Of each run, shape (runs,)."""
    counts: NDArray[np.intp]
    columns: Columns
    distinct: bool = True
    """No datastream has two runs."""
    each: int = 0
    """Readings of each run, when all have the same number; 0: they differ, or nobody knows."""


class Opened(NamedTuple):
    """An envelope that was let in, its readings not looked at yet."""

    parcel: Parcel
    header: Header
    body: Body
    resolved: Resolved
    datastreams: NDArray[np.int32]
    """Of every reading."""


@dataclass(slots=True)
class Prepared:
    """Parcels on their way into one commit."""

    opened: list[Opened] = field(default_factory=list)
    """Those whose readings are among the following soon."""
    fresh: list[Columns] = field(default_factory=list)
    counts: list[NDArray[np.intp]] = field(default_factory=list)
    """Readings of each fresh run; the last of a run is its newest."""
    late: list[Columns] = field(default_factory=list)
    envelopes: list[EnvelopeKey] = field(default_factory=list)
    answers: dict[str, dict[tuple[int, int], list[int]]] = field(default_factory=dict)
    """Gateway -> (stream, epoch) -> the sequences that it waits to hear of after the commit."""
    suspects: list[Suspect] = field(default_factory=list)
    events: list[Arrived] = field(default_factory=list)
    registered: bool = False
    """Suspects and events are in the registry already: a commit that is tried again does not count them twice."""
    parcels: list[Parcel] = field(default_factory=list)
    bytes: int = 0
    """Of the parcels' payloads."""
    readings: int = 0
    report: "asyncio.Future[CommitReport] | None" = None
    """Somebody who waits for what became of it."""

"""What the pipeline reads by doors: packs as they came over MQTT, and sightings out of quarantine."""

import hashlib
from collections import Counter
from typing import Final

from cloud.ingest.doors.placing import Origin, Placer, Window, suspects
from cloud.ingest.doors.senml import Pack, content_format, read_pack
from cloud.ingest.doors.sighting import load
from cloud.ingest.opened import EARLIEST_MS
from cloud.ingest.parcel import Parcel, Prepared, Runs
from cloud.ingest.reader import AHEAD_MS, Refused
from cloud.registry.directory import Directory
from cloud.registry.quarantine import Suspect
from protocols.vocabulary import Clock

SENML: Final = "senml"
LINE_PROTOCOL: Final = "line-protocol"
THINGSBOARD: Final = "thingsboard"
SPARKPLUG: Final = "sparkplug"
HISTORY_MS: Final = 946_684_800_000
"""2000-01-01T00:00Z: history may come in over HTTP, but seconds that were taken for nanoseconds land in 1970."""


class DoorReader:
    """What the readers of doors share.

    :param ahead_ms: how far a time may lie ahead of our clock.
    """

    def __init__(self, directory: Directory, clock: Clock, *, ahead_ms: int = AHEAD_MS) -> None:
        self.ignored: Counter[str] = Counter()
        self.placer = Placer(directory)
        self._clock = clock
        self._ahead_ms = ahead_ms

    def arrived_ms(self, parcel: Parcel) -> int:
        """When it came."""
        return self._clock.now_ms() if parcel.arrived_ms is None else parcel.arrived_ms

    def window(self, earliest_ms: int = EARLIEST_MS) -> Window:
        """Which times are believed now."""
        return Window(earliest_ms, self._clock.now_ms() + self._ahead_ms)


class SenmlReader(DoorReader):
    """A pack, JSON or CBOR, from anyone's device with a gateway's credentials."""

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """The readings of a pack that have a place; those that have none wait in quarantine, device by device.

        :raises ProtocolError: the pack is malformed.
        :raises Refused: it holds no reading at all.
        """
        arrived_ms = self.arrived_ms(parcel)
        pack = read_pack(parcel.payload, content_format(parcel.payload), arrived_ms, self.ignored)
        if parcel.retained and pack.relative:
            self.ignored["retained_without_time"] += 1  # it was taken when it was said; of when it is now nobody knows
            return None
        if not pack.sightings and pack.refused:
            raise Refused("unreadable_records", "; ".join(pack.refused[:3]))
        placed = self.placer.place(pack.sightings, self.window(), parcel.gateway)
        self.ignored["ignored_name"] += placed.ignored
        into.suspects += suspects(placed.refused, Origin(SENML, parcel.gateway, parcel.topic, arrived_ms, {}))
        if pack.refused:
            into.suspects.append(_unreadable(parcel, pack, arrived_ms))
        return placed.runs


def _unreadable(parcel: Parcel, pack: Pack, arrived_ms: int) -> Suspect:
    moment = f"/{arrived_ms}" if pack.relative else ""
    count = len(pack.refused)
    return Suspect(
        received_ms=arrived_ms,
        gateway=parcel.gateway,
        topic=parcel.topic,
        reason="unreadable_records",
        detail="; ".join((f"{count} of {len(pack.sightings) + count} records", *pack.refused[:3])),
        source=parcel.source.value,
        payload=parcel.payload,
        dedupe=f"{parcel.topic}/unreadable_records/{hashlib.sha256(parcel.payload).hexdigest()}{moment}",
    )


class SightingReader(DoorReader):
    """What waited in quarantine for its device to be adopted."""

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """The readings that have a place now; the others go back.

        :raises ProtocolError: they are no sightings.
        """
        sightings = load(parcel.payload)
        arrived_ms = self.arrived_ms(parcel)
        door = door_of(parcel.topic)
        earliest_ms = HISTORY_MS if parcel.topic.startswith("/") else EARLIEST_MS
        placed = self.placer.place(sightings, self.window(earliest_ms), parcel.gateway or None)
        self.ignored["ignored_name"] += placed.ignored
        into.suspects += suspects(placed.refused, Origin(door, parcel.gateway, parcel.topic, arrived_ms, {}))
        return placed.runs


def door_of(topic: str) -> str:
    """The door that a topic, or the path of a request, belongs to."""
    if topic.startswith("/api/v2/"):
        return LINE_PROTOCOL
    if "v1/gateway/" in topic or "v1/devices/me/" in topic:
        return THINGSBOARD
    return SPARKPLUG if topic.startswith("spBv1.0/") else SENML

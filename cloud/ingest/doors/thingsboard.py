"""The ThingsBoard door: telemetry of a device, or of the devices behind somebody's gateway."""

from typing import Final, NamedTuple

from cloud.ingest.doors.notes import Notes
from cloud.ingest.doors.placing import Origin, suspects
from cloud.ingest.doors.readers import THINGSBOARD, DoorReader
from cloud.ingest.doors.sighting import Sighting
from cloud.ingest.parcel import Parcel, Prepared, Runs
from cloud.ingest.reader import AHEAD_MS
from cloud.registry.directory import Directory
from protocols.thingsboard import Told, Topic, decode_connect, decode_device, decode_gateway
from protocols.vocabulary import Clock, Event, HardwareId, IdentityError, parse_gateway_id
from protocols.vocabulary.names import series_named
from protocols.vocabulary.topics import PREFIX, topic

SCHEME: Final = "thingsboard"
SUBSCRIPTIONS: Final = [(name, 1) for one in Topic for name in (one.value, topic("+", one.value))]
_KINDS: Final = {Topic.GATEWAY_CONNECT: "device.connected", Topic.GATEWAY_DISCONNECT: "device.disconnected"}


class Heard(NamedTuple):
    """A topic taken apart."""

    topic: Topic
    gateway: str
    """Below whose own topics it came; empty: on the bare one."""


def heard(name: str) -> Heard | None:
    """What a topic says; None: it is none of this door."""
    gateway, bare = "", name
    if name.startswith(f"{PREFIX}/"):
        gateway, _, bare = name.removeprefix(f"{PREFIX}/").partition("/")
    if bare not in _TOPICS:
        return None
    try:
        return Heard(Topic(bare), parse_gateway_id(gateway) if gateway else "")
    except IdentityError:
        return None


_TOPICS: Final = frozenset(Topic)


class ThingsBoardReader(DoorReader):
    """A device is ``thingsboard:<its name>``; the one that says ``me`` has the name of its account.

    :param device: the account that speaks on the bare topics of ``me``; None: nobody does.
    """

    def __init__(self, directory: Directory, clock: Clock, device: str | None, *, ahead_ms: int = AHEAD_MS) -> None:
        super().__init__(directory, clock, ahead_ms=ahead_ms)
        self._device = device
        self.notes = Notes(THINGSBOARD, directory)

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """Readings that have a place; numbers, and truths as 1 and 0, are readings, other values are counted.

        :raises ProtocolError: the payload is malformed.
        """
        name = heard(parcel.topic)
        if name is None or (not name.topic.of_gateway and not (name.gateway or self._device)):
            self.ignored["topic"] += 1
            return None
        arrived_ms = self.arrived_ms(parcel)
        if name.topic in _KINDS:
            connected = decode_connect(parcel.payload)
            data = {"type": connected.type} if connected.type else {}
            event = Event(str(HardwareId.of_text(SCHEME, connected.device)), _KINDS[name.topic], arrived_ms, data)
            self.notes.take(event, parcel, into)
            return None
        told = self._told(parcel.payload, name)
        if name.topic in {Topic.GATEWAY_ATTRIBUTES, Topic.DEVICE_ATTRIBUTES}:
            self._note_attributes(told, parcel, arrived_ms, into)
            return None
        return self._readings(told, parcel, arrived_ms, into)

    def _told(self, payload: bytes, name: Heard) -> dict[str, list[Told]]:
        if name.topic.of_gateway:
            return decode_gateway(payload)
        return {name.gateway or self._device or "": decode_device(payload)}

    def _readings(self, told: dict[str, list[Told]], parcel: Parcel, arrived_ms: int, into: Prepared) -> Runs | None:
        if parcel.retained and any(one.time is None for values in told.values() for one in values):
            self.ignored["retained_without_time"] += 1
            return None
        sightings: list[Sighting] = []
        labels: dict[str, str] = {}
        for device, values in told.items():
            source = str(HardwareId.of_text(SCHEME, device))
            labels[source] = device
            for one in values:
                if isinstance(one.value, str) or one.value is None:
                    self.ignored["not_a_number"] += 1
                    continue
                time = arrived_ms if one.time is None else one.time
                sightings.append(Sighting(source, one.key, series_named(one.key) or "", time, float(one.value)))
        placed = self.placer.place(sightings, self.window(), parcel.gateway or None)
        self.ignored["ignored_name"] += placed.ignored
        origin = Origin(THINGSBOARD, parcel.gateway, parcel.topic, arrived_ms, labels)
        into.suspects += suspects(placed.refused, origin)
        return placed.runs

    def _note_attributes(self, told: dict[str, list[Told]], parcel: Parcel, arrived_ms: int, into: Prepared) -> None:
        for device, values in told.items():
            data = {one.key: one.value for one in values if one.value is not None}
            event = Event(str(HardwareId.of_text(SCHEME, device)), "device.attributes", arrived_ms, data)
            self.notes.take(event, parcel, into)

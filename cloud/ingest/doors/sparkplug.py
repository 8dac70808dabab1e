"""The Sparkplug door: a host application (Sparkplug B 3.0) that keeps in memory only what births tell it again."""

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from math import isfinite
from typing import Final

from cloud.ingest.doors.notes import Notes
from cloud.ingest.doors.placing import Origin, suspects
from cloud.ingest.doors.readers import SPARKPLUG, DoorReader
from cloud.ingest.doors.sighting import Sighting
from cloud.ingest.parcel import Parcel, Prepared, Runs, Source
from cloud.ingest.reader import AHEAD_MS
from cloud.registry.directory import Directory
from cloud.registry.quarantine import Suspect
from protocols.conversation import Send
from protocols.sparkplug import Host, Measured, Published, Refused, Sample, StateChange
from protocols.sparkplug.outcomes import Said
from protocols.sparkplug.points import hardware_id
from protocols.sparkplug.readings import LATEST_MS, quality_of
from protocols.sparkplug.samples import BD_SEQ, NODE_CONTROL
from protocols.vocabulary import Clock, Event, Quality, Reason
from protocols.vocabulary.names import series_named

_CONTROLS: Final = (NODE_CONTROL, "Device Control/")
_LINES: Final = 5
"""Of what was refused, in quarantine's words."""


class SparkplugReader(DoorReader):
    """Feeds the host, in the order in which messages came; ``sparkplug:<group>:<edge node>[:<device>]`` is a device.

    A message may wait in the host for the one before it. What the broker keeps until it is settled (QoS 1) is settled
    with the commit of the last message that waited no more.

    :param send: publishes what the host has to say.
    """

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        host_id: str | None,
        send: Callable[[Published], None],
        *,
        ahead_ms: int = AHEAD_MS,
    ) -> None:
        super().__init__(directory, clock, ahead_ms=ahead_ms)
        self.host = Host(host_id=host_id, started=clock.now_ms())
        self.notes = Notes(SPARKPLUG, directory)
        self._send = send
        self._settles: dict[int, Callable[[], None]] = {}
        """Of parcels that were not read yet, by their id."""
        self._held: list[Callable[[], None]] = []
        self._heard: tuple[Parcel, list[Said]] | None = None
        self._reconnected = False

    def parcel(self, published: Published, settle: Callable[[], None]) -> Parcel:
        """A message on its way through the pipeline."""
        made = Parcel(
            Source.SPARKPLUG, "", published.topic, published.payload, _nothing, published.time, published.retain
        )
        self._settles[id(made)] = settle
        return made

    def tick(self, *, reconnected: bool = False) -> Parcel:
        """Time passed, or messages may have been missed: the same way, so that nobody else touches the host."""
        self._reconnected |= reconnected
        return Parcel(Source.SPARKPLUG, "", "", b"", _nothing, self._clock.now_ms())

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """Readings that have a place, of this message and of those that waited for it.

        :raises ProtocolError: topic or payload is malformed.
        """
        if self._heard is None or self._heard[0] is not parcel:  # a parcel is tried again when a database failed
            self._held += [settle for settle in [self._settles.pop(id(parcel), None)] if settle is not None]
            self._heard = None
            try:
                self._heard = parcel, self._said(parcel)
            finally:
                if self._heard is None:
                    self._release(into)
        said = self._heard[1]
        origin = Origin(SPARKPLUG, "", parcel.topic, self.arrived_ms(parcel), {})
        runs = self._take_in([one for one in said if isinstance(one, Measured)], origin, into)
        for one in said:
            if isinstance(one, StateChange):
                self._note(one, parcel, into)
            elif isinstance(one, Refused):
                into.suspects.append(_refused(one, parcel, origin.arrived_ms))
        self._release(into)
        self._heard = None
        return runs

    def _said(self, parcel: Parcel) -> list[Said]:
        now_s = self._clock.monotonic_s()
        if parcel.topic:
            frame = Published(parcel.topic, parcel.payload, self.arrived_ms(parcel), 0, parcel.retained)
            said = self.host.receive(frame, now_s)
        else:
            said = self.host.wake(now_s)
            if self._reconnected:
                self._reconnected = False
                for node in self.host.nodes:
                    said += self.host.ask_rebirth(node, now_s)
        for one in said:
            if isinstance(one, Send):
                self._send(one.frame)
        return said

    def _release(self, into: Prepared) -> None:
        """Nothing waits any more: what came so far is in this commit or in one before."""
        if self._held and not self.host.waiting_bytes:
            settles, self._held = self._held, []
            into.parcels.append(Parcel(Source.SPARKPLUG, "", "", b"", partial(_each, settles)))

    def _take_in(self, measured: Iterable[Measured], origin: Origin, into: Prepared) -> Runs | None:
        sightings: list[Sighting] = []
        for message in measured:
            source = str(hardware_id(message.source))
            origin.labels[source] = str(message.source)
            for sample in message.samples:
                one = self._sighting(source, sample, message.arrived)
                if one is not None:
                    sightings.append(one)
        placed = self.placer.place(sightings, self.window())
        self.ignored["ignored_name"] += placed.ignored
        into.suspects += suspects(placed.refused, origin)
        return placed.runs

    def _sighting(self, source: str, sample: Sample, arrived_ms: int) -> Sighting | None:
        """A number, or a truth as 1 or 0; None: something else."""
        name, value = sample.name, sample.value
        if name == BD_SEQ or name.startswith(_CONTROLS):
            return None
        if sample.transient:
            self.ignored["transient"] += 1
            return None
        if value is not None and not isinstance(value, int | float):
            self.ignored["not_a_number"] += 1
            return None
        if sample.time is not None and sample.time > LATEST_MS:
            self.ignored["time"] += 1
            return None
        quality, reasons = quality_of(sample.quality)
        if sample.time == 0:
            reasons |= Reason.CLOCK
        if sample.historical:
            reasons |= Reason.BACKFILLED
        if value is None or not isfinite(value):
            reasons |= Reason.INVALID_VALUE if value is not None else Reason.NONE
            value, quality = None, Quality.MISSING
        number = None if value is None else float(value)
        series = series_named(name) or ""
        return Sighting(source, name, series, sample.time or arrived_ms, number, sample.unit, quality, int(reasons))

    def _note(self, change: StateChange, parcel: Parcel, into: Prepared) -> None:
        kind = "device.connected" if change.online else "device.disconnected"
        event = Event(str(hardware_id(change.source)), kind, self.arrived_ms(parcel), {"why": change.why[:200]})
        self.notes.take(event, parcel, into)


def _refused(one: Refused, parcel: Parcel, arrived_ms: int) -> Suspect:
    return Suspect(
        received_ms=arrived_ms,
        gateway="",
        topic=parcel.topic,
        reason="unreadable_records",
        detail=f"{one.source}: {'; '.join(one.lines[:_LINES])}",
        source=Source.SPARKPLUG.value,
        payload=parcel.payload,
        dedupe=f"{parcel.topic}/unreadable_records/{hashlib.sha256(parcel.payload).hexdigest()}",
    )


def _nothing() -> None:
    """The reader settles for itself."""


def _each(settles: list[Callable[[], None]]) -> None:
    for settle in settles:
        settle()

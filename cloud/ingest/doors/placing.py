"""Sightings to readings that have a place and, device by device, suspects that have none."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Final, NamedTuple

import numpy as np

from cloud.ingest.doors.sighting import Sighting, dump
from cloud.ingest.doors.units import scale
from cloud.ingest.parcel import Runs, Source
from cloud.registry.directory import Directory, Refusal, Slot
from cloud.registry.discovered import Find, Seen
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns
from protocols.vocabulary.scale import SAME

MAX_SUBJECTS: Final = 100
"""Devices of one message that wait each for itself; those beyond wait together, and are not listed as discovered."""
DISCOVERIES: Final = frozenset(
    {Refusal.UNKNOWN_NEURON.value, Refusal.UNKNOWN_DATASTREAM.value, Refusal.UNKNOWN_NAME.value}
)
"""Reasons that adopting the device mends."""


class Origin(NamedTuple):
    """Where sightings came from, as quarantine keeps it."""

    door: str
    gateway: str
    """Empty: the door knows none."""
    topic: str
    arrived_ms: int
    labels: dict[str, str]
    """Source -> what its sender calls the device, where that is not the source."""


class Window(NamedTuple):
    """Which observed times are believed, ms UTC."""

    earliest_ms: int
    latest_ms: int


class Placed(NamedTuple):
    """What became of sightings."""

    runs: Runs | None
    refused: "dict[tuple[str, str], list[Sighting]]"
    """(reason, source) -> those that have no place."""
    ignored: int
    """Under names that are not wanted."""


class Placer:
    """Asks the directory; a sighting is converted into its datastream's unit."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def place(
        self,
        sightings: Iterable[Sighting],
        window: Window,
        gateway: str | None = None,
        towns: frozenset[str] = frozenset(),
    ) -> Placed:
        """Find the places.

        :param gateway: only neurons of this one are meant; None: the door knows no gateways.
        :param towns: only neurons of these are meant; empty: of all.
        """
        slots: dict[tuple[str, str], Slot | Refusal] = {}
        groups: dict[int, list[Sighting]] = {}
        refused: dict[tuple[str, str], list[Sighting]] = {}
        ignored = 0
        for one in sightings:
            key = one.source, one.name
            slot = slots.get(key)
            if slot is None:
                slot = slots[key] = self._directory.slot(gateway, one.source, one.name, one.series, towns)
            placed = _placed(one, slot, window)
            if isinstance(placed, Sighting):
                groups.setdefault(slot.number, []).append(placed)  # type: ignore[union-attr]  # it was placed there
            elif placed == Refusal.IGNORED.value:
                ignored += 1
            else:
                refused.setdefault((placed, one.source), []).append(one)
        return Placed(_runs(groups), refused, ignored)


def _placed(one: Sighting, slot: Slot | Refusal, window: Window) -> Sighting | str:
    """In the datastream's unit; why it has no place."""
    if isinstance(slot, Refusal):
        return slot.value
    if not window.earliest_ms <= one.time <= window.latest_ms:
        return "past" if one.time < window.earliest_ms else "future"
    if one.value is None:
        return one
    way = scale(slot.told or one.unit, slot.unit)
    if way is None:
        return "unit"
    value = one.value if way is SAME else way.of(one.value)
    if not isfinite(value):
        return "not_a_number"
    return one if way is SAME else one._replace(value=value)


def _runs(groups: dict[int, list[Sighting]]) -> Runs | None:
    if not groups:
        return None
    rows = [one for group in groups.values() for one in group]
    counts = np.array([len(group) for group in groups.values()], np.intp)
    numbers = np.array(list(groups), np.int32)
    columns = Columns(
        np.repeat(numbers, counts),
        np.array([one.time for one in rows], np.int64),
        np.array([np.nan if one.value is None else one.value for one in rows]),
        np.array([one.quality for one in rows], np.uint8),
        np.array([one.reasons for one in rows], np.uint32),
    )
    return Runs(numbers, counts, columns)


def suspects(refused: dict[tuple[str, str], list[Sighting]], origin: Origin) -> list[Suspect]:
    """What waits: each device for itself, so that it can be tried again when the device was adopted."""
    made = []
    beyond: dict[str, list[Sighting]] = {}
    for place, ((reason, source), those) in enumerate(refused.items()):
        if place < MAX_SUBJECTS:
            made.append(_suspect(reason, source, those, origin))
        else:
            beyond.setdefault(reason, []).extend(those)
    return made + [_suspect(reason, None, those, origin) for reason, those in beyond.items()]


def _suspect(reason: str, source: str | None, those: Sequence[Sighting], origin: Origin) -> Suspect:
    names = Counter(one.name for one in those)
    shown = ", ".join(list(names)[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    payload = dump(those)
    return Suspect(
        received_ms=origin.arrived_ms,
        gateway=origin.gateway,
        topic=origin.topic,
        reason=reason,
        detail=f"{len(those)} readings of {source or 'further devices'}: {shown}",
        source=Source.SIGHTINGS.value,
        payload=payload,
        dedupe=f"{origin.topic}/{reason}/{source or ''}/{hashlib.sha256(payload).hexdigest()}",
        subject=source,
        find=_find(source, those, origin) if source is not None and reason in DISCOVERIES else None,
    )


def _find(source: str, those: Sequence[Sighting], origin: Origin) -> Find:
    names: dict[str, Seen] = {}
    for one in those:
        known = names.get(one.name)
        count = 1 if known is None else known.readings + 1
        if known is None or one.time >= known.time:
            names[one.name] = Seen(one.name, one.series, one.unit, count, one.value, one.time)
        else:
            names[one.name] = known._replace(readings=count)
    label = origin.labels.get(source, "")
    return Find(origin.door, origin.gateway, source, label, origin.arrived_ms, tuple(names.values()))

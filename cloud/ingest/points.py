"""Readings that came without an envelope: SenML over MQTT, line protocol over HTTP."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from cloud.ingest.parcel import Parcel, Prepared, Runs
from cloud.ingest.reader import AHEAD_MS, EARLIEST_MS, Refused
from cloud.registry.directory import Directory, Refusal
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns
from protocols.senml.readings import CBOR, JSON, understand
from protocols.vocabulary import Clock, Point, Reading

MAX_PACK: Final = 256 << 10
"""Bytes of a SenML pack at the open door."""
_FIRST_NO_TEXT: Final = b"\x80"
"""JSON begins with ASCII, a CBOR array (0x80 and up) or a tag never does."""

Locate = Callable[[Point], int | Refusal]


def place(readings: Sequence[Reading], locate: Locate, latest_ms: int) -> tuple[Runs | None, Counter[str]]:
    """The readings that have a place, as runs, and how many have none, by reason.

    :param locate: the datastream's number of a point.
    :param latest_ms: a time after this one lies in the future.
    """
    refused: Counter[str] = Counter()
    groups: dict[int, list[Reading]] = {}
    for reading in readings:
        number = locate(reading.point)
        if isinstance(number, Refusal):
            refused[number.value] += 1
        elif reading.time > latest_ms:
            refused["future"] += 1
        elif reading.time < EARLIEST_MS:
            refused["past"] += 1
        else:
            groups.setdefault(number, []).append(reading)
    if not groups:
        return None, refused
    rows = [reading for group in groups.values() for reading in group]
    counts = np.array([len(group) for group in groups.values()], np.intp)
    numbers = np.array(list(groups), np.int32)
    columns = Columns(
        np.repeat(numbers, counts),
        np.array([r.time for r in rows], np.int64),
        np.array([np.nan if r.value is None else r.value for r in rows]),
        np.array([r.quality for r in rows], np.uint8),
        np.array([r.reasons for r in rows], np.uint32),
    )
    return Runs(numbers, counts, columns), refused


class SenmlReader:
    """The open door: a pack, JSON or CBOR, from anyone's device with a gateway's credentials.

    :param ahead_ms: how far a time may lie ahead of our clock.
    """

    def __init__(self, directory: Directory, clock: Clock, *, ahead_ms: int = AHEAD_MS) -> None:
        self.ignored: Counter[str] = Counter()
        self._directory = directory
        self._clock = clock
        self._ahead_ms = ahead_ms

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """The readings of a pack that have a place; a pack with a record that has none is kept whole in quarantine.

        :raises ProtocolError: the pack is malformed.
        :raises Refused: it holds no reading at all.
        """
        now_ms = self._clock.now_ms()
        arrived_ms = now_ms if parcel.arrived_ms is None else parcel.arrived_ms
        content_format = CBOR if parcel.payload[:1] >= _FIRST_NO_TEXT else JSON
        pack = understand(parcel.payload, content_format, MAX_PACK, arrived_ms, self.ignored)
        if parcel.retained and pack.relative:
            self.ignored["retained_without_time"] += 1  # it was taken when it was said; of when it is now nobody knows
            return None
        if not pack.readings and pack.refused:
            raise Refused("unreadable_records", "; ".join(pack.refused[:3]))
        latest_ms = now_ms + self._ahead_ms
        runs, refused = place(pack.readings, lambda p: self._directory.resolve(parcel.gateway, p), latest_ms)
        if pack.refused:
            refused["unreadable_records"] = len(pack.refused)
        moment = f"/{arrived_ms}" if pack.relative else ""
        for reason, count in refused.items():
            into.suspects.append(
                Suspect(
                    received_ms=arrived_ms,
                    gateway=parcel.gateway,
                    topic=parcel.topic,
                    reason=reason,
                    detail="; ".join(
                        (f"{count} of {len(pack.readings) + len(pack.refused)} records", *pack.refused[:3])
                    ),
                    source=parcel.source.value,
                    payload=parcel.payload,
                    dedupe=f"{parcel.topic}/{reason}/{hashlib.sha256(parcel.payload).hexdigest()}{moment}",
                )
            )
        return runs

"""What comes in over HTTP with an API key: SenML packs; stored, or kept until their device is adopted."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from cloud.ingest.doors.placing import Origin, Placer, Window, suspects
from cloud.ingest.doors.readers import HISTORY_MS, SENML
from cloud.ingest.doors.senml import read_pack
from cloud.registry.directory import Directory
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import Clock

PATH: Final = "/api/v1/senml"


class PackReport(NamedTuple):
    """What became of a pack's readings."""

    stored: int
    duplicates: int
    conflicts: int
    waiting: int
    """Kept in quarantine."""
    faults: list[str]
    """One line for each kind of thing that was not stored."""


class HttpDoor:
    """Neurons that speak for themselves, or through somebody who holds a key.

    :param commit: keeps readings on disk and tells what became of them; blocks.
    :param keep: takes suspects into quarantine; blocks.
    :param future_ms: how far an observed time may lie ahead of our clock.
    """

    def __init__(
        self,
        directory: Directory,
        commit: Callable[[Columns], CommitReport],
        keep: Callable[[Sequence[Suspect]], None],
        clock: Clock,
        *,
        future_ms: int,
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self._placer = Placer(directory)
        self._commit = commit
        self._keep = keep
        self._clock = clock
        self._future_ms = future_ms

    def write_senml(self, payload: bytes, form: int, towns: frozenset[str] = frozenset()) -> PackReport:
        """Store what has a place and keep the rest; blocks until it is on disk.

        :param form: one of protocols.senml.readings.DECODERS.
        :param towns: the sender may write to neurons of these only, and nothing of others is kept; empty: to all.
        :raises ProtocolError: the pack is malformed; nothing of it is taken.
        """
        now_ms = self._clock.now_ms()
        pack = read_pack(payload, form, now_ms, self.ignored)
        placed = self._placer.place(pack.sightings, Window(HISTORY_MS, now_ms + self._future_ms), None, towns)
        self.ignored["ignored_name"] += placed.ignored
        faults = pack.refused[:3]
        waiting = suspects(placed.refused, Origin(SENML, "", PATH, now_ms, {}))
        if waiting and not towns:
            self._keep(waiting)
        faults += [f"{suspect.reason}: {suspect.detail}" for suspect in waiting[:10]]
        count = sum(len(those) for those in placed.refused.values())
        if placed.runs is None:
            return PackReport(0, 0, 0, 0 if towns else count, faults)
        done = self._commit(placed.runs.columns)
        if len(done.conflicts):
            faults.append(f"conflict: {len(done.conflicts)} readings differ from what is stored; the first stays")
        return PackReport(done.stored, done.duplicates, len(done.conflicts), 0 if towns else count, faults)

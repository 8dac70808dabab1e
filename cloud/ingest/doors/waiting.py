"""What waited in quarantine for a device to be adopted, tried again: many messages in one commit."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from cloud.ingest.doors.sighting import Sighting, dump, load
from cloud.ingest.parcel import Prepared, Source
from cloud.registry import quarantine
from cloud.registry.database import Database
from cloud.registry.quarantine import Quarantined
from cloud.store.port import CommitReport

_AT_ONCE: Final = 500
"""Messages."""
_MOST_BYTES: Final = 8 << 20

Replay = Callable[[str, str, str, bytes, int], tuple[CommitReport, Prepared]]
"""Source, gateway, topic, payload, arrival; see :meth:`cloud.core.Core.replay`."""


class WaitingReport(NamedTuple):
    """What became of it."""

    messages: int
    stored: int
    duplicates: int
    refused: int
    """Readings that still have no place, or that differ from what is stored."""


def replay_waiting(registry: Database, replay: Replay, subjects: Sequence[str], now_ms: int) -> WaitingReport:
    """Try all that waits of some devices; what is refused again waits on.

    :raises LinkDown: the store does not take it for now; what was not tried yet waits on.
    """
    with registry.read() as tx:
        numbers = range(1, quarantine.newest(tx) + 1)  # what goes back has greater ones
    messages = stored = duplicates = refused = 0
    while True:
        with registry.read() as tx:
            rows = quarantine.waiting(tx, subjects, numbers, _AT_ONCE)
        if not rows:
            return WaitingReport(messages, stored, duplicates, refused)
        numbers = range(rows[-1].id + 1, numbers.stop)
        for batch in _batches(rows):
            first = batch[0].suspect
            sightings: list[Sighting] = [one for row in batch for one in load(row.suspect.payload)]
            report, prepared = replay(
                Source.SIGHTINGS.value, first.gateway, first.topic, dump(sightings), batch[-1].suspect.received_ms
            )
            messages += len(batch)
            stored += report.stored
            duplicates += report.duplicates
            refused += len(report.conflicts) + sum(len(load(suspect.payload)) for suspect in prepared.suspects)
            back = {quarantine.bounded_dedupe(suspect.dedupe) for suspect in prepared.suspects}
            done = [row.id for row in batch if quarantine.bounded_dedupe(row.suspect.dedupe) not in back]
            with registry.begin() as tx:
                quarantine.mark_replayed(tx, done, now_ms)


def _batches(rows: Sequence[Quarantined]) -> Iterator[list[Quarantined]]:
    """Neighbours that came the same way, bounded in bytes."""
    batch: list[Quarantined] = []
    size = 0
    for row in rows:
        suspect = row.suspect
        same = not batch or (batch[0].suspect.gateway, batch[0].suspect.topic) == (suspect.gateway, suspect.topic)
        if batch and (not same or size + len(suspect.payload) > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(suspect.payload)
    if batch:
        yield batch

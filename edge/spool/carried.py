"""Envelopes of events that outlive the segment they were in: telemetry goes before alarms (design §6)."""

from collections.abc import Iterable

from edge.spool.record import OVERHEAD, Found, RecordKey, pack
from protocols.uplink import Stream


class Carried:
    """What is to be written again behind the newest record, because its own segment has to make room.

    :param max_bytes: beyond it the oldest events go as well.
    """

    def __init__(self, max_bytes: int) -> None:
        self.dropped = 0
        self.size = 0
        """Bytes that they will take on disk."""
        self._max_bytes = max_bytes
        self._records: dict[RecordKey, bytes] = {}

    def take(self, found: Iterable[Found]) -> None:
        """Keep the events among the records of a segment that goes."""
        for one in found:
            if one.key.stream == Stream.EVENTS and one.key not in self._records:
                self._records[one.key] = one.payload
                self.size += OVERHEAD + len(one.payload)
        for oldest in sorted(self._records) if self.size > self._max_bytes else ():
            if self.size <= self._max_bytes:
                return
            self._forget(oldest)
            self.dropped += 1

    def packed(self) -> tuple[bytes, list[RecordKey]]:
        """As they are written, and their keys."""
        return b"".join(pack(key, payload) for key, payload in self._records.items()), list(self._records)

    def written(self, keys: Iterable[RecordKey]) -> None:
        """They are on disk."""
        for key in keys:
            self._forget(key)

    def _forget(self, key: RecordKey) -> None:
        payload = self._records.pop(key, None)
        if payload is not None:
            self.size -= OVERHEAD + len(payload)

"""Which envelope goes next: events first, live before backlog, a bounded window, resends. No I/O."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge.spool.gather import Sealed
from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.uplink import Stream

_LANES: Final = (Stream.EVENTS, Stream.READINGS)
"""An alarm does not wait behind the readings that raised it."""
LIVE_QUEUE: Final = 64
"""Envelopes that wait in a live lane; older ones are left to the backlog lane, which reads them from the spool."""
DEFAULT_SIZE: Final = 256
MAX_BYTES: Final = 4 << 20
LATE_AFTER_S: Final = 60.0
RESEND_CAP_S: Final = 60.0


@dataclass(slots=True)
class InFlight:
    """An envelope that was sent and not acknowledged."""

    payload: bytes
    sealed_s: float | None
    """Monotonic; None when it came out of the backlog."""
    due_s: float
    """Monotonic; when it is sent again."""
    tries: int = 1

    def late(self, now_s: float) -> bool:
        """Whether it waited, as seen now: what was live when it was first sent may be hours old when it is resent."""
        return self.sealed_s is None or now_s - self.sealed_s > LATE_AFTER_S


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What to publish now."""

    key: RecordKey
    payload: bytes
    late: bool
    resend: bool


class Window:
    """The state between spool and line.

    :param size: envelopes that may be unacknowledged at a time; of them three quarters may come out of the backlog, so
        that old records which the cloud does not acknowledge never keep fresh ones waiting.
    :param max_bytes: the same in bytes: small envelopes fill the window by their number, large ones by their size.
    :param resend_after_s: how long to wait for the cloud's acknowledgement the first time; doubled at every try.
    """

    def __init__(
        self, spool: Spool, size: int = DEFAULT_SIZE, resend_after_s: float = 10.0, max_bytes: int = MAX_BYTES
    ) -> None:
        self.resent = 0
        self.overflowed = 0
        self._spool = spool
        self._size = size
        self._max_bytes = max_bytes
        self._resend_after_s = resend_after_s
        self._live: dict[int, deque[Sealed]] = {stream: deque() for stream in _LANES}
        self._live_keys: set[RecordKey] = set()
        self._flying: dict[RecordKey, InFlight] = {}
        self._bytes = self._late = self._late_bytes = 0
        """In flight, and of those out of the backlog."""
        self._backlog = True
        self._offered: dict[int, int] = dict.fromkeys(_LANES, -1)

    @property
    def in_flight(self) -> int:
        """Sent and unacknowledged."""
        return len(self._flying)

    @property
    def waiting(self) -> int:
        """Fresh and not sent yet."""
        return sum(map(len, self._live.values()))

    @property
    def backlog(self) -> bool:
        """Whether the spool may hold older records that were not sent in this session."""
        return self._backlog

    def offer(self, sealed: Sealed) -> None:
        """A fresh envelope; when the lane is full the oldest in it goes over to the backlog."""
        lane = self._live[sealed.key.stream]
        self._offered[sealed.key.stream] = sealed.key.sequence
        if len(lane) >= LIVE_QUEUE:
            left = lane.popleft()
            self._live_keys.discard(left.key)
            self.overflowed += 1
            self._backlog = True
            if not left.on_disk:
                self._spool.counts.dropped_records += 1
        lane.append(sealed)
        self._live_keys.add(sealed.key)

    def next(self, now_s: float) -> Outgoing | None:
        """What to publish at ``now_s``; None when nothing may go now."""
        for key, flight in self._flying.items():
            if flight.due_s <= now_s:
                flight.tries += 1
                flight.due_s = now_s + min(RESEND_CAP_S, self._resend_after_s * 2.0 ** min(flight.tries - 1, 20))
                self.resent += 1
                return Outgoing(key, flight.payload, flight.late(now_s), resend=True)
        if _full(len(self._flying), self._size) or _full(self._bytes, self._max_bytes):
            return None
        return self._fresh(now_s) or self._older(now_s)

    def _fresh(self, now_s: float) -> Outgoing | None:
        if self._spool.anchors.pending(self._spool.epoch):  # the clock is not set: stamps are repaired first
            return None
        for lane in self._live.values():
            while lane:
                sealed = lane.popleft()
                self._live_keys.discard(sealed.key)
                if not self._spool.is_retired(sealed.key):
                    return self._launch(sealed.key, sealed.payload, sealed.sealed_s, now_s)
        return None

    def _older(self, now_s: float) -> Outgoing | None:
        if (
            not self._backlog
            or _full(self._late, self._size * 3 // 4)
            or _full(self._late_bytes, self._max_bytes * 3 // 4)
        ):
            return None
        found = self._spool.next_backlog(self._elsewhere, self._comes_fresh)
        if found is None:
            self._backlog = self._spool.anchors.waiting
            return None
        return self._launch(found.key, found.payload, None, now_s)

    def _elsewhere(self, key: RecordKey) -> bool:
        return key in self._flying or key in self._live_keys

    def _comes_fresh(self, key: RecordKey) -> bool:
        """On disk, but its offer is on the way from the thread that wrote it, or its stamps are to be repaired."""
        if self._spool.anchors.pending(key.epoch):
            return True
        return key.epoch == self._spool.epoch and key.sequence > self._offered.get(key.stream, -1)

    def _launch(self, key: RecordKey, payload: bytes, sealed_s: float | None, now_s: float) -> Outgoing:
        payload = self._spool.anchors.repaired(key.epoch, payload)
        flight = self._flying[key] = InFlight(payload, sealed_s, now_s + self._resend_after_s)
        self._count(flight, 1)
        return Outgoing(key, payload, flight.late(now_s), resend=False)

    def _count(self, flight: InFlight, sign: int) -> None:
        self._bytes += sign * len(flight.payload)
        if flight.sealed_s is None:
            self._late += sign
            self._late_bytes += sign * len(flight.payload)

    def acknowledged(self, stream: int, epoch: int, ranges: Iterable[tuple[int, int]]) -> int:
        """The store holds these; returns how many left the window."""
        self._spool.retire(stream, epoch, ranges)
        done = [key for key in self._flying if self._spool.is_retired(key)]
        for key in done:
            self._count(self._flying.pop(key), -1)
        return len(done)

    def look_back(self) -> None:
        """The spool may hold older records again, which it had retired."""
        self._spool.rewind()
        self._backlog = True

    def reconnected(self, now_s: float) -> None:
        """The line is new: what was in flight is due at once, in the order in which it was sent."""
        for flight in self._flying.values():
            flight.due_s = now_s
            flight.tries = 0

    def next_due_s(self) -> float | None:
        """When the next resend is due; None when nothing is in flight."""
        return min((flight.due_s for flight in self._flying.values()), default=None)


def _full(used: int, bound: int) -> bool:
    """A bound of one still lets one through."""
    return used >= max(1, bound)

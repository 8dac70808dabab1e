"""The intake in front of the spool: gathers readings and events, seals envelopes, commits within 200 ms."""

import asyncio
import errno
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge.blocking import finished
from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.uplink import FLAG_CLOCK_UNSYNCED, MAX_EVENTS, BodyEncoder, Header, Stream, encode_events, unsigned
from protocols.vocabulary import Batch, Clock, Event

PER_ENVELOPE: Final = 1000
MAX_WAITING: Final = 200_000
"""Readings that may wait for the disk; beyond it the oldest are dropped and counted."""
MAX_EVENTS_WAITING: Final = 10_000
"""The same for events."""
_EVENT_BYTES: Final = 256 << 10
"""Of the events in one envelope, about."""
EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01: a gateway whose clock is before it was never set."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope on its way."""

    key: RecordKey
    payload: bytes
    sealed_s: float
    """Monotonic."""
    on_disk: bool = True
    """False: the disk refused it; it lives in memory only."""


class Gatherer:
    """Implements :class:`edge.intake.Intake`; ``note`` takes events, which are sealed before readings.

    :param on_sealed: told of each envelope once it is on disk, or once the disk refused it: the live lane.
    :param gather_s: how long readings may wait for company before they are committed; at most 0.2.
    """

    def __init__(
        self, gateway: str, spool: Spool, clock: Clock, on_sealed: Callable[[Sealed], None], gather_s: float = 0.2
    ) -> None:
        self.taken = 0
        self.dropped = 0
        self.events_taken = 0
        self.events_dropped = 0
        self.disk_failing = False
        self._gateway = gateway
        self._spool = spool
        self._clock = clock
        self._on_sealed = on_sealed
        self._gather_s = gather_s
        self._encoder = BodyEncoder()
        self._waiting: deque[Batch] = deque()
        self._readings = 0
        self._events: deque[bytes] = deque()
        self._overflowed = False
        self._group: asyncio.Future[None] | None = None
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._began_s = clock.monotonic_s()

    def put(self, batch: Batch) -> "asyncio.Future[None]":
        """See :class:`edge.intake.Intake`."""
        group = self._company_of()
        if len(batch):
            self._waiting.append(batch)
            self._readings += len(batch)
            self.taken += len(batch)
            while self._readings > MAX_WAITING and len(self._waiting) > 1:
                oldest = self._waiting.popleft()
                self._readings -= len(oldest)
                self.dropped += len(oldest)
                self._overflowed = True
        self._wake.set()
        if self._readings >= PER_ENVELOPE:
            self._full.set()
        return group

    def note(self, event: Event) -> "asyncio.Future[None]":
        """Hand over an event; as ``put``, the future is done once it is on disk.

        :raises ValueError: it is longer than an event may be.
        """
        line = event.encode()
        group = self._company_of()
        self._events.append(line)
        self.events_taken += 1
        if len(self._events) > MAX_EVENTS_WAITING:
            self._events.popleft()
            self.events_dropped += 1
            self._overflowed = True
        self._wake.set()
        return group

    def _company_of(self) -> "asyncio.Future[None]":
        """The group that is gathered now."""
        if self._group is None or self._group.cancelled():  # by one link; the others' readings are no less taken
            self._group = asyncio.get_running_loop().create_future()
        return self._group

    async def run(self) -> None:
        """Until cancelled; what waits then is committed before it returns."""
        try:
            while True:
                await self._wake.wait()
                await self._company()
                await self._commit()
        finally:
            await self._commit()

    async def _company(self) -> None:
        """Wait for more readings, not longer than the group may wait."""
        try:
            async with asyncio.timeout(self._gather_s):
                await self._full.wait()
        except TimeoutError:
            pass

    async def _commit(self) -> None:
        batches, self._waiting = list(self._waiting), deque()
        events, self._events = list(self._events), deque()
        group, self._group = self._group, None
        overflowed, self._overflowed = self._overflowed, False
        self._readings = 0
        self._wake.clear()
        self._full.clear()
        if group is None:
            return
        sealed = [self._seal(Stream.EVENTS, encode_events(lines), len(lines)) for lines in _envelopes_of(events)]
        sealed += [self._seal(Stream.READINGS, *self._encoder.encode(chunk)) for chunk in chunks(batches)]
        work = asyncio.get_running_loop().run_in_executor(None, self._to_disk, sealed)
        stopped = await finished(work)
        failure = work.result()
        if sealed:
            self.disk_failing = failure is not None
        if failure is None and overflowed:
            failure = OSError(errno.ENOBUFS, "readings were dropped: the disk is too slow for them")
        _settle(group, failure)
        for one in sealed:  # also when the disk failed: the line may still work
            self._on_sealed(replace(one, on_disk=False) if self.disk_failing else one)
        if stopped is not None:
            raise stopped

    def _to_disk(self, sealed: Sequence[Sealed]) -> OSError | None:
        """What the disk said against it; blocks."""
        try:
            if sealed:
                self._spool.commit([(one.key, one.payload) for one in sealed])
        except OSError as error:
            return error
        return None

    def _seal(self, stream: Stream, body: bytes, count: int) -> Sealed:
        key = self._spool.allocate(stream)
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        flags = FLAG_CLOCK_UNSYNCED if now_ms < EARLIEST_MS else 0
        uptime_ms = round((now_s - self._began_s) * 1000)
        header = Header(self._gateway, key.epoch, key.sequence, count, now_ms, uptime_ms, stream, flags)
        return Sealed(key, unsigned(header, body), now_s)


def _settle(group: "asyncio.Future[None]", failure: OSError | None) -> None:
    if group.cancelled():
        return
    if failure is None:
        group.set_result(None)
    else:
        group.set_exception(failure)
        group.exception()  # a poller does not look: that is no unhandled error


def _envelopes_of(lines: Sequence[bytes]) -> list[list[bytes]]:
    """Events in groups that fit an envelope."""
    groups: list[list[bytes]] = []
    size = 0
    for line in lines:
        if not groups or size + len(line) > _EVENT_BYTES or len(groups[-1]) >= MAX_EVENTS:
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += len(line) + 1
    return groups


def chunks(batches: Sequence[Batch]) -> list[list[Batch]]:
    """Groups of batches of about PER_ENVELOPE readings each; a batch that is longer alone is split."""
    groups: list[list[Batch]] = []
    room = 0
    for batch in batches:
        for piece in _pieces(batch):
            if len(piece) > room:
                groups.append([])
                room = PER_ENVELOPE
            groups[-1].append(piece)
            room -= len(piece)
    return groups


def _pieces(batch: Batch) -> list[Batch]:
    if len(batch) <= PER_ENVELOPE:
        return [batch]
    return [
        Batch(
            batch.points,
            batch.point[start : start + PER_ENVELOPE],
            batch.time[start : start + PER_ENVELOPE],
            batch.value[start : start + PER_ENVELOPE],
            batch.quality[start : start + PER_ENVELOPE],
            batch.reasons[start : start + PER_ENVELOPE],
        )
        for start in range(0, len(batch), PER_ENVELOPE)
    ]

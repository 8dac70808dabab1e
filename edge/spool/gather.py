"""The intake in front of the spool: gathers readings, seals envelopes, commits in groups of at most 200 ms."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.uplink import FLAG_CLOCK_UNSYNCED, BodyEncoder, Header, Stream, unsigned
from protocols.vocabulary import Batch, Clock

PER_ENVELOPE: Final = 1000
MAX_WAITING: Final = 200_000
"""Readings that may wait for the disk; beyond it the oldest are dropped and counted."""
EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01: a gateway whose clock is before it was never set."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope that is on disk."""

    key: RecordKey
    payload: bytes
    sealed_s: float
    """Monotonic."""


class Gatherer:
    """Implements :class:`edge.intake.Intake`.

    :param on_sealed: told of each envelope once it is on disk: the live lane.
    :param gather_s: how long readings may wait for company before they are committed; at most 0.2.
    """

    def __init__(
        self, gateway: str, spool: Spool, clock: Clock, on_sealed: Callable[[Sealed], None], gather_s: float = 0.2
    ) -> None:
        self.taken = 0
        self.dropped = 0
        self.disk_failing = False
        self._gateway = gateway
        self._spool = spool
        self._clock = clock
        self._on_sealed = on_sealed
        self._gather_s = gather_s
        self._encoder = BodyEncoder()
        self._waiting: deque[Batch] = deque()
        self._readings = 0
        self._group: asyncio.Future[None] | None = None
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._began_s = clock.monotonic_s()

    def put(self, batch: Batch) -> "asyncio.Future[None]":
        """See :class:`edge.intake.Intake`."""
        if self._group is None:
            self._group = asyncio.get_running_loop().create_future()
        if len(batch):
            self._waiting.append(batch)
            self._readings += len(batch)
            self.taken += len(batch)
            while self._readings > MAX_WAITING and len(self._waiting) > 1:
                oldest = self._waiting.popleft()
                self._readings -= len(oldest)
                self.dropped += len(oldest)
        self._wake.set()
        if self._readings >= PER_ENVELOPE:
            self._full.set()
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
        group, self._group = self._group, None
        self._readings = 0
        self._wake.clear()
        self._full.clear()
        if group is None:
            return
        sealed = [self._seal(chunk) for chunk in chunks(batches)]
        try:
            if sealed:
                await self._to_disk([(s.key, s.payload) for s in sealed])
            self.disk_failing = False
        except OSError as error:
            self.disk_failing = True
            if not group.cancelled():
                group.set_exception(error)
                group.exception()  # a poller does not look: that is no unhandled error
        else:
            if not group.cancelled():
                group.set_result(None)
        for one in sealed:
            self._on_sealed(one)  # also when the disk failed: the line may still work

    async def _to_disk(self, records: list[tuple[RecordKey, bytes]]) -> None:
        """In a thread; a cancelled agent still waits for what it has begun."""
        work = asyncio.get_running_loop().run_in_executor(None, self._spool.commit, records)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await work
            raise

    def _seal(self, batches: Sequence[Batch]) -> Sealed:
        body, count = self._encoder.encode(batches)
        key = self._spool.allocate(Stream.READINGS)
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        flags = FLAG_CLOCK_UNSYNCED if now_ms < EARLIEST_MS else 0
        uptime_ms = round((now_s - self._began_s) * 1000)
        header = Header(self._gateway, key.epoch, key.sequence, count, now_ms, uptime_ms, flags=flags)
        return Sealed(key, unsigned(header, body), now_s)


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

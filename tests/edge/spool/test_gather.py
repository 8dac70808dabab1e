import asyncio
import errno
import threading
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.spool import gather
from edge.spool.gather import PER_ENVELOPE, Gatherer, Sealed, chunks
from edge.spool.spool import Spool
from protocols.uplink import FLAG_CLOCK_UNSYNCED, Stream, decode_events, expand, read_header, sign
from protocols.uplink.rows import decode_rows
from protocols.vocabulary import Batch, Event, ManualClock, Point, Reading
from tests.edge.spool.disk import FailingDisk, opened

POINT = Point("mn:A1", "ph")


class SlowDisk(FailingDisk):
    """Syncs when it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.syncing = threading.Event()
        self.go_on = threading.Event()

    def datasync(self, descriptor: int) -> None:
        self.syncing.set()
        assert self.go_on.wait(10)
        super().datasync(descriptor)


class Taken:
    """A gatherer on a real spool, and what it sealed."""

    def __init__(self, spool: Spool, clock: ManualClock, gather_s: float) -> None:
        self.sealed: list[Sealed] = []
        self.spool = spool
        self.clock = clock
        self.gatherer = Gatherer("gw-1", spool, clock, self.sealed.append, gather_s)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Gatherer]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.gatherer.run())
            yield self.gatherer
            task.cancel()

    def readings(self) -> list[Reading]:
        """What is on disk, in order."""
        found = []
        while (record := self.spool.next_backlog(lambda _: False)) is not None:
            envelope = sign(record.payload, b"")
            header = read_header(envelope)
            assert (header.epoch, header.sequence) == (record.key.epoch, record.key.sequence)
            found += list(decode_rows(expand(envelope, header), header.readings).readings())
        return found


def batch(first: int, count: int = 1) -> Batch:
    return Batch((POINT,), array("I", [0]) * count, array("q", range(first, first + count)), array("d", [1.5]) * count,
                 array("B", [1]) * count, array("I", [0]) * count)  # fmt: skip


@pytest.fixture
def disk() -> SlowDisk:
    disk = SlowDisk()
    disk.go_on.set()
    return disk


@pytest.fixture
def taken(tmp_path: Path, disk: SlowDisk) -> Iterator[Taken]:
    clock = ManualClock()
    spool = opened(tmp_path, clock, files=disk)
    yield Taken(spool, clock, 0.01)
    disk.go_on.set()
    spool.__exit__()


async def synced(disk: SlowDisk) -> None:
    assert await asyncio.to_thread(disk.syncing.wait, 10)


async def test_a_reading_is_taken_when_the_disk_has_it_and_not_before(taken: Taken, disk: SlowDisk) -> None:
    disk.go_on.clear()
    async with taken.running() as gatherer:
        future = gatherer.put(batch(1))
        await synced(disk)
        assert not future.done()
        assert taken.sealed == []
        assert taken.spool.counts.synced == 0
        disk.go_on.set()
        await future
    assert [one.key.sequence for one in taken.sealed] == [0]
    assert taken.sealed[0].on_disk
    assert [reading.time for reading in taken.readings()] == [1]


async def test_readings_of_many_links_share_a_commit(taken: Taken, disk: SlowDisk) -> None:
    async with taken.running() as gatherer:
        futures = [gatherer.put(batch(i)) for i in range(20)]
        await asyncio.wait(futures)
        await gatherer.put(batch(20))
    assert len(set(futures)) == 1
    assert disk.calls.count("datasync") == 2
    assert [reading.time for reading in taken.readings()] == list(range(21))
    assert gatherer.taken == 21


async def test_what_comes_during_a_commit_is_in_the_next(taken: Taken, disk: SlowDisk) -> None:
    disk.go_on.clear()
    async with taken.running() as gatherer:
        first = gatherer.put(batch(1))
        await synced(disk)
        second = gatherer.put(batch(2))
        assert first is not second
        disk.go_on.set()
        await second
        assert first.done()
    assert [one.key.sequence for one in taken.sealed] == [0, 1]


async def test_a_full_envelope_does_not_wait(taken: Taken) -> None:
    taken.gatherer = Gatherer("gw-1", taken.spool, taken.clock, taken.sealed.append, gather_s=1000)
    async with taken.running() as gatherer, asyncio.timeout(5):
        await gatherer.put(batch(0, PER_ENVELOPE))
    assert len(taken.readings()) == PER_ENVELOPE


async def test_the_disk_refuses_and_the_sender_is_told(taken: Taken, disk: SlowDisk) -> None:
    disk.errors["datasync"] = (errno.EIO, None)
    async with taken.running() as gatherer:
        future = gatherer.put(batch(1))
        await asyncio.wait([future])
        error = future.exception()
        assert isinstance(error, OSError)
        assert error.errno == errno.EIO
        assert gatherer.disk_failing
        assert [one.on_disk for one in taken.sealed] == [False]  # the line may still work
        disk.errors.clear()
        await gatherer.put(batch(2))
        assert not gatherer.disk_failing
    assert [reading.time for reading in taken.readings()] == [2]


async def test_nobody_has_to_look_at_a_failure(taken: Taken, disk: SlowDisk) -> None:
    disk.errors["datasync"] = (errno.EIO, None)
    unseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    async with taken.running() as gatherer:
        gatherer.put(batch(1))
        while not taken.sealed:
            await asyncio.sleep(0)
    assert unseen == []


async def test_when_it_is_stopped_what_waits_is_committed(taken: Taken) -> None:
    taken.gatherer = Gatherer("gw-1", taken.spool, taken.clock, taken.sealed.append, gather_s=1000)
    async with taken.running() as gatherer:
        future = gatherer.put(batch(1, 5))
        await asyncio.sleep(0)
    await future
    assert len(taken.readings()) == 5


@pytest.mark.parametrize("failing", [False, True])
async def test_stopped_within_a_commit_it_finishes_and_says_how_it_ended(
    taken: Taken, disk: SlowDisk, failing: bool
) -> None:
    disk.go_on.clear()
    async with taken.running() as gatherer:
        first = gatherer.put(batch(1))
        await synced(disk)
        second = gatherer.put(batch(2))
        if failing:
            disk.errors["datasync"] = (errno.EIO, 3)
        asyncio.get_running_loop().call_later(0.02, disk.go_on.set)  # after the cancellation
    assert (first.exception() is not None) == failing
    await second
    assert [reading.time for reading in taken.readings()] == ([2] if failing else [1, 2])


async def test_one_link_that_gives_up_takes_nothing_from_the_others(taken: Taken) -> None:
    async with taken.running() as gatherer:
        gatherer.put(batch(1)).cancel()
        await gatherer.put(batch(2))
    assert [reading.time for reading in taken.readings()] == [1, 2]


async def test_an_overflow_drops_the_oldest_counts_it_and_is_not_reported_as_taken(
    taken: Taken, disk: SlowDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MAX_WAITING", 10)
    disk.go_on.clear()
    async with taken.running() as gatherer:
        first = gatherer.put(batch(0, 10))
        await synced(disk)
        lost = gatherer.put(batch(100, 4))
        gatherer.put(batch(200, 4))
        assert gatherer.dropped == 0
        gatherer.put(batch(300, 4))
        assert gatherer.dropped == 4
        disk.go_on.set()
        await first
        await asyncio.wait([lost])
        error = lost.exception()
        assert isinstance(error, OSError)
        assert error.errno == errno.ENOBUFS
        assert not gatherer.disk_failing
        await gatherer.put(batch(400))  # the next group is in order again
    assert gatherer.taken - gatherer.dropped == len(taken.readings()) == 19


async def test_nothing_to_keep_is_kept_at_once(taken: Taken) -> None:
    async with taken.running() as gatherer:
        await gatherer.put(batch(0, 0))
    assert taken.sealed == []
    assert taken.spool.size == 0


async def test_an_envelope_says_when_and_whether_the_clock_was_set(taken: Taken) -> None:
    async with taken.running() as gatherer:
        await gatherer.put(batch(1))
        taken.clock.advance(90)
        await gatherer.put(batch(2))
        taken.clock.step_wall(-60 * 366 * 86400)
        await gatherer.put(batch(3))
    headers = [read_header(sign(one.payload, b"")) for one in taken.sealed]
    assert [header.uptime_ms for header in headers] == [0, 90_000, 90_000]
    assert headers[1].sealed_ms - headers[0].sealed_ms == 90_000
    assert [header.flags for header in headers] == [0, 0, FLAG_CLOCK_UNSYNCED]


def test_chunks_are_as_long_as_an_envelope_and_lose_nothing() -> None:
    batches = [batch(i * 10_000, count) for i, count in enumerate((1, 999, 1, 2500, 400, 600, 1))]
    groups = chunks(batches)
    assert [sum(map(len, group)) for group in groups] == [1000, 1, 1000, 1000, 900, 601]
    assert all(sum(map(len, group)) <= PER_ENVELOPE for group in groups)
    assert [t for group in groups for piece in group for t in piece.time] == [t for one in batches for t in one.time]
    assert chunks([]) == []


def door(number: int, text: str = "") -> Event:
    return Event("gw-1", "door", 1_800_000_000_000 + number, {"text": text})


async def test_events_are_on_disk_when_they_are_taken_and_go_first(taken: Taken) -> None:
    async with taken.running() as gatherer:
        put = gatherer.put(Batch.of([Reading(POINT, 5, 7.0)]))
        noted = [gatherer.note(door(1)), gatherer.note(door(2))]
        for one in (put, *noted):
            await one
    headers = [read_header(sign(one.payload, b"")) for one in taken.sealed]
    assert [(header.stream, header.sequence, header.readings) for header in headers] == [
        (Stream.EVENTS, 0, 2),
        (Stream.READINGS, 0, 1),
    ]
    envelope = sign(taken.sealed[0].payload, b"")
    assert decode_events(expand(envelope, headers[0]), 2) == [door(1), door(2)]
    assert gatherer.events_taken == 2


async def test_many_and_long_events_are_several_envelopes(taken: Taken) -> None:
    events = [door(number) for number in range(2500)] + [door(number, "x" * 10_000) for number in range(60)]
    async with taken.running() as gatherer:
        for event in events:
            noted = gatherer.note(event)
        await noted
    found = []
    for one in taken.sealed:
        envelope = sign(one.payload, b"")
        header = read_header(envelope)
        found += decode_events(expand(envelope, header), header.readings)
    assert found == events
    assert len(taken.sealed) > 3


async def test_a_flood_of_events_drops_the_oldest_and_says_so(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MAX_EVENTS_WAITING", 10)
    async with taken.running() as gatherer:
        noted, *_ = [gatherer.note(door(number)) for number in range(13)]
        with pytest.raises(OSError, match="dropped"):
            await noted
    assert gatherer.events_dropped == 3
    (envelope,) = [sign(one.payload, b"") for one in taken.sealed]
    assert decode_events(expand(envelope, read_header(envelope)), 10) == [door(number) for number in range(3, 13)]


async def test_an_event_that_is_too_long_is_refused_where_it_is_made(taken: Taken) -> None:
    async with taken.running() as gatherer:
        with pytest.raises(ValueError, match="16384"):
            gatherer.note(door(1, "x" * 20_000))
    assert gatherer.events_taken == 0

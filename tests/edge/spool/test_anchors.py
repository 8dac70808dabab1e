"""F22: a gateway that boots in 1970 keeps what it takes, and its stamps are right once the clock is set."""

import asyncio
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.spool import anchors as anchors_module
from edge.spool.anchors import MAX_ANCHORS
from edge.spool.gather import Gatherer
from edge.spool.mended import EARLIEST_MS, mended
from edge.spool.spool import Spool
from edge.uplink.window import Outgoing, Window
from protocols.uplink import (
    FLAG_CLOCK_UNSYNCED,
    BodyEncoder,
    Header,
    Stream,
    decode_events,
    expand,
    read_header,
    sign,
    unsigned,
)
from protocols.uplink.rows import decode_rows
from protocols.vocabulary import Batch, Event, ManualClock, Point, Reading
from tests.edge.spool.disk import FailingDisk, abandon, opened

BOOT_MS, RIGHT_MS = 40_000, 1_790_000_000_000
"""What the clock said when the machine was 40 s old, and what was right then."""
PH = Point("serial:1", "ph")
ONE_YEAR_S = 31_536_000.0


class Boot:
    """A machine whose clock begins in 1970; agents that are started and killed on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.clock = ManualClock(BOOT_MS)
        self.number = 0
        monkeypatch.setattr(anchors_module, "_BOOT_ID", folder / "boot_id")
        self.boot()
        self.start()

    def boot(self) -> None:
        """The machine is started anew."""
        self.number += 1
        (self.folder / "boot_id").write_text(f"boot-{self.number}\n")

    def start(self) -> None:
        self.spool = opened(self.folder / "spool", self.clock)
        self.window = Window(self.spool)
        self.gatherer = Gatherer("gw-1", self.spool, self.clock, self.window.offer, gather_s=0.001)

    def kill(self) -> None:
        abandon(self.spool)

    async def take(self, *times: int, event: int | None = None) -> None:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.gatherer.run())
            taken = self.gatherer.put(Batch.of([Reading(PH, time, 7.0) for time in times]))
            if event is not None:
                self.gatherer.note(Event("gw-1", "alarm.raised", event, {"level": 1}))
            await taken
            running.cancel()

    def sent(self) -> list[Outgoing]:
        found = []
        while (outgoing := self.window.next(self.clock.monotonic_s())) is not None:
            found.append(outgoing)
        return found


@pytest.fixture
def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Boot:
    return Boot(tmp_path, monkeypatch)


def times(outgoing: Outgoing) -> list[int]:
    envelope = sign(outgoing.payload, b"")
    header = read_header(envelope)
    body = expand(envelope, header)
    if header.stream is Stream.EVENTS:
        return [event.time for event in decode_events(body, header.readings)]
    return list(decode_rows(body, header.readings).time)


async def test_what_was_taken_without_a_clock_waits_and_is_right_when_it_is_set(boot: Boot) -> None:
    boot.clock.advance(10)
    await boot.take(boot.clock.now_ms(), event=boot.clock.now_ms())
    assert boot.sent() == []
    boot.clock.advance(600)
    assert not boot.spool.anchors.look()
    assert boot.sent() == []
    assert boot.window.backlog
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    assert boot.spool.anchors.look()
    assert not boot.spool.anchors.look()
    event, readings = boot.sent()
    assert times(event) == times(readings) == [RIGHT_MS + 10_000]
    for one in (event, readings):
        header = read_header(sign(one.payload, b""))
        assert header.flags & FLAG_CLOCK_UNSYNCED, "readings say `clock`"
        assert (header.sealed_ms, one.late) == (RIGHT_MS + 10_000, True)
    await boot.take(boot.clock.now_ms())
    (fresh,) = boot.sent()
    assert not read_header(sign(fresh.payload, b"")).flags


async def test_a_device_that_has_a_clock_is_believed(boot: Boot) -> None:
    its_own, broken = RIGHT_MS - 5000, BOOT_MS + 9 * 3_600_000
    await boot.take(its_own, BOOT_MS, broken)
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    boot.spool.anchors.look()
    (one,) = boot.sent()
    assert times(one) == [its_own, RIGHT_MS, broken], "of the broken clock we know nothing: the cloud puts it aside"


async def test_stamped_before_and_sealed_after_the_clock_was_set(boot: Boot) -> None:
    boot.clock.advance(10)
    before = boot.clock.now_ms()
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    after = boot.clock.now_ms()
    await boot.take(before, after, event=before)
    boot.spool.anchors.look()
    event, readings = boot.sent()
    assert times(event) == [RIGHT_MS + 10_000]
    assert times(readings) == [RIGHT_MS + 10_000, RIGHT_MS + 10_000]


async def test_killed_agents_of_one_boot_are_repaired_together_and_always_alike(boot: Boot) -> None:
    for _ in range(3):
        await boot.take(boot.clock.now_ms())
        boot.kill()
        boot.clock.advance(60)
        boot.start()
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    assert boot.spool.anchors.look()
    first = boot.sent()
    assert [times(one) for one in first] == [[RIGHT_MS], [RIGHT_MS + 60_000], [RIGHT_MS + 120_000]]
    boot.clock.step_wall(3)  # the clock is corrected again: what was sent once stays as it was
    boot.kill()
    boot.start()
    assert [(one.key, one.payload) for one in boot.sent()] == [(one.key, one.payload) for one in first]


async def test_the_clock_is_set_while_no_agent_runs(boot: Boot) -> None:
    await boot.take(boot.clock.now_ms())
    boot.kill()
    boot.clock.advance(5)
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    boot.start()
    (one,) = boot.sent()
    assert times(one) == [RIGHT_MS]


async def test_after_a_cut_of_power_nobody_knows_and_nothing_is_invented(boot: Boot) -> None:
    await boot.take(BOOT_MS)
    boot.kill()
    boot.boot()
    boot.start()  # in 1970 again; what this boot takes can still be repaired
    await boot.take(boot.clock.now_ms())
    (old,) = boot.sent()
    assert times(old) == [BOOT_MS], "as it is: the cloud puts it into quarantine, where it can be seen"
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    boot.spool.anchors.look()
    assert [times(one) for one in boot.sent()] == [[RIGHT_MS]]


async def test_a_lost_file_costs_the_repair_and_no_reading(boot: Boot) -> None:
    await boot.take(BOOT_MS)
    boot.kill()
    boot.clock.step_wall((RIGHT_MS - BOOT_MS) / 1000)
    path = boot.folder / "spool" / "anchors"
    good = path.read_bytes()
    for content in (b"", bytes(64), good[:-1], bytes([good[0] ^ 1]) + good[1:]):
        path.write_bytes(content)
        boot.start()
        (one,) = boot.sent()
        assert times(one) == [BOOT_MS]
        boot.kill()


def test_a_gateway_with_a_clock_has_no_such_file(tmp_path: Path) -> None:
    opened(tmp_path).__exit__()
    assert not (tmp_path / "anchors").exists()


def test_endless_restarts_without_a_clock_are_bounded(tmp_path: Path) -> None:
    clock = ManualClock(BOOT_MS)
    for _ in range(MAX_ANCHORS + 5):
        spool = opened(tmp_path, clock)
        spool.__exit__()
    assert len(spool.anchors._anchors) == MAX_ANCHORS
    assert spool.anchors.pending(spool.epoch)


def test_a_disk_that_cannot_write_it_down_is_counted(tmp_path: Path) -> None:
    clock, disk = ManualClock(BOOT_MS), FailingDisk()
    spool = opened(tmp_path, clock, files=disk)
    disk.errors["replace"] = (5, None)
    clock.step_wall(RIGHT_MS / 1000)
    assert spool.anchors.look()
    assert spool.anchors.write_errors == 1
    assert not spool.anchors.pending(spool.epoch)


@pytest.mark.parametrize("step_s", [-86_400.0, 86_400.0, 10 * ONE_YEAR_S, -1.0, 1.0])
async def test_a_clock_that_steps_holds_nothing_back(tmp_path: Path, step_s: float) -> None:
    clock = ManualClock(RIGHT_MS)
    spool = Spool(tmp_path, clock)
    with spool:
        window = Window(spool)
        gatherer = Gatherer("gw-1", spool, clock, window.offer, gather_s=0.001)
        for _ in range(2):
            async with asyncio.TaskGroup() as group:
                running = group.create_task(gatherer.run())
                await gatherer.put(Batch.of([Reading(PH, clock.now_ms(), 7.0)]))
                running.cancel()
            outgoing = window.next(clock.monotonic_s())
            assert outgoing is not None
            assert not outgoing.late, "age is told by the monotonic clock"
            assert window.next(clock.monotonic_s()) is None, "nothing is resent before its time"
            clock.step_wall(step_s)
            clock.advance(9)
        header = read_header(sign(outgoing.payload, b""))
        assert header.uptime_ms == 9000


@given(
    offsets=st.lists(st.integers(0, 100_000), min_size=1, max_size=50),
    foreign=st.lists(st.integers(EARLIEST_MS, 2 * EARLIEST_MS), max_size=5),
    began_ms=st.integers(0, EARLIEST_MS - 200_000),
)
def test_our_stamps_move_together_and_others_stay(offsets: list[int], foreign: list[int], began_ms: int) -> None:
    stamps = [began_ms + offset for offset in offsets] + foreign
    count = len(stamps)
    batch = Batch((PH,), array("I", [0]) * count, array("q", stamps), array("d", [1.25]) * count,
                  array("B", [1]) * count, array("I", [0]) * count)  # fmt: skip
    body, _ = BodyEncoder().encode([batch])
    header = Header("gw-1", 7, 3, count, began_ms + 100_000, 100_000, flags=FLAG_CLOCK_UNSYNCED)
    payload = mended(unsigned(header, body), began_ms, RIGHT_MS)
    assert payload == mended(unsigned(header, body), began_ms, RIGHT_MS)
    envelope = sign(payload, b"")
    told = read_header(envelope)
    assert (told.epoch, told.sequence, told.sealed_ms, told.uptime_ms) == (7, 3, RIGHT_MS + 100_000, 100_000)
    rows = decode_rows(expand(envelope, told), count)
    assert list(rows.time) == [RIGHT_MS + offset for offset in offsets] + foreign
    assert set(rows.value) == {1.25}

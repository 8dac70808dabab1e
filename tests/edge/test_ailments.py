"""What ails a gateway is told when it begins and when it ends, once each."""

import asyncio
import errno
from pathlib import Path

import pytest

from edge.ailments import QUIET_S, Ailments
from edge.spool.gather import Gatherer
from protocols.vocabulary import Batch, Event, ManualClock, Point, Reading
from tests.edge.spool.disk import FailingDisk, opened, write


class Notes:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(self, event: Event) -> "asyncio.Future[None]":
        self.events.append(event)
        return asyncio.get_running_loop().create_future()

    @property
    def kinds(self) -> list[str]:
        return [event.kind.removeprefix("gateway.") for event in self.events]


class Patient:
    def __init__(self, folder: Path, clock: ManualClock | None = None) -> None:
        self.clock, self.disk, self.notes = clock or ManualClock(), FailingDisk(), Notes()
        self.spool = opened(folder, self.clock, max_bytes=100_000, files=self.disk)
        self.gatherer = Gatherer("gw-1", self.spool, self.clock, lambda _: None, gather_s=0.001)
        self.refusal = ""
        self.ailments = Ailments("gw-1", self.spool, self.gatherer, self.notes, self.clock, lambda: self.refusal)

    def look(self, after_s: float = 2.0) -> list[str]:
        self.clock.advance(after_s)
        self.notes.events.clear()
        self.ailments.look()
        return self.notes.kinds


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


async def test_a_spool_that_fills_is_told_at_seven_tenths(patient: Patient) -> None:
    assert patient.look() == []
    for _ in range(7):
        write(patient.spool, 10, 1000)
    assert patient.look() == ["spool_filling.raised"]
    assert patient.notes.events[0].data["share"] >= 0.7  # type: ignore[operator] # a number
    assert patient.look() == []
    assert patient.ailments.active == {"spool_filling"}
    patient.spool.retire(1, patient.spool.epoch, [(0, 29)])
    assert patient.look() == ["spool_filling.cleared"]


async def test_what_is_dropped_is_told(patient: Patient) -> None:
    for _ in range(12):
        write(patient.spool, 10, 1000)
    assert patient.spool.counts.dropped_records
    assert patient.look() == ["spool_filling.raised", "dropping.raised"]
    assert patient.look(QUIET_S - 1) == []
    assert patient.look(2) == ["dropping.cleared"]


async def test_a_disk_that_fails_is_told_although_it_fails(patient: Patient) -> None:
    patient.disk.errors["datasync"] = (errno.EIO, None)

    async def take() -> bool:
        taken = patient.gatherer.put(Batch.of([Reading(Point("serial:1", "ph"), patient.clock.now_ms(), 7.0)]))
        await asyncio.wait([taken])
        return taken.exception() is None

    async with asyncio.TaskGroup() as group:
        running = group.create_task(patient.gatherer.run())
        assert not await take()
        assert patient.look() == ["disk_failing.raised"]
        assert not await take()
        assert patient.look() == []
        patient.disk.errors.clear()
        assert await take()
        assert patient.look() == ["disk_failing.cleared"]
        running.cancel()


async def test_a_disk_is_full_although_the_oldest_makes_room_for_each_commit(patient: Patient) -> None:
    for _ in range(3):
        write(patient.spool, 30, 1000)
    assert patient.look() == ["spool_filling.raised"]
    patient.disk.errors["append"] = (errno.ENOSPC, 1)
    write(patient.spool, 10, 1000)
    assert patient.spool.counts.dropped_records
    assert not patient.gatherer.disk_failing, "the commit succeeded"
    assert patient.look() == ["disk_failing.raised", "dropping.raised"]
    assert patient.look(QUIET_S - 3) == []
    assert patient.look(4) == ["disk_failing.cleared", "dropping.cleared"]


async def test_a_disk_that_takes_no_status_fails_though_nothing_is_to_be_committed(
    patient: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    patient.refusal = "status.json: No space left on device"
    with caplog.at_level("INFO", "edge.ailments"):
        assert patient.look() == ["disk_failing.raised"]
        assert patient.notes.events[0].data == {"write_errors": 0, "refusal": patient.refusal}
        for refusal in ("", patient.refusal, ""):  # a segment that was given up made room for a moment
            patient.refusal = refusal
            assert patient.look() == []
        assert patient.look(QUIET_S) == ["disk_failing.cleared"]
    said = [(record.levelname, record.message) for record in caplog.records]
    assert said == [
        ("WARNING", "disk_failing (write_errors 0, refusal status.json: No space left on device)"),
        ("INFO", "disk_failing is over (write_errors 0)"),
    ]


@pytest.mark.parametrize("step_s", [-86_400, 86_400, 315_360_000, 3])
async def test_a_step_of_the_clock_is_told_once(patient: Patient, step_s: int) -> None:
    assert patient.look() == []
    patient.clock.step_wall(step_s)
    assert patient.look() == ["clock.stepped"]
    assert patient.notes.events[0].data == {"by_s": step_s}
    assert patient.look(3600) == []
    assert patient.ailments.clock_steps == 1


async def test_drift_and_a_leap_second_are_no_steps(patient: Patient) -> None:
    for by_s in [0.001] * 20 + [-1.0]:  # 1 s an hour is half a millisecond between two looks
        patient.clock.step_wall(by_s)
        assert patient.look() == []


async def test_out_of_1970_the_clock_was_set(tmp_path: Path) -> None:
    patient = Patient(tmp_path, ManualClock(5000))
    assert patient.look() == []
    patient.clock.step_wall(1_790_000_000)
    assert patient.look() == ["clock.set"]

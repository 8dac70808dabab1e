"""At most once, in time, and what the device says: fault F33 at the gateway."""

import asyncio
from pathlib import Path

import pytest

from edge.commands import executor as executor_module
from edge.commands.attempt import PATIENCE_S, SETTLE_S, SETTLE_TRIES
from protocols.uplink import Item, Kind, Signed
from protocols.vocabulary import DeviceRefused, LinkDown, ManualClock
from tests.edge.commands.bench import KEY, LAMP, NOW, Cabinet, Lamps, command
from tests.edge.links.running import advanced, until
from tests.edge.spool.disk import FailingDisk

LEVEL = f"{LAMP}/lamp_level"


async def test_a_command_is_carried_out_and_the_lamp_says_so(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path, Lamps())
    async with cabinet.running():
        cabinet.send(command())
        (said,) = await cabinet.answers(1)
    assert (said.state, said.items, said.time) == ("applied", (Item("lamp_level", "applied", 40.0),), NOW)
    assert cabinet.lamps.writes == [(LEVEL, 40.0)]
    (event,) = cabinet.notes.events
    assert (event.source, event.kind) == (LAMP, "command.applied")
    assert event.data == {"command": "cmd-00000001", "version": 1, "lamp_level": 40.0, "reason": ""}
    assert cabinet.executor.status()["applied"] == 1


async def test_the_same_again_is_answered_again_and_not_done_again(tmp_path: Path) -> None:
    lamps = Lamps()
    cabinet = Cabinet(tmp_path, lamps)
    async with cabinet.running():
        lamps.gate.clear()
        cabinet.send(command())
        cabinet.send(command())  # while it is under way
        await asyncio.sleep(0.01)
        lamps.gate.set()
        await cabinet.answers(1)
        cabinet.send(command())
        first, second = await cabinet.answers(2)
    assert first == second
    again = Cabinet(tmp_path, lamps)  # after a restart
    async with again.running():
        again.send(command())
        assert await again.answers(1) == [first]
    assert lamps.writes == [(LEVEL, 40.0)]
    assert not again.notes.events
    assert cabinet.executor.counts.repeated == 2


async def test_two_hours_late_nothing_is_touched(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    cabinet = Cabinet(tmp_path, Lamps(), clock=clock)
    async with cabinet.running():
        clock.advance(7200)
        for _ in range(2):
            cabinet.send(command())
            await asyncio.sleep(0.05)
        said = await cabinet.answers(2)
    assert {one.state for one in said} == {"expired"}
    assert said[0].reason == "7140 s after its time"
    assert [one.kind for one in cabinet.notes.events] == ["command.expired"], "told once, answered twice"
    assert not cabinet.lamps.writes


async def test_while_the_clock_was_never_set_nothing_is_touched(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path, Lamps(), clock=ManualClock(1000))
    async with cabinet.running():
        cabinet.send(command())
        (said,) = await cabinet.answers(1)
    assert (said.state, said.reason) == ("refused", "the gateway's clock was never set")
    assert not cabinet.lamps.writes


async def test_the_newest_wins_whatever_order_they_come_in(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path, Lamps())
    async with cabinet.running():
        cabinet.send(command(2, desired={"lamp_level": 80.0}))
        cabinet.send(command(1, desired={"lamp_level": 20.0}))
        cabinet.send(command(3, 2, desired={"lamp_level": 10.0}))  # another one of the same version
        cabinet.send(command(4, 1, desired={"lamp_level": 30.0, "lamp_level/2": 5.0}))  # one point is newer, one not
        said = await cabinet.answers(4)
    assert [one.state for one in said] == ["applied", "superseded", "superseded", "applied"]
    assert said[3].items == (Item("lamp_level", "superseded"), Item("lamp_level/2", "applied", 5.0))
    assert cabinet.lamps.writes == [(LEVEL, 80.0), (f"{LEVEL}/2", 5.0)]


@pytest.mark.parametrize(
    ("desired", "says"),
    [
        ({"lamp_level": 101.0}, "expected 0 to 100"),
        ({"voltage": 5.0}, "expected 0 to 100"),
        ({"ph": 7.0}, "no device of this gateway has it"),
        ({"lamp_level": 10.0, "ph": 7.0}, "no device of this gateway has it"),
    ],
)
async def test_what_cannot_be_done_whole_is_not_begun(tmp_path: Path, desired: dict[str, float], says: str) -> None:
    cabinet = Cabinet(tmp_path, Lamps())
    async with cabinet.running():
        cabinet.send(command(desired=desired))
        (said,) = await cabinet.answers(1)
        assert said.state == "refused"
        assert says in said.reason
        assert not cabinet.lamps.writes
        cabinet.send(command(2, 1))  # the refused one has not used up its version
        assert (await cabinet.answers(2))[1].state == "applied"


@pytest.mark.parametrize("error", [LinkDown("gone"), DeviceRefused("exception 02")])
async def test_what_the_device_does_not_do_is_failed_and_not_tried_again(tmp_path: Path, error: Exception) -> None:
    lamps = Lamps()
    lamps.fault = lambda point, value: error  # type: ignore[assignment, return-value]
    cabinet = Cabinet(tmp_path, lamps)
    async with cabinet.running():
        cabinet.send(command())
        await cabinet.answers(1)
        cabinet.send(command())
        first, second = await cabinet.answers(2)
    assert first == second
    assert (first.state, first.items[0].value, first.items[0].reason) == ("failed", None, str(error))
    assert len(lamps.writes) == 1


async def test_state_is_what_is_read_back(tmp_path: Path) -> None:
    lamps, clock = Lamps(), ManualClock(NOW)
    lamps.takes = lambda value: 39.0
    cabinet = Cabinet(tmp_path, lamps, clock=clock)
    async with cabinet.running():
        cabinet.send(command())
        for _ in range(SETTLE_TRIES):
            await until(lambda: any(abs(at - clock.monotonic_s() - SETTLE_S) < 1e-6 for at, _ in clock._sleepers))
            clock.advance(SETTLE_S)
        (said,) = await cabinet.answers(1)
    assert (said.state, said.items[0].value) == ("failed", 39.0)
    assert said.items[0].reason == "the device says 39, 40 was wanted"
    assert (len(lamps.writes), lamps.reads) == (1, SETTLE_TRIES)


async def test_a_gate_that_is_driven_for_minutes_has_taken_its_order(tmp_path: Path) -> None:
    gate, clock = Lamps(), ManualClock(NOW)
    gate.takes = lambda value: 10.0
    cabinet = Cabinet(tmp_path, gate, clock=clock)
    async with cabinet.running():
        cabinet.send(command())
        for look in range(1, 7):
            await until(lambda: any(abs(at - clock.monotonic_s() - SETTLE_S) < 1e-6 for at, _ in clock._sleepers))
            gate.levels[LEVEL] = 10.0 + look // 2  # measured once a second
            clock.advance(SETTLE_S)
        (said,) = await cabinet.answers(1)
    assert (said.state, said.items[0].value) == ("applied", 13.0)
    assert said.items[0].reason == "on its way: the device says 13 and comes nearer"
    assert len(gate.writes) == 1


async def test_a_lamp_that_takes_its_time_is_asked_again(tmp_path: Path) -> None:
    lamps, clock = Lamps(), ManualClock(NOW)
    lamps.takes = lambda value: 10.0
    cabinet = Cabinet(tmp_path, lamps, clock=clock)
    async with cabinet.running():
        cabinet.send(command())
        await until(lambda: any(abs(at - clock.monotonic_s() - SETTLE_S) < 1e-6 for at, _ in clock._sleepers))
        lamps.levels[LEVEL] = 40.0
        clock.advance(SETTLE_S)
        (said,) = await cabinet.answers(1)
    assert (said.state, said.items[0].value, len(lamps.writes)) == ("applied", 40.0, 1)


async def test_patience_has_an_end_and_others_do_not_wait(tmp_path: Path) -> None:
    lamps, clock = Lamps(), ManualClock(NOW)
    cabinet = Cabinet(tmp_path, lamps, clock=clock)
    async with cabinet.running():
        lamps.gate.clear()
        cabinet.send(command())
        await advanced(clock, PATIENCE_S)
        (said,) = await cabinet.answers(1)
        assert (said.state, said.items[0].reason) == ("failed", "no answer within 30 s")
        lamps.gate.set()
        cabinet.send(command(2))
        assert (await cabinet.answers(2))[1].state == "applied"
    assert lamps.writes == [(LEVEL, 40.0)], "who lost patience writes nothing later"


async def test_in_the_queue_its_time_may_run_out(tmp_path: Path) -> None:
    lamps, clock = Lamps(), ManualClock(NOW)
    cabinet = Cabinet(tmp_path, lamps, clock=clock)
    async with cabinet.running():
        lamps.gate.clear()
        cabinet.send(command(1))
        cabinet.send(command(2, expires=NOW + 5_000))
        await until(lambda: clock._sleepers)
        clock.advance(10)
        lamps.gate.set()
        said = await cabinet.answers(2)
    assert [one.state for one in said] == ["applied", "expired"]
    assert len(lamps.writes) == 1


@pytest.mark.parametrize("kind", ["key", "gateway", "kind", "garbage"])
async def test_what_is_not_to_be_trusted_is_counted_and_not_answered(tmp_path: Path, kind: str) -> None:
    clock = ManualClock(NOW)
    cabinet = Cabinet(tmp_path, Lamps(), clock=clock)
    body = command().body()
    wrong = {
        "key": Signed(Kind.COMMAND, "gw-1", body).encode(b"another"),
        "gateway": Signed(Kind.COMMAND, "gw-2", body).encode(KEY),
        "kind": Signed(Kind.CONFIGURATION, "gw-1", body).encode(KEY),
        "garbage": b"\xff",
    }[kind]
    async with cabinet.running():
        for _ in range(10):
            cabinet.executor.hear(wrong)
        assert [one.kind for one in cabinet.notes.events] == ["command.untrusted"], "ten of them, one event"
        clock.advance(executor_module.WARN_EVERY_S)
        cabinet.executor.hear(wrong)
        await asyncio.sleep(0.01)
    assert cabinet.executor.counts.untrusted == 11
    assert len(cabinet.notes.events) == 2
    assert not cabinet.said
    assert not cabinet.lamps.writes


async def test_too_many_are_put_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_module, "MAX_QUEUED", 2)
    cabinet = Cabinet(tmp_path, Lamps())
    async with cabinet.running():
        cabinet.lamps.gate.clear()
        for number in range(1, 4):
            cabinet.send(command(number, desired={f"lamp_level/{number}": 1.0}))
        assert cabinet.executor.counts.put_off == 1
        cabinet.lamps.gate.set()
        await cabinet.answers(2)
        cabinet.send(command(3, desired={"lamp_level/3": 1.0}))
        assert (await cabinet.answers(3))[2].state == "applied"


async def test_without_a_journal_nothing_is_touched(tmp_path: Path) -> None:
    disk = FailingDisk()
    cabinet = Cabinet(tmp_path, Lamps(), files=disk)
    async with cabinet.running():
        disk.errors["datasync"] = (28, None)
        cabinet.send(command())
        (said,) = await cabinet.answers(1)
        assert (said.state, said.reason) == ("refused", "the journal cannot be written: No space left on device")
        assert not cabinet.lamps.writes
        disk.errors.clear()
        cabinet.send(command(2))
        assert (await cabinet.answers(2))[1].state == "applied"


async def test_an_event_that_finds_no_room_does_not_stop_the_next(tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path, Lamps())
    cabinet.notes.fails = True
    async with cabinet.running():
        cabinet.send(command(1))
        cabinet.send(command(2))
        assert [one.state for one in await cabinet.answers(2)] == ["applied", "applied"]


async def test_many_lamps_at_once_share_the_disk(tmp_path: Path) -> None:
    disk = FailingDisk()
    cabinet = Cabinet(tmp_path, Lamps(), files=disk)
    async with cabinet.running():
        for number in range(200):
            cabinet.send(command(number, target=f"serial:{number}"))
        said = await cabinet.answers(200)
    assert {one.state for one in said} == {"applied"}
    assert disk.calls.count("datasync") < 100


async def test_what_was_begun_when_the_agent_died_is_looked_at_and_not_done_again(tmp_path: Path) -> None:
    for held, state in ((40.0, "applied"), (20.0, "failed"), (None, "failed")):
        folder = tmp_path / str(held)
        first = Cabinet(folder, Lamps())
        first.journal.commit([command()])
        first.journal.close()
        lamps = Lamps()
        if held is not None:
            lamps.levels[LEVEL] = held
        second = Cabinet(folder, lamps)
        async with second.running():
            second.send(command())  # the cloud asks again meanwhile
            (said,) = await second.answers(1)
            second.send(command())
            assert await second.answers(2) == [said, said]
        assert (said.state, said.items[0].value) == (state, held)
        assert "stopped in the middle" in said.reason
        assert [one.kind for one in second.notes.events] == [f"command.{state}"]
        assert not lamps.writes

import asyncio
from pathlib import Path

import pytest

from edge.rules.announcer import MAX_WAITING, RETRY_S, Announcer, Told
from protocols.vocabulary import Event, ManualClock
from tests.edge.links.running import advanced, until
from tests.edge.rules.fakes import FakeSink


def event(kind: str, number: int = 0) -> Event:
    return Event("serial:1", f"alarm.{kind}", number)


async def test_what_was_told_is_remembered(tmp_path: Path) -> None:
    path, sink = tmp_path / "alarms.json", FakeSink()
    announcer = Announcer(sink, ManualClock(), path)
    announcer.tell("a", event("raised"), 1)
    announcer.tell("b", event("raised"), 2)
    announcer.tell("b", event("cleared"), 0)
    await until(lambda: announcer.told == 3)
    announcer.save()
    assert Announcer(sink, ManualClock(), path).active == {"a": Told("serial:1", 1)}


async def test_what_the_disk_refused_is_told_again_in_order_and_not_remembered_before(tmp_path: Path) -> None:
    sink, clock = FakeSink(failing=True), ManualClock()
    announcer = Announcer(sink, clock, tmp_path / "alarms.json")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(announcer.run())
        announcer.tell("a", event("raised", 1), 1)
        announcer.tell("a", event("cleared", 2), 0)
        await until(lambda: announcer.not_kept == 1)
        assert announcer.active == {}
        await advanced(clock, RETRY_S)
        await until(lambda: announcer.not_kept == 2)
        sink.failing = False
        await advanced(clock, RETRY_S)
        await until(lambda: announcer.told == 2)
        running.cancel()
    assert [one.kind for one in sink.kept] == ["alarm.raised", "alarm.cleared"]
    assert {one.kind for one in sink.offered[:2]} == {"alarm.raised"}


async def test_what_waits_is_bounded(tmp_path: Path) -> None:
    sink = FakeSink(failing=True)
    announcer = Announcer(sink, ManualClock(), tmp_path / "alarms.json")
    for number in range(MAX_WAITING + 10):
        announcer.tell("a", event("raised", number), number % 2)
    await until(lambda: announcer.not_kept)
    assert announcer.dropped == 10
    sink.failing = False
    announcer.tell("a", event("cleared", 99), 0)
    await until(lambda: announcer.told == MAX_WAITING)
    assert sink.kept[-1].time == 99


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": ["serial:1"]}', "nonsense"])
def test_a_memory_that_cannot_be_read_counts_as_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "alarms.json"
    path.write_text(text)
    assert Announcer(FakeSink(), ManualClock(), path).active == {}


async def test_a_disk_that_cannot_remember_does_not_stop_it(tmp_path: Path) -> None:
    announcer = Announcer(FakeSink(), ManualClock(), tmp_path / "nowhere" / "alarms.json")
    announcer.tell("a", event("raised"), 1)
    await until(lambda: announcer.told)
    announcer.save()
    assert announcer.active

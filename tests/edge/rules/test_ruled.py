"""Rules on readings on their way: what is told, what is wanted, and that readings go on untouched."""

from pathlib import Path

from edge.rules.actuators import Drive
from edge.rules.announcer import Announcer
from edge.rules.ruled import Effect, Ruled
from edge.rules.threshold import Level, Rule
from protocols.vocabulary import Batch, ManualClock, Point, Quality, Reading
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import until
from tests.edge.rules.fakes import FakeActuators, FakeSink

T0 = 1_790_000_000_000
LEVEL, GATE = Point("serial:1", "water_level", "up"), Point("serial:G", "gate_opening")
HIGH = Rule("high water", LEVEL, "gt", (Level(3.0, "medium"), Level(4.0, "high")), 0.1, message="open the sluice")


async def test_an_alarm_is_told_and_acted_on(tmp_path: Path) -> None:
    recorder, sink, actuators, clock = Recorder(), FakeSink(), FakeActuators(), ManualClock()
    drive = Drive(actuators, clock)
    announcer = Announcer(sink, clock, tmp_path / "alarms.json")
    ruled = Ruled(recorder, [(HIGH, (Effect(GATE, 1.5, 0.0),))], announcer, drive)
    batches = [
        Batch.of([Reading(Point("serial:1", "ph"), T0 + at, 7.0), Reading(LEVEL, T0 + at, value, quality)])
        for at, value, quality in (
            (0, 2.0, Quality.PASS),
            (1, 9.0, Quality.FAIL),
            (2, 3.5, Quality.PASS),
            (3, 4.5, Quality.SUSPECT),
            (4, 2.0, Quality.PASS),
        )
    ]
    for batch in batches:
        ruled.put(batch)
    assert all(one is two for one, two in zip(recorder.batches, batches, strict=True))
    await until(lambda: announcer.told == 3 and not drive.waiting)
    assert [(e.kind, e.time - T0, e.data["level"]) for e in sink.kept] == [
        ("alarm.raised", 2, 1),
        ("alarm.changed", 3, 2),
        ("alarm.cleared", 4, 0),
    ]
    assert sink.kept[1].source == "serial:1"
    assert dict(sink.kept[1].data) == {
        "rule": "high water",
        "observed": "water_level",
        "channel": "up",
        "value": 4.5,
        "quality": 3,
        "comparison": "gt",
        "limit": 4.0,
        "deadband": 0.1,
        "priority": "high",
        "level": 2,
        "message": "open the sluice",
    }
    assert sink.kept[2].data["priority"] == "high"  # of the level that was left
    assert actuators.tried[-1].value == 0.0
    assert 1 <= len(actuators.tried) <= 2  # the newest wish takes the place of one that is under way
    assert actuators.state == {str(GATE): 0.0}


async def test_the_alarm_of_before_a_restart_is_cleared_after_it(tmp_path: Path) -> None:
    path, clock = tmp_path / "alarms.json", ManualClock()
    first = Announcer(FakeSink(), clock, path)
    Ruled(Recorder(), [(HIGH, ())], first, None).put(Batch.of([Reading(LEVEL, T0, 3.5, Quality.PASS)]))
    await until(lambda: first.told)
    first.save()
    sink = FakeSink()
    second = Announcer(sink, clock, path)
    ruled = Ruled(Recorder(), [(HIGH, ())], second, None)
    ruled.put(Batch.of([Reading(LEVEL, T0 + 1, 3.5, Quality.PASS)]))
    assert sink.offered == []
    ruled.put(Batch.of([Reading(LEVEL, T0 + 2, 1.0, Quality.PASS)]))
    assert [event.kind for event in sink.offered] == ["alarm.cleared"]


async def test_several_rules_watch_one_point(tmp_path: Path) -> None:
    sink, clock = FakeSink(), ManualClock()
    low = Rule("low water", LEVEL, "lt", (Level(1.0, "low"),))
    ruled = Ruled(Recorder(), [(HIGH, ()), (low, ())], Announcer(sink, clock, tmp_path / "a"), None)
    for at, value in enumerate((0.5, 3.5)):
        ruled.put(Batch.of([Reading(LEVEL, T0 + at, value, Quality.PASS)]))
    await until(lambda: len(sink.kept) == 3)
    found = [(e.data["rule"], e.kind) for e in sink.kept]
    assert found.index(("low water", "alarm.raised")) < found.index(("low water", "alarm.cleared"))
    assert ("high water", "alarm.raised") in found

import asyncio
import json
from pathlib import Path

import pytest

from edge.rules.config import EffectRow, LevelRow, LightsRow, PlanRow, RuleRow
from edge.rules.local import MEMORY_FILE, LocalRules
from protocols.vocabulary import Batch, ConfigError, ManualClock, Point, Quality, Reading
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import until
from tests.edge.rules.fakes import FakeActuators, FakeSink
from tests.edge.rules.test_lights import at

LEVEL = Point("serial:1", "water_level")
RULE = RuleRow(
    name="high water",
    source="serial:1",
    observed="water_level",
    comparison="gt",
    levels=(LevelRow(limit=3.0),),
    action=(EffectRow(target="serial:G/gate_opening", raised=1.5, cleared=0.0),),
)
LIGHTS = LightsRow(
    name="north road",
    targets=("serial:L1/lamp_level",),
    latitude=31.6,
    longitude=121.5,
    plan=(PlanRow(switches=(("sunset", 100.0), ("sunrise", 0.0))),),
)
NIGHT = at("2026-06-01T22:00:00")


def local(folder: Path, sink: FakeSink, actuators: FakeActuators | None, **has: tuple) -> LocalRules:
    return LocalRules(
        has.get("rules", ()),
        has.get("lights", ()),
        sink,
        ManualClock(NIGHT),
        folder,
        actuators=actuators,
        heard_s=lambda: None,
    )


async def test_all_together(tmp_path: Path) -> None:
    sink, actuators, recorder = FakeSink(), FakeActuators(), Recorder()
    rules = local(tmp_path, sink, actuators, rules=(RULE,), lights=(LIGHTS,))
    intake = rules.in_front_of(recorder)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(rules.run())
        intake.put(Batch.of([Reading(LEVEL, NIGHT, 3.5, Quality.PASS)]))
        intake.put(Batch.of([Reading(LEVEL, NIGHT + 1, 9.9, Quality.FAIL)]))
        await until(
            lambda: len(actuators.state) == 2 and rules.announcer.told and rules.drive and not rules.drive.waiting
        )
        status = rules.status()
        running.cancel()
    assert actuators.state == {"serial:G/gate_opening": 1.5, "serial:L1/lamp_level": 100.0}
    assert status == {
        "rules": 1,
        "active": {"high water": 1},
        "not_judged": 1,
        "events_told": 1,
        "events_dropped": 0,
        "actions_applied": 2,
        "actions_failed": 0,
        "actions_waiting": 0,
        "lights": {"north road": 100.0},
    }
    assert len(recorder.batches) == 2
    assert json.loads((tmp_path / MEMORY_FILE).read_text()) == {"high water": ["serial:1", 1]}


@pytest.mark.parametrize(
    ("has", "who"), [({"rules": (RULE,)}, "rule 'high water'"), ({"lights": (LIGHTS,)}, "lights ")]
)
def test_what_is_to_be_acted_on_needs_somebody_who_can(tmp_path: Path, has: dict, who: str) -> None:
    with pytest.raises(ConfigError, match=f"{who}.*: this agent has nothing that could carry out actions"):
        local(tmp_path, FakeSink(), None, **has)


def test_rules_that_only_tell_need_nobody(tmp_path: Path) -> None:
    only = RULE.model_copy(update={"action": ()})
    assert local(tmp_path, FakeSink(), None, rules=(only,)).drive is None


async def test_an_alarm_of_a_rule_that_is_no_more_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / MEMORY_FILE).write_text('{"high water": ["serial:1", 1], "old rule": ["serial:9", 2]}')
    sink = FakeSink()
    rules = local(tmp_path, sink, FakeActuators(), rules=(RULE,))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(rules.run())
        await until(lambda: rules.announcer.told)
        running.cancel()
    assert [(event.source, event.kind, event.data["rule"]) for event in sink.kept] == [
        ("serial:9", "alarm.cleared", "old rule")
    ]
    assert list(rules.announcer.active) == ["high water"]

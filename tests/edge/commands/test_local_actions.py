"""Rules and lamps act by the links' hands."""

import asyncio

import pytest

from edge.commands import local_actions
from edge.commands.actuator import Actuators
from edge.commands.attempt import Attempts
from edge.commands.local_actions import LocalActions
from edge.rules.actuators import Action, Drive
from protocols.vocabulary import DeviceRefused, LinkDown, ManualClock, Point
from tests.edge.commands.bench import NOW, Lamps
from tests.edge.links.running import until


def action(source: str = "serial:1", value: float = 40.0) -> Action:
    return Action(Point(source, "lamp_level"), value, NOW, "lights street")


async def test_what_is_wanted_is_written_and_read_back() -> None:
    lamps, clock = Lamps(), ManualClock(NOW)
    hands = LocalActions(Attempts(Actuators([lamps]), clock))
    drive = Drive(hands, clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(hands.run())
        await asyncio.sleep(0)
        drive.want(action())
        await until(lambda: drive.counts.applied == 1)
        assert lamps.levels == {"serial:1/lamp_level": 40.0}
        lamps.fault = lambda point, value: LinkDown("gone")
        with pytest.raises(DeviceRefused, match="gone"):
            await hands.apply(action())
        with pytest.raises(DeviceRefused, match="expected 0 to 100"):
            await hands.apply(action(value=101.0))
        lamps.gate.clear()
        waiting = hands.apply(action())
        await asyncio.sleep(0.01)
        task.cancel()
    assert waiting.cancelled()


async def test_too_many_at_a_time_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_actions, "MAX_UNDER_WAY", 1)
    lamps = Lamps()
    lamps.gate.clear()
    hands = LocalActions(Attempts(Actuators([lamps]), ManualClock(NOW)))
    with pytest.raises(LinkDown):
        await hands.apply(action())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(hands.run())
        await asyncio.sleep(0)
        first = hands.apply(action())
        with pytest.raises(LinkDown):
            await hands.apply(action())
        lamps.gate.set()
        await first
        await hands.apply(action())
        task.cancel()

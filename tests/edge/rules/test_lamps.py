import asyncio
from datetime import datetime

from edge.rules.actuators import Drive
from edge.rules.lamps import LONGEST_WAIT_S, LampGroup, Lamps
from edge.rules.lights import Schedule
from protocols.vocabulary import ManualClock, Point
from tests.edge.links.running import asleep, until
from tests.edge.rules.fakes import FakeActuators
from tests.edge.rules.test_lights import DISTRICT, at, fixed_sun, plan

LAMPS = (Point("serial:L1", "lamp_level"), Point("serial:L2", "lamp_level"))
SCHEDULE = Schedule((plan(("sunset", 100), ("23:00", 40), ("sunrise", 0)),), fixed_sun, DISTRICT)
HOUR = 3600.0


class Cabinet:
    """A group of two lamps, a clock, and a cloud that was heard when it is said."""

    def __init__(self, time: str, **differs: float) -> None:
        self.clock = ManualClock(at(time))
        self.heard_s: float | None = None
        self.actuators = FakeActuators()
        self.drive = Drive(self.actuators, self.clock)
        self.group = LampGroup("north road", LAMPS, SCHEDULE, **differs)
        self.lamps = Lamps([self.group], self.drive, self.clock, lambda: self.heard_s)

    @property
    def wanted(self) -> list[float]:
        """Levels in the order in which the first lamp was asked for them."""
        return [action.value for action in self.actuators.tried if action.target == LAMPS[0]]


async def test_at_the_start_lamps_get_the_level_of_the_hour_and_then_each_change() -> None:
    cabinet = Cabinet("2026-06-01T17:59:30", repeat_s=86_400)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(cabinet.lamps.run())
        await asleep(cabinet.clock)
        assert cabinet.wanted == [0]
        cabinet.clock.advance(30)  # the sleep ends with the sunset
        await until(lambda: cabinet.wanted == [0, 100])
        for _ in range(5 * 60):
            await asleep(cabinet.clock)
            cabinet.clock.advance(60)
        await until(lambda: cabinet.wanted == [0, 100, 40])
        running.cancel()
    assert cabinet.actuators.state == {str(lamp): 40 for lamp in LAMPS}
    assert cabinet.actuators.tried[0].cause == "lights north road"


async def test_the_level_is_wanted_again_from_time_to_time() -> None:
    cabinet = Cabinet("2026-06-01T19:00:00", repeat_s=HOUR)
    for _ in range(121):
        cabinet.lamps.tick()
        await asyncio.sleep(0)
        cabinet.clock.advance(60)
    assert cabinet.wanted == [100, 100, 100]


async def test_while_the_cloud_speaks_the_schedule_is_silent() -> None:
    cabinet = Cabinet("2026-06-01T19:00:00", fallback_after_s=2 * HOUR)
    found = []
    for minute in range(600):
        if minute < 180:
            cabinet.heard_s = cabinet.clock.monotonic_s()
        cabinet.lamps.tick()
        await asyncio.sleep(0)
        found.append(len(cabinet.wanted))
        if minute == 400:
            cabinet.heard_s = cabinet.clock.monotonic_s()
            cabinet.lamps.tick()
            assert cabinet.group.level is None
        cabinet.clock.advance(60)
    assert found[299] == 0  # last heard at minute 179, two hours of patience
    assert found[300] == 1
    before = found[400]
    assert found[520] == before
    assert found[521] == before + 1


async def test_a_cloud_that_was_never_heard_is_silent_since_the_start() -> None:
    cabinet = Cabinet("2026-06-01T19:00:00", fallback_after_s=HOUR)
    cabinet.lamps.tick()
    cabinet.clock.advance(HOUR)
    cabinet.lamps.tick()
    assert cabinet.wanted == []
    cabinet.clock.advance(1)
    cabinet.lamps.tick()
    assert cabinet.wanted == [100]


async def test_without_the_time_lamps_stay_as_they_are() -> None:
    cabinet = Cabinet("1970-01-01T19:00:00")
    assert cabinet.lamps.tick() == LONGEST_WAIT_S
    assert cabinet.lamps.clock_not_set
    assert cabinet.wanted == []
    now = round(datetime(2026, 6, 1, 19, tzinfo=DISTRICT).timestamp())
    cabinet.clock.step_wall(now - cabinet.clock.now_ms() / 1000)
    cabinet.lamps.tick()
    assert cabinet.wanted == [100]

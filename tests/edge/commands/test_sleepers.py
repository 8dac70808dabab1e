"""A device that sleeps is waited for as long as the command may; others are not."""

import asyncio

import pytest

from edge.commands.actuator import Actuators
from edge.commands.attempt import PATIENCE_S, Attempts
from protocols.vocabulary import ManualClock, Point
from tests.edge.links.running import advanced, until

LAMP = Point("imei:1", "lamp_level", "")


class Sleeper:
    """Implements Actuator and Sleepers: it wakes when it is told to."""

    def __init__(self, *, asleep: bool) -> None:
        self.asleep = asleep
        self.woken = asyncio.Event()
        self.withdrawn = 0

    def fit(self, source, observed, channel, value):
        return value

    def sleeps(self, source):
        return self.asleep

    async def write(self, source, observed, channel, value):
        try:
            await self.woken.wait()
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        return value

    async def read(self, source, observed, channel):
        return 0.0


async def attempted(sleeper, clock, seconds):
    async with asyncio.TaskGroup() as group:
        until_ms = clock.now_ms() + seconds * 1000
        task = group.create_task(Attempts(Actuators([sleeper]), clock).set(LAMP, 40.0, until_ms))
        await advanced(clock, PATIENCE_S)
        await asyncio.sleep(0)
        yield task


@pytest.mark.parametrize(("asleep", "state"), [(True, "applied"), (False, "failed")])
async def test_it_is_waited_for(asleep, state):
    sleeper, clock = Sleeper(asleep=asleep), ManualClock()
    async for task in attempted(sleeper, clock, 600):
        if asleep:
            await asyncio.sleep(0.01)
            assert not task.done()
        else:
            await until(task.done)
        sleeper.woken.set()
        assert (await task).state == state


async def test_not_longer_than_the_command_may():
    sleeper, clock = Sleeper(asleep=True), ManualClock()
    async for task in attempted(sleeper, clock, 600):
        await advanced(clock, 570)
        item = await task
    assert (item.state, item.reason, sleeper.withdrawn) == ("failed", "no answer within 600 s", 1)


@pytest.mark.parametrize("asleep", [True, False])
async def test_nothing_is_begun_after_its_time(asleep):
    sleeper, clock = Sleeper(asleep=asleep), ManualClock()
    async with asyncio.TaskGroup() as group:
        until_ms = clock.now_ms() + 2000
        task = group.create_task(Attempts(Actuators([sleeper]), clock).set(LAMP, 40.0, until_ms))
        await advanced(clock, 2.0)
        await until(task.done)
    assert (task.result().state, task.result().reason, sleeper.withdrawn) == ("failed", "no answer within 2 s", 1)

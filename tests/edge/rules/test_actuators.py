import asyncio

from edge.rules.actuators import RETRY_S, Action, Drive
from protocols.vocabulary import ManualClock, Point
from tests.edge.links.running import advanced, until
from tests.edge.rules.fakes import FakeActuators

GATE, LAMP = Point("serial:G", "gate_opening"), Point("serial:L", "lamp_level")


async def test_at_once_and_once() -> None:
    actuators = FakeActuators()
    drive = Drive(actuators, ManualClock())
    drive.want(Action(GATE, 1.5, 0, "rule a"))
    assert drive.waiting == 1
    await until(lambda: not drive.waiting)
    assert actuators.state == {"serial:G/gate_opening": 1.5}
    assert (drive.counts.applied, drive.counts.failed) == (1, 0)


async def test_again_until_it_is_done() -> None:
    actuators, clock = FakeActuators(failing=True), ManualClock()
    drive = Drive(actuators, clock)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(drive.run())
        drive.want(Action(GATE, 0.0, 0, "rule a"))
        drive.want(Action(LAMP, 100.0, 0, "lights b"))
        await until(lambda: drive.counts.failed == 2)
        await advanced(clock, RETRY_S)
        await until(lambda: drive.counts.failed == 4)
        actuators.failing = False
        await advanced(clock, RETRY_S)
        await until(lambda: not drive.waiting)
        await advanced(clock, RETRY_S)
        await until(lambda: clock._sleepers)
        running.cancel()
    assert len(actuators.tried) == 6
    assert drive.counts.applied == 2


async def test_the_newest_wish_of_a_target_counts_and_never_two_at_once() -> None:
    pending: list[tuple[Action, asyncio.Future[None]]] = []

    class Slow:
        def apply(self, action: Action) -> "asyncio.Future[None]":
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            pending.append((action, future))
            return future

    drive = Drive(Slow(), ManualClock())
    for value in (1.0, 2.0, 3.0):
        drive.want(Action(GATE, value, 0, "rule a"))
    assert [action.value for action, _ in pending] == [1.0]
    pending[0][1].set_result(None)
    await until(lambda: len(pending) == 2)
    assert pending[1][0].value == 3.0
    pending[1][1].set_result(None)
    await until(lambda: not drive.waiting)
    assert len(pending) == 2


async def test_a_wish_that_changed_back_is_applied_although_the_first_try_failed() -> None:
    actuators = FakeActuators(failing=True)
    drive = Drive(actuators, ManualClock())
    drive.want(Action(GATE, 1.0, 0, "rule a"))
    actuators.failing = False
    drive.want(Action(GATE, 0.0, 1, "rule a"))
    await until(lambda: not drive.waiting)
    assert actuators.state == {"serial:G/gate_opening": 0.0}

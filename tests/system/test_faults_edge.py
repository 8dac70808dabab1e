"""Faults F10, F17 and F22 of the gateway, short and seeded; the full counts are in test_soak_gateway."""

import asyncio
import json

from edge.agent import Agent
from edge.config import load
from protocols.vocabulary import Batch, Point, Reading, SystemClock
from tests.system.acts import freeze_broker, live_delays
from tests.system.backlog import fill
from tests.system.processes import Installation, now_ms
from tests.system.run import GATEWAY, Run, assert_nothing_lost
from tests.system.station import OBSERVED

SEED = 20261126


class WrongClock(SystemClock):
    """The machine's, with a wall clock that is off until it is set."""

    def __init__(self) -> None:
        self.off_ms = now_ms() - 90_000

    def now_ms(self) -> int:
        return super().now_ms() - self.off_ms


async def test_f10_live_data_does_not_wait_behind_a_backlog(installation: Installation) -> None:
    hour = 3600
    run = await Run.prepare(installation, ids=hour + 600, seed=SEED, start=False, ahead=1, pause_s=0.2)
    points = [Point("mn:310151ORACLE0001", series) for series in OBSERVED]
    fill(installation.folder / GATEWAY / "spool", GATEWAY, points, run.oracle, hour)
    run.edge.start()
    delays: list[float] = []

    async def watch() -> None:
        delays.extend(await live_delays(run, 5, lambda: False, 0.1))

    await run.upload_during(watch, patience_s=120)
    await run.settled()
    verdict = await run.verdict()
    verdict.notes = {"live_delays_s": [round(delay, 2) for delay in delays]}
    assert_nothing_lost(verdict)
    assert max(delays) <= 60


async def test_f17_a_broker_that_stops_answering_is_noticed(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=3000, seed=SEED, extra="keepalive_s = 5\n", ahead=2, pause_s=0.1)
    found: list[tuple[float, float]] = []

    async def freeze() -> None:
        await run.acknowledged(5)
        found.append(await freeze_broker(run, None))

    await run.upload_during(freeze, patience_s=180)
    await run.settled(120)
    verdict = await run.verdict()
    ((t_detect_s, verdict.t_recover_s),) = found
    verdict.notes = {"t_detect_s": round(t_detect_s, 1)}
    assert_nothing_lost(verdict)


async def test_f22_booted_in_1970_and_set_later(installation: Installation) -> None:
    await installation.start_cloud()
    credentials = await installation.add_gateway(GATEWAY)
    neuron = await installation.add_neuron(GATEWAY, ("ph",), "serial", "A1")
    (key,) = (stream["key"] for stream in neuron["datastreams"])
    clock = WrongClock()
    agent = Agent(load(installation.write_gateway(GATEWAY, credentials, "")), clock)
    right: list[int] = []
    async with asyncio.TaskGroup() as group:
        running = group.create_task(agent.run())
        for number in range(20):
            right.append(SystemClock().now_ms())
            await _take(agent, clock.now_ms(), float(number % 14))
        async with asyncio.timeout(30):
            while not agent.session.counts.connected:
                await asyncio.sleep(0.05)
        assert agent.session.counts.published == 0, "nothing goes with a stamp of 1970"
        assert agent.status()["stamps"]["held_back"]
        clock.off_ms = 0
        async with asyncio.timeout(30):
            while len(rows := await installation.stored(key)) < len(right):
                await asyncio.sleep(0.1)
            while not (events := (await installation.get("/api/v1/events", kind="gateway"))["items"]):
                await asyncio.sleep(0.1)
        running.cancel()
    off_by = [abs(time - expected) for (time, _), expected in zip(rows, right, strict=True)]
    print(json.dumps({"fault": "F22", "taken": len(right), "stored": len(rows), "largest_error_ms": max(off_by)}))
    assert [value for _, value in rows] == [float(number % 14) for number in range(20)]
    assert max(off_by) <= 50
    assert await installation.metric("yz_quarantine_rows") == 0
    assert [event["kind"] for event in events] == ["gateway.clock.set"]


async def _take(agent: Agent, time_ms: int, value: float) -> None:
    async with asyncio.timeout(30):
        while not agent.spool.epoch:
            await asyncio.sleep(0.01)
        await agent.gatherer.put(Batch.of([Reading(Point("serial:A1", "ph"), time_ms, value)]))

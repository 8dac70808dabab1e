"""Several ingest workers on one broker: each message to one of them, what a killed one had goes to another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.peers.cluster import District, NatsCluster, SharingMosquitto
from tests.system.proxy import Proxy
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.peers


@pytest.fixture(params=[NatsCluster, SharingMosquitto])
async def district(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[District]:
    (tmp_path / "broker").mkdir()
    district = District(tmp_path, broker=request.param(tmp_path / "broker"))
    try:
        await district.open(workers=2)
        yield district
    finally:
        await asyncio.to_thread(district.close)


async def test_two_workers_share_and_one_is_killed(district: District) -> None:
    run = await Run.prepare(district, ids=2000, seed=16)

    async def kill() -> None:
        await run.acknowledged(200)
        for worker in district.workers:
            assert await district.worker_metric(worker, "yz_ingest_readings_stored_total") > 0
        district.workers[0].kill()
        await run.acknowledged(len(run.oracle.acked) + 200)

    await run.upload_during(kill, patience_s=120)
    await run.settled()
    await assert_kept_once(run, district)


async def test_a_node_of_three_is_killed_under_load(tmp_path: Path) -> None:
    district = District(tmp_path, broker=NatsCluster(tmp_path / "nats", size=3))
    try:
        await district.open(workers=2)
        async with Proxy(district.mqtt_port) as balancer:
            run = await Run.prepare(district, ids=2000, seed=17, mqtt_port=balancer.port)

            async def kill() -> None:
                await run.acknowledged(200)
                district.broker.kill(0)  # the gateway's own, and ours: they were told of it first
                balancer.target = district.broker.mqtt_ports[1]
                await run.acknowledged(len(run.oracle.acked) + 200)
                district.broker.start(0)
                await run.acknowledged(len(run.oracle.acked) + 100)

            await run.upload_during(kill, patience_s=180)
            await run.settled()
        await assert_kept_once(run, district)
    finally:
        await asyncio.to_thread(district.close)


async def assert_kept_once(run: Run, district: District) -> None:
    """All of it, and in the engine itself no second copy."""
    assert_nothing_lost(await run.verdict())
    assert await district.copies() == sum([len(await district.stored(key)) for key in run.keys])

"""Several ingest workers on one broker: each message to one of them, what a killed one had goes to another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.peers.cluster import District, NatsCluster
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.peers


@pytest.fixture
async def district(tmp_path: Path) -> AsyncIterator[District]:
    district = District(tmp_path, broker=NatsCluster(tmp_path / "nats", size=1))
    try:
        await district.open(workers=2)
        yield district
    finally:
        await asyncio.to_thread(district.close)


async def test_two_workers_share_and_one_is_killed(district: District) -> None:
    run = await Run.prepare(district, ids=2000, seed=16)

    async def kill() -> None:
        await run.acknowledged(200)
        district.workers[0].kill()
        await run.acknowledged(len(run.oracle.acked) + 200)

    await run.upload_during(kill, patience_s=120)
    await run.settled()
    assert_nothing_lost(await run.verdict())
    assert await district.copies() == sum([len(await district.stored(key)) for key in run.keys])
    assert await district.worker_metric(district.workers[1], "yz_ingest_readings_stored_total") > 0

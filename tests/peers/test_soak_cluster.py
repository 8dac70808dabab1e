"""The long run of a cluster: nodes and workers killed at random, seeded, for SOAK_MINUTES (``make soak``)."""

import asyncio
import os
import random
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.peers.cluster import District, NatsCluster
from tests.system.proxy import Proxy
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.soak
MINUTES = float(os.environ.get("SOAK_MINUTES", "6"))
SEED = int(os.environ.get("SOAK_SEED", "1"))


async def test_nodes_and_workers_are_killed_again_and_again(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    district = District(tmp_path, broker=NatsCluster(tmp_path / "nats", size=3))
    broker = district.broker
    counts = {"nodes": 0, "workers": 0, "api": 0}
    try:
        await district.open(workers=3)
        async with Proxy(district.mqtt_port) as balancer:
            run = await Run.prepare(district, ids=20_000, seed=SEED, mqtt_port=balancer.port)

            async def node() -> None:
                number = chance.randrange(3)
                broker.kill(number)
                balancer.target = broker.mqtt_ports[(number + 1) % 3]
                await asyncio.sleep(chance.uniform(1, 8))
                broker.start(number)
                counts["nodes"] += 1

            async def worker() -> None:
                one = chance.choice(district.workers)
                one.kill()
                await asyncio.sleep(chance.uniform(0, 5))
                one.start()
                counts["workers"] += 1

            async def api() -> None:
                district.cloud.kill()
                await asyncio.sleep(chance.uniform(0, 3))
                await district.start_cloud()
                counts["api"] += 1

            async def faults() -> None:
                end_s = time.monotonic() + MINUTES * 60
                while time.monotonic() < end_s:
                    await chance.choice((node, node, worker, worker, api))()
                    # the next one when the cluster has found itself again: two of three at once are no majority
                    await run.acknowledged(len(run.oracle.acked) + 50, 120)
                    await asyncio.sleep(chance.uniform(5, 10))

            await run.upload_during(faults, patience_s=MINUTES * 60 + 240)
            await run.settled()
        assert_nothing_lost(await run.verdict())
        rows = sum([len(await district.stored(key)) for key in run.keys])
        # who dies between engine and ledger leaves lines that come again by the gateway; the engine counts them once
        print(counts, f"{rows} readings, {await district.copies() - rows} lines of them twice in the engine's files")
        day = {"from": "2020-01-01T00:00:00Z", "every": "1d", "agg": "count"}
        buckets = [await district.get(f"/api/v1/datastreams/{quote(key, safe='')}/readings", **day) for key in run.keys]
        assert sum(one["value"] for found in buckets for one in found["items"]) == rows
    finally:
        await asyncio.to_thread(district.close)

"""The long run of a cluster: nodes and workers killed at random, seeded, for SOAK_MINUTES (``make soak``)."""

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from tests.peers.cluster import District, NatsCluster
from tests.peers.test_scale_out import assert_kept_once
from tests.system.proxy import Proxy
from tests.system.run import Run

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
        print(counts)
        await assert_kept_once(run, district)
    finally:
        await asyncio.to_thread(district.close)

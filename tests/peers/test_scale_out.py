"""Several ingest workers on one broker: each message to one of them, what a killed one had goes to another."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.peers.cluster import District, NatsCluster, SharingMosquitto
from tests.peers.programs import until
from tests.system.processes import now_ms
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


async def test_alarms_go_on_without_a_gap_while_their_process_is_away(district: District) -> None:
    credentials = await district.add_gateway("gw-test")
    neuron = await district.add_neuron("gw-test", ("water_temperature",), "serial", "1")
    rule = {"name": "hot", "property": "water_temperature", "comparison": "gt", "threshold": 30, "priority": "high"}
    await district.post("/api/v1/rules", rule)
    who = {"port": district.mqtt_port, "username": credentials["username"], "password": credentials["password"]}
    key = neuron["datastreams"][0]["key"]

    async def measured(*celsius: float) -> None:
        async with aiomqtt.Client("127.0.0.1", **who) as client:
            for value in celsius:
                pack = [{"n": key, "t": now_ms() / 1000, "v": value}]
                await client.publish("yz/v1/gw-test/senml", json.dumps(pack), qos=1)
                await asyncio.sleep(0.01)

    async def latest() -> list[float]:
        return [one["value"] for one in (await district.get("/api/v1/latest"))["items"]]

    await measured(20.5)
    await until(latest, lambda found: found == [20.5], 60)
    district.cloud.kill()
    await measured(41.0, 21.0, 42.0, 22.0)
    await until(district.copies, lambda found: found == 5, 60)
    await district.start_cloud()
    await until(latest, lambda found: found == [22.0], 60)
    (alarm,) = await until(lambda: _alarms(district), lambda found: found and found[0]["count"] == 2, 60)
    assert alarm["state"] == "cleared_unacked"
    await measured(43.0)
    await until(lambda: _alarms(district), lambda found: found[0]["count"] == 3, 60)


async def _alarms(district: District) -> Any:
    return (await district.get("/api/v1/alarms"))["items"]


async def assert_kept_once(run: Run, district: District) -> None:
    """All of it, and in the engine itself no second copy."""
    assert_nothing_lost(await run.verdict())
    assert await district.copies() == sum([len(await district.stored(key)) for key in run.keys])

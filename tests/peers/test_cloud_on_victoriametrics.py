"""The whole cloud with its readings in Debian's VictoriaMetrics: nothing lost, nothing twice, whoever is killed."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.peers.engines import VictoriaMetrics
from tests.system.processes import Installation, now_ms
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.peers


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[VictoriaMetrics]:
    engine = VictoriaMetrics(tmp_path / "engine")
    engine.start()
    yield engine
    engine.end()


@pytest.fixture
def installation(tmp_path: Path, engine: VictoriaMetrics) -> Iterator[Installation]:
    (tmp_path / "cloud").mkdir()
    installation = Installation(tmp_path / "cloud")
    with (installation.folder / "cloud.toml").open("a") as file:
        file.write(f'[store]\nurl = "victoriametrics://127.0.0.1:{engine.port}"\n')
    try:
        yield installation
    finally:
        installation.close()


async def test_killed_while_a_station_uploads(installation: Installation, engine: VictoriaMetrics) -> None:
    run = await Run.prepare(installation, ids=600, seed=15)

    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(run.random.uniform(0.5, 1.0))
            engine.end(signal.SIGKILL)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(engine.start)
        await asyncio.sleep(0.5)
        installation.cloud.kill()
        await installation.start_cloud()

    await run.upload_during(kill, patience_s=120)
    await run.settled()
    assert_nothing_lost(await run.verdict())
    (key, *_) = run.keys
    day = {"from": "2020-01-01T00:00:00Z", "every": "1d", "agg": "count"}
    async with installation.api() as api:
        buckets = (await api.get(f"/api/v1/datastreams/{key.replace('/', '%2F')}/readings", params=day)).json()["items"]
    assert sum(one["value"] for one in buckets) == len(await installation.stored(key))
    labels = httpx.get(f"{engine.base}/api/v1/series", params={"match[]": "yz_v", "start": "0"}).json()["data"]
    assert {f"{one['neuron']}/{one['property']}" for one in labels} == set(run.keys)


async def test_an_engine_that_is_away_is_said(installation: Installation, engine: VictoriaMetrics) -> None:
    engine.end()
    installation.cloud.start()
    async with asyncio.timeout(60):
        while "waiting for the store" not in installation.cloud.tail():
            assert installation.cloud.alive, installation.cloud.tail()
            await asyncio.sleep(0.1)
    engine.start()
    await installation.cloud_ready()
    engine.end()
    async with installation.api() as api:
        made = await api.post("/api/v1/neurons", json={"kind": "soil", "observed_properties": ["soil_moisture"]})
        key = made.json()["datastreams"][0]["key"]
        answer = await api.get(f"/api/v1/datastreams/{key.replace('/', '%2F')}/readings")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert str(engine.port) in answer.json()["detail"]
        line = f"{key.split('/')[0]} soil_moisture=21.5 {now_ms()}"
        assert (await api.post("/api/v2/write?precision=ms", content=line)).status_code == 503
        assert "store" in (await api.get("/readyz")).text
        engine.start()
        async with asyncio.timeout(60):
            while (await api.post("/api/v2/write?precision=ms", content=line)).status_code != 204:
                await asyncio.sleep(0.2)
    assert [value for _, value in await installation.stored(key)] == [21.5]

"""The cloud's faults at their full counts, seeded; figures as JSON (``make soak``, docs/faults.md)."""

import asyncio
import json
import os
import resource
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from cloud.registry import gateways
from cloud.registry.database import Database
from cloud.secrets import Secrets
from edge.spool.spool import Spool
from edge.uplink.session import Line, Session
from edge.uplink.window import Window
from protocols.uplink import Ack, BodyEncoder, Header, sign, unsigned
from protocols.vocabulary import Batch, Point, Reading, SystemClock
from protocols.vocabulary.topics import DOWN_ACK, UP_BATCH, topic
from tests.system.processes import Installation, now_ms
from tests.system.proxy import Proxy
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.soak
SEED = int(os.environ.get("SOAK_SEED", "1"))
KILLS = int(os.environ.get("SOAK_CLOUD_KILLS", "100"))
GATEWAYS = int(os.environ.get("SOAK_GATEWAYS", "2000"))
BACK_WITHIN_S = 300
CALM_S = 30.0


async def test_f25_ingest_killed_a_hundred_times(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=20_000, seed=SEED)

    async def kill() -> None:
        for _ in range(KILLS):
            await asyncio.sleep(run.random.uniform(0.2, 1.5))
            installation.cloud.kill()
            await installation.start_cloud()

    await run.upload_during(kill, patience_s=20.0 * KILLS)
    t_drain_s = await run.settled(120)
    verdict = await run.verdict()
    verdict.kills, verdict.t_drain_s = KILLS, t_drain_s
    assert_nothing_lost(verdict)


class Steady:
    """A gateway that keeps its line: an envelope five times a second, and how long each waits to be acknowledged."""

    def __init__(self, name: str, credentials: gateways.Credentials, port: int, neuron: str) -> None:
        self.waits_s: list[float] = []
        self._name, self._credentials, self._port = name, credentials, port
        self._point = Point(neuron, "ph")
        self._sent_s: dict[int, float] = {}

    async def run(self) -> None:
        key, encoder, epoch = self._credentials.hmac_key, BodyEncoder(), now_ms()
        username, password = self._credentials.username, self._credentials.password
        async with aiomqtt.Client(
            "127.0.0.1", self._port, identifier=self._name, username=username, password=password
        ) as client:
            await client.subscribe(topic(self._name, DOWN_ACK), 0)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear(client, key))
                for number in range(1 << 31):
                    body, count = encoder.encode([Batch.of([Reading(self._point, now_ms(), number / 8)])])
                    envelope = unsigned(Header(self._name, epoch, number, count, now_ms(), 0), body)
                    self._sent_s[number] = time.monotonic()
                    await client.publish(
                        topic(self._name, UP_BATCH), sign(envelope, key, key_id=self._credentials.key_id & 0xFF), 1
                    )
                    await asyncio.sleep(0.2)

    async def _hear(self, client: aiomqtt.Client, key: bytes) -> None:
        async for message in client.messages:
            held = [ranges for one in Ack.decode(bytes(message.payload), (key,)).held for ranges in one.ranges]  # type: ignore[arg-type]
            for number in [n for n in self._sent_s if any(low <= n <= high for low, high in held)]:
                self.waits_s.append(time.monotonic() - self._sent_s.pop(number))

    def taken(self) -> dict[str, float]:
        """Median and 99th percentile of the waits since the last time, s."""
        waits, self.waits_s = sorted(self.waits_s), []
        return {"p50_s": round(waits[len(waits) // 2], 3), "p99_s": round(waits[len(waits) * 99 // 100], 3)}


def registered(folder: Path, number: int) -> dict[str, gateways.Credentials]:
    """So many gateways, entered while no cloud runs."""
    secrets = Secrets.open(folder / "secrets")
    with Database(f"sqlite:///{folder / 'registry.sqlite'}") as database, database.begin() as tx:
        found = {}
        for index in range(number):
            gateways.add(tx, f"gw-storm-{index}", "one of many", now_ms())
            found[f"gw-storm-{index}"] = gateways.rotate(tx, f"gw-storm-{index}", secrets, now_ms())
    return found


async def test_f21_two_thousand_lines_break_at_once(installation: Installation, tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8 * GATEWAYS + 2000), hard))
    await installation.start_cloud()
    installation.cloud.stop()
    known = registered(installation.folder, GATEWAYS)
    await installation.start_cloud()
    steady_id = "gw-steady"
    await installation.post("/api/v1/gateways", {"id": steady_id, "name": steady_id})
    neuron = await installation.add_neuron(steady_id, ("ph",), "mn", "STEADY0001")
    with Database(f"sqlite:///{installation.folder / 'registry.sqlite'}") as database, database.begin() as tx:
        own = gateways.rotate(tx, steady_id, Secrets.open(installation.folder / "secrets"), now_ms())
    installation.cloud.kill()
    await installation.start_cloud()

    clock = SystemClock()
    steady = Steady(steady_id, own, installation.mqtt_port, neuron["id"])
    told: dict[str, Any] = {"fault": "F21", "gateways": GATEWAYS}
    async with AsyncExitStack() as stack:
        spool = stack.enter_context(Spool(tmp_path / "spool", clock))
        proxy = await stack.enter_async_context(Proxy(installation.mqtt_port))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        sessions = [
            Session(
                name,
                Line("127.0.0.1", proxy.port, one.username, one.password, one.hmac_key),
                Window(spool),
                clock,
                dict,
            )
            for name, one in known.items()
        ]

        async def back(share: float, began: float, patience_s: float) -> float:
            while sum(one.counts.connected for one in sessions) < share * len(sessions):
                assert time.monotonic() - began < patience_s, (
                    f"{sum(one.counts.connected for one in sessions)} of {len(sessions)} are connected"
                )
                await asyncio.sleep(0.2)
            return round(time.monotonic() - began, 1)

        tasks = []
        for one in sessions:  # they come one after the other, as they were installed
            tasks.append(group.create_task(one.run()))
            await asyncio.sleep(0.02)
        await back(1.0, time.monotonic(), 600)
        tasks.append(group.create_task(steady.run()))
        await asyncio.sleep(CALM_S)
        told["before"] = steady.taken()
        tried = proxy.connections
        rates: Counter[int] = Counter()

        async def counting() -> None:
            seen, began = proxy.connections, time.monotonic()
            while True:
                await asyncio.sleep(0.1)
                rates[int(time.monotonic() - began)] += proxy.connections - seen
                seen = proxy.connections

        counter = group.create_task(counting())
        cut = time.monotonic()
        proxy.drop()
        while all(one.counts.connected for one in sessions):
            await asyncio.sleep(0.01)
        told["back_95_s"] = await back(0.95, cut, BACK_WITHIN_S)
        told["back_all_s"] = await back(1.0, cut, 2 * BACK_WITHIN_S)
        told["tries"] = proxy.connections - tried
        told["most_tries_in_a_second"] = max(rates.values())
        told["during"] = steady.taken()
        await asyncio.sleep(CALM_S)
        told["after"] = steady.taken()
        for task in (counter, *tasks):
            task.cancel()
    print(json.dumps(told))
    assert told["back_95_s"] <= BACK_WITHIN_S
    stored = await installation.stored(neuron["datastreams"][0]["key"])
    assert len(stored) == len({time_ms for time_ms, _ in stored}) > 0

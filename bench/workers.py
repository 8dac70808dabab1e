"""Ingest workers that share a broker: what each process of the cloud spends on a reading.

``python -m bench.workers [--workers 2] [--nodes 1] [--envelopes 60] [--json]``. Needs Debian's PostgreSQL and
VictoriaMetrics (tests/peers/install). CPU time is what counts: on a machine that all of them share, readings per
second say how fast that machine is.
"""

import argparse
import asyncio
import json
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any, Final

import aiomqtt

from bench.ingest import cpu_of
from cloud.geo.towns import Place
from cloud.registry import neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from protocols.uplink import BodyEncoder, Header, sign, unsigned
from protocols.vocabulary import Batch, Point
from protocols.vocabulary.properties import unit_of
from protocols.vocabulary.topics import UP_BATCH, topic
from tests.peers.cluster import District, NatsCluster

GATEWAYS: Final = 6
NEURONS: Final = 100
OBSERVED: Final = (
    "water_temperature", "ph", "dissolved_oxygen", "conductivity", "turbidity",
    "air_temperature", "relative_humidity", "pm2_5", "pm10", "noise",
)  # fmt: skip
EPOCH: Final = 1 << 40
PATIENCE_S: Final = 300.0


def envelopes(gateway: str, keys: list[str], credentials: dict[str, Any], count: int) -> list[bytes]:
    """Of one reading of every datastream each, a second apart."""
    encoder, points = BodyEncoder(), tuple(Point.parse(key) for key in keys)
    start_ms = time.time_ns() // 1_000_000 - count * 1000
    made = []
    for number in range(count):
        batch = Batch(
            points,
            array("I", range(len(points))),
            array("q", [start_ms + number * 1000]) * len(points),
            array("d", [round(20 + 0.01 * ((number * 7 + i) % 500), 2) for i in range(len(points))]),
            array("B", [1]) * len(points),
            array("I", [0]) * len(points),
        )
        body, readings = encoder.encode([batch])
        header = Header(gateway, EPOCH, number, readings, start_ms, 0)
        key = bytes.fromhex(credentials["hmac_key"])
        made.append(sign(unsigned(header, body), key, key_id=credentials["key_id"]))
    return made


def registered(district: District, gateway: str) -> list[str]:
    """Keys of new datastreams."""
    with Database(district.registry.url) as database, database.begin() as tx:
        site, series = Site(Place("310151101")), [Series(name, unit_of(name) or "1") for name in OBSERVED]
        made = [
            neurons.add(tx, Neuron("", "water_quality", f"{gateway} {i}", gateway, site, {}), series, 1)
            for i in range(NEURONS)
        ]
    return [f"{neuron.id}/{name}" for neuron in made for name in OBSERVED]


async def publish(district: District, gateway: str, credentials: dict[str, Any], messages: list[bytes]) -> None:
    who = {"username": credentials["username"], "password": credentials["password"], "identifier": gateway}
    async with aiomqtt.Client("127.0.0.1", district.mqtt_port, **who) as client:
        for message in messages:
            await client.publish(topic(gateway, UP_BATCH), message, 1)


async def stored(district: District) -> float:
    return sum([await district.worker_metric(one, "yz_ingest_readings_stored_total") for one in district.workers])


def processes(district: District) -> dict[str, list[int]]:
    assert district.cloud.running
    assert district.engine.process
    postgres = Path(f"/proc/{district.registry.process_id}/task/{district.registry.process_id}/children").read_text()
    return {
        "workers": [one.running.pid for one in district.workers if one.running],
        "api": [district.cloud.running.pid],
        "nats": [node.pid for node in district.broker.nodes if node],
        "victoriametrics": [district.engine.process.pid],
        "postgresql": [district.registry.process_id, *map(int, postgres.split())],
    }


def spent(groups: dict[str, list[int]]) -> dict[str, float]:
    return {
        name: sum(cpu_of(one) for one in numbers if Path(f"/proc/{one}").exists()) for name, numbers in groups.items()
    }


async def measure(workers: int, nodes: int, count: int, folder: Path) -> dict[str, Any]:
    district = District(folder, broker=NatsCluster(folder / "nats", size=nodes))
    try:
        await district.open(workers)
        work = []
        for number in range(GATEWAYS):
            gateway = f"gw-{number}"
            credentials = await district.add_gateway(gateway)
            keys = await asyncio.to_thread(registered, district, gateway)
            work.append((gateway, credentials, envelopes(gateway, keys, credentials, count)))
        total = GATEWAYS * NEURONS * len(OBSERVED) * count
        groups = processes(district)
        before, began_s = spent(groups), time.monotonic()
        async with asyncio.TaskGroup() as group:
            for gateway, credentials, messages in work:
                group.create_task(publish(district, gateway, credentials, messages))
            async with asyncio.timeout(PATIENCE_S):
                while await stored(district) < total:
                    await asyncio.sleep(0.2)
        took_s = time.monotonic() - began_s
        await asyncio.sleep(2)  # what the API is told, it takes in
        after = spent(groups)
        shares = [await district.worker_metric(one, "yz_ingest_readings_stored_total") for one in district.workers]
    finally:
        await asyncio.to_thread(district.close)
    cost = {name: round((after[name] - before[name]) / total * 1e9) for name in groups}
    return {
        "workers": workers,
        "nodes": nodes,
        "readings": total,
        "readings_per_s": round(total / took_s),
        "cpu_ns_per_reading": cost,
        "shares": [round(share / total, 2) for share in shares],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--envelopes", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(args.workers, args.nodes, args.envelopes, Path(folder)))
    print(f"{found['readings']:,} readings, {args.workers} workers, {args.nodes} nodes: {found['readings_per_s']:,} /s")
    print("ns of CPU per reading:", ", ".join(f"{name} {ns}" for name, ns in found["cpu_ns_per_reading"].items()))
    print("shares of the workers:", found["shares"])
    if args.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()

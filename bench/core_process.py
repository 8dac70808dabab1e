"""The cloud's core as a process of its own, without HTTP, for the benchmarks: prints JSON lines when asked on stdin."""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop

from cloud import garbage
from cloud.core import BrokerSettings, Core
from cloud.registry import gateways, neurons
from cloud.registry.datastreams import Series
from cloud.registry.selection import Place, Site
from protocols.vocabulary import SystemClock

PROPERTIES = ("water_temperature", "ph", "dissolved_oxygen", "conductivity", "turbidity")


def register(core: Core, number: int, per_gateway: int) -> list[dict[str, Any]]:
    """``number`` gateways of ``per_gateway`` datastreams; what a load generator must know of them."""
    known = []
    now_ms = core.clock.now_ms()
    with core.registry.begin() as tx:
        for index in range(number):
            gateway = f"gw-load-{index}"
            gateways.add(tx, gateway, gateway, now_ms)
            credentials = gateways.rotate(tx, gateway, core.secrets, now_ms)
            keys = []
            for _ in range(per_gateway // len(PROPERTIES)):
                site = Site(Place("310151101"), 121.4, 31.6)
                neuron = neurons.Neuron("", "water_quality", "load", gateway, site, {})
                added = neurons.add(tx, neuron, [Series(p, "1") for p in PROPERTIES], now_ms)
                keys += [f"{added.id}/{p}" for p in PROPERTIES]
            known.append(
                {
                    "id": gateway,
                    "username": credentials.username,
                    "password": credentials.password,
                    "hmac_key": credentials.hmac_key.hex(),
                    "key_id": credentials.key_id,
                    "keys": keys,
                }
            )
    return known


def threads() -> dict[str, float]:
    """CPU seconds by thread name."""
    tick = os.sysconf("SC_CLK_TCK")
    used: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)
        values = fields[1].split()
        name = f"{fields[0].split('(', 1)[1]}-{'main' if task.name == str(os.getpid()) else 'other'}"
        used[name] = used.get(name, 0) + (int(values[11]) + int(values[12])) / tick
    return used


async def main() -> None:
    """Arguments: folder, MQTT port, NATS port, gateways, datastreams per gateway."""
    folder, mqtt_port, nats_port, number, per_gateway = Path(sys.argv[1]), *map(int, sys.argv[2:6])
    settings = BrokerSettings(mqtt_port=mqtt_port, nats_port=nats_port)
    async with Core(folder, settings, SystemClock()) as core:
        known = register(core, number, per_gateway)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(core.run())
            await core.uplink.connected.wait()
            garbage.settle()
            broker = core.broker.process_id if core.broker else None
            endpoint = core.uplink._endpoint  # noqa: SLF001 - the load speaks with the cloud's own credentials
            print(
                json.dumps(
                    {"gateways": known, "broker": broker, "user": endpoint.username, "password": endpoint.password}
                )
            )
            sys.stdout.flush()
            reader = asyncio.StreamReader()
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            while (await reader.readline()).strip() == b"stats":
                status = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
                counts = asdict(core.pipeline.counts)
                print(
                    json.dumps(
                        {**counts, "duplicates": core.envelopes.duplicates, "threads": threads(), "rss_kb": int(status)}
                    )
                )
                sys.stdout.flush()
            running.cancel()


if __name__ == "__main__":
    uvloop.run(main())

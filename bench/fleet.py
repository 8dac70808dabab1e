"""Many gateways, each with a connection and credentials of its own: what the cloud takes, and how soon it says so.

``python -m bench.fleet [--gateways N] [--datastreams N] [--period S] [--seconds S] [--json]``. The cloud's core and its
broker are real processes; every gateway signs envelopes with its own key, publishes one each period and waits for the
cloud's acknowledgement, as an agent does. At the end the store is asked how many readings it has: none may be missing
and none there twice.
"""

import argparse
import asyncio
import contextlib
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiomqtt
import uvloop

from bench.devices import free_ports
from bench.edge_modbus import rss_mb
from bench.ingest import ask, cpu_of
from protocols.uplink import Ack, BodyEncoder, Header, sign, unsigned
from protocols.vocabulary import Batch, Point
from protocols.vocabulary.topics import DOWN_ACK, UP_BATCH, topic

EPOCH: Final = 1 << 40
CONNECTING: Final = 50
"""Gateways that connect at the same time."""
NOT_GRANTED: Final = 0x80
LATE_S: Final = 60.0
"""So long after the end acknowledgements are waited for."""


@dataclass
class Tally:
    """What all gateways did."""

    connected: int = 0
    sent: int = 0
    readings: int = 0
    refused: int = 0
    """Connections that the broker did not take, or that broke."""
    waits_s: list[float] = field(default_factory=list)
    """From publishing an envelope to its acknowledgement."""


class Gateway:
    """One of the fleet."""

    def __init__(self, known: dict[str, Any], port: int, tally: Tally) -> None:
        self._known = known
        self._port = port
        self._tally = tally
        self._points = tuple(Point.parse(key) for key in known["keys"])
        self._levels = [random.uniform(0, 100) for _ in self._points]
        self._sent_s: dict[int, float] = {}
        self._encoder = BodyEncoder()

    @property
    def waiting(self) -> int:
        """Envelopes that are not acknowledged."""
        return len(self._sent_s)

    async def run(self, gate: asyncio.Semaphore, period_s: float, end: "asyncio.Future[float]") -> None:
        """Connect, publish each period until the end, and wait for what is not acknowledged.

        :param end: until when, monotonic s; it is known once all are connected.
        """
        known = self._known
        try:
            async with contextlib.AsyncExitStack() as stack:
                async with gate:  # with all at once some would not be let in in time
                    client = await stack.enter_async_context(
                        aiomqtt.Client(
                            "127.0.0.1",
                            self._port,
                            identifier=known["id"],
                            username=known["username"],
                            password=known["password"],
                        )
                    )
                    granted = await client.subscribe(topic(known["id"], DOWN_ACK), 0)
                if any(int(code.value) >= NOT_GRANTED for code in granted):
                    self._tally.refused += 1
                    return
                self._tally.connected += 1
                async with asyncio.TaskGroup() as tasks:
                    hearing = tasks.create_task(self._hear(client))
                    await self._publish(client, period_s, await asyncio.shield(end))
                    hearing.cancel()
        except (aiomqtt.MqttError, ExceptionGroup) as error:
            self._tally.refused += 1
            print(f"{known['id']}: {error!r}", file=sys.stderr)

    async def _publish(self, client: aiomqtt.Client, period_s: float, until_s: float) -> None:
        number, due_s = 0, time.monotonic() + random.uniform(0, period_s)
        while due_s < until_s:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            envelope = self._envelope(number)
            self._sent_s[number] = time.monotonic()
            await client.publish(topic(self._known["id"], UP_BATCH), envelope, 1)
            self._tally.sent += 1
            number, due_s = number + 1, due_s + period_s
        give_up_s = time.monotonic() + LATE_S
        while self._sent_s and time.monotonic() < give_up_s:
            await asyncio.sleep(0.1)

    def _envelope(self, number: int) -> bytes:
        now_ms, count = time.time_ns() // 1_000_000, len(self._points)
        self._levels = [level + random.gauss(0, 0.03) for level in self._levels]
        batch = Batch(
            self._points,
            array("I", range(count)),
            array("q", [now_ms]) * count,
            array("d", [round(level, 2) for level in self._levels]),
            array("B", [1]) * count,
            array("I", [0]) * count,
        )
        body, readings = self._encoder.encode([batch])
        self._tally.readings += readings
        header = Header(self._known["id"], EPOCH, number, readings, now_ms, 0)
        return sign(unsigned(header, body), bytes.fromhex(self._known["hmac_key"]), key_id=self._known["key_id"])

    async def _hear(self, client: aiomqtt.Client) -> None:
        key = bytes.fromhex(self._known["hmac_key"])
        async for message in client.messages:
            now_s = time.monotonic()
            held = [ranges for one in Ack.decode(bytes(message.payload), (key,)).held for ranges in one.ranges]  # type: ignore[arg-type]
            for number in [n for n in self._sent_s if any(low <= n <= high for low, high in held)]:
                self._tally.waits_s.append(now_s - self._sent_s.pop(number))


async def load(known: list[dict[str, Any]], port: int, period_s: float, seconds: float) -> tuple[Tally, int]:
    """What they did, and how many envelopes were never acknowledged."""
    tally = Tally()
    fleet = [Gateway(one, port, tally) for one in known]
    gate, began_s = asyncio.Semaphore(CONNECTING), time.monotonic()
    end: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        for one in fleet:
            tasks.create_task(one.run(gate, period_s, end))
        while tally.connected + tally.refused < len(fleet):
            await asyncio.sleep(0.1)
        took_s = time.monotonic() - began_s
        print(f"{tally.connected:,} of {len(fleet):,} connected after {took_s:.1f} s", file=sys.stderr, flush=True)
        end.set_result(time.monotonic() + seconds)
    return tally, sum(one.waiting for one in fleet)


def quantiles(waits_s: list[float]) -> dict[str, float]:
    """Of the times to the acknowledgement, ms."""
    ordered = sorted(waits_s) or [0.0]
    return {f"p{share}": round(1000 * ordered[len(ordered) * share // 100 - 1], 1) for share in (50, 95, 99, 100)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateways", type=int, default=2000)
    parser.add_argument("--datastreams", type=int, default=25, help="of each gateway, one reading each period")
    parser.add_argument("--period", type=float, default=5.0, help="seconds between two envelopes of a gateway")
    parser.add_argument("--seconds", type=float, default=30.0, help="for so long they publish")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * args.gateways + 1000)), hard))
    folder = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    mqtt_port, nats_port = free_ports(2)
    command = [sys.executable, "-m", "bench.core_process", str(folder), str(mqtt_port), str(nats_port)]
    command += [str(args.gateways), str(args.datastreams)]
    with (folder / "core.log").open("w") as log:
        core = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        return _measure(args, core, mqtt_port, folder)
    finally:
        if core.stdin:
            core.stdin.close()
        core.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _measure(args: argparse.Namespace, core: "subprocess.Popen[str]", port: int, folder: Path) -> int:
    assert core.stdout
    print(f"registering {args.gateways:,} gateways ...", file=sys.stderr, flush=True)
    line = core.stdout.readline()
    if not line:
        raise SystemExit((folder / "core.log").read_text())
    known = json.loads(line)
    before, used = ask(core), {name: cpu_of(one) for name, one in (("cloud", core.pid), ("broker", known["broker"]))}
    began_s = time.monotonic()
    tally, unacknowledged = uvloop.run(load(known["gateways"], port, args.period, args.seconds))
    took_s = time.monotonic() - began_s
    after = ask(core)
    stored = after["readings_stored"] - before["readings_stored"]
    result = {
        "gateways": args.gateways,
        "connected": tally.connected,
        "refused": tally.refused,
        "envelopes": tally.sent,
        "readings": tally.readings,
        "readings_per_s": round(tally.readings / args.seconds),
        "stored": stored,
        "lost": tally.readings - stored,
        "stored_twice": after["duplicates"],
        "quarantined": after["quarantined"],
        "unacknowledged": unacknowledged,
        "acknowledged_ms": quantiles(tally.waits_s),
        "cpu_cores": {
            "cloud": round((cpu_of(core.pid) - used["cloud"]) / took_s, 2),
            "broker": round((cpu_of(known["broker"]) - used["broker"]) / took_s, 2),
        },
        "rss_mb": {"cloud": round(rss_mb(core.pid)), "broker": round(rss_mb(known["broker"]))},
    }
    for name, value in result.items():
        print(f"{name:<20} {value if isinstance(value, dict) else f'{value:,}'}")
    if args.json:
        print(json.dumps(result))
    return 0 if stored == tally.readings and not unacknowledged else 1


if __name__ == "__main__":
    sys.exit(main())

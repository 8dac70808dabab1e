"""MQTT publishers -> broker -> ingest -> committed in DuckDB -> acknowledged: readings/s, and CPU per reading by stage.

``python -m bench.ingest [--seconds N] [--gateways N] [--datastreams N] [--json]``. Everything runs on this machine:
load generator, nats-server, ingest, DuckDB. The broker's own limit is measured in the same run with the same
messages: publisher -> broker -> a subscriber that only counts. ``--peers``: see bench/ingest_peers.py.

Envelopes are made before the clock starts, as a district's gateways would make them elsewhere. ``--encode``: while it
runs, here and for the peers, so that what the sender's encoding costs counts, too.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench import ingest_peers
from bench.devices import free_ports
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.session import BrokerSession
from protocols.uplink import Ack, BodyEncoder, Header, expand, read_header, sign, unsigned, verify
from protocols.uplink.columns import decode
from protocols.vocabulary import Batch, Point, ProtocolError, SystemClock
from protocols.vocabulary.ranges import RangeSet
from protocols.vocabulary.topics import DOWN_ACK, UP_BATCH, topic

INSTANTS = 5
EPOCH = 1 << 40
AT_ONCE = 8
"""Envelopes published before what has come is looked at."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a gateway took in one round: so many instants of all its datastreams, ordered by datastream and time."""

    gateway: dict[str, Any]
    number: int
    base_ms: int
    batch: Batch

    def polls(self) -> list[Batch]:
        """The same as a gateway takes it: all its datastreams at once, again and again."""
        one = self.batch
        each, n = len(one) // len(one.points), len(one.points)
        if each == 1:
            return [one]
        point = array("I", range(n))
        columns = (
            [column[at::each] for column in (one.time, one.value, one.quality, one.reasons)] for at in range(each)
        )
        return [Batch(one.points, point, *some) for some in columns]  # type: ignore[arg-type]


def rows(gateways: list[dict[str, Any]], rounds: int, instants: int = INSTANTS, seed: int = 1) -> Iterator[Rows]:
    """In the order of time, each round once for every gateway; with one instant each is a poll."""
    rng = random.Random(seed)
    base_ms = time.time_ns() // 1_000_000 - rounds * instants * 1000 - 60_000
    states = []
    for gateway in gateways:
        points = tuple(Point.parse(key) for key in gateway["keys"])
        states.append((gateway, points, [rng.uniform(0, 100) for _ in points]))
    n_index: dict[int, array[int]] = {}
    for number in range(rounds):
        for gateway, points, levels in states:
            n = len(points)
            times, values = array("q"), array("d")
            for index in range(n):
                level = levels[index]
                for instant in range(instants):
                    level += rng.gauss(0, 0.03)
                    times.append(base_ms + (number * instants + instant) * 1000)
                    values.append(round(level, 2))
                levels[index] = level
            point = n_index.setdefault(n, array("I", [i for i in range(n) for _ in range(instants)]))
            batch = Batch(points, point, times, values, array("B", [1]) * len(times), array("I", [0]) * len(times))
            yield Rows(gateway, number, base_ms, batch)


def envelopes(taken: Iterable[tuple[Rows, list[Batch]]]) -> Iterator[tuple[str, bytes]]:
    """(topic, envelope) of each."""
    encoder = BodyEncoder()
    for one, polls in taken:
        gateway = one.gateway
        body, count = encoder.encode(polls)
        envelope = unsigned(Header(gateway["id"], EPOCH, one.number, count, one.base_ms, 0), body)
        key = bytes.fromhex(gateway["hmac_key"])
        yield topic(gateway["id"], UP_BATCH), sign(envelope, key, key_id=gateway["key_id"])


class Load:
    """Publishes with a bounded number of envelopes that the cloud has not acknowledged."""

    def __init__(self, endpoint: Endpoint, keys: dict[str, bytes]) -> None:
        self.keys = keys
        self.held: dict[str, RangeSet] = {gateway: RangeSet() for gateway in keys}
        self.acknowledged = 0
        self.changed = asyncio.Event()
        acks = [(topic("+", DOWN_ACK), 0)]
        self.session = BrokerSession(endpoint, f"load-{os.getpid()}", acks, self._acknowledge, SystemClock())

    def _acknowledge(self, message: Inbound) -> None:
        gateway = message.topic.split("/")[2]
        try:
            ack = Ack.decode(message.payload, (self.keys[gateway],))
        except ProtocolError:
            return
        ranges = self.held[gateway]
        before = ranges.total()
        for held in ack.held:
            ranges.update(held.ranges)
        self.acknowledged += ranges.total() - before
        self.changed.set()

    async def run(self, messages: Iterable[tuple[str, bytes]], window: int, deadline_s: float) -> float:
        """Seconds from the first publish to the last acknowledgement."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.session.run())
            await self.session.connected.wait()
            started = time.perf_counter()
            sent = 0
            for name, payload in messages:
                self.session.publish(name, payload)
                sent += 1
                if sent % AT_ONCE == 0:
                    await asyncio.sleep(0)
                    await self._until(sent - window + AT_ONCE, deadline_s)
            await self._until(sent, deadline_s)
            took_s = time.perf_counter() - started
            running.cancel()
        return took_s

    async def _until(self, acknowledged: int, deadline_s: float) -> None:
        while self.acknowledged < acknowledged:
            self.changed.clear()
            try:
                async with asyncio.timeout(deadline_s):
                    await self.changed.wait()
            except TimeoutError as error:
                told = f"no acknowledgement for {deadline_s} s: {self.acknowledged} of {acknowledged}"
                raise SystemExit(told) from error


async def broker_limit(endpoint: Endpoint, messages: list[tuple[str, bytes]]) -> float:
    """Messages/s through the broker alone: the same envelopes on other topics, QoS 1, to a subscriber that counts."""
    command = [sys.executable, "-m", "bench.counter", str(endpoint.port), endpoint.username, endpoint.password]
    counter = subprocess.Popen([*command, str(len(messages))], stdout=subprocess.PIPE, text=True)
    assert counter.stdout
    await asyncio.to_thread(counter.stdout.readline)
    session = BrokerSession(endpoint, "bench-send", [], lambda _: None, SystemClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run())
        await session.connected.wait()
        started = time.perf_counter()
        for index, (_, payload) in enumerate(messages):
            session.publish(f"bench/{index % 50}/up", payload)
            if index % AT_ONCE == 0:
                await asyncio.sleep(0)
        await asyncio.to_thread(counter.stdout.readline)
        took_s = time.perf_counter() - started
        running.cancel()
    counter.wait()
    return len(messages) / took_s


def cpu_of(process: int) -> float:
    values = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def decode_cost(messages: list[tuple[str, bytes]], keys: dict[str, bytes]) -> float:
    """ns per reading for MAC, expansion and columns, alone on this core."""
    sample = messages[:500]
    started = time.process_time()
    readings = 0
    for name, envelope in sample:
        header = read_header(envelope)
        assert verify(envelope, keys[name.split("/")[2]])
        decode(expand(envelope, header), header.readings)
        readings += header.readings
    return (time.process_time() - started) / readings * 1e9


def ask(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdin
    assert process.stdout
    process.stdin.write("stats\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=6_000_000, help="how many to send (default 6,000,000)")
    parser.add_argument("--gateways", type=int, default=50)
    parser.add_argument("--datastreams", type=int, default=200, help="of each gateway")
    parser.add_argument("--instants", type=int, default=INSTANTS, help="of each datastream in an envelope")
    parser.add_argument("--window", type=int, default=1000, help="envelopes that may be unacknowledged in all")
    parser.add_argument("--encode", action="store_true", help="envelopes and the peers' bodies are made meanwhile")
    parser.add_argument("--peers", action="store_true", help="VictoriaMetrics and InfluxDB take the same rows in turns")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
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
        core.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _measure(args: argparse.Namespace, core: "subprocess.Popen[str]", port: int, folder: Path) -> int:
    assert core.stdout
    line = core.stdout.readline()
    if not line:
        raise SystemExit((folder / "core.log").read_text())
    known = json.loads(line)
    keys = {g["id"]: bytes.fromhex(g["hmac_key"]) for g in known["gateways"]}
    rounds = max(1, args.readings // (args.gateways * args.datastreams * args.instants))
    print(f"preparing {rounds * args.gateways:,} envelopes ...", file=sys.stderr, flush=True)
    taken = list(rows(known["gateways"], rounds, args.instants))
    polled = [(one, one.polls()) for one in taken]
    messages = list(envelopes(polled))
    readings = rounds * args.gateways * args.datastreams * args.instants
    size = sum(len(payload) for _, payload in messages)
    endpoint = Endpoint("127.0.0.1", port, known["user"], known["password"])
    load = Load(endpoint, keys)
    before, broker_before, own_before = ask(core), cpu_of(known["broker"]), time.process_time()
    took = uvloop.run(load.run(envelopes(polled) if args.encode else messages, args.window, 60))
    after, broker_after, own_after = ask(core), cpu_of(known["broker"]), time.process_time()
    stored = after["readings_stored"] - before["readings_stored"]
    used = {name: after["threads"].get(name, 0) - before["threads"].get(name, 0) for name in after["threads"]}
    limit = uvloop.run(broker_limit(endpoint, messages[: min(len(messages), 6000)]))
    per = 1e9 / readings
    loop_s = sum(v for k, v in used.items() if k.endswith("-main"))
    result = {
        "readings": readings,
        "stored": stored,
        "seconds": round(took, 2),
        "readings_per_s": round(readings / took),
        "envelopes_per_s": round(len(messages) / took),
        "bytes_per_reading_wire": round(size / readings, 2),
        "broker_limit_envelopes_per_s": round(limit),
        "ratio_broker": round(len(messages) / took / limit, 3),
        "cpu_ns_per_reading": {
            "load generator": round((own_after - own_before) * per),
            "broker": round((broker_after - broker_before) * per),
            "ingest loop (MQTT, decode, resolve, acknowledge)": round(loop_s * per),
            "commit (DuckDB and its threads)": round((sum(used.values()) - loop_s) * per),
            "of the loop: MAC, expand, columns (measured alone)": round(decode_cost(messages, keys)),
        },
        **_beside(args, taken, readings / took),
        "commits": after["commits"] - before["commits"],
        "duplicates": after["duplicates"],
        "quarantined": after["quarantined"],
        "peak_rss_mb": round(after["rss_kb"] / 1024),
    }
    for name, value in result.items():
        if isinstance(value, dict):
            print(name)
            for stage, ns in value.items():
                print(f"  {stage:<55} {ns:>8,}")
        else:
            print(f"{name:<57} {value:>12,}")
    if args.json:
        print(json.dumps(result))
    return 0 if stored == readings else 1


def _beside(args: argparse.Namespace, taken: list[Rows], ours: float) -> dict[str, Any]:
    """What the peers do with the same rows on this machine, one after the other."""
    if not args.peers:
        return {}
    print("the peers ...", file=sys.stderr, flush=True)
    found = ingest_peers.run([one.batch for one in taken], meanwhile=args.encode)
    fastest = max(found.values(), default=0)
    ratio = {"ratio_fastest_peer": round(ours / fastest, 2)} if fastest else {}
    return {"peers_readings_per_s": found, **ratio}


if __name__ == "__main__":
    sys.exit(main())

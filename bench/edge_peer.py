"""Our edge agent beside thingsboard-gateway: same simulated Modbus devices, same broker, in turns.

``python -m bench.edge_peer [--seconds N] [--rounds N] [--json]``. Values that reach the broker, CPU per value, memory
and time to the first value at 2,000 values/s (100 devices x 20 registers each second). Needs cc, mosquitto, and pip
for the peer, which gets a virtual environment of its own.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bench import thingsboard
from bench.edge_modbus import Case, c_server, cpu_s, free_port, gateway_toml, rss_mb
from protocols.uplink import Ack, HeldRanges, Stream, expand, read_header
from protocols.uplink.columns import decode
from protocols.vocabulary.topics import DOWN_ACK, topic

CASE = Case("2,000 values/s (100 devices x 20)", 10, 10, 20, 1.0)
VENV = Path(tempfile.gettempdir()) / "yz-bench-thingsboard"
KEY = bytes(32)


class Cloud:
    """Behind the broker: counts values, once each, and says to either gateway what it waits to hear."""

    def __init__(self, port: int) -> None:
        self.values = 0
        self.seen: set[tuple[int, int]] = set()
        self._lock = threading.Lock()
        self._client = Client(CallbackAPIVersion.VERSION2, "bench-cloud")
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe([("yz/v1/+/up/batch", 1), ("v1/#", 1)])
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, client: Client, _data: Any, message: Any) -> None:
        if message.topic.endswith("/up/batch"):
            self._take(client, message.payload)
        elif message.topic == "v1/gateway/telemetry":
            with self._lock:
                self.values += thingsboard.values_in(message.payload)
        elif (answer := thingsboard.answer_to(message.topic)) is not None:
            client.publish(*answer, qos=1)

    def _take(self, client: Client, envelope: bytes) -> None:
        header = read_header(envelope)
        key = (header.epoch, header.sequence)
        if key not in self.seen:
            self.seen.add(key)
            with self._lock:
                self.values += len(decode(expand(envelope, header), header.readings).time)
        held = HeldRanges(Stream.READINGS, header.epoch, ((header.sequence, header.sequence),))
        client.publish(topic(header.gateway, DOWN_ACK), Ack(header.gateway, (held,)).encode(KEY), qos=1)


class Broker:
    """A Mosquitto that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["mosquitto", "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


class Ours:
    name = "yingzhou"

    def __init__(self, folder: Path, ports: list[int], mqtt_port: int) -> None:
        metrics = free_port()
        self._path = gateway_toml(folder, CASE, ports, metrics)
        text = self._path.read_text().replace("mqtt://127.0.0.1:1", f"mqtt://127.0.0.1:{mqtt_port}")
        self._path.write_text(text)
        self._folder = folder

    def start(self) -> "subprocess.Popen[bytes]":
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", "yingzhou", "edge", "-c", str(self._path)], stderr=log)


class Theirs:
    name = f"thingsboard-gateway {thingsboard.VERSION}"

    def __init__(self, folder: Path, ports: list[int], mqtt_port: int) -> None:
        self._folder = folder / "thingsboard"
        self._program = thingsboard.installed(VENV)
        thingsboard.configure(self._folder, VENV, ports, CASE.devices, CASE.tags, mqtt_port, "file")

    def start(self) -> "subprocess.Popen[bytes]":
        return thingsboard.start(self._folder, self._program)


@contextmanager
def devices(server: list[str]) -> Iterator[list[int]]:
    ports = [free_port() for _ in range(CASE.links)]
    serving = subprocess.Popen([*server, *map(str, ports)], stdout=subprocess.PIPE)
    assert serving.stdout
    serving.stdout.readline()
    try:
        yield ports
    finally:
        serving.terminate()
        serving.wait()


def first_value(cloud: Cloud, began: float, patience_s: float = 90) -> float:
    while not cloud.values:
        if time.perf_counter() - began > patience_s:
            raise SystemExit("no value reached the broker")
        time.sleep(0.02)
    return time.perf_counter() - began


def steady(kind: "type[Ours | Theirs]", server: list[str], root: Path, seconds: float) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(dir=root))
    with ExitStack() as stack, devices(server) as ports:
        broker = Broker(folder)
        broker.start()
        stack.callback(broker.stop)
        cloud = Cloud(broker.port)
        stack.callback(cloud.close)
        gateway = kind(folder, ports, broker.port)
        began = time.perf_counter()
        process = gateway.start()
        stack.callback(process.wait)
        stack.callback(process.kill)
        first_s = first_value(cloud, began)
        time.sleep(5)
        cpu, count, at = cpu_s(process.pid), cloud.values, time.perf_counter()
        time.sleep(seconds)
        cpu, count, took = cpu_s(process.pid) - cpu, cloud.values - count, time.perf_counter() - at
        return {
            "values_per_s": count / took,
            "cpu_share": cpu / took,
            "us_per_value": cpu / max(1, count) * 1e6,
            "rss_mb": rss_mb(process.pid),
            "first_value_s": first_s,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="measured in each round (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="of both, in turns (default 3)")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    try:
        server = c_server(root)
        if server is None or shutil.which("mosquitto") is None:
            raise SystemExit("bench.edge_peer needs a C compiler (cc) and mosquitto")
        rounds: dict[str, list[dict[str, float]]] = {Ours.name: [], Theirs.name: []}
        print(f"{'gateway':<28}{'values/s':>10}{'CPU':>8}{'us/value':>10}{'RSS MB':>8}{'first s':>9}", flush=True)
        for _ in range(args.rounds):
            for kind in (Ours, Theirs):
                found = steady(kind, server, root, args.seconds)
                rounds[kind.name].append(found)
                print(
                    f"{kind.name:<28}{found['values_per_s']:>10,.0f}{found['cpu_share']:>8.1%}"
                    f"{found['us_per_value']:>10.1f}{found['rss_mb']:>8.1f}{found['first_value_s']:>9.2f}",
                    flush=True,
                )
        pairs = zip(rounds[Theirs.name], rounds[Ours.name], strict=True)
        ratio = statistics.median(theirs["us_per_value"] / ours["us_per_value"] for theirs, ours in pairs)
        print(f"CPU per value: the peer's over ours, median of the rounds: {ratio:.1f}")
        if args.json:
            print(json.dumps({"cpu_ratio": round(ratio, 2), "rounds": rounds}))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

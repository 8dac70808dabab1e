"""Our edge agent beside thingsboard-gateway: same simulated Modbus devices, same broker, in turns.

``python -m bench.edge_peer [--seconds N] [--rounds N] [--json]``. Values that reach the broker, CPU per value, memory
and time to the first value at several loads; and what is lost when the broker is away for 30 s and the gateway is
killed (-9) in the middle of it. Needs cc, mosquitto, and pip for the peer, which gets a virtual environment of its own.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.devices import Devices, c_server
from bench.edge_modbus import Case, cpu_s, rss_mb
from bench.gateways import Broker, Cloud, Gateway, Ours, Theirs

SMALL = Case("2,000 values/s (100 devices x 20)", 10, 10, 20, 1.0)
MANY = Case("8,000 values/s (400 devices x 20)", 20, 20, 20, 1.0)
LARGE = Case("100,000 values/s (200 devices x 100)", 20, 10, 100, 0.2)
"""Polled five times a second: for us alone, the peer sustains a tenth of it."""
SETTLING_S = 5.0
OUTAGE_S = 30.0
BACK_WITHIN_S = 360.0
DRAINED_AFTER_S = 10.0


class Running(NamedTuple):
    """A gateway at work, with all that it needs."""

    gateway: Gateway
    process: "subprocess.Popen[bytes]"
    cloud: Cloud
    broker: Broker
    devices: Devices
    first_s: float
    stack: ExitStack

    def start_again(self) -> "subprocess.Popen[bytes]":
        process = self.gateway.start()
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process


@contextmanager
def running(kind: type[Gateway], case: Case, server: str, root: Path, *, exact: bool) -> Iterator[Running]:
    folder = Path(tempfile.mkdtemp(dir=root))
    with ExitStack() as stack:
        devices = Devices(server, case.links)
        stack.callback(devices.stop)
        broker = Broker(folder)
        broker.start()
        stack.callback(broker.stop)
        cloud = Cloud(broker.port, exact=exact)
        stack.callback(cloud.close)
        gateway = kind(folder, case, devices.ports, broker.port)
        began = time.perf_counter()
        process = gateway.start()
        stack.callback(process.wait)
        stack.callback(process.kill)
        first_s = first_value(cloud, began)
        time.sleep(SETTLING_S)
        yield Running(gateway, process, cloud, broker, devices, first_s, stack)


def first_value(cloud: Cloud, began: float, patience_s: float = 90) -> float:
    while not cloud.values:
        if time.perf_counter() - began > patience_s:
            raise SystemExit("no value reached the broker")
        time.sleep(0.02)
    return time.perf_counter() - began


def steady(kind: type[Gateway], case: Case, server: str, root: Path, seconds: float) -> dict[str, float]:
    with running(kind, case, server, root, exact=False) as one:
        cpu, count, at = cpu_s(one.process.pid), one.cloud.values, time.perf_counter()
        time.sleep(seconds)
        cpu, count = cpu_s(one.process.pid) - cpu, one.cloud.values - count
        took = time.perf_counter() - at
        return {
            "values_per_s": count / took,
            "cpu_share": cpu / took,
            "us_per_value": cpu / max(1, count) * 1e6,
            "rss_mb": rss_mb(one.process.pid),
            "first_value_s": one.first_s,
        }


def outage(kind: type[Gateway], server: str, root: Path) -> dict[str, float]:
    """The broker away for 30 s, the gateway killed and started again half way; then the devices stop and all drains."""
    with running(kind, SMALL, server, root, exact=True) as one:
        one.broker.stop()
        time.sleep(OUTAGE_S / 2)
        one.process.kill()
        one.process.wait()
        one.start_again()
        time.sleep(OUTAGE_S / 2)
        one.broker.start()
        back = time.perf_counter()
        before = one.cloud.values
        while one.cloud.values == before:  # who was away tries again after a pause, which grows with the outage
            if time.perf_counter() - back > BACK_WITHIN_S:
                break
            time.sleep(0.1)
        time.sleep(SETTLING_S)
        read = one.devices.stop()
        arrived, since = -1, time.perf_counter()
        while time.perf_counter() - since < DRAINED_AFTER_S:
            if one.cloud.values != arrived:
                arrived, since = one.cloud.values, time.perf_counter()
            time.sleep(0.1)
        return {"read": read, "arrived": arrived, "missing": read - arrived, "drained_s": since - back}


def compare(case: Case, server: str, root: Path, seconds: float, rounds: int) -> dict[str, object]:
    found: dict[str, list[dict[str, float]]] = {Ours.name: [], Theirs.name: []}
    print(
        f"{case.name}\n  {'gateway':<28}{'values/s':>10}{'CPU':>8}{'us/value':>10}{'RSS MB':>8}{'first s':>9}",
        flush=True,
    )
    for _ in range(rounds):
        for kind in (Ours, Theirs):
            if case is not LARGE or kind is Ours:
                found[kind.name].append(one := steady(kind, case, server, root, seconds))
                print(
                    f"  {kind.name:<28}{one['values_per_s']:>10,.0f}{one['cpu_share']:>8.1%}"
                    f"{one['us_per_value']:>10.2f}{one['rss_mb']:>8.1f}{one['first_value_s']:>9.2f}",
                    flush=True,
                )
    return {"case": case.name, "rounds": found}


def per_value(found: dict[str, object], kind: type[Gateway]) -> float:
    rounds = found["rounds"][kind.name]  # type: ignore[index]
    return statistics.median(one["us_per_value"] for one in rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="measured in each round (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="of both, in turns (default 3)")
    parser.add_argument("--no-outage", action="store_true", help="without the minute of the outage")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    try:
        server = c_server(root)
        if server is None or shutil.which("mosquitto") is None:
            raise SystemExit("bench.edge_peer needs a C compiler (cc) and mosquitto")
        small, many, large = (compare(c, server, root, args.seconds, args.rounds) for c in (SMALL, MANY, LARGE))
        ratios = {
            "cpu_ratio_small": per_value(small, Theirs) / per_value(small, Ours),
            "cpu_ratio_many": per_value(many, Theirs) / per_value(many, Ours),
            "cpu_ratio_sustained": min(per_value(c, Theirs) for c in (small, many)) / per_value(large, Ours),
        }
        print("CPU per value, the peer's over ours: " + "; ".join(f"{k} {v:.1f}" for k, v in ratios.items()))
        losses = {}
        for kind in () if args.no_outage else (Ours, Theirs):
            losses[kind.name] = lost = outage(kind, server, root)
            print(
                f"{kind.name}: broker away {OUTAGE_S:.0f} s, gateway killed in it: {lost['read']:,} read, "
                f"{lost['arrived']:,} arrived, {lost['missing']:,} missing, all there {lost['drained_s']:.1f} s after",
                flush=True,
            )
        if args.json:
            print(json.dumps({**ratios, "outage": losses, "cases": [small, many, large]}))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

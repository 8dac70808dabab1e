"""The whole house with a large simulated island: what each process costs, and what arrives.

``python -m bench.island [--neurons N] [--seconds S] [--json]``. It is ``yingzhou up`` in a temporary folder: a broker,
the cloud, an agent for each kind of wire and one process with all the devices on their real wires. Measured after all
are entered and have settled: CPU and memory of each process, readings stored per second, what waits in quarantine.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

from bench.devices import free_ports
from bench.edge_modbus import cpu_s, rss_mb

SETTLING_S: Final = 30.0
READY: Final = re.compile(r"ready after ([0-9.]+) s")


def metrics(port: int, key: str) -> dict[str, float]:
    """Name -> sum over labels."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line and not line.startswith("#")]
    numbers: dict[str, float] = {}
    for line in lines:
        name, _, value = line.rpartition(" ")
        name = name.partition("{")[0]
        numbers[name] = numbers.get(name, 0.0) + float(value)
    return numbers


def family(parent: int) -> dict[str, int]:
    """The processes that ``up`` started, and those that they did: name -> number."""
    found: dict[str, int] = {}
    parents = [parent]
    while parents:
        children = Path(f"/proc/{(one := parents.pop())}/task/{one}/children").read_text().split()
        for child in map(int, children):
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            config = next((word for word in words if word.endswith(".toml")), "")
            name = Path(config).parent.name if "edge" in words else Path(config).stem or Path(words[0]).name
            found[name] = child
            parents.append(child)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30.0, help="measured")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    port, mqtt = free_ports(2)
    command = [sys.executable, "-m", "yingzhou", "up", "--neurons", str(args.neurons), "--data", str(root / "data")]
    up = subprocess.Popen([*command, "--port", str(port), "--mqtt-port", str(mqtt)], stdout=subprocess.PIPE, text=True)
    try:
        return _measure(args, up, root, port)
    finally:
        up.terminate()
        up.wait(120)
        shutil.rmtree(root, ignore_errors=True)


def _measure(args: argparse.Namespace, up: "subprocess.Popen[str]", root: Path, port: int) -> int:
    assert up.stdout
    ready_s = None
    for line in up.stdout:
        print(line, end="", file=sys.stderr, flush=True)
        if (found := READY.search(line)) is not None:
            ready_s = float(found[1])
            break
    if ready_s is None:
        raise SystemExit("up ended before it was ready")
    time.sleep(SETTLING_S)
    key = (root / "data" / "secrets" / "admin-api-key").read_text().strip()
    processes = family(up.pid)
    before, used = metrics(port, key), {name: cpu_s(one) for name, one in processes.items()}
    began_s = time.monotonic()
    time.sleep(args.seconds)
    after, took_s = metrics(port, key), time.monotonic() - began_s
    costs: dict[str, Any] = {}
    print(f"{'process':<14}{'CPU':>8}{'RSS MB':>9}")
    for name, one in sorted(processes.items()):
        share = (cpu_s(one) - used[name]) / took_s
        costs[name] = {"cpu_share": round(share, 3), "rss_mb": round(rss_mb(one), 1)}
        print(f"{name:<14}{share:>8.1%}{rss_mb(one):>9.1f}")
    stored = "yz_ingest_readings_stored_total"
    result = {
        "neurons": args.neurons,
        "datastreams": round(after["yz_latest_datastreams"]),
        "ready_s": ready_s,
        "readings_per_s": round((after[stored] - before[stored]) / took_s),
        "quarantined": round(after["yz_quarantine_rows"]),
        "processes": costs,
    }
    print(", ".join(f"{name} {value:,}" for name, value in result.items() if name != "processes"))
    if args.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

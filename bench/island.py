"""The simulated island at size: what 10,000 devices in one process cost while real edge agents listen to them.

``python -m bench.island [--devices N] [--seconds S] [--period S] [--json]``. Devices and agents are real processes on
real sockets; the agents keep what they take on their disks, for there is no cloud. Units and meters are asked each
period, stations, nodes and lamps report every five of them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.devices import free_ports
from bench.edge_modbus import cpu_s
from protocols.vocabulary import NeuronId
from simulators.document import Wiring, island_toml
from simulators.layout import PER_LINE, NeuronPlan, layout, lines_of
from yingzhou.files import METER_PERIOD_S, MODBUS_PERIOD_S, gateway_toml, links
from yingzhou.ports import Ports
from yingzhou.provision import GATEWAYS

DEVICES: Final = 10_800
"""They have 50,031 datastreams."""
REPORTS: Final = 5
"""Periods between two reports of a device that is not asked."""
START_S: Final = 120.0


def ports_for(plans: list[NeuronPlan]) -> Ports:
    """All of them free."""
    counts = lines_of(plans)
    hj212, sl651, coap, lwm2m, *shared = free_ports(4 + sum(counts.values()))
    taken = iter(shared)
    lines = {wire: tuple(next(taken) for _ in range(count)) for wire, count in counts.items()}
    return Ports(api=1, mqtt=1, hj212=hj212, sl651=sl651, coap=coap, lwm2m=lwm2m, lines=lines)


def written(folder: Path, plans: list[NeuronPlan], ports: Ports, period_s: float) -> tuple[Path, dict[str, Path]]:
    """island.toml, and gateway.toml of each gateway; nobody answers at the cloud's port."""
    neurons = {str(plan.hardware): str(NeuronId.mint()) for plan in plans}
    paths = {}
    for gateway in dict.fromkeys(GATEWAYS.values()):
        own = folder / gateway
        own.mkdir()
        files = {"password_file": own / "password", "hmac_key_file": own / "hmac_key"}
        for path, text in zip(files.values(), ("x", "00" * 32), strict=True):
            path.touch(mode=0o600)
            path.write_text(text)
        sections = links(gateway, plans, neurons, ports)
        for usual in (MODBUS_PERIOD_S, METER_PERIOD_S):
            sections = sections.replace(f"period_s = {usual}\n", f"period_s = {period_s}\n")
        health = f"[health]\nmetrics_port = {free_ports(1)[0]}\n"
        text = gateway_toml(gateway, {"username": gateway, "key_id": 1, **files}, ports, health + sections)
        paths[gateway] = own / "gateway.toml"
        paths[gateway].write_text(text)
    report_s = REPORTS * period_s
    wiring = Wiring(
        lines=ports.lines,
        hj212_port=ports.hj212,
        sl651_port=ports.sl651,
        coap_port=ports.coap,
        lwm2m_port=ports.lwm2m,
        hj212_period_s=report_s,
        coap_period_s=report_s,
        lwm2m_period_s=report_s,
        sl651_period_s=max(60.0, report_s // 60 * 60),
    )
    (folder / "island.toml").write_text(island_toml(plans, wiring))
    return folder / "island.toml", paths


def taken(config: Path) -> float:
    """How many readings the agent has."""
    port = int(config.read_text().split("metrics_port = ")[1].split("\n")[0])
    try:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30).read().decode()
    except OSError:
        return 0.0
    return float(next(line for line in text.splitlines() if line.startswith("yz_edge_readings_taken_total")).split()[1])


def rss_mb(process: int) -> float:
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def wait_for_ready(island: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + START_S
    while ": ready" not in log.read_text():
        if island.poll() is not None or time.monotonic() > until_s:
            raise SystemExit(f"the island does not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def run(plans: list[NeuronPlan], seconds: float, period_s: float) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-island-")))
        config, gateways = written(folder, plans, ports_for(plans), period_s)

        def started(*arguments: str) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((folder / f"{arguments[0]}.log").open("ab"))
            process = subprocess.Popen([sys.executable, "-m", "yingzhou", *arguments], stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        agents = {gateway: started("edge", "-c", str(path)) for gateway, path in gateways.items()}
        began_s = time.monotonic()
        island = started("island", "-c", str(config))
        wait_for_ready(island, folder / "island.log")
        ready_s = time.monotonic() - began_s
        time.sleep(2 * REPORTS * period_s)  # everybody has registered and reported
        cpu, at_s = cpu_s(island.pid), time.monotonic()
        agents_cpu = sum(cpu_s(agent.pid) for agent in agents.values())
        before = {gateway: taken(path) for gateway, path in gateways.items()}
        time.sleep(seconds)
        after = {gateway: taken(path) for gateway, path in gateways.items()}
        took_s = time.monotonic() - at_s
        return {
            "devices": len(plans),
            "datastreams": sum(len(plan.observed) for plan in plans),
            "ready_s": round(ready_s, 1),
            "cpu_percent": round(100 * (cpu_s(island.pid) - cpu) / took_s, 1),
            "agents_cpu_percent": round(
                100 * (sum(cpu_s(agent.pid) for agent in agents.values()) - agents_cpu) / took_s, 1
            ),
            "rss_mb": round(rss_mb(island.pid)),
            "readings_per_s": {gateway: round((after[gateway] - before[gateway]) / took_s) for gateway in gateways},
            "expected_per_s": expected(plans, period_s),
        }


def expected(plans: list[NeuronPlan], period_s: float) -> dict[str, int]:
    """Readings a second if nobody is late; HJ 212 stations send minutes and hours besides."""
    rates: Counter[str] = Counter()
    for plan in plans:
        report_s = max(60.0, REPORTS * period_s // 60 * 60) if plan.wire == "sl651-tcp" else REPORTS * period_s
        rates[GATEWAYS[plan.wire]] += len(plan.observed) / (period_s if plan.wire in PER_LINE else report_s)  # type: ignore[assignment]
    return {gateway: round(rate) for gateway, rate in rates.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long is measured")
    parser.add_argument("--period", type=float, default=10.0, help="seconds between two questions to a device")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    found = run(layout(args.devices, args.seed), args.seconds, args.period)
    print(f"{found['devices']:,} devices with {found['datastreams']:,} datastreams, one process")
    print(f"  ready after {found['ready_s']} s, {found['cpu_percent']} % of a core, {found['rss_mb']} MB")
    print(f"  the agents together: {found['agents_cpu_percent']} % of a core")
    for gateway, rate in found["readings_per_s"].items():
        print(f"  {gateway:10} {rate:7,} readings/s, expected {found['expected_per_s'][gateway]:,}")
    if args.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()

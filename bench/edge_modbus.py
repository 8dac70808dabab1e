"""The edge agent's Modbus path against a C server: tags/s on one core, CPU at small loads, memory, time to start.

``python -m bench.edge_modbus [--seconds N] [--json]``. The agent is the real process with its real configuration:
it polls, checks every answer, seals envelopes and has them on disk in groups; there is no broker, so all stays in the
spool. The server is bench/modbus_server.c, built with cc. The share of the C limit: what a loop in C that only asks and
takes costs per tag on that server (bench/c_limit.py), over what the agent costs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from bench.devices import Devices, c_server, free_port


class Case(NamedTuple):
    name: str
    links: int
    devices: int
    """Behind each link."""
    tags: int
    """Of each device, neighbouring registers."""
    period_s: float

    @property
    def wanted(self) -> float:
        return self.links * self.devices * self.tags / self.period_s


CASES = (
    Case("2,000 tags/s", 10, 10, 20, 1.0),
    Case("15,000 tags/s (500 devices x 30)", 20, 25, 30, 1.0),
    Case("100,000 tags/s", 20, 10, 100, 0.2),
    Case("as fast as it goes", 16, 4, 120, 0.01),
)


def gateway_toml(folder: Path, case: Case, ports: list[int], metrics: int, *, checks: bool) -> Path:
    for name, text in (("password", "x"), ("hmac_key", "00" * 32)):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
    parts = [
        (
            f'[gateway]\nid = "gw-bench"\ndata = "{folder}"\n'
            f'[uplink]\nurl = "mqtt://127.0.0.1:1"\nusername = "gw-bench"\npassword_file = "{folder}/password"\n'
            f'hmac_key_file = "{folder}/hmac_key"\n[spool]\nmax_bytes = 268435456\n[health]\nmetrics_port = {metrics}\n'
            f"[quality]\nenabled = {str(checks).lower()}\n"
            f'[[model]]\nname = "bench/ramp"\n'
        )
    ]
    parts += [
        f'[[model.rows]]\nobserved = "voltage"\nchannel = "t{i}"\naddress = {i}\ndivisor = 10\n'
        for i in range(case.tags)
    ]
    number = 0
    for link in range(case.links):
        parts.append(f'[[link]]\nkind = "modbus-tcp"\nname = "l{link}"\nhost = "127.0.0.1"\nport = {ports[link]}\n')
        for unit in range(1, case.devices + 1):
            number += 1
            parts.append(
                f'[[link.device]]\nneuron = "serial:bench{number}"\nunit = {unit}\n'
                f'period_s = {case.period_s}\nmodel = "bench/ramp"\n'
            )
    path = folder / "gateway.toml"
    path.write_text("".join(parts))
    return path


def taken(metrics: int) -> float:
    text = urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=10).read().decode()
    return float(next(line for line in text.splitlines() if line.startswith("yz_edge_readings_taken_total")).split()[1])


def cpu_s(process: int) -> float:
    values = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(process: int) -> float:
    return int(Path(f"/proc/{process}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def run(case: Case, seconds: float, server: str, root: Path, *, checks: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(dir=root))
    with ExitStack() as stack:
        devices = stack.enter_context(Devices(server, case.links))
        metrics = free_port()
        path = gateway_toml(folder, case, devices.ports, metrics, checks=checks)
        began = time.perf_counter()
        agent = subprocess.Popen(
            [sys.executable, "-m", "yingzhou", "edge", "-c", str(path)], stderr=(folder / "log").open("w")
        )
        stack.callback(agent.wait)
        stack.callback(agent.terminate)
        first_s = None
        while first_s is None and time.perf_counter() - began < 60:
            try:
                first_s = time.perf_counter() - began if taken(metrics) > 0 else None
            except OSError:
                if agent.poll() is not None:
                    raise SystemExit((folder / "log").read_text()) from None
            time.sleep(0.02)
        if first_s is None:
            raise SystemExit(f"{case.name}: no reading within 60 s")
        time.sleep(max(1.5, case.period_s))
        cpu, count, at = cpu_s(agent.pid), taken(metrics), time.perf_counter()
        time.sleep(seconds)
        cpu, count, took = cpu_s(agent.pid) - cpu, taken(metrics) - count, time.perf_counter() - at
        return {
            "case": case.name,
            "wanted_per_s": round(case.wanted),
            "tags_per_s": round(count / took),
            "cpu_share": round(cpu / took, 3),
            "us_per_tag": round(cpu / count * 1e6, 2),
            "rss_mb": round(rss_mb(agent.pid), 1),
            "first_value_s": round(first_s, 2),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8, help="measured in each case (default 8)")
    parser.add_argument("--case", type=int, choices=range(1, len(CASES) + 1), help="only the n-th")
    parser.add_argument("--no-checks", action="store_true", help="without the quality checks, to see what they cost")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    from bench.c_limit import c_limit  # it takes its loads from here

    root = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    try:
        server = c_server(root)
        if server is None:
            raise SystemExit("bench.edge_modbus needs a C compiler (cc) for its server")
        results = []
        heading = (
            f"{'case':<36}{'wanted/s':>10}{'tags/s':>10}{'CPU':>7}{'us/tag':>8}{'RSS MB':>8}{'first s':>8}{'of C':>7}"
        )
        print(heading, flush=True)
        for case in CASES[args.case - 1 : args.case] if args.case else CASES:
            r = run(case, args.seconds, server, root, checks=not args.no_checks)
            limit = c_limit(case.links, case.devices, case.tags, min(2.0, args.seconds))
            r["share_of_c_limit"] = round(limit.us_per_tag / r["us_per_tag"], 4) if limit else None
            results.append(r)
            print(
                f"{r['case']:<36}{r['wanted_per_s']:>10,}{r['tags_per_s']:>10,}{r['cpu_share']:>7.1%}{r['us_per_tag']:>8.2f}"
                f"{r['rss_mb']:>8.1f}{r['first_value_s']:>8.2f}{r['share_of_c_limit']:>7.1%}",
                flush=True,
            )
        if args.json:
            best = max(results, key=lambda r: r["tags_per_s"])
            print(json.dumps({"tags_per_s": best["tags_per_s"], "rss_mb": best["rss_mb"], "cases": results}))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

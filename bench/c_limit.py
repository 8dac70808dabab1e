"""The C limit: what polling Modbus TCP costs a loop in C that checks, scales and stores nothing, on the same server.

``python -m bench.c_limit [--seconds N] [--json]``. bench/modbus_poll.c polls bench/modbus_server.c with one question at
a time on each connection, as fast as answers come. The two share the machine, so what counts is tags per second of the
loop's own CPU time: what it would poll with a core to itself.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.devices import Devices, built, c_server
from bench.edge_modbus import CASES


class CLimit(NamedTuple):
    """What the loop in C did."""

    tags_per_s: float
    """As the clock on the wall saw it; the server and whatever else runs set the bound."""
    cpu_share: float
    """Of one core."""

    @property
    def tags_per_core_s(self) -> float:
        """Tags per second of CPU time."""
        return self.tags_per_s / self.cpu_share

    @property
    def us_per_tag(self) -> float:
        return 1e6 / self.tags_per_core_s


def c_limit(links: int, devices: int, tags: int, seconds: float = 3.0) -> CLimit | None:
    """Poll so many registers of so many devices behind each of so many connections.

    :returns: None: there is no C compiler.
    :raises RuntimeError: an answer was wrong, or none came.
    """
    folder = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    try:
        server, poller = c_server(folder), built("modbus_poll", folder)
        if server is None or poller is None:
            return None
        return _measured(server, poller, (links, devices, tags), seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(server: str, poller: str, load: tuple[int, int, int], seconds: float) -> CLimit:
    links, devices, tags = load
    with Devices(server, links) as serving:
        command = [poller, str(seconds), str(devices), str(tags), *map(str, serving.ports)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30)
    if done.returncode != 0:
        raise RuntimeError(f"modbus_poll: {done.stderr.strip()}")
    taken, wrong, took_s, cpu_s = map(float, done.stdout.split())
    if wrong or not taken:
        raise RuntimeError(f"modbus_poll: {wrong:.0f} wrong answers, {taken:.0f} tags")
    return CLimit(taken / took_s, cpu_s / took_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3, help="measured in each case (default 3)")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    print(
        f"{'connections x devices x tags':<32}{'tags/s':>12}{'CPU':>8}{'us/tag':>9}{'tags/s per core':>18}", flush=True
    )
    results = []
    for case in CASES:
        limit = c_limit(case.links, case.devices, case.tags, args.seconds)
        if limit is None:
            raise SystemExit("bench.c_limit needs a C compiler (cc)")
        load = f"{case.links} x {case.devices} x {case.tags}"
        print(
            f"{load:<32}{limit.tags_per_s:>12,.0f}{limit.cpu_share:>8.1%}{limit.us_per_tag:>9.4f}"
            f"{limit.tags_per_core_s:>18,.0f}",
            flush=True,
        )
        results.append({"load": load, **limit._asdict(), "tags_per_core_s": round(limit.tags_per_core_s)})
    if args.json:
        print(json.dumps({"tags_per_core_s": results[-1]["tags_per_core_s"], "cases": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

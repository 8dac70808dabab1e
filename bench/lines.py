"""How fast line protocol becomes columns: parsing, looking up, converting; without HTTP and without the store.

``python -m bench.lines [--lines 100000] [--json]``. Three bodies of one sender: one field and a neuron tag; four
fields, a hardware identity and a tag that means nothing; an escape in each line,
which only the strict parser reads. Best of three.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cloud.ingest.line_protocol import Precision
from cloud.ingest.line_writer import LineReport, LineWriter
from cloud.registry import neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import HardwareId, SystemClock

NEURONS: Final = 200
_SERIES: Final = (
    Series("ph", "[pH]"),
    Series("air_temperature", "Cel"),
    Series("noise", "dB"),
    Series("pm2_5", "ug/m3"),
)


def _neuron(database: Database, number: int) -> str:
    with database.begin() as tx:
        hardware = (HardwareId("serial", f"S-{number}"),)
        return neurons.add(tx, Neuron("", "weather", "", None, Site(), {}, hardware), _SERIES, 1).id


def _bodies(names: list[str], lines: int, now_ns: int) -> dict[str, tuple[str, int]]:
    """Name -> (body, readings)."""
    stamps = [now_ns - number * 1_000_000_000 for number in range(lines)]
    one = "\n".join(f"w,neuron={names[n % NEURONS]} ph={7 + n % 10 / 10} {at}" for n, at in enumerate(stamps))
    four = "\n".join(
        f"w,serial=S-{n % NEURONS},host=pi ph=7.1,air_temperature={20 + n % 8 / 8},noise=40i,pm2_5=12 {at}"
        for n, at in enumerate(stamps)
    )
    few = stamps[: max(1, lines // 20)]
    strict = "\n".join(f"w\\ 1,neuron={names[n % NEURONS]} ph={7 + n % 10 / 10} {at}" for n, at in enumerate(few))
    return {"one_field": (one, lines), "four_fields": (four, 4 * lines), "strict": (strict, len(few))}


def _best(write: Callable[[bytes, Precision], LineReport], body: str, readings: int) -> float:
    """Readings a second."""
    raw, best = body.encode(), 0.0
    for _ in range(3):
        began = time.perf_counter()
        report = write(raw, "ns")
        took = time.perf_counter() - began
        assert (report.stored, report.faults) == (readings, [])
        best = max(best, readings / took)
    return best


def measure(lines: int) -> dict[str, float]:
    """Readings a second, by body."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder, Database(f"sqlite:///{Path(folder)}/registry.sqlite") as database:
        names = [_neuron(database, number) for number in range(NEURONS)]

        def commit(columns: Columns) -> CommitReport:
            return CommitReport(len(columns), 0, Columns.empty(), Columns.empty())

        writer = LineWriter(Directory(database), commit, clock, future_ms=60_000)
        bodies = _bodies(names, lines, clock.now_ms() * 1_000_000)
        return {name: _best(writer.write, body, readings) for name, (body, readings) in bodies.items()}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.lines", description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    wishes = parser.parse_args()
    found = measure(wishes.lines)
    for name, rate in found.items():
        print(f"{name:12s} {rate / 1000:8.0f} k readings/s")
    if wishes.json:
        print(json.dumps({f"{name}_readings_per_s": round(rate) for name, rate in found.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

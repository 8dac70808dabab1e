"""What the quality checks cost on their way: us per reading and bytes per point, by how readings come.

``python -m bench.checks [--json]``. One core, pure Python as on a gateway; the default figures of the properties.
"""

import argparse
import json
import random
import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from math import nan

from edge.quality.checked import Checks
from edge.quality.figures import Device, Figures
from protocols.vocabulary import Batch, Point

T0 = 1_790_000_000_000
PROPERTIES = ("air_temperature", "relative_humidity", "air_pressure", "water_level", "ph", "voltage", "pm2_5", "noise")
LEVELS = (20.0, 60.0, 1013.0, 2.5, 7.5, 230.0, 35.0, 55.0)
NOISE = (0.1, 0.5, 0.1, 0.01, 0.02, 0.5, 1.0, 1.5)


def points_of(device: int, count: int) -> tuple[Point, ...]:
    return tuple(Point(f"serial:{device}", PROPERTIES[n % 8], f"t{n}") for n in range(count))


def values_of(rng: random.Random, count: int) -> "array[float]":
    return array("d", [round(LEVELS[n % 8] + rng.gauss(0, NOISE[n % 8]), 2) for n in range(count)])


def polls(count: int, *, flaw: str = "", fresh: bool = False) -> Iterator[tuple[int, Batch]]:
    """A device that is polled every second; ``fresh``: with a new, equal table of points each time."""
    rng = random.Random(1)
    points, columns = points_of(1, count), [values_of(rng, count) for _ in range(61)]
    number = 0
    while True:
        now = T0 + number * 1000
        value = columns[number % 61][:]
        quality, reasons = array("B", [2]) * count, array("I", [0]) * count
        if flaw == "missing":
            value[0], quality[0] = nan, 9
        if flaw == "late":
            now -= (number % 2) * 5000
        table = points_of(1, count) if fresh else points
        yield now, Batch(table, array("I", range(count)), array("q", [now]) * count, value, quality, reasons)
        number += 1


CASES: dict[str, Callable[[], Iterator[tuple[int, Batch]]]] = {
    "120 points of a device, all good": lambda: polls(120),
    "30 points of a device, all good": lambda: polls(30),
    "5 points of a device, all good": lambda: polls(5),
    "120 points, one always missing": lambda: polls(120, flaw="missing"),
    "30 points, every other poll out of order": lambda: polls(30, flaw="late"),
    "10 points of a station, a new table each time": lambda: polls(10, fresh=True),
}


def checks() -> Checks:
    return Checks(Figures((), {"serial:1": Device(cadence_s=1.0)}).limits_of)


def us_per_reading(case: Callable[[], Iterator[tuple[int, Batch]]], readings: int) -> float:
    """The best of three runs: the machine is shared."""
    best = float("inf")
    for _ in range(3):
        one, source, prepared = checks(), case(), []
        for now, batch in source:
            prepared.append((now, batch))
            if len(prepared) * len(batch) >= readings:
                break
        began = time.perf_counter()
        for now, batch in prepared:
            one.judged(batch, now)
        best = min(best, (time.perf_counter() - began) / (len(prepared) * len(prepared[0][1])) * 1e6)
    return best


def bytes_per_point(devices: int = 100, count: int = 100) -> float:
    rng = random.Random(1)
    tables = [points_of(device, count) for device in range(devices)]
    tracemalloc.start()
    one = checks()
    for number in range(6):
        now = T0 + number * 1000
        for points in tables:
            columns = array("B", [2]) * count, array("I", [0]) * count
            one.judged(
                Batch(points, array("I", range(count)), array("q", [now]) * count, values_of(rng, count), *columns), now
            )
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / (devices * count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=200_000, help="of each run (default 200,000)")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    found = {}
    print(f"{'case':<48}{'us/reading':>12}")
    for name, case in CASES.items():
        found[name] = round(us_per_reading(case, args.readings), 3)
        print(f"{name:<48}{found[name]:>12.3f}", flush=True)
    memory = round(bytes_per_point())
    print(f"{'bytes per point, 100 devices x 100':<48}{memory:>12,}")
    if args.json:
        print(json.dumps({"us_per_reading": min(found.values()), "bytes_per_point": memory, "cases": found}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

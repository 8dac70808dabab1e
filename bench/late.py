"""Readings that come a week late into a store that is in order: how long until they are kept, and in every rollup.

``python -m bench.late [--late N] [--readings N] [--datastreams N] [--json]``. A store of eight days is put in order;
then readings of one hour, seven days ago, come for all datastreams, in commits of 50,000 (ingest makes them of up to
100,000); after each a rollup is asked for. At the end the store puts them in order, too, and the answers stay the same.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns

DAY = 86_400_000
HOUR = 3_600_000
PER_COMMIT = 50_000


def columns(streams: np.ndarray, times: np.ndarray) -> Columns:
    count = len(streams) * len(times)
    values = np.round(20 + np.sin(np.arange(count) / 300) * 5, 2)
    return Columns(
        np.tile(streams, len(times)).astype(np.int32), np.repeat(times, len(streams)), values,
        np.ones(count, np.uint8), np.zeros(count, np.uint32),
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--late", type=int, default=250_000)
    parser.add_argument("--readings", type=int, default=10_000_000)
    parser.add_argument("--datastreams", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yz-late-") as folder:
        store = DuckDBStore(Path(folder) / "readings.duckdb")
        store.open()
        result = measured(store, args.readings, args.late, args.datastreams)
        store.close()
    for name, value in result.items():
        print(f"{name:<44}{value:>14,}")
    if args.json:
        print(json.dumps(result))
    return 0 if result["right_at_once"] and result["right_when_sorted"] else 1


def measured(store: DuckDBStore, readings: int, late: int, datastreams: int) -> dict[str, float]:
    now = 1_790_000_000_000 // DAY * DAY
    streams = np.arange(1, datastreams + 1)
    step = 8 * DAY * datastreams // readings
    times = np.arange(now - 8 * DAY, now, step)
    hole = now - 7 * DAY + 5 * HOUR  # nothing came in this hour
    times = times[(times < hole) | (times >= hole + HOUR)]
    for begin in range(0, len(times), 10):
        store.commit(columns(streams, times[begin : begin + 10]), Columns.empty(), [], now)
    store.sort()
    while store.tend(now):
        pass
    print(f"{store.count():,} readings in order", file=sys.stderr, flush=True)
    count = -(-late // datastreams)
    missing = columns(streams, hole + np.arange(count) * (HOUR // count)).take(slice(0, late))
    started = time.perf_counter()
    asked: list[float] = []
    right = True
    for begin in range(0, len(missing), PER_COMMIT):
        part = missing.take(slice(begin, begin + PER_COMMIT))
        if store.commit(Columns.empty(), part, [], now).stored != len(part):
            raise SystemExit("not all of them were taken for new")
        before = time.perf_counter()
        found = store.aggregate([1], hole, hole + HOUR, every_ms=HOUR, aggregate="count")
        asked.append((time.perf_counter() - before) * 1000)
        right &= int(found.values.sum()) == int((missing.datastream[: begin + PER_COMMIT] == 1).sum())
    took = time.perf_counter() - started
    again = store.commit(Columns.empty(), missing, [], now)
    expected = answers(store, streams, now)
    before = time.perf_counter()
    store.sort()
    while store.tend(now):
        pass
    return {
        "late_readings": len(missing),
        "late_s": round(took, 2),
        "late_per_s": round(len(missing) / took),
        "repeated_and_refused": again.duplicates,
        "rollup_asked_between_p50_ms": round(float(np.median(asked)), 2),
        "right_at_once": right and again.stored == 0,
        "sorted_s": round(time.perf_counter() - before, 2),
        "right_when_sorted": answers(store, streams, now) == expected,
    }


def answers(store: DuckDBStore, streams: np.ndarray, now: int) -> list[object]:
    some = streams[::97].tolist()
    found = store.aggregate(some, now - 8 * DAY, now, every_ms=HOUR, aggregate="mean")
    return [np.round(found.value, 9).tolist(), found.start.tolist(), found.values.tolist()]


if __name__ == "__main__":
    sys.exit(main())

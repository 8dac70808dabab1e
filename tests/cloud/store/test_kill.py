"""F25: killed in the middle of commits, each is there whole or not at all, rows and ledger alike."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from cloud.store.duckdb_store import DuckDBStore

ROWS = 500

WRITER = f"""
import sys
from pathlib import Path
from cloud.store.duckdb_store import DuckDBStore
from tests.cloud.store.columns import columns, key
store = DuckDBStore(Path(sys.argv[1]), memory_mb=128)
store.open()
n = sum(last - first + 1 for first, last in store.held().get(("gw-1", 1, 5), []))
while True:
    rows = [(n + 1, i + 1, float(i)) for i in range({ROWS})]
    store.commit(columns(rows[: {ROWS} // 2]), columns(rows[{ROWS} // 2 :]), [key(n), key(n, gateway="gw-2")], 1)
    n += 1
    print(n, flush=True)
"""


def test_killed_in_the_middle_of_commits(tmp_path: Path) -> None:
    path = tmp_path / "r.duckdb"
    rng = Random(25)
    acknowledged = 0
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        for _ in range(rng.randint(3, 12)):
            acknowledged = int(process.stdout.readline())
        time.sleep(rng.uniform(0, 0.02))  # where in the next commits the kill falls
        process.kill()
        rest = process.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(line) for line in rest[:-1])])
        process.wait()
        process.stdout.close()
        store = DuckDBStore(path, memory_mb=128)
        store.open()
        held = store.held()
        assert list(held) == [("gw-1", 1, 5), ("gw-2", 1, 5)]
        assert held["gw-1", 1, 5] == held["gw-2", 1, 5]
        ((first, last),) = held["gw-1", 1, 5]
        assert first == 0
        assert last + 1 >= acknowledged
        counts = store.aggregate(range(1, last + 5), 0, 10**6, every_ms=10**6, aggregate="count")
        assert counts.datastream.tolist() == list(range(1, last + 2))
        assert set(counts.value.tolist()) == {float(ROWS)}
        store.close()


SORTER = f"""
import sys, threading
from pathlib import Path
from cloud.store.duckdb_store import DuckDBStore
from tests.cloud.store.columns import columns, key
store = DuckDBStore(Path(sys.argv[1]), memory_mb=128, hot_rows={ROWS} * 2)
store.open()
def tend():
    while True:
        store.tend(10**13)
threading.Thread(target=tend, daemon=True).start()
n = sum(last - first + 1 for first, last in store.held().get(("gw-1", 1, 5), []))
while True:
    rows = [(i % 7 + 1, n * 40_000_000 + i * 1000, float(i)) for i in range({ROWS})]
    store.commit(columns(rows[: {ROWS} // 2]), columns(rows[{ROWS} // 2 :]), [key(n)], 1)
    n += 1
    print(n, flush=True)
"""


def test_killed_while_readings_are_sorted_and_files_become_one(tmp_path: Path) -> None:
    path = tmp_path / "r.duckdb"
    rng = Random(25)
    acknowledged, tiers = 0, set()
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", SORTER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        for _ in range(rng.randint(5, 25)):
            acknowledged = int(process.stdout.readline())
        time.sleep(rng.uniform(0, 0.03))
        process.kill()
        rest = process.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(line) for line in rest[:-1])])
        process.wait()
        process.stdout.close()
        store = DuckDBStore(path, memory_mb=128)
        store.open()
        ((first, last),) = store.held()["gw-1", 1, 5]
        assert first == 0
        assert last + 1 >= acknowledged
        found = store.raw(range(1, 8), 0, 10**13, limit=10**7)
        expected = [n * 40_000_000 + i * 1000 for n in range(last + 1) for i in range(ROWS)]
        assert found.time.tolist() == expected
        assert found.value.tolist() == [float(i) for _ in range(last + 1) for i in range(ROWS)]
        sums = store.aggregate(range(1, 8), 0, 10**13, every_ms=86_400_000, aggregate="count")
        assert sums.values.sum() == len(expected)
        names = {one.path.name for one in store._segments}
        assert {one.name for one in path.with_suffix(".sorted").iterdir()} == names
        tiers |= {one.tier for one in store._segments}
        store.close()
    assert len(tiers) > 1

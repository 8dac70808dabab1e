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

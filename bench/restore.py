"""A restore drill (F36): backup while readings come in, restore elsewhere, the same answers to twenty questions.

``python -m bench.restore [--readings N] [--json]``. RTO: seconds from the beginning of the restore to the answers. RPO:
seconds from the moment that a backup shows to when it is done; between backups their interval comes on top.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from cloud import backup
from cloud.registry.database import Database
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns, EnvelopeKey
from yingzhou.__main__ import main as yingzhou

STREAMS = 1000
MINUTE = 60_000
START = 1_790_000_000_000 // 86_400_000 * 86_400_000
PER_COMMIT = 50
"""Minutes."""


def chunk(number: int) -> Columns:
    times = START + (number * PER_COMMIT + np.arange(PER_COMMIT, dtype=np.int64)) * MINUTE
    count = STREAMS * PER_COMMIT
    return Columns(
        np.repeat(np.arange(1, STREAMS + 1, dtype=np.int32), PER_COMMIT), np.tile(times, STREAMS),
        np.round(np.sin(np.arange(count) + number) * 9, 2), np.ones(count, np.uint8), np.zeros(count, np.uint32),
    )  # fmt: skip


def twenty(store: DuckDBStore, until: int) -> list[object]:
    """Twenty fixed questions about what is before ``until``."""
    found: list[object] = []
    for n in range(10):
        rows = store.raw([n * 7 + 1, n * 31 + 2], START + n * 3_600_000, until, limit=3000)
        found.append([rows.datastream.tolist(), rows.time.tolist(), rows.value.tolist()])
    for n in range(10):
        how = ("mean", "min", "max", "sum", "count", "first", "last")[n % 7]
        sums = store.aggregate(
            range(n, STREAMS, 9), START, until, every_ms=(60_000, 3_600_000, 86_400_000)[n % 3] * 5, aggregate=how
        )
        found.append([column.tolist() for column in sums])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=5_000_000)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yz-restore-") as text:
        result = drill(Path(text), args.readings // (STREAMS * PER_COMMIT))
    for name, value in result.items():
        print(f"{name:<32}{value:>14,}")
    if args.json:
        print(json.dumps(result))
    return 0 if result["same_answers"] else 1


def drill(folder: Path, chunks: int) -> dict[str, float]:
    data = folder / "data"
    (data / "secrets").mkdir(parents=True, mode=0o700)
    registry = f"sqlite:///{data / 'registry.sqlite'}"
    with Database(registry):
        pass
    store = DuckDBStore(data / backup.STORE)
    store.open()
    for n in range(chunks):
        store.commit(chunk(n), Columns.empty(), [EnvelopeKey("gw-1", 1, 1, n, n)], START)
        store.tend(START)
    until = START + chunks * PER_COMMIT * MINUTE
    before, ending, committed = twenty(store, until), threading.Event(), [chunks]

    def ingest() -> None:
        while not ending.is_set():
            n = committed[0]
            store.commit(chunk(n), Columns.empty(), [EnvelopeKey("gw-1", 1, 1, n, n)], START)
            committed[0] = n + 1
            time.sleep(0.1)

    thread = threading.Thread(target=ingest)
    thread.start()
    made = folder / "backup"
    made.mkdir()
    started = time.perf_counter()
    backup.make(data, store, registry, int(time.time() * 1000), made)
    took = time.perf_counter() - started
    ending.set()
    thread.join()
    store.close()
    tar = folder / "b.tar"
    with tar.open("wb") as file:
        file.writelines(backup.packed(made))
    started = time.perf_counter()
    if yingzhou(["restore", str(tar), "--data", str(folder / "new"), "--json"]):
        raise SystemExit("not restored")
    copy = DuckDBStore(folder / "new" / backup.STORE)
    copy.open()
    first = twenty(copy, until)
    rto = time.perf_counter() - started
    count = copy.count()
    ((_, last),) = copy.held()["gw-1", 1, 1]
    copy.close()
    return {
        "readings": count,
        "backup_bytes": tar.stat().st_size,
        "backup_s": round(took, 2),
        "rto_s": round(rto, 2),
        "rpo_s": round(took, 2),
        "commits_while_it_was_made": committed[0] - last - 1,
        "same_answers": first == before,
    }


if __name__ == "__main__":
    sys.exit(main())

"""Questions over HTTP, beside VictoriaMetrics on the same readings: p50 and p95, and the bytes on disk.

``python -m bench.query [--readings N] [--datastreams N] [--json]``. Loads the readings (one a minute and datastream)
into the embedded store and into VictoriaMetrics (Debian's ``victoria-metrics``), lets both put them in order, starts
``yingzhou cloud`` on them, and asks both the same, in turns, each over one connection that is kept.
"""

import argparse
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import numpy as np
from numpy.typing import NDArray

from bench.devices import free_ports
from cloud.api.times import format_time
from cloud.registry import neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.selection import Place, Selection, Site
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns

PROPERTIES = (
    "water_temperature", "ph", "dissolved_oxygen", "conductivity", "turbidity",
    "water_level", "orp", "cod_mn", "ammonia_nitrogen", "total_phosphorus",
)  # fmt: skip
MINUTE = 60_000
CHUNK = 10
"""Minutes in one commit."""


class Load:
    """The readings: each datastream walks at random around a level of its own, two decimals, one a minute."""

    def __init__(self, keys: list[tuple[int, str, str]], minutes: int, jitter_ms: int) -> None:
        """:param keys: number, neuron and property of each datastream."""
        self.keys = keys
        self.minutes = minutes
        self.end_ms = time.time_ns() // 1_000_000 // MINUTE * MINUTE
        self.start_ms = self.end_ms - minutes * MINUTE
        rng = np.random.default_rng(20)
        steps = rng.normal(0, 0.03, (len(keys), minutes)).astype(np.float32)
        np.cumsum(steps, axis=1, out=steps)
        self.values = np.round(steps.astype(np.float64) + rng.uniform(5, 90, (len(keys), 1)), 2)
        self.jitter = rng.integers(0, jitter_ms + 1, (len(keys), minutes)) if jitter_ms else None

    def __len__(self) -> int:
        return len(self.keys) * self.minutes

    def times(self, row: int) -> NDArray[np.int64]:
        times = self.start_ms + np.arange(self.minutes, dtype=np.int64) * MINUTE
        return times if self.jitter is None else times + self.jitter[row]

    def chunks(self) -> Iterator[Columns]:
        """In the order of time, as it would come in."""
        numbers = np.array([number for number, _, _ in self.keys], np.int32)
        for begin in range(0, self.minutes, CHUNK):
            end = min(begin + CHUNK, self.minutes)
            count = len(numbers) * (end - begin)
            times = np.tile(self.start_ms + np.arange(begin, end, dtype=np.int64) * MINUTE, len(numbers))
            if self.jitter is not None:
                times += self.jitter[:, begin:end].ravel()
            yield Columns(
                np.repeat(numbers, end - begin), times, self.values[:, begin:end].ravel(),
                np.ones(count, np.uint8), np.zeros(count, np.uint32),
            )  # fmt: skip


def registered(folder: Path, count: int) -> list[tuple[int, str, str]]:
    with Database(f"sqlite:///{folder / 'registry.sqlite'}") as database:
        site = Site(Place("310151101"), 121.4, 31.6)
        with database.begin() as tx:
            for index in range(count // len(PROPERTIES)):
                neuron = neurons.Neuron("", "water_quality", f"station {index}", None, site, {})
                neurons.add(tx, neuron, [Series(p, "1") for p in PROPERTIES], 0)
        streams = Directory(database).datastreams(Selection())
        return [(one.number, one.point.source, one.point.observed) for one in streams]


def filled(folder: Path, load: Load) -> dict[str, float]:
    """Our store with the readings in it, in order; how fast, how large."""
    store = DuckDBStore(folder / "readings.duckdb")
    store.open()
    started = time.perf_counter()
    for chunk in load.chunks():
        store.commit(chunk, Columns.empty(), [], int(chunk.time[-1]) + 500)
    inserted = time.perf_counter()
    store.sort()
    while store.tend(load.end_ms):
        pass
    took = time.perf_counter() - inserted
    store.close()
    files = [folder / "readings.duckdb", *folder.glob("readings.duckdb.wal"), *(folder / "readings.sorted").iterdir()]
    return {
        "insert_per_s": len(load) / (inserted - started),
        "compaction_s": took,
        "bytes_per_reading": sum(one.stat().st_size for one in files) / len(load),
    }


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, str]]:
    """``yingzhou cloud`` on that folder: its port and an API key."""
    port, mqtt = free_ports(2)
    config = folder / "cloud.toml"
    config.write_text(f'[data]\ndir = "."\n[api]\nport = {port}\n[broker]\nmqtt_port = {mqtt}\n')
    with (folder / "cloud.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "yingzhou", "cloud", "-c", str(config)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout
        if not process.stdout.readline():
            raise SystemExit((folder / "cloud.log").read_text())
        yield port, (folder / "secrets" / "admin-api-key").read_text().strip()
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def victoria(folder: Path) -> Iterator[int]:
    """VictoriaMetrics, empty: its port."""
    program = shutil.which("victoria-metrics")
    if program is None:
        raise SystemExit("no victoria-metrics: tests/peers/install")
    (port,) = free_ports(1)
    command = [program, f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}", "-retentionPeriod=100y"]
    command += ["-search.latencyOffset=1s", "-search.maxUniqueTimeseries=1000000", "-loggerLevel=ERROR"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                if ask(http.client.HTTPConnection("127.0.0.1", port, timeout=120), "/health").startswith(b"OK"):
                    break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def imported(port: int, load: Load) -> None:
    """Into VictoriaMetrics by its JSON lines, then flushed and merged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    for begin in range(0, len(load.keys), 500):
        lines = []
        for row in range(begin, min(begin + 500, len(load.keys))):
            _, neuron, name = load.keys[row]
            line = {"metric": {"__name__": name, "neuron": neuron}}
            line |= {"values": load.values[row].tolist(), "timestamps": load.times(row).tolist()}
            lines.append(json.dumps(line))
        connection.request("POST", "/api/v1/import", "\n".join(lines).encode())
        answer = connection.getresponse()
        if answer.status >= 300:
            raise SystemExit(answer.read().decode())
        answer.read()
    ask(connection, "/internal/force_flush")
    ask(connection, "/internal/force_merge")
    time.sleep(5)


def ask(connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None) -> bytes:
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{path}: {answer.status} {body[:500]!r}")
    return body


class Question(NamedTuple):
    name: str
    times: int
    ours: Callable[[int], str]
    theirs: Callable[[int], str]
    ours_count: Callable[[Any], int]
    theirs_count: Callable[[Any], int]


def questions(load: Load) -> list[Question]:
    """The four, those of one series in both JSON forms; the number of the question picks the series."""
    end = load.end_ms
    day, week, month = (format_time(end - days * 86_400_000) for days in (1, 7, 30))
    until = quote(format_time(end))
    some = [load.keys[index * 7919 % len(load.keys)] for index in range(1000)]

    def ours(index: int, **params: object) -> str:
        _, neuron, name = some[index % len(some)]
        key = quote(f"{neuron}/{name}", safe="")
        return f"/api/v1/datastreams/{key}/readings?{urlencode(params)}&to={until}"

    def theirs(index: int, path: str, text: str, **params: object) -> str:
        _, neuron, name = some[index % len(some)]
        selector = f'{name}{{neuron="{neuron}"}}'
        return f"/api/v1/{path}?{urlencode({'query': text % selector, **params})}"

    def named(index: int) -> str:
        return PROPERTIES[index % len(PROPERTIES)]

    last_week = {"from": week, "to": format_time(end)}
    hours: dict[str, Any] = {"step": "1h", "end": end // 1000 // 3600 * 3600}
    grid = {"agg": "mean", "every": "1h"}
    rows_of: dict[str, Callable[[Any], int]] = {
        "columns": lambda found: len(found["columns"]["value"]),
        "json": lambda found: len(found["items"]),
    }
    asked: list[tuple[str, dict[str, Any], Callable[[int], str]]] = [
        (
            "24 h raw of one", {"from": day},
            lambda index: theirs(index, "query", "%s[24h]", time=end / 1000 - 0.001),
        ),
        (
            "30 d hourly of one", {"from": month, **grid},
            lambda index: theirs(
                index, "query_range", "avg_over_time(%s[1h])", start=end // 1000 // 3600 * 3600 - 30 * 86400, **hours
            ),
        ),
    ]  # fmt: skip
    of_one = [
        Question(
            f"{name}, {form}", 300,
            lambda index, at=at, form=form, how=how: ours(index + at, limit=50_000, format=form, **how),
            lambda index, at=at, peers=peers: peers(index + at),
            rows_of[form],
            lambda found: len(found["data"]["result"][0]["values"]),
        )
        for name, how, peers in asked
        for at, form in ((0, "columns"), (500, "json"))  # of other series: who remembers answers gains nothing
    ]  # fmt: skip
    return [
        Question(
            "latest of all", 20,
            lambda _: f"/api/v1/latest?limit={len(load.keys)}",
            lambda _: "/api/v1/query?" + urlencode({"query": '{neuron!=""}', "time": end // 1000}),
            lambda found: len(found["items"]),
            lambda found: len(found["data"]["result"]),
        ),
        *of_one,
        Question(
            "1,000 series x 7 d hourly", 20,
            lambda index: "/api/v1/readings?" + urlencode({"property": named(index), **grid, **last_week}),
            lambda index: "/api/v1/query_range?"
            + urlencode({"query": f"avg_over_time({named(index)}[1h])", **hours, "start": hours["end"] - 7 * 86400}),
            lambda found: sum(count > 0 for one in found["series"] for count in one["counts"]),
            lambda found: sum(len(one["values"]) for one in found["data"]["result"]),
        ),
    ]  # fmt: skip


def measured(ours: tuple[int, str], theirs: int, load: Load) -> list[dict[str, Any]]:
    """p50 and p95 of each question, ms: asked in turns, a different series each time."""
    connection = http.client.HTTPConnection("127.0.0.1", ours[0], timeout=120)
    peer = http.client.HTTPConnection("127.0.0.1", theirs, timeout=120)
    headers = {"Authorization": f"Bearer {ours[1]}"}
    rows = []
    for question in questions(load):
        asks = (
            lambda index, q=question: ask(connection, q.ours(index), headers),
            lambda index, q=question: ask(peer, q.theirs(index)),
        )
        counts = [count(json.loads(one(0))) for one, count in zip(asks, question[4:], strict=True)]
        took: tuple[list[float], list[float]] = ([], [])
        for index in range(question.times):
            for one, into in zip(asks, took, strict=True):
                started = time.perf_counter()
                one(index)
                into.append((time.perf_counter() - started) * 1000)
        p50, p95 = ([float(np.percentile(one, share)) for one in took] for share in (50, 95))
        rows.append({
            "question": question.name, "ours_p50_ms": round(p50[0], 2), "ours_p95_ms": round(p95[0], 2),
            "peer_p50_ms": round(p50[1], 2), "peer_p95_ms": round(p95[1], 2), "ratio": round(p50[0] / p50[1], 2),
            "rows": counts[0], "peer_rows": counts[1],
        })  # fmt: skip
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=20_000_000)
    parser.add_argument("--datastreams", type=int, default=10_000)
    parser.add_argument("--jitter-ms", type=int, default=0, help="how irregular the times are (default 0)")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yz-query-")))
        for name in ("ours", "theirs"):
            (folder / name).mkdir()
        keys = registered(folder / "ours", args.datastreams)
        load = Load(keys, args.readings // args.datastreams, args.jitter_ms)
        print(f"{len(load):,} readings of {len(keys):,} datastreams ...", file=sys.stderr, flush=True)
        result: dict[str, Any] = dict(filled(folder / "ours", load))
        peer = stack.enter_context(victoria(folder / "theirs"))
        imported(peer, load)
        data = (folder / "theirs" / "data").rglob("*")
        result["peer_bytes_per_reading"] = sum(p.stat().st_size for p in data if p.is_file()) / len(load)
        rows = measured(stack.enter_context(served(folder / "ours")), peer, load)
    result |= {"readings": len(load), "worst_ratio": max(one["ratio"] for one in rows), "questions": rows}
    print(f"{'':<28}{'ours p50':>10}{'p95':>9}{'peer p50':>11}{'p95':>9}{'ratio':>7}   rows / peer's (ms)")
    for one in rows:
        print(
            f"{one['question']:<28}{one['ours_p50_ms']:>10}{one['ours_p95_ms']:>9}{one['peer_p50_ms']:>11}"
            f"{one['peer_p95_ms']:>9}{one['ratio']:>7}   {one['rows']} / {one['peer_rows']}"
        )
    for name in ("insert_per_s", "compaction_s", "bytes_per_reading", "peer_bytes_per_reading"):
        print(f"{name:<28}{result[name]:>14,.2f}")
    if args.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

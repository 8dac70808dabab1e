"""What bench/ingest.py runs beside: VictoriaMetrics and InfluxDB take the same rows by their fastest public doors.

Two connections send bodies made before the clock started, or made meanwhile. What an answer means differs:
VictoriaMetrics keeps what it took in memory for about five seconds, InfluxDB has it in its log, we have it committed.
"""

import http.client
import json
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bench.devices import free_ports
from protocols.vocabulary import Batch, Point

CONNECTIONS = 2
TOGETHER = 10
"""Envelopes of 1,000 readings in one request: both are slower with fewer, and hardly faster with more."""


class Peer(NamedTuple):
    name: str
    path: str
    """Of the door."""
    bodies: Iterable[bytes]
    command: Callable[[Path, int, int], list[str]]
    prepare: str
    """What is asked of it first, by POST; empty: nothing."""
    count: Callable[[str], int]


def run(batches: Sequence[Batch], *, meanwhile: bool = False) -> dict[str, int]:
    """Peer and door -> readings/s; those that are not installed are left out.

    :param meanwhile: bodies are made while the clock runs.
    """
    readings = sum(len(one.time) for one in batches)
    found: dict[str, int] = {}
    for make in (_victoria_json, _victoria_lines, _influx):
        peer = make(batches)
        if not meanwhile:
            peer = peer._replace(bodies=list(peer.bodies))
        if shutil.which(peer.command(Path(), 0, 0)[0]) is None:
            continue
        with _started(peer) as base:
            took_s = _sent(base, peer)
            stored = _settled(lambda where=base, one=peer: one.count(where), readings)  # type: ignore[misc]
            if stored != readings:
                raise SystemExit(f"{peer.name} {peer.path} has {stored:,} of {readings:,} readings")
        found[f"{peer.name} {peer.path.partition('?')[0]}"] = round(readings / took_s)
    return found


class _Named(dict[tuple[Point, ...], list[str]]):
    """What stands before the numbers of each series, by the table of points: whoever sends knows it by heart."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, points: tuple[Point, ...]) -> list[str]:
        self[points] = names = [self._form.format(point) for point in points]
        return names


def _numbers(column: "array[int] | array[float]") -> list[str]:
    """As orjson writes them, which is the fastest there is."""
    return orjson.dumps(column.tolist())[1:-1].decode().split(",")


def _grouped(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    for begin in range(0, len(batches), TOGETHER):
        yield batches[begin : begin + TOGETHER]


def _lines(batches: Sequence[Batch]) -> Iterator[bytes]:
    named = _Named("yz,series={} v=")
    for part in _grouped(batches):
        rows: list[str] = []
        for batch in part:
            names, each = named[batch.points], len(batch) // len(batch.points)
            series = names if each == 1 else chain.from_iterable(map(repeat, names, repeat(each)))
            rows += [f"{n}{v} {t}" for n, v, t in zip(series, _numbers(batch.value), _numbers(batch.time), strict=True)]
        yield "\n".join(rows).encode()


def _json_lines(batches: Sequence[Batch]) -> Iterator[bytes]:
    named = _Named('{{"metric":{{"__name__":"yz_v","series":"{}"}},"values":[')
    for part in _grouped(batches):
        rows: list[str] = []
        for batch in part:
            names, each = named[batch.points], len(batch) // len(batch.points)
            values, times = _numbers(batch.value), _numbers(batch.time)
            if each > 1:
                values, times = (list(map(",".join, batched(one, each))) for one in (values, times))
            rows += [f'{n}{v}],"timestamps":[{t}]}}' for n, v, t in zip(names, values, times, strict=True)]
        yield "\n".join(rows).encode()


def batched(column: list[str], each: int) -> Iterator[tuple[str, ...]]:
    """So many at a time."""
    return zip(*[iter(column)] * each, strict=True)


def _victoria_command(folder: Path, port: int, _other: int) -> list[str]:
    return [
        "victoria-metrics",
        f"-storageDataPath={folder}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-loggerLevel=ERROR",
    ]


def _victoria_count(base: str) -> int:
    _get(f"{base}/internal/force_flush")
    query = urllib.parse.urlencode({"query": "sum(count_over_time(yz_v[2d] offset -1d))", "nocache": "1"})
    answer = _json(f"{base}/api/v1/query?{query}")["data"]["result"]
    return round(float(answer[0]["value"][1])) if answer else 0


def _victoria_json(batches: Sequence[Batch]) -> Peer:
    bodies = _json_lines(batches)
    return Peer("VictoriaMetrics", "/api/v1/import", bodies, _victoria_command, "", _victoria_count)


def _victoria_lines(batches: Sequence[Batch]) -> Peer:
    bodies = _lines(batches)
    return Peer("VictoriaMetrics", "/write?precision=ms", bodies, _victoria_command, "", _victoria_count)


def _influx(batches: Sequence[Batch]) -> Peer:
    def command(folder: Path, port: int, other: int) -> list[str]:
        if port:
            (folder / "influxdb.conf").write_text(
                f'reporting-disabled = true\nbind-address = "127.0.0.1:{other}"\n'
                f'[meta]\ndir = "{folder}/meta"\n[data]\n'
                f'dir = "{folder}/data"\nwal-dir = "{folder}/wal"\n[http]\nbind-address = "127.0.0.1:{port}"\n'
                "log-enabled = false\n"
            )
        return ["influxd", "-config", str(folder / "influxdb.conf")]

    def count(base: str) -> int:
        query = urllib.parse.urlencode({"db": "bench", "q": "SELECT count(v) FROM yz"})
        series = _json(f"{base}/query?{query}")["results"][0].get("series")
        return int(series[0]["values"][0][1]) if series else 0

    create = "/query?" + urllib.parse.urlencode({"q": "CREATE DATABASE bench"})
    return Peer("InfluxDB 1.6", "/write?db=bench&precision=ms", _lines(batches), command, create, count)


@contextmanager
def _started(peer: Peer) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="yz-bench-"))
    port, other = free_ports(2)
    command = peer.command(folder, port, other)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 30
        while True:
            try:
                _get(f"{base}/ping")
                break
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        if peer.prepare:
            _get(f"{base}{peer.prepare}", b"")
        yield base
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _sent(base: str, peer: Peer) -> float:
    """Seconds from the first request to the last answer."""
    waiting = iter(peer.bodies)
    lock, wrong = threading.Lock(), []

    def send() -> None:
        connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=120)
        while True:
            with lock:
                body = next(waiting, None)
            if body is None or wrong:
                return
            connection.request("POST", peer.path, body)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status not in {200, 204}:
                wrong.append(f"{peer.name}: {answer.status} {told[:300]!r}")

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(wrong[0])
    return time.perf_counter() - started


def _settled(count: Callable[[], int], expected: int) -> int:
    until = time.monotonic() + 30
    while (found := count()) < expected and time.monotonic() < until:
        time.sleep(0.5)
    return found


def _get(url: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:
        content: bytes = answer.read()
    return content


def _json(url: str) -> Any:
    return json.loads(_get(url))

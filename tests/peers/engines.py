"""Debian's time-series databases as they are started here: on loopback, in a folder of their own."""

import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import httpx

from tests.peers.programs import installed
from tests.system.processes import free_ports


class Database:
    """One server process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.other_port = free_ports(2)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        until = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{self.base}/ping", timeout=5).status_code < 500:
                    return
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(number)
            process.wait(60)


class VictoriaMetrics(Database):
    def command(self) -> list[str]:
        return [
            installed("victoria-metrics"),
            f"-storageDataPath={self.folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y",
            "-dedup.minScrapeInterval=1ms",
            "-memory.allowedBytes=256MB",
        ]

    def empty(self) -> None:
        """Forget everything; what is written afterwards is seen."""
        httpx.post(f"{self.base}/api/v1/admin/tsdb/delete_series", data={"match[]": '{__name__!=""}'}, timeout=60)
        httpx.get(f"{self.base}/internal/resetRollupResultCache", timeout=60)


class InfluxDB1(Database):
    def command(self) -> list[str]:
        config = self.folder / "influxdb.conf"
        config.write_text(
            f"""reporting-disabled = true
bind-address = "127.0.0.1:{self.other_port}"
[meta]
dir = "{self.folder}/meta"
[data]
dir = "{self.folder}/data"
wal-dir = "{self.folder}/wal"
max-select-point = 0
[http]
bind-address = "127.0.0.1:{self.port}"
log-enabled = false
"""
        )
        return [installed("influxd"), "-config", str(config)]

    def ask(self, statement: str) -> None:
        httpx.post(f"{self.base}/query", data={"q": statement}, timeout=60).raise_for_status()

    def empty(self) -> None:
        self.ask("DROP DATABASE yingzhou")
        self.ask("CREATE DATABASE yingzhou")


class Cluster:
    """The addresses of a VictoriaMetrics cluster in front of a single one: what a load balancer would rewrite.

    Debian has no cluster; its three parts differ from the single one in these paths only.
    """

    def __init__(self, single: VictoriaMetrics) -> None:
        self._single = single
        self.paths: set[str] = set()
        """Prefixes that were used."""
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, answer = cluster._passed_on(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST  # noqa: N815 - its name there

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.base = f"http://127.0.0.1:{self._server.server_port}"

    def _passed_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        for prefix in ("/insert/7/influx", "/select/7/prometheus", "/storage-0"):
            if path.startswith(prefix + "/"):
                self.paths.add(prefix)
                kept = {name: value for name, value in headers.items() if name.lower().startswith("content-")}
                url = self._single.base + path.removeprefix(prefix)
                answer = httpx.request(method, url, content=body, headers=kept, timeout=60)
                return answer.status_code, answer.content
        return 400, f"unsupported path {path}".encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

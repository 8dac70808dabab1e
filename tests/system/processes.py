"""The real processes of a small installation: a cloud with its broker, edge agents; started, killed, started again."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from protocols.vocabulary.clock import SystemClock

REPOSITORY = Path(__file__).parents[2]


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass
class Process:
    """One ``yingzhou`` command with its log."""

    arguments: list[str]
    log: Path
    running: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "yingzhou", *self.arguments], stdout=log, stderr=log, cwd=REPOSITORY
            )
        self.starts += 1

    def kill(self) -> None:
        """kill -9."""
        assert self.running
        self.running.kill()
        self.running.wait()

    def stop(self) -> int:
        assert self.running
        self.running.terminate()
        try:
            return self.running.wait(30)
        except subprocess.TimeoutExpired:
            self.running.kill()
            raise

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


@dataclass
class Installation:
    """A cloud and its gateways in one folder."""

    folder: Path
    api_port: int = 0
    mqtt_port: int = 0
    cloud: Process = field(init=False)
    edges: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api_port, self.mqtt_port = free_ports(2)
        (self.folder / "cloud.toml").write_text(
            f'[api]\nport = {self.api_port}\n[data]\ndir = "{self.folder}"\n[broker]\nmqtt_port = {self.mqtt_port}\n'
            '[webhooks]\nallow_targets = ["127.0.0.0/8"]\n'
        )
        self.cloud = Process(["cloud", "-c", str(self.folder / "cloud.toml")], self.folder / "cloud.log")

    async def start_cloud(self) -> float:
        """Seconds until it was ready."""
        began = time.monotonic()
        self.cloud.start()
        await self.cloud_ready()
        return time.monotonic() - began

    async def cloud_ready(self, patience_s: float = 120) -> None:
        until = time.monotonic() + patience_s
        async with httpx.AsyncClient() as probe:
            while True:
                try:
                    if (await probe.get(f"http://127.0.0.1:{self.api_port}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                if time.monotonic() > until or not self.cloud.alive:
                    raise AssertionError(f"the cloud is not ready:\n{self.cloud.tail()}")
                await asyncio.sleep(0.05)

    def api(self) -> httpx.AsyncClient:
        key = (self.folder / "secrets" / "admin-api-key").read_text().strip()
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.api_port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    async def post(self, path: str, body: Any) -> Any:
        async with self.api() as api:
            answer = await api.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def get(self, path: str, **parameters: Any) -> Any:
        async with self.api() as api:
            answer = await api.get(path, params=parameters)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def add_gateway(self, gateway: str) -> dict[str, Any]:
        await self.post("/api/v1/gateways", {"id": gateway, "name": gateway})
        credentials: dict[str, Any] = await self.post(f"/api/v1/gateways/{gateway}/credentials", {})
        return credentials

    async def add_neuron(self, gateway: str, observed: tuple[str, ...], scheme: str, value: str) -> dict[str, Any]:
        body = {
            "name": f"{scheme} {value}",
            "kind": "water_quality",
            "gateway": gateway,
            "observed_properties": list(observed),
            "hardware": [{"scheme": scheme, "value": value}],
            "location": {"type": "Point", "coordinates": [121.4, 31.63]},
            "town": "310151101",
        }
        neuron: dict[str, Any] = await self.post("/api/v1/neurons", body)
        return neuron

    def write_gateway(
        self, gateway: str, credentials: dict[str, Any], links: str, *, mqtt_port: int | None = None, extra: str = ""
    ) -> Path:
        folder = self.folder / gateway
        folder.mkdir(exist_ok=True)
        for name in ("password", "hmac_key"):
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(credentials[name])
        text = f"""
[gateway]
id = "{gateway}"
data = "{folder}"
[uplink]
url = "mqtt://127.0.0.1:{mqtt_port or self.mqtt_port}"
username = "{credentials["username"]}"
password_file = "{folder}/password"
hmac_key_file = "{folder}/hmac_key"
key_id = {credentials.get("key_id", 1)}
{extra}
{links}
"""
        path = folder / "gateway.toml"
        path.write_text(text)
        return path

    def edge(self, gateway: str) -> Process:
        process = Process(["edge", "-c", str(self.folder / gateway / "gateway.toml")], self.folder / f"{gateway}.log")
        self.edges[gateway] = process
        return process

    def edge_status(self, gateway: str) -> dict[str, Any]:
        status: dict[str, Any] = json.loads((self.folder / gateway / "status.json").read_text())
        return status

    async def stored(self, key: str) -> list[tuple[int, float | None]]:
        """All readings of a datastream over the API, page by page: (observed ms, value)."""
        rows: list[tuple[int, float | None]] = []
        cursor: str | None = None
        async with self.api() as api:
            while True:
                parameters = {"limit": "10000", "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
                if cursor:
                    parameters["cursor"] = cursor
                answer = await api.get(f"/api/v1/datastreams/{quote(key, safe='')}/readings", params=parameters)
                assert answer.is_success, answer.text
                body = answer.json()
                rows += [(milliseconds(item["time"]), item["value"]) for item in body["items"]]
                cursor = body["next"]
                if cursor is None:
                    return rows

    async def metric(self, name: str) -> float:
        async with self.api() as api:
            text = (await api.get("/metrics")).text
        values = [
            float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name
        ]
        assert values, f"no metric {name} in\n{text}"
        return sum(values)

    def broker_process(self) -> int:
        """The nats-server that this cloud started."""
        number = self._recorded_broker()
        assert number is not None
        return number

    def _recorded_broker(self) -> int | None:
        try:
            number = int((self.folder / "broker" / "nats.pid").read_text())
            command = Path(f"/proc/{number}/cmdline").read_text()
        except (OSError, ValueError):
            return None
        return number if str(self.folder) in command else None

    def kill_broker(self) -> None:
        os.kill(self.broker_process(), signal.SIGKILL)

    def close(self) -> None:
        for process in (*self.edges.values(), self.cloud):
            if process.alive:
                process.stop()
        self._end_orphan()

    def _end_orphan(self) -> None:
        """The broker of a cloud that was killed and not started again."""
        number = self._recorded_broker()
        if number is not None:
            os.kill(number, signal.SIGTERM)


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def now_ms() -> int:
    return SystemClock().now_ms()

"""The cloud past one machine: nodes of nats-server, workers, the process with the API, PostgreSQL, VictoriaMetrics."""

import asyncio
import json
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cloud.broker.accounts import AccountsFile
from cloud.broker.embedded import nats_server
from cloud.registry.gateways import hash_password
from tests.peers.engines import VictoriaMetrics
from tests.peers.mosquitto import Mosquitto
from tests.peers.postgresql import PostgreSQL
from tests.system.processes import Installation, Process, free_ports

CLOUD = ("yingzhou-cloud", "the password of the cloud")


@dataclass
class NatsCluster:
    """As many nodes as it is told, each with MQTT; what they keep is on a majority before it is acknowledged."""

    folder: Path
    size: int = 1

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mqtt_ports = free_ports(self.size)
        self.nats_ports = free_ports(self.size)
        self.routes = free_ports(self.size)
        self.nodes: list[subprocess.Popen[bytes] | None] = [None] * self.size
        self.accounts_file = self.folder / "accounts.conf"
        AccountsFile(self.accounts_file, CLOUD[0], hash_password(CLOUD[1])).write(list)

    @property
    def mqtt_url(self) -> str:
        return "mqtt://" + ",".join(f"127.0.0.1:{port}" for port in self.mqtt_ports)

    @property
    def nats_url(self) -> str:
        return "nats://" + ",".join(f"127.0.0.1:{port}" for port in self.nats_ports)

    def write(self) -> None:
        for number in range(self.size):
            cluster = ""
            if self.size > 1:
                others = [f"nats://127.0.0.1:{port}" for i, port in enumerate(self.routes) if i != number]
                listen = f"127.0.0.1:{self.routes[number]}"
                cluster = f'cluster {{ name: "yz", listen: "{listen}", routes: {json.dumps(others)} }}'
            (self.folder / f"node-{number}.conf").write_text(
                f"""server_name: "node-{number}"
listen: "127.0.0.1:{self.nats_ports[number]}"
max_payload: 2MB
jetstream {{ store_dir: "{self.folder}/node-{number}", max_file_store: 1GB, max_memory_store: 64MB }}
mqtt {{
  listen: "127.0.0.1:{self.mqtt_ports[number]}", max_ack_pending: 4000, ack_wait: "20s", stream_replicas: {self.size}
}}
authorization {{ include "accounts.conf" }}
{cluster}
"""
            )

    def start(self, number: int) -> None:
        with (self.folder / f"node-{number}.log").open("ab") as log:
            self.nodes[number] = subprocess.Popen(
                [nats_server(), "-c", str(self.folder / f"node-{number}.conf")], stdout=log, stderr=log
            )

    def start_all(self) -> None:
        self.write()
        for number in range(self.size):
            self.start(number)

    def kill(self, number: int) -> None:
        node = self.nodes[number]
        assert node
        node.kill()
        node.wait()
        self.nodes[number] = None

    async def let_in(self, credentials: dict[str, Any]) -> None:
        """The cloud has written who may connect; here each node is told to read it, as a reloader beside it does."""
        assert credentials["username"] in self.accounts_file.read_text()
        for number, node in enumerate(self.nodes):
            if node is not None:
                log = self.folder / f"node-{number}.log"
                said = log.stat().st_size
                node.send_signal(signal.SIGHUP)
                async with asyncio.timeout(30):
                    while b"Reloaded server configuration" not in log.read_bytes()[said:]:
                        await asyncio.sleep(0.05)

    def close(self) -> None:
        for node in self.nodes:
            if node is not None:
                node.terminate()
        for node in self.nodes:
            if node is not None:
                with suppress(subprocess.TimeoutExpired):
                    node.wait(20)
                node.kill()
                node.wait()


class SharingMosquitto:
    """One broker that speaks MQTT 5, with the limits of docs/scale.md."""

    nats_url = ""
    accounts_file = None

    def __init__(self, folder: Path) -> None:
        further = "max_inflight_messages 1000\nmax_queued_messages 100000\n"
        self._mosquitto = Mosquitto(folder, further=further)
        self.mqtt_ports = [self._mosquitto.port]
        self.mqtt_url = self._mosquitto.url
        self._mosquitto.let_in(*CLOUD)

    def start_all(self) -> None:
        self._mosquitto.start()

    async def let_in(self, credentials: dict[str, Any]) -> None:
        await asyncio.to_thread(self._mosquitto.let_in, credentials["username"], credentials["password"])

    def close(self) -> None:
        self._mosquitto.__exit__()


@dataclass
class District(Installation):
    """``cloud`` is the process with the API; workers stand beside it, and engines that all of them reach."""

    broker: Any = field(kw_only=True)
    workers: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.api_port,) = free_ports(1)
        self.mqtt_port = self.broker.mqtt_ports[0]
        self.registry = PostgreSQL()
        self.engine = VictoriaMetrics(self.folder / "engine")
        (self.folder / "broker-password").write_text(CLOUD[1])
        self.cloud = self._process("api", "api", self.api_port)

    def _process(self, name: str, role: str, port: int) -> Process:
        accounts = f'accounts_file = "{file}"\n' if (file := self.broker.accounts_file) else ""
        nats = f'nats_url = "{self.broker.nats_url}"\n' if self.broker.nats_url else ""
        (self.folder / f"{name}.toml").write_text(
            f'[api]\nport = {port}\n[data]\ndir = "{self.folder}/data"\n'
            f'[broker]\nurl = "{self.broker.mqtt_url}"\n{nats}'
            f'{accounts}username = "{CLOUD[0]}"\npassword_file = "broker-password"\n'
            f'[registry]\nurl = "{self.registry.url}"\n'
            f'[store]\nurl = "victoriametrics://127.0.0.1:{self.engine.port}"\n'
            '[webhooks]\nallow_targets = ["127.0.0.0/8"]\n'
        )
        arguments = ["cloud", "-c", str(self.folder / f"{name}.toml"), "--role", role]
        return Process(arguments, self.folder / f"{name}.log")

    def api(self) -> httpx.AsyncClient:
        key = (self.folder / "data" / "secrets" / "admin-api-key").read_text().strip()
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.api_port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    async def open(self, workers: int) -> None:
        self.registry.__enter__()
        await asyncio.to_thread(self.engine.start)
        self.broker.start_all()
        await self.start_cloud()
        for _ in range(workers):
            await self.add_worker()

    async def start_cloud(self) -> float:
        if self.cloud.alive:
            await self.cloud_ready()
            return 0.0
        return await super().start_cloud()

    async def add_worker(self) -> Process:
        (port,) = free_ports(1)
        worker = self._process(f"worker-{len(self.workers)}", "ingest", port)
        self.workers.append(worker)
        worker.start()
        until = time.monotonic() + 60
        async with httpx.AsyncClient() as probe:
            while True:
                with suppress(httpx.HTTPError):
                    if (await probe.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                        return worker
                assert worker.alive, worker.tail()
                assert time.monotonic() < until, worker.tail()
                await asyncio.sleep(0.05)

    async def add_gateway(self, gateway: str) -> dict[str, Any]:
        credentials = await super().add_gateway(gateway)
        await self.broker.let_in(credentials)
        return credentials

    async def copies(self) -> int:
        """How many values the engine holds, each copy of the same one counted."""
        async with httpx.AsyncClient(timeout=60) as asker:
            await asker.get(f"{self.engine.base}/internal/force_flush")
            form = {"match[]": "yz_v", "reduce_mem_usage": "1"}
            lines = (await asker.post(f"{self.engine.base}/api/v1/export", data=form)).text.splitlines()
        return sum(len(json.loads(line)["values"]) for line in lines)

    async def worker_metric(self, worker: Process, name: str) -> float:
        port = _port(worker)
        async with httpx.AsyncClient() as asker:
            text = (await asker.get(f"http://127.0.0.1:{port}/metrics")).text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def close(self) -> None:
        for process in (*self.edges.values(), *self.workers, self.cloud):
            if process.alive:
                process.stop()
        self.broker.close()
        self.engine.end()
        self.registry.__exit__(None, None, None)


def _port(worker: Process) -> int:
    text = Path(worker.arguments[2]).read_text()
    return int(text.split("port = ", 1)[1].split("\n", 1)[0])

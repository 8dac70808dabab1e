"""The cloud as one process: core, alarms and HTTP composed under one TaskGroup."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from prometheus_client import CollectorRegistry

from cloud import garbage
from cloud.alarms.target import Targets
from cloud.alarms.watch import Alarms
from cloud.api.app import create_app, create_worker_app, in_front
from cloud.api.context import ApiContext, BackupSource, ReplayReport
from cloud.api.feed import Feed
from cloud.api.head import BoundedHead
from cloud.api.tickets import Tickets
from cloud.broker.line import Endpoint
from cloud.broker.lines import Role
from cloud.config import Broker, CloudConfig, read_secret
from cloud.config import HomeAssistant as HomeAssistantConfig
from cloud.core import BrokerSettings, Core
from cloud.home_assistant.publisher import HomeAssistant
from cloud.ingest.doors.collector import DoorCollector
from cloud.ingest.doors.http_door import HttpDoor
from cloud.ingest.doors.waiting import replay_waiting
from cloud.ingest.line_writer import LineWriter
from cloud.ingest.notes import NoteReader
from cloud.metrics import AlarmCollector, CoreCollector, FeedCollector
from cloud.ownership import owned
from cloud.registry import keys, quarantine
from cloud.registry.access import Access
from cloud.store.duckdb_store import DuckDBStore
from protocols.vocabulary import Clock, ConfigError

ADDRESS_FILE: Final = "api-address"
"""In the data folder: where the API was last answered from there."""
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "nats": 4222, "tls": 4222}


class CloudProcess:
    """``run`` lives until it is cancelled."""

    def __init__(self, config: CloudConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._role = Role(config.process.role)
        self._tickets = Tickets(clock)

    async def run(self, serving: Callable[[str, str], None]) -> None:
        """Until cancelled.

        :param serving: told the address of the API, and a ticket for the console, once both take requests.
        :raises ConfigError: a port is taken, or the folder is in use.
        """
        config = self._config
        with ExitStack() as stack:
            if self._role is not Role.INGEST:  # workers keep nothing there, and may be many
                stack.enter_context(owned(config.data.dir, "cloud"))
            listening = stack.enter_context(_bind(config.api.host, config.api.port))
            core = Core(
                config.data.dir,
                _broker(config),
                self._clock,
                registry_url=config.registry_url,
                limits=config.limits,
                retention=config.store.retention,
                store=config.store.settings(),
                role=self._role,
                doors=config.doors,
            )
            async with core:
                if self._role is not Role.INGEST:
                    self._install_admin(core)
                await self._live(core, listening, serving)

    async def _live(self, core: Core, listening: socket.socket, serving: Callable[[str, str], None]) -> None:
        config = self._config
        targets = Targets(config.webhooks.allow_targets)
        notes = self._notes(core)
        latest = core.latest if notes is None else notes
        alarms = Alarms(core.registry, core.directory, latest, core.secrets, self._clock, targets)
        feed = Feed(core.registry, self._clock)
        if self._role is not Role.INGEST:
            core.listeners += [alarms.watch, feed.stored]
        context = self._context(core, alarms, targets, feed)
        server = _Server(
            uvicorn.Config(
                create_worker_app(context) if self._role is Role.INGEST else in_front(create_app(context), context),
                http=BoundedHead,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )
        home = self._home_assistant(core)
        async with asyncio.TaskGroup() as group:
            if home is not None:
                group.create_task(home.run())
            group.create_task(core.run())
            if self._role is not Role.INGEST:
                group.create_task(alarms.run())
                group.create_task(feed.run())
            if notes is not None:
                group.create_task(notes.run(lambda: not alarms.waiting, alarms.settle))
            group.create_task(_serve(server, listening, feed))
            await core.uplink.connected.wait()
            address = f"http://{config.api.host}:{listening.getsockname()[1]}"
            if self._role is not Role.INGEST:
                (config.data.dir / ADDRESS_FILE).write_text(address)
            garbage.settle()
            serving(address, self._tickets.issue())

    def _home_assistant(self, core: Core) -> HomeAssistant | None:
        config = self._config.home_assistant
        if not config.url or self._role is Role.INGEST:
            return None
        home = HomeAssistant(config, _endpoint("home_assistant", config), core.directory, core.latest, self._clock)
        core.listeners.append(home.watch)
        return home

    def _notes(self, core: Core) -> NoteReader | None:
        if core.lines.notes is None:
            return None
        reader = NoteReader(core.lines.notes, core.latest, core.pipeline.noted, self._clock)
        core.note = reader.receive
        return reader

    def _install_admin(self, core: Core) -> None:
        with core.registry.begin() as tx:
            keys.install(tx, core.secrets.admin_api_key, "admin", ["admin"], self._clock.now_ms())

    def _context(self, core: Core, alarms: Alarms, targets: Targets, feed: Feed) -> ApiContext:
        metrics = CollectorRegistry()
        metrics.register(CoreCollector(core))
        metrics.register(AlarmCollector(alarms))
        metrics.register(DoorCollector(core.doors, core.registry))
        metrics.register(FeedCollector(feed.counts))
        future_ms = self._config.limits.future_s * 1000
        writer = LineWriter(core.directory, core.write, self._clock, future_ms=future_ms, keep=core.keep)
        http = HttpDoor(core.directory, core.write, core.keep, self._clock, future_ms=future_ms)
        return ApiContext(
            database=core.registry,
            directory=core.directory,
            access=Access(core.registry),
            store=core.store,
            latest=core.latest,
            clock=self._clock,
            secrets=core.secrets,
            tickets=self._tickets,
            metrics=metrics,
            limits=self._config.limits,
            pictures=core.pictures,
            signatures=core.signatures,
            write_lines=writer.write,
            write_senml=http.write_senml,
            replay_waiting=lambda subjects: replay_waiting(core.registry, core.replay, subjects, self._clock.now_ms()),
            replay=lambda number: _replay(core, number),
            credentials_changed=core.credentials_changed,
            feed=feed,
            readiness=core.ready,
            targets=targets,
            commands=self._config.commands,
            commands_given=core.commands_given,
            backup=_backed_up(core, self._config),
        )


def _backed_up(core: Core, config: CloudConfig) -> BackupSource | None:
    if isinstance(core.store, DuckDBStore):
        return BackupSource(config.data.dir, core.store, config.registry_url)
    return None  # by the engine's own means


def _replay(core: Core, number: int) -> ReplayReport:
    with core.registry.read() as tx:
        suspect = quarantine.get(tx, number).suspect
    try:
        report, prepared = core.replay(
            suspect.source, suspect.gateway, suspect.topic, suspect.payload, suspect.received_ms
        )
    except ValueError:
        return ReplayReport(0, 0, 1, f"{suspect.source}: nothing that can be tried again")
    refused = len(report.conflicts) + len(prepared.suspects)
    stored = report.stored + len(prepared.events)
    return ReplayReport(stored, report.duplicates, refused, "; ".join(s.detail for s in prepared.suspects))


def _broker(config: CloudConfig) -> BrokerSettings:
    if not config.broker.url:
        host, port = config.broker.mqtt_host, config.broker.mqtt_port
        if port == 0:
            with _bind(host, 0) as probe:
                port = probe.getsockname()[1]
        return BrokerSettings(host, port)
    mqtt = _endpoint("broker", config.broker)
    nats = _endpoint("broker", config.broker, "nats_url") if config.broker.nats_url else None
    return BrokerSettings(external=mqtt, nats=nats, accounts_file=config.broker.accounts_file)


def _endpoint(section: str, config: Broker | HomeAssistantConfig, key: str = "url") -> Endpoint:
    """Somebody's broker, or the nodes of one."""
    text: str = getattr(config, key)
    scheme, _, hosts = text.partition("://")
    urls = [urlsplit(f"{scheme}://{host}") for host in hosts.split(",")]
    try:
        (host, port), *others = [(url.hostname or "", url.port or _PORTS[scheme]) for url in urls]
    except ValueError:
        host, port, others = "", 0, []
    if not host or not all(name for name, _ in others):
        raise ConfigError(f"{section}.{key}: {text!r}: expected {scheme}://host:port, and further ones after commas")
    file = config.password_file
    password = read_secret(file, f"{section}.password_file") if file else ""
    tls = _tls(section, config.ca_file) if scheme in {"mqtts", "tls"} else None
    return Endpoint(host, port, config.username or "", password, tls, tuple(others))


def _tls(section: str, ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"{section}.ca_file: {ca_file}: {error.strerror or error}") from error


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(f"{host}:{port}: {error.strerror}") from error


class _Server(uvicorn.Server):
    """Signals are the command's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(server: uvicorn.Server, listening: socket.socket, feed: Feed) -> None:
    try:
        await server.serve(sockets=[listening])
    except asyncio.CancelledError:
        feed.close()
        await server.shutdown(sockets=[listening])
        raise

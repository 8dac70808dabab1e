"""What the cloud is without its HTTP face: broker, ingest, store and registry, from message to commit."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from cloud.broker.accounts import CLOUD_USER, AccountsFile
from cloud.broker.embedded import EmbeddedBroker
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.lines import Role, lines_of
from cloud.commands.dispatcher import Dispatcher
from cloud.config import Doors, Limits, Retention
from cloud.disk import free_bytes, shortage
from cloud.ingest.doors.open_doors import OpenDoors
from cloud.ingest.doors.readers import SenmlReader, SightingReader
from cloud.ingest.latest import Latest
from cloud.ingest.ledger import Ledger
from cloud.ingest.look_ahead import LookAhead
from cloud.ingest.notes import TOPIC, NoteWriter
from cloud.ingest.parcel import Parcel, Prepared, Source
from cloud.ingest.pipeline import Pipeline
from cloud.ingest.reader import EnvelopeReader
from cloud.ingest.status import read_status
from cloud.pictures.files import PictureFiles
from cloud.pictures.signatures import Signatures
from cloud.registry import gateways, quarantine
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.registry.mac_keys import MacKeys
from cloud.registry.quarantine import Bounds, Suspect
from cloud.restored import Restored
from cloud.retention import cutoffs
from cloud.secrets import Secrets
from cloud.store.by_url import open_store
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns, CommitReport, StoreError
from cloud.store.settings import StoreSettings
from cloud.store.upkeep import Upkeep
from protocols.uplink import Ack, Kind, Resend, Signed, ToldTime
from protocols.vocabulary import Clock, IdentityError, LinkDown, Point
from protocols.vocabulary.topics import (
    DOWN_ACK,
    DOWN_RESEND,
    DOWN_TIME,
    SENML,
    UP_RESULT,
    UP_STATUS,
    TopicName,
    topic,
)

log = logging.getLogger(__name__)

Result = TypeVar("Result")
STORE_RETRY_S: Final = 2.0
SWEEP_PICTURES_S: Final = 600.0
LOOK_AT_REGISTRY_S: Final = 1.0
ASK_AGAIN_MS: Final = 120_000
"""Between two questions to a gateway for what a restore lost: it may not hear them, and they may be long."""
COMMIT_WAIT_S: Final = 10.0
"""Who writes over HTTP is told after this time to come again: a thread that waits serves nobody else."""

SEND_WAIT_S: Final = 2.0
"""Who gives a command is told after this time that it is pending."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Which broker: an own one on these ports, or ``external``."""

    host: str = "127.0.0.1"
    mqtt_port: int = 1883
    nats_port: int = -1
    """-1: a free one; only the server itself needs it."""
    external: Endpoint | None = None
    nats: Endpoint | None = None
    """Where workers of an external nats-server share its JetStream."""
    accounts_file: Path | None = None
    """Who may connect to an external nats-server, for its nodes to include."""


class Core:
    """Opened with ``async with``; ``run`` lives until it is cancelled.

    :param data: the folder that holds everything.
    :param limits: bounds of what is taken in; None: the defaults.
    :param retention: for how long readings are kept; None: for ever.
    :param doors: what else comes in; None: nothing.
    """

    def __init__(  # noqa: PLR0913 - everything that the cloud is told of itself
        self,
        data: Path,
        broker: BrokerSettings,
        clock: Clock,
        *,
        registry_url: str | None = None,
        limits: Limits | None = None,
        retention: Retention | None = None,
        store: StoreSettings | None = None,
        doors: Doors | None = None,
        role: Role = Role.ALL,
    ) -> None:
        limits = limits or Limits()
        self._bounds = Bounds(limits.quarantine_rows, limits.quarantine_bytes)
        self.clock = clock
        self.role = role
        self.secrets = Secrets.open(data / "secrets", make=role is not Role.INGEST)
        self.registry = Database(registry_url or f"sqlite:///{data / 'registry.sqlite'}")
        self.directory = Directory(self.registry)
        self.store = open_store(store or StoreSettings(), data, self.registry, self._point)
        self.keys = MacKeys(self.registry, self.secrets, clock)
        self.signatures = Signatures(self.keys, clock)
        self.pictures = PictureFiles(
            data / "pictures",
            self.registry,
            clock,
            max_bytes=limits.pictures_bytes,
            max_age_ms=limits.pictures_days * 86_400_000,
        )
        keep = cutoffs(self.directory, retention or Retention()) if isinstance(self.store, DuckDBStore) else None
        self.upkeep = None if role is Role.INGEST else Upkeep(self.store, clock, keep)
        self.latest = Latest()
        self.ledger = Ledger(self.store, shared=role is not Role.ALL)
        self._restored = Restored.read(data) if role is Role.ALL else None
        self._asked_again: dict[str, int] = {}
        self.listeners: list[Callable[[Columns], None]] = []
        self.envelopes = EnvelopeReader(self.keys, self.directory, self.ledger, clock, ahead_ms=limits.future_s * 1000)
        self.door = SenmlReader(self.directory, clock, ahead_ms=limits.future_s * 1000)
        self.sightings = SightingReader(self.directory, clock, ahead_ms=limits.future_s * 1000)
        self.doors = OpenDoors(doors or Doors(), self.directory, clock, ahead_ms=limits.future_s * 1000)
        self.pipeline = Pipeline(
            readers={
                Source.ENVELOPE.value: self.envelopes,
                Source.REPLAY.value: self.envelopes,
                Source.REMAINDER.value: self.envelopes,
                Source.SENML.value: self.door,
                Source.SIGHTINGS.value: self.sightings,
                **self.doors.readers,
            },
            place=self.envelopes.place,
            store=self.store,
            ledger=self.ledger,
            latest=self.latest,
            registry=self.registry,
            clock=clock,
            answer=self._answer,
            hold=self._hold,
            committed=self._committed,
            name=self._name,
            bounds=self._bounds,
            ahead=None if role is Role.ALL else LookAhead(self.ledger, self.registry).look,
            announce=self._announce if role is Role.INGEST else None,
        )
        self.broker: EmbeddedBroker | None = None
        self._settings = broker
        self._accounts_file: AccountsFile | None = None
        if broker.external is not None and broker.accounts_file is not None and role is not Role.INGEST:
            hashed = gateways.hash_password(broker.external.password)
            self._accounts_file = AccountsFile(broker.accounts_file, broker.external.username, hashed)
        self._data = data
        self._stack = AsyncExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        endpoint = broker.external or self._own_broker()
        self.lines = lines_of(role, endpoint, broker.nats, self.doors.subscriptions, self._receive, clock)
        self.uplink = self.lines.uplink
        self.notes = NoteWriter(self.uplink.deliver, clock)
        self.note: Callable[[Inbound], None] | None = None
        """Who takes what workers say."""
        if role is not Role.INGEST:
            self.doors.attach(endpoint, CLOUD_USER, self.pipeline.receive)
        self.dispatcher = Dispatcher(self.registry, self.keys, self.uplink, clock)

    def _own_broker(self) -> Endpoint:
        password = self.secrets.derive("broker", CLOUD_USER, 1).hex()
        settings = self._settings
        self.broker = EmbeddedBroker(
            self._data / "broker",
            settings.host,
            settings.mqtt_port,
            settings.nats_port,
            gateways.hash_password(password),
            self.clock,
        )
        return Endpoint(settings.host, settings.mqtt_port, CLOUD_USER, password)

    async def __aenter__(self) -> Self:
        self._stack.enter_context(self.registry)
        await asyncio.to_thread(self.store.open)
        self._stack.callback(self.store.close)
        await self._loaded()
        await asyncio.to_thread(self.pictures.open)
        return self

    async def _loaded(self) -> None:
        """What the store holds; an engine that does not answer yet is asked again, as long as it takes."""
        while True:
            try:
                await asyncio.to_thread(self.pipeline.load)
            except StoreError as error:
                log.warning("waiting for the store: %s", error)
                await self.clock.sleep(STORE_RETRY_S)
            else:
                return

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def run(self) -> None:
        """Until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            if self._accounts_file is not None:
                await asyncio.to_thread(self.credentials_changed)
            if self.broker is not None:
                self.broker.write(self._accounts())
                await self.broker.start()
                group.create_task(self.broker.watch())
            group.create_task(self.pipeline.run())
            for line in {id(one): one for one in self.lines.every.values()}.values():
                group.create_task(line.run())
            group.create_task(self.doors.run())
            if self.role is not Role.INGEST:
                group.create_task(self.dispatcher.run())
                group.create_task(self._sweep_pictures())
            if self.upkeep is not None:
                group.create_task(self.upkeep.run())
            if self.registry.shared:
                group.create_task(self._look_at_registry())

    async def _look_at_registry(self) -> None:
        """Other processes change it."""
        while True:
            try:
                await asyncio.to_thread(self.registry.look)
            except SQLAlchemyError as error:
                log.warning("the registry is looked at later: %s", error)
            await self.clock.sleep(LOOK_AT_REGISTRY_S)

    async def _sweep_pictures(self) -> None:
        """Pictures have a day on which they go."""
        while True:
            try:
                await asyncio.to_thread(self.pictures.sweep)
            except SQLAlchemyError as error:
                log.warning("old pictures are deleted later: %s", error)
            await self.clock.sleep(SWEEP_PICTURES_S)

    def credentials_changed(self) -> None:
        """Gateways came, or their passwords changed: the own broker is told, and admits them when this returns.

        Blocks as ``write`` does. A broker that does not take them in is logged: the credentials are made, are shown
        once, and count from its next start at the latest.
        """
        if self._accounts_file is not None:
            try:
                self._accounts_file.write(self._accounts)
            except OSError as error:
                log.error("new credentials: %s", error)  # noqa: TRY400 - the message says it all
        if self.broker is None:
            return
        admitted = asyncio.run_coroutine_threadsafe(self.broker.admit(self._accounts), self._running_loop())
        try:
            admitted.result()
        except LinkDown as error:
            log.error("new credentials: %s", error)  # noqa: TRY400 - the message says it all

    def commands_given(self) -> None:
        """Commands were entered; called from a thread. Those that are due have gone out, or will, when this returns."""
        sending = asyncio.run_coroutine_threadsafe(self.dispatcher.flush(), self._running_loop())
        try:
            sending.result(SEND_WAIT_S)
        except (TimeoutError, SQLAlchemyError) as error:
            log.warning("commands go out later: %s", error)

    def ready(self) -> list[str]:
        """What is missing before readings are taken; empty when nothing is."""
        lines = self.lines.every
        missing = [f"broker: {name} not connected" for name, one in lines.items() if not one.connected.is_set()]
        missing += self.doors.missing()
        troubles = {"store": self.pipeline.trouble(), "disk": shortage(self._data)}
        return [*missing, *(f"{name}: {trouble}" for name, trouble in troubles.items() if trouble is not None)]

    @property
    def free_bytes(self) -> float:
        """What is left on the disk under our folder; NaN when it cannot be asked, which ``ready`` tells."""
        try:
            return free_bytes(self._data)
        except OSError:
            return nan

    def write(self, columns: Columns) -> CommitReport:
        """Store readings of known datastreams; blocks until they are on disk, so it is called from a thread.

        :raises LinkDown: the store does not take them for now; sent again, they are stored once.
        """
        return self._waited(lambda: self.pipeline.write(columns))

    def keep(self, suspects: Sequence[Suspect]) -> None:
        """Take what has no place into quarantine; blocks."""
        with self.registry.begin() as tx:
            quarantine.add(tx, suspects, self._bounds)

    def replay(
        self, source: str, gateway: str, name: str, payload: bytes, arrived_ms: int
    ) -> tuple[CommitReport, Prepared]:
        """Try something out of quarantine again; blocks as ``write`` does.

        :param name: of the topic on which it came.
        :param arrived_ms: when it came: the time of a reading that its device gave none.
        :raises ValueError: nothing that can be replayed comes from that source.
        :raises LinkDown: the store does not take it for now.
        """
        kind = _REPLAYED.get(source)
        if kind is None:
            raise ValueError(f"{source}: nothing that can be tried again")
        parcel = Parcel(kind, gateway, name, payload, lambda: None, arrived_ms)
        return self._waited(lambda: self.pipeline.replay(parcel))

    def _waited(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What the loop makes of it, for a thread that must not wait for ever."""
        loop, failing = self._running_loop(), self.pipeline.failing
        if failing is not None:
            raise LinkDown(f"the store does not commit: {failing}")
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        try:
            return future.result(COMMIT_WAIT_S)
        except TimeoutError:
            future.cancel()
            raise LinkDown(f"not committed within {COMMIT_WAIT_S:g} s; it may be later") from None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise LinkDown("the cloud is not running")
        return self._loop

    def _accounts(self) -> list[gateways.BrokerAccount]:
        with self.registry.read() as tx:
            return [self.doors.admitted(account) for account in gateways.broker_accounts(tx)]

    # -- what the broker brings ------------------------------------------------------------------------------------

    def _receive(self, message: Inbound) -> None:
        if message.topic == TOPIC and self.note is not None:
            self.note(message)
            return
        if self.doors.receive(message):
            return
        try:
            name = TopicName.parse(message.topic)
        except IdentityError:
            message.settle()
            return
        if name.leaf == UP_STATUS:
            self._note_status(name.gateway, message)
            return
        if name.leaf == UP_RESULT:
            self.dispatcher.receive(name.gateway, message.payload, message.settle)
            return
        source = Source.SENML if name.leaf == SENML else Source.ENVELOPE
        now_ms, retained = self.clock.now_ms(), message.retained
        self.pipeline.receive(
            Parcel(
                source, name.gateway, message.topic, message.payload, message.settle, now_ms, retained, message.again
            )
        )

    def _note_status(self, gateway: str, message: Inbound) -> None:
        status = read_status(message.payload)
        if status is not None:
            self.dispatcher.seen(gateway, online=status.get("online") is True)
            if not message.retained:
                self._tell_time(gateway, status.get("at_ms"))
            try:
                with self.registry.begin() as tx:
                    gateways.note_status(tx, gateway, status, self.clock.now_ms())
            except SQLAlchemyError as error:
                log.warning("status of %s is not kept, it will come again: %s", gateway, error)
            if not message.retained:
                self._ask_again(gateway, status.get("resend"))
        message.settle()

    def _tell_time(self, gateway: str, asked_ms: object) -> None:
        """A gateway compares its clock with ours by the answer to its status."""
        if type(asked_ms) is int:
            told = Signed(Kind.TIME, gateway, ToldTime(asked_ms, self.clock.now_ms()).body())
            self._say(gateway, DOWN_TIME, told.encode, qos=0)

    def _ask_again(self, gateway: str, answered: object) -> None:
        """After a restore, of who knows how (docs/uplink.md §7.6) and has not answered this one yet."""
        restored, now_ms = self._restored, self.clock.now_ms()
        if restored is None or not isinstance(answered, dict) or answered.get("restored") == restored.restored_ms:
            return
        if now_ms - self._asked_again.get(gateway, 0) >= ASK_AGAIN_MS:
            self._asked_again[gateway] = now_ms
            told = Signed(Kind.RESEND, gateway, Resend(restored.restored_ms, self.ledger.held_of(gateway)).body())
            self._say(gateway, DOWN_RESEND, told.encode)

    def _answer(self, ack: Ack) -> None:
        if ack.held:
            self._say(ack.gateway, DOWN_ACK, ack.encode)

    def _say(self, gateway: str, leaf: str, encode: Callable[[bytes], bytes], qos: int = 1) -> None:
        """During an overlap the gateway may know the old key only: the answer goes out under each."""
        try:
            keys = self.keys.mac_keys(gateway)
        except SQLAlchemyError as error:
            log.warning("%s is not answered, it will ask again: %s", gateway, error)
            return
        for key in keys.values():
            self.uplink.publish(topic(gateway, leaf), encode(key), qos)

    def _hold(self, back: bool) -> None:
        for line in self.lines.intakes.values():
            line.hold(back=back)
        self.doors.hold(back=back)

    async def _announce(self, prepared: Prepared) -> None:
        """All of it, also what an earlier worker had stored: it may have died before it said so."""
        await self.notes.tell(Columns.join([*prepared.fresh, *prepared.late]))

    def _committed(self, columns: Columns) -> None:
        for listener in self.listeners:
            listener(columns)

    def _point(self, number: int) -> Point | None:
        stream = self.directory.describe(number)
        return stream.point if stream else None

    def _name(self, number: int) -> str:
        stream = self.directory.describe(number)
        return str(stream.point) if stream else str(number)


_REPLAYED = {
    Source.ENVELOPE.value: Source.REPLAY,
    Source.REPLAY.value: Source.REPLAY,
    Source.REMAINDER.value: Source.REMAINDER,
    Source.SENML.value: Source.SENML,
    Source.SIGHTINGS.value: Source.SIGHTINGS,
    Source.THINGSBOARD.value: Source.THINGSBOARD,
}

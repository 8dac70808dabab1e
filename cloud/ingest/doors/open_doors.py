"""The doors of others' MQTT topics that the configuration opens: who may come in, what is heard, who reads it."""

import asyncio
from collections.abc import Callable
from typing import Final

from cloud.broker.line import Endpoint, Inbound
from cloud.broker.session import BrokerSession
from cloud.config import Doors
from cloud.ingest.doors import thingsboard
from cloud.ingest.doors.sparkplug import SparkplugReader
from cloud.ingest.doors.thingsboard import ThingsBoardReader
from cloud.ingest.parcel import Parcel, Source
from cloud.ingest.pipeline import ParcelReader
from cloud.registry.directory import Directory
from cloud.registry.gateways import BrokerAccount
from protocols.sparkplug import Published
from protocols.sparkplug.host import SUBSCRIPTIONS
from protocols.vocabulary import Clock

_THINGSBOARD_HEARS: Final = ("v1.gateway.rpc", "v1.gateway.attributes.response")
_DEVICE_HEARS: Final = ("v1.devices.me.rpc.request.*", "v1.devices.me.attributes.response.*")
_SPARKPLUG: Final = "spBv1//0"
"""As nats-server writes a topic's ``.`` into a subject."""
_SPARKPLUG_SAYS: Final = ("NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA")
_SPARKPLUG_HEARS: Final = (*(f"*.{kind}.>" for kind in ("NCMD", "DCMD")), "STATE.>")
_WAKE_S: Final = 1.0


class OpenDoors:
    """What core asks of all of them.

    :param ahead_ms: how far a time may lie ahead of our clock.
    """

    def __init__(self, config: Doors, directory: Directory, clock: Clock, *, ahead_ms: int) -> None:
        self._config = config
        self._clock = clock
        self._take: Callable[[Parcel], None] = lambda parcel: parcel.settle()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: BrokerSession | None = None
        self.thingsboard = ThingsBoardReader(directory, clock, config.thingsboard.device, ahead_ms=ahead_ms)
        host_id = config.sparkplug.host_id or None
        self.sparkplug = SparkplugReader(directory, clock, host_id, self._send, ahead_ms=ahead_ms)
        self.readers: dict[str, ParcelReader] = {
            Source.THINGSBOARD.value: self.thingsboard,
            Source.SPARKPLUG.value: self.sparkplug,
        }
        self.subscriptions = thingsboard.SUBSCRIPTIONS if config.thingsboard.open else []
        """For the session that the broker keeps while we are away."""

    def attach(self, endpoint: Endpoint, client_id: str, take: Callable[[Parcel], None]) -> None:
        """Say where the broker is and who takes parcels."""
        self._take = take
        if self._config.sparkplug.open:
            # a session that ends with its connection: what is missed meanwhile shows in the sequence numbers
            subscriptions = [(name, 1) for name in SUBSCRIPTIONS]
            will = self.sparkplug.host.will()
            self._session = BrokerSession(
                endpoint,
                f"{client_id}-sparkplug",
                subscriptions,
                self._hear_sparkplug,
                self._clock,
                will=None if will is None else (will.topic, will.payload),
                greet=self._greet,
            )

    def admitted(self, account: BrokerAccount) -> BrokerAccount:
        """The account with the topics that are open to it at our own broker."""
        publish, subscribe = self._of_thingsboard(account.username)
        sparkplug = self._config.sparkplug
        if sparkplug.open and account.username in sparkplug.accounts:
            publish += [f"{_SPARKPLUG}.*.{kind}.>" for kind in _SPARKPLUG_SAYS]
            subscribe += [f"{_SPARKPLUG}.{name}" for name in _SPARKPLUG_HEARS]
        return account._replace(publish=tuple(publish), subscribe=tuple(subscribe))

    def _of_thingsboard(self, account: str) -> tuple[list[str], list[str]]:
        config = self._config.thingsboard
        if not config.open:
            return [], []
        base = f"yz.v1.{account}"
        publish = [f"{base}.v1.gateway.>", f"{base}.v1.devices.me.>"]
        subscribe = [f"{base}.{name}" for name in (*_THINGSBOARD_HEARS, *_DEVICE_HEARS)]
        if account in config.accounts:
            publish.append("v1.gateway.>")
            subscribe += _THINGSBOARD_HEARS
        if account == config.device:
            publish.append("v1.devices.me.>")
            subscribe += _DEVICE_HEARS
        return publish, subscribe

    async def run(self) -> None:
        """Until cancelled."""
        self._loop = asyncio.get_running_loop()
        if self._session is None:
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._session.run())
            group.create_task(self._wake())

    def missing(self) -> list[str]:
        """Doors that should be open and are not."""
        shut = self._session is not None and not self._session.connected.is_set()
        return ["broker: sparkplug not connected"] if shut else []

    def hold(self, *, back: bool) -> None:
        """Stop reading, or go on."""
        if self._session is not None:
            self._session.hold(back=back)

    def receive(self, message: Inbound) -> bool:
        """Take a message that came by the kept session; False: it is of no door here."""
        name = thingsboard.heard(message.topic)
        if name is None:
            return False
        if not self._config.thingsboard.open:  # the broker remembers what we heard before the door was closed
            message.settle()
            return True
        now_ms, source = self._clock.now_ms(), Source.THINGSBOARD
        self._take(
            Parcel(source, name.gateway, message.topic, message.payload, message.settle, now_ms, message.retained)
        )
        return True

    def _hear_sparkplug(self, message: Inbound) -> None:
        published = Published(message.topic, message.payload, self._clock.now_ms(), retain=message.retained)
        self._take(self.sparkplug.parcel(published, message.settle))

    def _greet(self) -> None:
        """The subscriptions stand."""
        birth = self.sparkplug.host.birth()
        if birth is not None:
            self._publish(birth)
        self._take(self.sparkplug.tick(reconnected=True))

    def _send(self, message: Published) -> None:
        """From whatever thread decodes."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._publish, message)

    def _publish(self, message: Published) -> None:
        if self._session is not None:
            self._session.publish(message.topic, message.payload, message.qos, retain=message.retain)

    async def _wake(self) -> None:
        while True:
            await self._clock.sleep(_WAKE_S)
            due_s = self.sparkplug.host.due_s
            if due_s is not None and due_s <= self._clock.monotonic_s():
                self._take(self.sparkplug.tick())

"""The MQTT session with the cloud: publish what the window gives, retire what is acknowledged, come back when cut."""

import asyncio
import json
import logging
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import aiomqtt

from edge.backoff import Backoff
from edge.uplink.cloud_clock import CloudClock
from edge.uplink.window import Outgoing, Window
from protocols.uplink import Ack, Stream, sign
from protocols.vocabulary import Clock, ProtocolError
from protocols.vocabulary.topics import DOWN_ACK, DOWN_TIME, UP_STATUS, topic

log = logging.getLogger(__name__)

SENDERS: Final = 8
"""Publishes that may wait for their PUBACK at a time."""
PUBACK_TIMEOUT_S: Final = 20.0
CONNECT_TIMEOUT_S: Final = 8.0
"""To connect, to subscribe, and to say good-bye to a line that may be dead."""
STATUS_PERIOD_S: Final = 30.0
MAX_SAYINGS: Final = 1000
"""Results that wait for the line; beyond it the oldest are dropped and counted: who needs one asks again."""
BAD_CUTS: Final = 2
BAD_WITHIN_S: Final = 600.0
"""A line that was cut so often within that time is a bad one."""
_GOODBYE_S: Final = 1.0
_OFFLINE: Final = json.dumps({"online": False})
_NOT_GRANTED: Final = 0x80
_REFUSED: Final = ("Not authorized", "Bad user name or password", "Connection refused: not authorised")


@dataclass(frozen=True, slots=True)
class Line:
    """Where the broker is and who we are there."""

    host: str
    port: int
    username: str
    password: str
    hmac_key: bytes
    key_id: int = 0
    keepalive_s: int = 30
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class LineCounts:
    """What happened on the line; each number only grows, ``connected`` apart."""

    connected: bool = False
    connects: int = 0
    published: int = 0
    acknowledged: int = 0
    bad_acknowledgements: int = 0
    refused: int = 0
    sayings_dropped: int = 0
    trouble: str = ""
    """Why the line is not up, or was cut last; empty once it is up."""


class Session:
    """One gateway's line.

    :param status: what the birth message and its repetitions say beside ``online``.
    """

    def __init__(
        self, gateway: str, line: Line, window: Window, clock: Clock, status: Callable[[], dict[str, Any]]
    ) -> None:
        self.counts = LineCounts()
        self.heard_s: float | None = None
        """When the cloud last said something that it signed, monotonic."""
        self._gateway = gateway
        self._line = line
        self._window = window
        self._clock = clock
        self._status = status
        self._wake = asyncio.Event()
        self._backoff = Backoff()
        self.cloud_clock = CloudClock(gateway, line.hmac_key, clock)
        self._cuts: deque[float] = deque(maxlen=BAD_CUTS)
        """When the line was cut, monotonic s."""
        self._hearers: dict[str, Callable[[bytes], None]] = {topic(gateway, DOWN_ACK): self._acknowledged}
        self.hear(DOWN_TIME, self.cloud_clock.hear)
        self._sayings: deque[tuple[str, bytes]] = deque()

    def hear(self, leaf: str, hearer: Callable[[bytes], None]) -> None:
        """Hand what comes on ``down/...`` to somebody, who must not block; to be said before ``run``."""
        self._hearers[topic(self._gateway, leaf)] = hearer

    def say(self, leaf: str, payload: bytes) -> None:
        """Publish on ``up/...`` as soon as may be, before envelopes; it may be lost."""
        if len(self._sayings) >= MAX_SAYINGS:
            self._sayings.popleft()
            self.counts.sayings_dropped += 1
        self._sayings.append((leaf, payload))
        self._wake.set()

    def wake(self) -> None:
        """The window has something new."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled: connect, work, and when the line is cut, wait and connect again."""
        while True:
            refused = unreached = False
            try:
                await self._connected()
            except* aiomqtt.MqttError as group:
                reason = self._explained(str(group.exceptions[0]))
                self.counts.trouble = f"{self._line.host}:{self._line.port}: {reason}"
                refused = any(word in reason for word in _REFUSED)
                unreached = _is_unreached(group.exceptions[0])
                self.counts.refused += refused
                log.warning("uplink to %s", self.counts.trouble)
            if self.counts.connected:
                self._cuts.append(self._clock.monotonic_s())
            self.counts.connected = False
            _leave_if_cancelled()  # a good-bye to a dead line fails, which says nothing of why we left
            await self._clock.sleep(self._backoff.next_s(refused=refused, unreached=unreached))

    def _explained(self, reason: str) -> str:
        """What the library says, and what a wrong clock has to do with it."""
        if "not yet valid" in reason or "expired" in reason:
            moment = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
            return f"{reason}; the gateway's clock says {moment:%Y-%m-%dT%H:%M:%SZ}"
        return reason

    async def _connected(self) -> None:
        status_topic = topic(self._gateway, UP_STATUS)
        async with (
            aiomqtt.Client(
                self._line.host,
                self._line.port,
                username=self._line.username or None,
                password=self._line.password or None,
                identifier=self._gateway,
                clean_session=False,  # what was on its way when the line was cut comes after it
                keepalive=self._line.keepalive_s,
                tls_context=self._line.tls,
                timeout=CONNECT_TIMEOUT_S,
                will=aiomqtt.Will(status_topic, _OFFLINE, qos=1, retain=True),
                max_queued_incoming_messages=4096,
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            granted = await client.subscribe([(name, self._quality_of(name)) for name in self._hearers])
            self._check_granted(granted)
            _leave_if_cancelled()
            self.counts.connected = True
            self.counts.connects += 1
            self.counts.trouble = ""
            self._backoff.succeeded()
            self._window.reconnected(self._clock.monotonic_s())
            group.create_task(self._receive(client))
            group.create_task(self._tell(client, status_topic))
            for _ in range(SENDERS):
                group.create_task(self._send(client))
            await (
                asyncio.Event().wait()
            )  # for ever; not in the group's exit, which in 3.11 forgets to take back a cancel

    def _quality_of(self, name: str) -> int:
        """At most once for what is said again when it was lost: a broker has to keep books on everything else.

        On a line that is cut again and again no acknowledgement would ever come through so: there they wait for us.
        """
        if name == topic(self._gateway, DOWN_ACK):
            first_s = self._cuts[0] if len(self._cuts) == BAD_CUTS else -BAD_WITHIN_S
            return int(self._clock.monotonic_s() - first_s < BAD_WITHIN_S)
        return 0 if name == topic(self._gateway, DOWN_TIME) else 1

    def _check_granted(self, granted: Sequence[Any]) -> None:
        """A line that hears no acknowledgements is none; without commands it is still one."""
        for name, code in zip(self._hearers, granted, strict=False):
            if (code if isinstance(code, int) else code.value) < _NOT_GRANTED:
                continue
            if name == topic(self._gateway, DOWN_ACK):
                raise aiomqtt.MqttError("Not authorized to hear acknowledgements")
            log.warning("the broker does not let us hear %s", name)

    async def _tell(self, client: aiomqtt.Client, status_topic: str) -> None:
        try:
            while True:
                status = {"online": True, **self._status(), "at_ms": self.cloud_clock.ask()}
                await client.publish(status_topic, json.dumps(status), qos=1, retain=True)
                _leave_if_cancelled()
                await self._clock.sleep(STATUS_PERIOD_S)
        except asyncio.CancelledError:
            with suppress(aiomqtt.MqttError):  # who takes his leave has no last will
                await client.publish(status_topic, _OFFLINE, qos=0, retain=True, timeout=_GOODBYE_S)
            raise

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            while self._sayings:
                await self._say_next(client)
            outgoing = self._window.next(self._clock.monotonic_s())
            if outgoing is None:
                await self._something_to_do()
            else:
                where = topic(self._gateway, Stream(outgoing.key.stream).leaf)
                await client.publish(where, self._signed(outgoing), qos=1, timeout=PUBACK_TIMEOUT_S)
                self.counts.published += 1
                _leave_if_cancelled()

    async def _say_next(self, client: aiomqtt.Client) -> None:
        leaf, payload = saying = self._sayings.popleft()
        try:
            await client.publish(topic(self._gateway, leaf), payload, qos=1, timeout=PUBACK_TIMEOUT_S)
        except (aiomqtt.MqttError, asyncio.CancelledError):
            self._sayings.appendleft(saying)  # the next line takes it
            raise
        _leave_if_cancelled()

    def _signed(self, outgoing: Outgoing) -> bytes:
        return sign(outgoing.payload, self._line.hmac_key, key_id=self._line.key_id, late=outgoing.late)

    async def _something_to_do(self) -> None:
        """Wait for a fresh envelope, an acknowledgement, or the next resend."""
        self._wake.clear()
        due_s = self._window.next_due_s()
        wait_s = None if due_s is None else max(0.01, due_s - self._clock.monotonic_s())
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            hearer = self._hearers.get(message.topic.value)
            if hearer is not None:
                hearer(bytes(message.payload))
        raise aiomqtt.MqttError("the broker closed the connection")

    def _acknowledged(self, payload: bytes) -> None:
        try:
            ack = Ack.decode(payload, (self._line.hmac_key,))
        except ProtocolError as error:
            self.counts.bad_acknowledgements += 1
            log.warning("acknowledgement refused: %s", error)
            return
        self.heard_s = self._clock.monotonic_s()
        for stream, epoch, ranges in ack.held:
            self.counts.acknowledged += self._window.acknowledged(stream, epoch, ranges)
        self._wake.set()


def _is_unreached(error: BaseException) -> bool:
    """The library gives up where no TCP connection came about; what spoke TLS with us was there."""
    cause = error.__context__
    return isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError)


def _leave_if_cancelled() -> None:
    """After calls into the MQTT library: Python 3.11's wait_for loses a cancellation that comes with the result."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

"""A worker's share of what gateways publish on a NATS cluster: a durable JetStream consumer, pulled by many workers.

nats-server keeps what comes by MQTT at QoS 1 in the stream ``$MQTT_msgs``: ``a/b`` under the subject
``$MQTT.msgs.a.b``.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from cloud.broker.line import Endpoint, Inbound
from protocols.vocabulary import Clock, LinkDown

log = logging.getLogger(__name__)

STREAM: Final = "$MQTT_msgs"
GROUP: Final = "yingzhou-ingest"
"""The durable consumer, and the queue of those who share what is not kept."""
ACK_WAIT_S: Final = 15.0
"""What a killed worker had taken goes to another after this time."""
MOST_OPEN: Final = 4000
"""Messages of one worker that are not settled."""
_MOST_PENDING: Final = 100_000
_AT_ONCE: Final = 500
_FETCH_S: Final = 2.0
_RETRY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_QOS: Final = "Nmqtt-Pub"
_FAILURES: Final = (OSError, TimeoutError, LinkDown, nats.errors.Error)


class PullConsumer:
    """Implements :class:`cloud.broker.line.Line`.

    :param kept: topic filters (``+`` for one word) of what comes at QoS 1.
    :param passing: those of which messages at QoS 0 are taken, too; they are not kept for anybody.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        kept: Sequence[str],
        passing: Sequence[str],
        receive: Callable[[Inbound], None],
        clock: Clock,
    ) -> None:
        self.connected = asyncio.Event()
        self.connects = 0
        self.dropped = 0
        """Messages at QoS 0 that came while we were asked to hold back."""
        self._endpoint = endpoint
        self._kept = [f"$MQTT.msgs.{_subject(one)}" for one in kept]
        self._passing = [_subject(one) for one in passing]
        self._receive = receive
        self._clock = clock
        self._open: dict[str, None] = {}
        self._settled: deque[str] = deque()
        self._room = asyncio.Event()
        self._to_settle = asyncio.Event()
        self._released = asyncio.Event()
        self._released.set()

    def hold(self, *, back: bool) -> None:
        if back:
            self._released.clear()
        else:
            self._released.set()

    async def run(self) -> None:
        tries = 0
        while True:
            try:
                await self._session()
            except* _FAILURES as error:
                log.warning("JetStream: %s", "; ".join(str(one) or type(one).__name__ for one in _leaves(error)))
                tries = 0 if self.connected.is_set() else tries + 1
            finally:
                self.connected.clear()
            await self._clock.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])

    async def _session(self) -> None:
        endpoint = self._endpoint
        client = await nats.connect(
            [f"{'tls' if endpoint.tls else 'nats'}://{host}:{port}" for host, port in endpoint.nodes],
            user=endpoint.username,
            password=endpoint.password,
            tls=endpoint.tls,
            allow_reconnect=False,
            connect_timeout=5,
            error_cb=_told,
            ping_interval=5,
            max_outstanding_pings=2,
        )
        try:
            subscription = await self._consumer(client)
            for subject in self._passing:
                await client.subscribe(subject, queue=GROUP, cb=self._pass)
            self.connects += 1
            self._open.clear()
            self._settled.clear()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._settle(client))
                group.create_task(self._keep_open(client))
                group.create_task(self._fetch(client, subscription))
        finally:
            await client.close()

    async def _consumer(self, client: Client) -> JetStreamContext.PullSubscription:
        """The one of all workers, made by the first."""
        stream = client.jetstream(timeout=5)
        settings = ConsumerConfig(
            durable_name=GROUP,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=_MOST_PENDING,
            filter_subjects=self._kept,
        )
        await stream.add_consumer(STREAM, settings)
        return await stream.pull_subscribe_bind(durable=GROUP, stream=STREAM)

    async def _fetch(self, client: Client, subscription: JetStreamContext.PullSubscription) -> None:
        while True:
            await self._released.wait()
            room = MOST_OPEN - len(self._open)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            try:
                messages = await subscription.fetch(min(room, _AT_ONCE), timeout=_FETCH_S)
            except TimeoutError:  # nats-py's own, or asyncio's when its answer comes late
                messages = []
            if client.is_closed:
                raise LinkDown("the connection is lost")
            self.connected.set()
            for message in messages:
                self._take(message)

    def _take(self, message: Msg) -> None:
        reply, session = message.reply, self.connects
        self._open[reply] = None

        def settle() -> None:
            if session == self.connects and reply in self._open:
                del self._open[reply]
                self._settled.append(reply)
                self._room.set()
                self._to_settle.set()

        again = message.metadata.num_delivered > 1
        topic = message.subject.removeprefix("$MQTT.msgs.").replace(".", "/")
        self._hand_on(Inbound(topic, message.data, False, settle, again))

    async def _pass(self, message: Msg) -> None:
        if (message.headers or {}).get(_QOS, "0") != "0":
            return  # it is kept, too, and comes by the consumer
        if not self._released.is_set():
            self.dropped += 1
            return
        self._hand_on(Inbound(message.subject.replace(".", "/"), message.data, False, lambda: None))

    def _hand_on(self, inbound: Inbound) -> None:
        try:
            self._receive(inbound)
        except Exception:  # one bad message never stops the next
            log.exception("a message of %d bytes could not be received", len(inbound.payload))
            inbound.settle()

    async def _settle(self, client: Client) -> None:
        while True:
            while self._settled:
                await client.publish(self._settled.popleft(), b"+ACK")
            self._to_settle.clear()
            await self._to_settle.wait()

    async def _keep_open(self, client: Client) -> None:
        """What is not committed yet is not given to another while we live."""
        while True:
            await self._clock.sleep(ACK_WAIT_S / 3)
            for reply in list(self._open):
                await client.publish(reply, b"+WPI")


def _subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*")


def _leaves(error: BaseExceptionGroup[Any]) -> list[BaseException]:
    found: list[BaseException] = []
    for one in error.exceptions:
        found += _leaves(one) if isinstance(one, BaseExceptionGroup) else [one]
    return found


async def _told(error: Exception) -> None:
    log.info("JetStream: %s", error)

"""The cloud's own MQTT session: messages come in unacknowledged and are settled after the commit."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from cloud.broker.connection import Connection
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.outbox import Letter, Outbox
from protocols.mqtt import Connack, Connect, Message, Property, Puback, Suback, Version, Will, publish, subscribe
from protocols.mqtt.fields import MOST
from protocols.vocabulary import Clock, LinkDown

log = logging.getLogger(__name__)

KEEP_ALIVE_S: Final = 30
_LOOK_S: Final = 1.0
_RETRY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_CONNECT_TIMEOUT_S: Final = 10.0
_DELIVER_S: Final = 10.0
_WINDOW: Final = 1000
"""Messages of ours that the broker may have unanswered, unless it wants fewer."""
_MOST_UNSENT: Final = 64 << 20
"""Bytes: a broker that takes no more than these wait for is no good."""


class BrokerSession:
    """One MQTT session on the event loop: 3.1.1, or 5 in a group that shares what comes.

    :param clean: False keeps the session at the broker while we are away: for senders that do not resend by themselves.
    :param group: of workers, each of whom is given a part (MQTT 5 §4.8.2).
    :param subscriptions: (topic filter, QoS), made anew at every connect, because brokers forget.
    :param will: (topic, payload) that the broker publishes, retained, when we are lost; we do when we go.
    :param greet: called when the subscriptions stand.
    """

    def __init__(  # noqa: PLR0913 - a session is made of these
        self,
        endpoint: Endpoint,
        client_id: str,
        subscriptions: Sequence[tuple[str, int]],
        receive: Callable[[Inbound], None],
        clock: Clock,
        *,
        clean: bool = True,
        group: str = "",
        will: tuple[str, bytes] | None = None,
        greet: Callable[[], None] | None = None,
    ) -> None:
        self.connected = asyncio.Event()
        self.connects = 0
        self._endpoint = endpoint
        self._group = group
        self._subscriptions = [(f"$share/{group}/{one}" if group else one, qos) for one, qos in subscriptions]
        self._receive = receive
        self._clock = clock
        self._will = will
        self._greet = greet
        self._introduction = Connect(
            client_id,
            KEEP_ALIVE_S,
            Version.V5 if group else Version.V311,
            clean=clean or bool(group),
            username=endpoint.username,
            password=endpoint.password,
            will=None if will is None else Will(*will),
        )
        self._released = asyncio.Event()
        self._released.set()
        self._line: Connection | None = None
        self._node = 0
        self._outbox = Outbox()
        self._delivering: set[asyncio.Future[bool]] = set()

    @property
    def busy(self) -> bool:
        """What was published last has not all gone out."""
        return self._line is not None and self._line.unsent > 0

    async def run(self) -> None:
        """Until cancelled: connect, work, connect again."""
        tries = 0
        while True:
            await self._released.wait()
            try:
                await self._session()
            except (OSError, LinkDown) as error:
                log.warning("broker %s:%d: %s", *self._endpoint.nodes[self._node], error)
                tries = 0 if self.connected.is_set() else tries + 1
                self._node = (self._node + 1) % len(self._endpoint.nodes)
            finally:
                self._detach()
            await self._clock.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])

    async def _session(self) -> None:
        host, port = self._endpoint.nodes[self._node]
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                _, line = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self._introduction, self, self._clock.monotonic_s),
                    host,
                    port,
                    ssl=self._endpoint.tls,
                    server_hostname=host if self._endpoint.tls else None,
                )
                self._line = line
                self._connected(line, await line.admitted())
        except TimeoutError as error:
            raise LinkDown("the broker does not answer") from error
        while not line.lost.done():
            line.keep_alive()
            if line.unsent > _MOST_UNSENT:
                raise LinkDown(f"the broker takes nothing: {line.unsent} bytes wait")
            await asyncio.wait([line.lost], timeout=_LOOK_S)
        await line.lost

    def _connected(self, line: Connection, answer: Connack) -> None:
        self.connects += 1
        line.hold(back=not self._released.is_set())  # held back while it was connecting
        said = {name: value for name, value in answer.properties.items() if isinstance(value, int)}
        window = min(_WINDOW, said.get(Property.RECEIVE_MAXIMUM, _WINDOW))
        longest = said.get(Property.MAXIMUM_PACKET_SIZE, MOST)
        if not window or not longest:
            raise LinkDown(f"the broker takes no message: receive maximum {window}, maximum packet size {longest}")
        self._outbox.line(window, longest)
        line.interval_s = min(KEEP_ALIVE_S, said.get(Property.SERVER_KEEP_ALIVE) or KEEP_ALIVE_S)
        if self._subscriptions:
            number = self._outbox.number()
            line.write(subscribe(self._introduction.version, number, self._subscriptions))
        self.connected.set()
        self._post()

    def _detach(self) -> None:
        farewell = True
        if self._will is not None and self._line is not None and not self._line.lost.done():
            self.publish(*self._will, retain=True)
            farewell = not self._outbox.waiting  # else the broker says it for us
        self.connected.clear()
        for has_it in self._delivering:
            if not has_it.done():
                has_it.set_result(False)
        line, self._line = self._line, None
        if line is not None:
            line.close(farewell=farewell)

    def hold(self, *, back: bool) -> None:
        """Take no more, or go on: the broker's own flow control does the rest.

        A broker that loses its patience meanwhile cuts the line; it is made anew only when we may go on.
        """
        if back:
            self._released.clear()
        else:
            self._released.set()
        if self._line is not None and self.connected.is_set():
            self._line.hold(back=back)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Send; nothing when the line is down, for who waits for it asks again. Bounded by the outbox."""
        if self._line is None or not self.connected.is_set():
            return
        if qos:
            self._outbox.add(Letter(topic, payload, retain))
            self._post()
        else:
            self._line.write(publish(self._introduction.version, topic, payload, retain=retain))

    async def deliver(self, topic: str, payload: bytes) -> bool:
        """Publish at QoS 1 and wait until the broker has it; False: nobody knows whether it has."""
        if not self.connected.is_set():
            return False
        has_it: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def tell(taken: bool) -> None:
            if not has_it.done():
                has_it.set_result(taken)

        letter = Letter(topic, payload, told=tell)
        if not self._outbox.add(letter):
            return False
        self._delivering.add(has_it)
        self._post()
        try:
            async with asyncio.timeout(_DELIVER_S):
                return await has_it
        except TimeoutError:
            if self._line is not None and self._outbox.withdraw(letter):
                self._line.fail("a message was not answered")
            return False
        finally:
            self._outbox.withdraw(letter)  # who asks again brings it again
            self._delivering.discard(has_it)

    def _post(self) -> None:
        """What may go out now does."""
        if self._line is not None:
            for number, letter in self._outbox.due():
                self._line.write(
                    publish(
                        self._introduction.version,
                        letter.topic,
                        letter.payload,
                        packet_id=number,
                        retain=letter.retain,
                    )
                )

    # -- what the line tells ---------------------------------------------------------------------------------------

    def message(self, message: Message) -> None:
        """It is settled at the line on which it came, or not at all: another one has numbers of its own."""
        line, number = self._line, message.packet_id

        def settle() -> None:
            if number and line is not None and line is self._line:
                line.settle(number)

        try:
            topic, again = message.topic.decode(), bool(self._group) and message.again
            self._receive(Inbound(topic, message.payload, message.retained, settle, again))
        except Exception:  # one bad message never stops the next
            log.exception("a message of %d bytes could not be received", len(message.payload))
            settle()

    def answered(self, answer: Puback | Suback) -> None:
        """What we published or subscribed to is taken."""
        if isinstance(answer, Puback):
            self._outbox.answered(answer.packet_id, taken=answer.failure is None)
            self._post()
            return
        for (name, _), failure in zip(self._subscriptions, answer.failures, strict=False):
            if failure is not None:
                log.error("broker %s:%d: no subscription to %s: %s", *self._endpoint.nodes[self._node], name, failure)
        if self._greet is not None:
            self._greet()

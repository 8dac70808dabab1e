"""The cloud's own MQTT session: messages come in unacknowledged and are settled after the commit (paho, manual ack)."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cloud.broker.line import Endpoint, Inbound
from cloud.broker.read_ahead import ReadAheadClient
from protocols.vocabulary import Clock, LinkDown

log = logging.getLogger(__name__)

_MISC_S: Final = 1.0
_RETRY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_CONNECT_TIMEOUT_S: Final = 10.0
_DELIVER_S: Final = 10.0


class BrokerSession:
    """One MQTT session on the event loop: 3.1.1, or 5 in a group that shares what comes.

    paho reads and writes when the loop says that its socket is ready; there is no thread beside the loop's own.

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
        self._client_id = client_id
        self._clean = clean
        self._will = will
        self._greet = greet
        self._socket: Any = None
        self._released = asyncio.Event()
        self._released.set()
        self._lost: asyncio.Future[None] | None = None
        self._node = 0
        self._delivering: dict[int, asyncio.Future[bool]] = {}
        self._client = self._new_client()

    def _new_client(self) -> ReadAheadClient:
        client = ReadAheadClient(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=None if self._group else self._clean,
            protocol=MQTTProtocolVersion.MQTTv5 if self._group else MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if self._endpoint.username:
            client.username_pw_set(self._endpoint.username, self._endpoint.password)
        if self._endpoint.tls is not None:
            client.tls_set_context(self._endpoint.tls)
        if self._will is not None:
            client.will_set(*self._will, qos=1, retain=True)
        client.max_inflight_messages_set(1000)
        client.max_queued_messages_set(100_000)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_writable
        client.on_socket_unregister_write = self._on_written
        return client

    @property
    def busy(self) -> bool:
        """What was published last has not all gone out."""
        return self._client.want_write()

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
        loop = asyncio.get_running_loop()
        self._lost = loop.create_future()
        host, port = self._endpoint.nodes[self._node]
        self._client.forget()
        await asyncio.to_thread(self._client.connect, host, port, 30)
        self._socket = self._client.socket()
        if self._socket is None:
            raise LinkDown("the broker closed the connection at once")
        loop.add_reader(self._socket, self._read)
        async with asyncio.timeout(_CONNECT_TIMEOUT_S) as patience:
            while not self._lost.done():
                if self.connected.is_set():
                    patience.reschedule(None)
                if self._client.loop_misc() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                    raise LinkDown("the broker does not answer")
                if self._client.want_write():
                    self._client.loop_write()
                await asyncio.wait([self._lost], timeout=_MISC_S)
        await self._lost

    def _detach(self) -> None:
        if self._will is not None:
            self.publish(*self._will, retain=True)
        self.connected.clear()
        for has_it in self._delivering.values():
            if not has_it.done():
                has_it.set_result(False)
        sock = self._socket
        self._client.disconnect()
        self._let_go()
        if sock is not None:
            sock.close()

    def _let_go(self) -> None:
        """Off the loop, while the socket still has its number."""
        gone, self._socket = self._socket, None
        if gone is not None and gone.fileno() >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(gone)
            loop.remove_writer(gone)

    def hold(self, *, back: bool) -> None:
        """Stop reading the socket, or go on: the broker's own flow control does the rest.

        A broker that loses its patience meanwhile cuts the line; it is made anew only when we may go on.
        """
        if back == (not self._released.is_set()):
            return
        if back:
            self._released.clear()
        else:
            self._released.set()
        if self._socket is None:
            return
        loop = asyncio.get_running_loop()
        if back:
            loop.remove_reader(self._socket)
        else:
            loop.add_reader(self._socket, self._read)
            loop.call_soon(self._read)  # of what it has taken already its socket says nothing
            loop.call_soon(self._read)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Send; nothing when the line is down, for who waits for it asks again. Bounded by paho's queue."""
        if self.connected.is_set():
            self._client.publish(topic, payload, qos, retain)

    async def deliver(self, topic: str, payload: bytes) -> bool:
        """Publish at QoS 1 and wait until the broker has it; False: nobody knows whether it has."""
        if not self.connected.is_set():
            return False
        sent = self._client.publish(topic, payload, 1)
        has_it: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._delivering[sent.mid] = has_it  # its answer comes by the loop, later than this
        try:
            async with asyncio.timeout(_DELIVER_S):
                return await has_it
        except TimeoutError:
            return False
        finally:
            self._delivering.pop(sent.mid, None)

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: ReasonCode, _properties: Properties) -> None:
        has_it = self._delivering.get(mid)
        if has_it is not None and not has_it.done():
            has_it.set_result(not reason.is_failure)

    def _read(self) -> None:
        if self.connected.is_set() and not self._released.is_set():
            return
        self._client.loop_read()
        while self._socket is not None and self._released.is_set() and self._unread():
            self._client.loop_read()

    def _unread(self) -> bool:
        """Whether paho or TLS have taken what they have not looked at: it does not make the socket readable."""
        return self._client.pending or (self._endpoint.tls is not None and self._socket.pending() > 0)

    # -- paho's callbacks, all on the loop's thread ----------------------------------------------------------------

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._fail(f"refused: {reason}")
            return
        self.connects += 1
        if self._socket is not None and not self._released.is_set():  # held back while it was connecting
            asyncio.get_running_loop().remove_reader(self._socket)
        if self._subscriptions:
            client.subscribe(self._subscriptions)
        self.connected.set()

    def _on_subscribe(self, _client: Client, _data: Any, _mid: int, *_granted: Any) -> None:
        if self._greet is not None:
            self._greet()

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._fail(f"disconnected: {reason}")

    def _fail(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_exception(LinkDown(why))
            self._lost.exception()  # seen: the session may end for another reason first

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        session = self.connects

        def settle() -> None:
            if message.qos and session == self.connects and self.connected.is_set():
                client.ack(message.mid, message.qos)

        try:
            again = bool(self._group) and message.dup
            self._receive(Inbound(message.topic, bytes(message.payload), message.retain, settle, again))
        except Exception:  # raised through paho's reader it would leave that in the middle of a packet, for ever
            log.exception("a message of %d bytes could not be received", len(message.payload))
            settle()

    def _on_socket_close(self, _client: Client, _data: Any, sock: Any) -> None:
        if sock is self._socket:
            self._let_go()

    def _on_writable(self, client: Client, _data: Any, sock: Any) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_writer(sock, client.loop_write)

    def _on_written(self, _client: Client, _data: Any, sock: Any) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_writer(sock)

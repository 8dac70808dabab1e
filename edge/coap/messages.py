"""aiocoap's message layer with a guard in front, and tokens that say whose an answer is, wherever it comes from.

A modem behind a carrier's NAT comes back with another address: what we asked for is known by its token alone, which is
therefore 64 random bits, no counter.
"""

import asyncio
import secrets
import socket
from collections import Counter
from typing import Any, Final, Protocol

from aiocoap.error import NetworkError
from aiocoap.message import Message
from aiocoap.messagemanager import MessageManager
from aiocoap.numbers import codes
from aiocoap.numbers.types import ACK, CON
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.udp6 import MessageInterfaceUDP6
from aiocoap.util import socknumbers

from edge.coap.guard import Bound, Guard
from edge.coap.network import network_of

_CODES: Final[dict[Bound, Any]] = {"network": codes.TOO_MANY_REQUESTS, "all": codes.SERVICE_UNAVAILABLE}
PUT_OFF_S: Final = 60
"""Max-Age of a refusal: when to come again."""


class Listener(Protocol):
    """Whoever hears what comes with a token of its own; see :class:`edge.coap.observation.Observation`."""

    remote: Any

    def heard(self, message: Any) -> "asyncio.Future[None] | None":
        """A response came. When the future is done without an error, the message is acknowledged; None: at once.

        A message that comes again while the future of the first is not done is given the same one.
        """
        ...

    def failed(self, error: Exception) -> None:
        """The request was not answered, or answered with a reset."""
        ...


class Tokens(TokenManager):  # type: ignore[misc]  # aiocoap has no types
    """Knows the answers to our requests by their tokens alone."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.listeners: dict[bytes, Listener] = {}
        self._asked: dict[bytes, Any] = {}
        """Token -> where the request went."""

    def next_token(self) -> bytes:
        return secrets.token_bytes(8)

    def process_response(self, response: Any) -> bool:
        asked = self._asked.get(response.token)
        if asked is not None and asked != response.remote:
            response = response.copy(remote=asked, token=response.token)
        return bool(super().process_response(response))

    def request(self, request: Any) -> None:
        super().request(request)
        token = request.request.token
        self._asked[token] = request.request.remote
        request.on_interest_end(lambda: self._asked.pop(token, None))

    def dispatch_error(self, exception: Exception, remote: Any) -> None:
        super().dispatch_error(exception, remote)
        for listener in [one for one in self.listeners.values() if one.remote == remote]:
            listener.failed(exception)


class Messages(MessageManager):  # type: ignore[misc]  # aiocoap has no types
    """Refuses what would cost too much to remember, and gives notifications to their listeners."""

    def __init__(self, tokens: Tokens, guard: Guard, counters: Counter[str]) -> None:
        super().__init__(tokens)
        self._guard = guard
        self._counters = counters

    async def shutdown(self) -> None:
        for _, timer in self._piggyback_opportunities.values():  # it would acknowledge over a closed socket
            timer.cancel()
        await super().shutdown()

    def dispatch_message(self, message: Any) -> None:
        if message.code.is_request() and (message.remote, message.mid) not in self._recent_messages:
            bound = self._guard.refuses(network_of(message.remote.sockaddr[0]))
            if bound is not None:
                self._put_off(message, bound)
                return
        listener = self.token_manager.listeners.get(message.token) if message.code.is_response() else None
        if listener is None:
            super().dispatch_message(message)
            return
        if message.mtype is ACK:
            self._remove_exchange(message)
        kept = listener.heard(message)
        if message.mtype is CON:
            self._when_kept(kept, message)

    def _put_off(self, message: Any, bound: Bound) -> None:
        """Without remembering anything; what was not confirmable is not answered."""
        if message.mtype is CON:
            answer = Message(_mtype=ACK, _mid=message.mid, _token=message.token, code=_CODES[bound], max_age=PUT_OFF_S)
            answer.remote = message.remote.as_response_address()
            self._send_via_transport(answer)

    def _when_kept(self, kept: "asyncio.Future[None] | None", message: Any) -> None:
        def acknowledge(done: "asyncio.Future[None] | None") -> None:
            if done is None or not (done.cancelled() or done.exception()):
                if self._active_exchanges is not None:  # else the port was closed meanwhile
                    self._send_empty_ack(message.remote, message.mid, "kept")
            else:
                self._counters["not_kept"] += 1

        if kept is None:
            acknowledge(None)
        else:
            kept.add_done_callback(acknowledge)

    def ask(self, message: Any, token: bytes, listener: Listener) -> None:
        """Send a request whose answers, one or many, go to a listener, until :meth:`forget`.

        :param message: its remote is set; its token is not.
        """
        self.token_manager.listeners[token] = listener
        message.token = token
        self.send_message(message, lambda: listener.failed(NetworkError("a reset came back")))

    def forget(self, token: bytes) -> None:
        """What comes with this token is answered with a reset: the device is to stop."""
        self.token_manager.listeners.pop(token, None)


class GuardedUdp(MessageInterfaceUDP6):  # type: ignore[misc]  # aiocoap has no types
    """The UDP socket, against what strangers send and do not wait for."""

    guard: Guard
    counters: Counter[str]

    @classmethod
    async def opened(
        cls, messages: Messages, host: str, port: int, guard: Guard, counters: Counter[str]
    ) -> "GuardedUdp":
        """Bound and listening.

        :raises OSError: somebody has the port, or there is no such address.
        """
        _refuse_taken(host, port)
        self: GuardedUdp = await cls.create_server_transport_endpoint(
            messages, log=messages.log, loop=messages.loop, bind=(host, port), multicast=[]
        )
        self.guard, self.counters = guard, counters
        sock = self.transport.get_extra_info("socket")
        if socknumbers.HAS_RECVERR:
            # A socket that is told of ICMP errors is readable with POLLERR once somebody went away before our answer
            # came, and libuv never polls such a socket again: the whole link would be deaf.
            sock.setsockopt(socket.IPPROTO_IPV6, socknumbers.IPV6_RECVERR, 0)
            sock.setsockopt(socket.IPPROTO_IP, socknumbers.IP_RECVERR, 0)
        return self

    def datagram_msg_received(self, data: bytes, ancdata: Any, flags: int, address: Any) -> None:
        if not self.guard.lets_in(network_of(address[0])):
            return
        try:
            super().datagram_msg_received(data, ancdata, flags, address)
        except UnicodeDecodeError:  # an option that is no UTF-8 comes out of the library as this
            self.counters["unparsable"] += 1


def _refuse_taken(host: str, port: int) -> None:
    """The library shares its port with whoever shares too (SO_REUSEPORT): of two agents each would get some datagrams.

    :raises OSError: somebody has the port.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.bind(address)

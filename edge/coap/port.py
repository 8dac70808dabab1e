"""One UDP port that speaks CoAP (RFC 7252): opened as soon as it can be had, guarded, closed at the end."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiocoap
from aiocoap.transports.udp6 import UDP6EndpointAddress

from edge.backoff import Backoff
from edge.coap.guard import Guard, Limits
from edge.coap.messages import GuardedUdp, Messages, Tokens
from edge.port_claim import PortClaim
from protocols.vocabulary import Clock


class CoapPort:
    """A port. What is received goes to an aiocoap site; requests of our own leave from the same port."""

    def __init__(self, host: str, port: int, limits: Limits, clock: Clock, counters: Counter[str]) -> None:
        self.guard = Guard(limits, clock, counters)
        self._host = host
        self._port = port
        self._clock = clock
        self._counters = counters
        self._claim = PortClaim("UDP", host, port, counters)
        self._socket: GuardedUdp | None = None
        self.context: Any = None
        """aiocoap's; None while the port is not open."""
        self.messages: Messages | None = None

    @property
    def number(self) -> int | None:
        """Where it listens; with port 0 in the configuration the system's choice. None while it does not."""
        if self._socket is None:
            return None
        return int(self._socket.transport.get_extra_info("socket").getsockname()[1])

    @property
    def trouble(self) -> str:
        """Why it is not open."""
        return self._claim.trouble

    def remote(self, sockaddr: tuple[str, int, int, int]) -> Any:
        """An address as aiocoap has it."""
        return UDP6EndpointAddress(sockaddr, self._socket)

    async def serve(self, site: Any, opened: Callable[[], None] = lambda: None) -> None:
        """Until cancelled; a port that somebody else has is tried again.

        :param site: what aiocoap takes: it has ``render_to_pipe``.
        :param opened: is called before anything is received.
        """
        backoff = Backoff()
        while self.context is None:
            try:
                await self._open(site)
            except OSError as error:
                self._claim.refused(error)
                await self._clock.sleep(backoff.next_s())
        self._claim.had()
        try:
            opened()
            await asyncio.get_running_loop().create_future()  # for ever: aiocoap's transport calls us
        finally:
            context, self.context, self.messages, self._socket = self.context, None, None, None
            await context.shutdown()

    async def _open(self, site: Any) -> None:
        context = aiocoap.Context(loop=asyncio.get_running_loop(), serversite=site, loggername="coap-server")
        tokens = Tokens(context)
        messages = Messages(tokens, self.guard, self._counters)
        tokens.token_interface = messages
        self._socket = await GuardedUdp.opened(messages, self._host, self._port, self.guard, self._counters)
        messages.message_interface = self._socket
        context.request_interfaces.append(tokens)
        self.messages, self.context = messages, context

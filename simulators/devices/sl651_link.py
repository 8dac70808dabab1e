"""One connection of a station to its centre, in a stream or in datagrams."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from protocols.sl651 import Decoder, Frame, encode
from simulators.devices.sl651_logger import Sl651Settings
from simulators.faults import PLAIN, Mouth


class Sl651Link(asyncio.Protocol, asyncio.DatagramProtocol):
    """Takes frames to the station.

    :param heard: is told of each frame of the centre.
    :param over: is told that the connection is lost.
    :param datagrams: UDP.
    """

    def __init__(self, heard: Callable[[Frame], None], over: Callable[[], None], *, datagrams: bool) -> None:
        self._datagrams = datagrams
        self._heard = heard
        self._over = over
        self._decoder = Decoder()
        self._transport: asyncio.BaseTransport | None = None
        self.mouth: Mouth = PLAIN
        """Where its bytes go out."""
        self.lost = False

    @classmethod
    async def open(
        cls, settings: Sl651Settings, heard: Callable[[Frame], None], over: Callable[[], None]
    ) -> "Sl651Link":
        """Dial in.

        :raises OSError: nobody answers.
        """
        loop = asyncio.get_running_loop()
        link = cls(heard, over, datagrams=settings.transport == "udp")
        if settings.transport == "udp":
            await loop.create_datagram_endpoint(lambda: link, remote_addr=(settings.host, settings.port))
        else:
            await loop.create_connection(lambda: link, settings.host, settings.port)
        return link

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        self._over()

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: the station sends again, as it does when nobody answers."""

    def send(self, frame: Frame) -> None:
        """Into the void when the connection was lost meanwhile."""
        if self._transport is None or self.lost:
            return
        if self._datagrams:
            self.mouth.tell(encode(frame), cast(asyncio.DatagramTransport, self._transport).sendto)
        else:
            self.mouth.say(encode(frame), cast(asyncio.Transport, self._transport))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            cast(asyncio.Transport, self._transport).abort()

    def data_received(self, data: bytes) -> None:
        self._take(self._decoder, data)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        del addr
        self._take(Decoder(), data)

    def _take(self, decoder: Decoder, data: bytes) -> None:
        for frame in decoder.feed(data):
            if isinstance(frame, Frame):
                self._heard(frame)

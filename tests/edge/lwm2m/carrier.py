"""A carrier's network between a device and the server: it loses, doubles and delays datagrams, and its NAT forgets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any


class Carrier:
    """A UDP proxy for one device.

    :param loss: share of the datagrams that are lost, each way.
    :param doubles: share that comes twice, the second time late.
    :param delay_s: each datagram is late by up to so long, so that they overtake one another.
    """

    def __init__(
        self, server: int, *, loss: float = 0.0, doubles: float = 0.0, delay_s: float = 0.0, seed: int = 1
    ) -> None:
        self.loss = loss
        self.doubles = doubles
        self.delay_s = delay_s
        self.port = 0
        self.counts = {"lost": 0, "doubled": 0, "carried": 0, "rebound": 0}
        self._random = Random(seed)
        self._server = ("127.0.0.1", server)
        self._device: Any = None
        self._inside: Any = None
        self._outside: list[Any] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Carrier"]:
        loop = asyncio.get_running_loop()
        self._inside, _ = await loop.create_datagram_endpoint(
            lambda: _Side(self._from_device), local_addr=("127.0.0.1", 0)
        )
        self.port = self._inside.get_extra_info("sockname")[1]
        await self.rebind()
        try:
            yield self
        finally:
            for transport in (self._inside, *self._outside):
                transport.close()

    async def rebind(self) -> None:
        """The device has another address from now on; what is sent to the old one is lost."""
        loop = asyncio.get_running_loop()
        for old in self._outside:
            old.close()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Side(self._from_server), local_addr=("127.0.0.1", 0)
        )
        self._outside = [transport]
        self.counts["rebound"] += 1

    def _from_device(self, data: bytes, address: Any) -> None:
        self._device = address
        self._carry(lambda: self._outside[-1].sendto(data, self._server))

    def _from_server(self, data: bytes, address: Any) -> None:
        del address
        self._carry(lambda: self._inside.sendto(data, self._device))

    def _carry(self, send: Any) -> None:
        if self._random.random() < self.loss:
            self.counts["lost"] += 1
            return
        self.counts["carried"] += 1
        loop = asyncio.get_running_loop()
        loop.call_later(self._random.uniform(0, self.delay_s), _unless_closed, send)
        if self._random.random() < self.doubles:
            self.counts["doubled"] += 1
            loop.call_later(self._random.uniform(0, 2 * self.delay_s), _unless_closed, send)


def _unless_closed(send: Any) -> None:
    try:
        send()
    except (AttributeError, OSError):  # the transport was closed meanwhile
        return


class _Side(asyncio.DatagramProtocol):
    def __init__(self, heard: Any) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._heard(data, addr)

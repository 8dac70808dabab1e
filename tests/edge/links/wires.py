"""Wires between a station and a listener that can be cut, and that lose, double and delay datagrams."""

import asyncio
from collections.abc import Callable
from typing import Self

from protocols.vocabulary import ManualClock


class TcpWire:
    """Forwards connections to ``target`` as long as it is whole."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        self.cut()
        while self._writers:
            await asyncio.sleep(0.001)

    def cut(self) -> None:
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        pair = {writer, far_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, far_writer))
                group.create_task(_copy(far_reader, writer))
        except* OSError:
            pass
        finally:
            self._writers -= pair
            for one in pair:
                one.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(4096):
        writer.write(data)
        await writer.drain()
    writer.close()


class _Door(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, tuple], None]) -> None:
        self.heard = heard

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        self.heard(data, addr)

    def error_received(self, exc: Exception) -> None:
        pass


class UdpWire:
    """Forwards datagrams of one station to ``target``; what becomes of each is said by ``fate``.

    :param fate: gives ``pass``, ``lose``, ``double`` or ``hold`` (it comes behind the next one).
    """

    def __init__(self, target: int, fate: Callable[[], str] = lambda: "pass") -> None:
        self.port = 0
        self.fate = fate
        self.passed = 0
        self._target = ("127.0.0.1", target)
        self._station: tuple | None = None
        self._held: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        _, self._near = await loop.create_datagram_endpoint(lambda: _Door(self._up), ("127.0.0.1", 0))
        _, self._far = await loop.create_datagram_endpoint(lambda: _Door(self._down), ("127.0.0.1", 0))
        self.port = self._near.transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._near.transport.abort()
        self._far.transport.abort()
        await asyncio.sleep(0)

    def _up(self, data: bytes, addr: tuple) -> None:
        self._station = addr
        self._carry(lambda: self._far.transport.sendto(data, self._target))

    def _down(self, data: bytes, addr: tuple) -> None:
        self._carry(lambda: self._near.transport.sendto(data, self._station))

    def _carry(self, send: Callable[[], None]) -> None:
        fate = self.fate()
        if fate == "hold":
            self._held.append(send)
            return
        for _ in range({"pass": 1, "double": 2, "lose": 0}[fate]):
            self.passed += 1
            send()
        held, self._held = self._held, []
        for late in held:
            late()


async def hours_pass(clock: ManualClock, hours: float, step_s: float = 30.0) -> None:
    """Turn the clock, and let sockets do their work after each step."""
    for _ in range(round(hours * 3600 / step_s)):
        clock.advance(step_s)
        await settled()


async def settled(turns: int = 12) -> None:
    """Some turns of the event loop, in which what is on its way on loopback arrives."""
    for _ in range(turns):
        await asyncio.sleep(0)

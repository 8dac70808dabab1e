"""A TCP proxy between gateway and broker that cuts, delays and goes silent where a test wants it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Self

PUBLISH, PUBACK = 3, 4


class Proxy:
    """Forwards ``port`` to ``target``, MQTT packet by packet.

    ``target`` may be set to another port for connections that come later.

    :param cut_before_publish: asked with each PUBLISH that goes up; True cuts, and it does not go through.
    :param cut_after_publish: the same, once it is through and before its PUBACK comes back.
    :param down: what becomes of each PUBLISH that comes down: how many of it, and after how many seconds.
    """

    def __init__(
        self,
        target: int,
        cut_after_publish: Callable[[bytes], bool] = lambda _: False,
        cut_before_publish: Callable[[bytes], bool] = lambda _: False,
        down: Callable[[bytes], tuple[int, float]] = lambda _: (1, 0.0),
    ) -> None:
        self.port = 0
        self.cuts = 0
        self.connections = 0
        self.target = target
        self._cut_after = cut_after_publish
        self._cut_before = cut_before_publish
        self._down = down
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        while self._writers:
            self.drop()
            await asyncio.sleep(0.01)

    def drop(self) -> None:
        """Cut every connection now."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        pair = {writer, up_writer}
        cut = asyncio.Event()
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._upward(reader, up_writer, cut))
                group.create_task(self._downward(up_reader, writer, cut))
        except* (OSError, EOFError):
            pass
        finally:
            self._writers -= pair
            for one in pair:
                one.transport.abort()

    async def _downward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        async for kind, packet in _packets(reader):
            count, after_s = self._down(packet) if kind == PUBLISH else (1, 0.0)
            if after_s:
                await asyncio.sleep(after_s)
            if cut.is_set():
                return
            writer.write(packet * count)
            await writer.drain()

    async def _upward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        """The cut falls where it is meant to."""
        async for kind, packet in _packets(reader):
            if kind == PUBLISH and self._cut_before(packet):
                self.cuts += 1
                raise EOFError
            if kind == PUBLISH and self._cut_after(packet):
                self.cuts += 1
                cut.set()  # the broker gets it; its PUBACK must not arrive
            writer.write(packet)
            await writer.drain()
            if cut.is_set():
                await asyncio.sleep(0.002)
                raise EOFError


async def _packets(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes]]:
    """Kind and bytes of each packet; ends by EOFError."""
    while True:
        head = await reader.readexactly(1)
        length, shift, raw = 0, 0, b""
        while not raw or raw[-1] & 0x80:
            raw += await reader.readexactly(1)
            length |= (raw[-1] & 0x7F) << shift
            shift += 7
        yield head[0] >> 4, head + raw + await reader.readexactly(length)

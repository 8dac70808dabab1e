"""A TCP proxy between gateway and broker that cuts, delays and goes silent where a test wants it."""

import asyncio
from collections.abc import Callable
from typing import Self

PUBLISH, PUBACK = 3, 4


class Proxy:
    """Forwards ``port`` to ``target``.

    :param cut_after_publish: asked for each MQTT PUBLISH that goes up; True cuts the connection once it is through
        and before its PUBACK comes back.
    """

    def __init__(self, target: int, cut_after_publish: Callable[[], bool] | None = None) -> None:
        self.port = 0
        self.cuts = 0
        self.connections = 0
        self._target = target
        self._cut = cut_after_publish
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
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        pair = {writer, up_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._upward(reader, up_writer))
                group.create_task(self._copy(up_reader, writer))
        except* (OSError, EOFError):
            pass
        finally:
            self._writers -= pair
            for one in pair:
                one.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        raise EOFError

    async def _upward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Packet by packet, so that the cut falls where it is meant to."""
        while True:
            head = await reader.readexactly(1)
            length, shift, raw = 0, 0, b""
            while True:
                byte = await reader.readexactly(1)
                raw += byte
                length |= (byte[0] & 0x7F) << shift
                shift += 7
                if not byte[0] & 0x80:
                    break
            body = await reader.readexactly(length)
            writer.write(head + raw + body)
            await writer.drain()
            if head[0] >> 4 == PUBLISH and self._cut is not None and self._cut():
                self.cuts += 1
                await asyncio.sleep(0.002)  # the broker has it; its PUBACK must not arrive
                raise EOFError

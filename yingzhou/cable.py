"""A gateway's line to the broker that ``up`` can cut: a TCP relay on the loopback interface."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK = 65_536


class Cable:
    """Relays its own port to another one while it is whole. ``async with`` listens.

    :param target: the port on 127.0.0.1 that it leads to.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.whole = True
        self._target = target
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._joins: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self.cut()
            if self._joins:
                await asyncio.wait(self._joins)
            await self._server.wait_closed()

    def cut(self) -> None:
        """Who is connected is not any more, and who dials is hung up on, until :meth:`mend`."""
        self.whole = False
        for end in tuple(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        """It is whole again."""
        self.whole = True

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._joins.add(task)
            task.add_done_callback(self._joins.discard)
        if self.whole:
            await self._relay(reader, writer)
        await _gone(writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            return  # nobody there: hang up
        self._ends |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer))
                group.create_task(_pump(far_reader, writer))
        finally:
            self._ends -= {writer, far_writer}
            await _gone(far_writer)


async def _gone(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):  # it may have been lost before
        await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one of the two ends is gone; then both are."""
    with suppress(OSError):  # an end is gone: so is the other
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()

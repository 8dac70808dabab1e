"""A broker that does what a test says: for what no real one can be made to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ScriptedBroker:
    """Takes one client after the other.

    :param answer: what it says to CONNECT.
    """

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heard: list[bytes] = []
        """Packets of all clients, whole."""
        self.clients: list[asyncio.StreamWriter] = []
        self.port = 0
        self._serving = 0

    @property
    def kinds(self) -> list[int]:
        """First half bytes of what was heard."""
        return [packet[0] >> 4 for packet in self.heard]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ScriptedBroker"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for one in self.clients:
                one.close()
            async with asyncio.timeout(5):
                while self._serving:
                    await asyncio.sleep(0.002)

    def say(self, data: bytes) -> None:
        """To the client that came last."""
        self.clients[-1].write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer)
        self._serving += 1
        try:
            while True:
                first = await reader.readexactly(1)
                length, shift = 0, 0
                while True:
                    (one,) = await reader.readexactly(1)
                    length |= (one & 127) << shift
                    shift += 7
                    if not one & 128:
                        break
                self.heard.append(first + await reader.readexactly(length))
                if first == b"\x10":
                    writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        finally:
            self._serving -= 1

"""A line of simulated devices at the end of a serial port, or behind a TCP port as a serial server has it."""

import asyncio
from types import TracebackType
from typing import Final, Protocol, Self, cast

import serialx

REST_S: Final = 0.5
"""After so long without a byte the devices forget half a frame."""


class Wire(Protocol):
    """The devices of one line, as bytes in and bytes out."""

    name: str
    """What they speak, as it is printed."""

    def __len__(self) -> int:
        """How many they are."""
        ...

    def silence(self) -> None:
        """The line was at rest: what was half a frame stays so."""
        ...

    def hear(self, data: bytes) -> bytes:
        """What is on the line after what came."""
        ...


class _End(asyncio.Protocol):
    """Whoever is connected to the line; all of them are on the same one."""

    def __init__(self, wire: Wire, transports: set[asyncio.Transport]) -> None:
        self._wire = wire
        self._transports = transports
        self._transport: asyncio.Transport | None = None
        self._heard_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transports.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._transport is not None:
            self._transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._heard_s > REST_S:
            self._wire.silence()
        self._heard_s = now_s
        answer = self._wire.hear(data)
        if answer and self._transport is not None:
            self._transport.write(answer)


class LineServer:
    """``async with`` listens on a TCP port; :attr:`port` is then the one that was really taken.

    :raises OSError: it cannot be had.
    """

    def __init__(self, host: str, port: int, wire: Wire) -> None:
        self.host = host
        self.port = port
        self.wire = wire
        self._transports: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    @property
    def place(self) -> str:
        """As it is printed."""
        return f"{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _End(self.wire, self._transports), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for transport in tuple(self._transports):
                transport.abort()
            await self._server.wait_closed()


class LineSerialPort:
    """``async with`` opens a serial port: one end of a real cable, or of one that ``socat`` lays.

    :raises OSError: it cannot be had.
    """

    def __init__(self, path: str, baud: int, wire: Wire) -> None:
        self.place = path
        self.wire = wire
        self._baud = baud
        self._transports: set[asyncio.Transport] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            await serialx.create_serial_connection(
                loop, lambda: _End(self.wire, self._transports), self.place, self._baud
            )
        except serialx.SerialException as error:
            raise OSError(f"{self.place}: {error}") from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for transport in tuple(self._transports):
            transport.abort()

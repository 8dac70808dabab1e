"""Bytes to and from one wire with one owner: what came is kept, within a bound, until the owner looks."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from protocols.vocabulary import Clock, LinkDown, SystemClock

MAX_WAITING: Final = 4096
"""Bytes that nobody has looked at yet; of more the oldest are thrown away and counted (``overrun_bytes``)."""
OPEN_S: Final = 5.0
"""A port or a connection opens within this time, or not."""

Opener = Callable[[asyncio.Protocol], Awaitable[asyncio.Transport]]
"""Opens the wire and lets the protocol hear it. Raises OSError."""


class Line:
    """A wire. Opened anew after it was lost; the constructor does no I/O.

    :param name: as an engineer knows it: ``/dev/ttyUSB0``, ``10.0.0.7:4001``.
    :param clock: the wire's time. Bytes travel in real time whatever clock a link's cadence is on.
    """

    def __init__(self, name: str, opener: Opener, clock: Clock | None = None) -> None:
        self.name = name
        self.clock = clock or SystemClock()
        self.counters: Counter[str] = Counter()
        self.heard_s = float("-inf")
        """When the last bytes came, monotonic s."""
        self._opener = opener
        self._ear: _Ear | None = None

    async def open(self) -> None:
        """Open the wire; one that was open before is gone first.

        :raises LinkDown: it is not there, it is in use, or it cannot be set as it is configured.
        """
        before, self._ear = self._ear, None
        if before is not None:
            await before.gone()
        ear = _Ear(self)
        self._ear = ear
        try:
            async with asyncio.timeout(OPEN_S):
                ear.transport = await self._opener(ear)
        except TimeoutError:
            raise LinkDown(f"{self.name}: not open within {OPEN_S:g} s") from None
        except OSError as error:
            raise LinkDown(f"{self.name}: {error.strerror or error}") from None

    def close(self) -> None:
        """Let go of the wire; nothing when it is not open."""
        if self._ear is not None:
            self._ear.hang_up()

    def write(self, data: bytes) -> None:
        """Send.

        :raises LinkDown: the wire is gone.
        """
        self._open_ear().send(data)

    async def read(self, wait_s: float) -> bytes:
        """What came since the last time; if nothing did, what comes within so many seconds; b"": nothing.

        :raises LinkDown: the wire is gone, and all that it brought was read.
        """
        return await self._open_ear().take(wait_s)

    async def rest(self, gap_s: float, patience_s: float) -> bytes:
        """Keep silent until the wire was silent for the gap; what came since the last time, and meanwhile.

        :param patience_s: a wire that babbles for longer is left to it (``babble`` is counted).
        :raises LinkDown: the wire is gone.
        """
        start_s = now_s = self.clock.monotonic_s()
        came = b""
        while data := await self.read(self.heard_s + gap_s - now_s):
            came = (came + data)[-MAX_WAITING:]
            now_s = self.clock.monotonic_s()
            if now_s - start_s > patience_s:
                self.counters["babble"] += 1
                break
        return came

    def _open_ear(self) -> "_Ear":
        if self._ear is None:
            raise LinkDown(f"{self.name}: not open")
        return self._ear


class _Ear(asyncio.Protocol):
    """One opening of the wire, from its beginning to its end."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._waiting = bytearray()
        self._stirred: asyncio.Future[None] | None = None
        self._end: str | None = None
        self._ended = asyncio.Event()
        self.transport: asyncio.Transport | None = None

    def data_received(self, data: bytes) -> None:
        self._line.heard_s = self._line.clock.monotonic_s()
        self._waiting += data
        over = len(self._waiting) - MAX_WAITING
        if over > 0:
            self._line.counters["overrun_bytes"] += over
            del self._waiting[:over]
        self._stir()

    def connection_lost(self, error: Exception | None) -> None:
        self._end = self._end or f"lost: {error or 'the other end closed it'}"
        self._ended.set()
        self._stir()

    def _stir(self) -> None:
        if self._stirred is not None and not self._stirred.done():
            self._stirred.set_result(None)

    def hang_up(self) -> None:
        self._end = self._end or "closed"
        if self.transport is not None:
            self.transport.abort()

    async def gone(self) -> None:
        """Closed, and its lock given back: a port that is still closing cannot be opened again."""
        self.hang_up()
        if self.transport is not None:
            await self._ended.wait()

    def send(self, data: bytes) -> None:
        if self._end is not None or self.transport is None:
            raise LinkDown(f"{self._line.name}: {self._end or 'not open'}")
        try:
            self.transport.write(data)
        except OSError as error:  # serialx tells of a pulled plug here before it tells connection_lost
            raise LinkDown(f"{self._line.name}: lost: {error.strerror or error}") from None

    async def take(self, wait_s: float) -> bytes:
        if not self._waiting and self._end is None and wait_s > 0:
            self._stirred = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(wait_s):
                    await self._stirred
            except TimeoutError:
                return b""
            finally:
                self._stirred = None
        if not self._waiting and self._end is not None:
            raise LinkDown(f"{self._line.name}: {self._end}")
        data = bytes(self._waiting)
        self._waiting.clear()
        return data

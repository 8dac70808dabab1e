"""An intake that keeps what it is given, and says that it is on disk only when told to."""

import asyncio

from protocols.vocabulary import Batch, Reading


class Recorder:
    """Implements edge.intake.Intake.

    :param durable: whether readings are on disk at once; otherwise not before :meth:`commit` or :meth:`fail`.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self.batches: list[Batch] = []
        self._durable = durable
        self._open: list[asyncio.Future[None]] = []
        self._more = asyncio.Event()

    def put(self, batch: Batch) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.batches.append(batch)
        if self._durable:
            future.set_result(None)
        else:
            self._open.append(future)
        self._more.set()
        return future

    def commit(self) -> None:
        """What was put so far is on disk."""
        for future in self._open:
            future.set_result(None)
        self._open.clear()

    def fail(self) -> None:
        """The disk refused what was put so far."""
        for future in self._open:
            future.set_exception(OSError("disk"))
        self._open.clear()

    @property
    def readings(self) -> list[Reading]:
        return [reading for batch in self.batches for reading in batch.readings()]

    async def until(self, batches: int) -> list[Reading]:
        """Wait until so many batches have come; at most 30 s."""
        async with asyncio.timeout(30):
            while len(self.batches) < batches:
                self._more.clear()
                await self._more.wait()
        return self.readings

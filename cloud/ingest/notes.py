"""What workers have committed, told to the process that keeps latest values and alarms (ADR 0016)."""

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import numpy as np
import zstandard
from numpy.typing import NDArray

from cloud.broker.line import Inbound, Line
from cloud.ingest.latest import Latest
from cloud.store.port import Columns
from protocols.vocabulary import Clock, ProtocolError

log = logging.getLogger(__name__)

TOPIC: Final = "yz/cloud/committed"
"""Gateways may not publish there."""
MAX_ROWS: Final = 20_000
"""In one note: 500 kB before it is packed."""
QUIET_S: Final = 1.0
"""Without a note for so long after connecting, or with one that is younger, all that waited has been taken."""
GATHER_S: Final = 0.25
"""Readings of one datastream may have gone through two workers: what comes within this time is taken in its order."""
MOST_ROWS: Final = 1_000_000
"""Readings that wait to be taken; with more, the broker keeps them."""
_HEAD: Final = struct.Struct("<4sqI")
_MAGIC: Final = b"yzn1"
_TYPES: Final = ("<i4", "<i8", "<f8", "u1", "<u4")
_ROW: Final = sum(np.dtype(one).itemsize for one in _TYPES)
_LOOK_S: Final = 0.1


class Note(NamedTuple):
    """Readings that are in the store."""

    written_ms: int
    columns: Columns


def encode(note: Note) -> bytes:
    """Its layout is between processes of one version."""
    columns = note.columns
    parts: list[NDArray[Any]] = [columns.datastream, columns.time, columns.value, columns.quality, columns.reasons]
    raw = b"".join(part.astype(kind).tobytes() for part, kind in zip(parts, _TYPES, strict=True))
    return _HEAD.pack(_MAGIC, note.written_ms, len(columns)) + zstandard.compress(raw, 1)


def decode(note: bytes) -> Note:
    """What a note says.

    :raises ProtocolError: it is none.
    """
    try:
        magic, written_ms, rows = _HEAD.unpack_from(note)
        if magic != _MAGIC or not 0 < rows <= MAX_ROWS:
            raise ProtocolError("no note of committed readings")
        raw = zstandard.ZstdDecompressor().decompress(note[_HEAD.size :], max_output_size=rows * _ROW)
    except (struct.error, zstandard.ZstdError) as error:
        raise ProtocolError(f"a note of committed readings: {error}") from None
    if len(raw) != rows * _ROW:
        raise ProtocolError(f"a note of {rows} readings with {len(raw)} bytes")
    at, parts = 0, []
    for kind in _TYPES:
        part = np.frombuffer(raw, kind, rows, at)
        at += part.nbytes
        parts.append(part)
    return Note(written_ms, Columns(*parts))


class NoteWriter:
    """Says what was committed; who is told has it for certain when this returns.

    :param deliver: hands a message to the broker; False: nobody knows whether it has it.
    """

    def __init__(self, deliver: Callable[[str, bytes], Awaitable[bool]], clock: Clock) -> None:
        self.written = 0
        self._deliver = deliver
        self._clock = clock

    async def tell(self, columns: Columns) -> None:
        """Tried until the broker has it: nothing is acknowledged to a gateway before."""
        for start in range(0, len(columns), MAX_ROWS):
            part = columns.take(np.arange(start, min(start + MAX_ROWS, len(columns))))
            note = encode(Note(self._clock.now_ms(), part))
            while not await self._deliver(TOPIC, note):
                await self._clock.sleep(_LOOK_S)
            self.written += 1


class NoteReader:
    """Takes notes and settles them when what they started is written down.

    It is also the latest readings as alarms may see them: none before all is taken that waited at the broker while
    nobody was here, because alarms pass over what is older than the latest.

    :param line: on which they come.
    :param take: the readings of many notes.
    """

    def __init__(self, line: Line, latest: Latest, take: Callable[[Columns], None], clock: Clock) -> None:
        self.taken = 0
        self._read_on = 0
        self._rows = 0
        self._line = line
        self._newest_ms = 0
        self._latest = latest
        self._take = take
        self._clock = clock
        self._gathered: list[tuple[Columns, Inbound]] = []
        self._stirred = asyncio.Event()
        self._open = False

    def receive(self, message: Inbound) -> None:
        """A note as it comes from the broker."""
        try:
            note = decode(message.payload)
        except ProtocolError as error:
            log.warning("%s: %s", message.topic, error)
            message.settle()
            return
        self.taken += 1
        self._newest_ms = max(self._newest_ms, note.written_ms)
        self._gathered.append((note.columns, message))
        self._stirred.set()
        self._rows += len(note.columns)
        if self._rows >= MOST_ROWS:
            self._line.hold(back=True)

    def snapshot(self, datastreams: NDArray[np.int32]) -> Columns:
        """See :class:`cloud.alarms.watch.LatestReadings`."""
        return self._latest.snapshot(datastreams if self._open else datastreams[:0])

    async def run(self, written: Callable[[], bool], caught_up: Callable[[], None]) -> None:
        """Until cancelled.

        :param written: whether nothing waits to be written.
        :param caught_up: called once all that waited has been taken.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(written))
            await self._line.connected.wait()
            began_ms, seen = self._clock.now_ms(), -1
            while seen != self.taken and self._newest_ms < began_ms:
                seen = self.taken
                await self._clock.sleep(QUIET_S)
            waited = self.taken
            while self._read_on < waited:
                await self._clock.sleep(_LOOK_S)
            self._open = True
            caught_up()

    async def _read(self, written: Callable[[], bool]) -> None:
        while True:
            await self._stirred.wait()
            await self._clock.sleep(GATHER_S)
            self._stirred.clear()
            gathered, self._gathered = self._gathered, []
            self._rows = 0
            self._take(Columns.join([columns for columns, _ in gathered]))
            self._read_on += len(gathered)
            while not written():
                await self._clock.sleep(_LOOK_S)
            for _, message in gathered:
                message.settle()
            if self._rows < MOST_ROWS:
                self._line.hold(back=False)

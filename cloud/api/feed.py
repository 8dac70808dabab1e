"""What happened last, for everybody who follows: one bounded ring, and each reads on from where he stands."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from cloud.registry import alarms
from cloud.registry.alarms import Alarm
from cloud.registry.database import Database
from cloud.store.port import Columns
from protocols.vocabulary import Clock

log = logging.getLogger(__name__)

MOST_ROWS: Final = 1_000_000
"""Readings in the ring, 25 bytes each."""
MOST_BLOCKS: Final = 50_000
LOOK_EVERY_S: Final = 0.5
"""How often it is asked whether alarms changed; asking costs a comparison of two numbers while nothing did."""
_OVERLAP_MS: Final = 2_000
"""A transaction that began earlier may end later."""


@dataclass(frozen=True, slots=True)
class Block:
    """What was stored at once, or alarms that changed together."""

    number: int
    at_ms: int
    readings: Columns
    alarms: Sequence[Alarm] = ()


class Mark(NamedTuple):
    """Behind which block somebody stands; as text the ``id`` of an event."""

    boot: str
    """Of the process that numbered it."""
    number: int
    at_ms: int

    def __str__(self) -> str:
        return f"{self.boot}-{self.number}-{self.at_ms}"

    @classmethod
    def parse(cls, text: str) -> "Mark | None":
        """None: it is none of ours."""
        boot, _, rest = text.partition("-")
        number, _, at_ms = rest.partition("-")
        if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (number, at_ms)):
            return None
        return cls(boot[:16], int(number), int(at_ms))


@dataclass(slots=True)
class FeedCounts:
    """What happened so far; each number only grows, ``following`` apart."""

    following: int = 0
    refused: int = 0
    """Asked for a stream when there were too many."""
    gaps: int = 0
    """Had fallen behind the ring, and were told so."""
    dropped: int = 0
    """Read too slowly, and were let go."""


class Feed:
    """Readings are appended on the event loop, next to free; a slow follower costs nobody anything.

    :param database: asked for alarms that changed, as long as ``run`` lives.
    """

    def __init__(self, database: Database, clock: Clock, *, most_rows: int = MOST_ROWS) -> None:
        self.counts = FeedCounts()
        self.boot = secrets.token_hex(4)
        self.closed = False
        self._database = database
        self._clock = clock
        self._most_rows = most_rows
        self._ring: deque[Block] = deque()
        self._rows = 0
        self._number = 0
        self._news = asyncio.Event()
        self._seen_commits = -1
        self._told: dict[int, int] = {}
        """Alarm -> the change that was told last, of the last seconds."""

    def stored(self, columns: Columns) -> None:
        """Readings that are now in the store."""
        self._append(columns)

    def close(self) -> None:
        """Nothing comes any more: who follows says good-bye."""
        self.closed = True
        self._wake()

    def mark(self) -> Mark:
        """Where one stands who begins now."""
        return Mark(self.boot, self._number, self._clock.now_ms())

    def knows(self, mark: Mark) -> bool:
        """Whether all behind the mark is still in the ring."""
        first = self._ring[0].number if self._ring else self._number + 1
        return mark.boot == self.boot and first - 1 <= mark.number <= self._number

    def after(self, number: int, most_rows: int) -> list[Block]:
        """The blocks behind one, at least one if there is any, up to about so many readings."""
        if not self._ring:
            return []
        first = max(0, number + 1 - self._ring[0].number)
        found, rows = [], 0
        for place in range(first, len(self._ring)):
            block = self._ring[place]
            found.append(block)
            rows += len(block.readings)
            if rows >= most_rows:
                break
        return found

    async def beyond(self, number: int) -> None:
        """Until there is something behind a block, or the end."""
        while self._number <= number and not self.closed:
            await self._news.wait()

    async def run(self) -> None:
        """Until cancelled: look for alarms that changed."""
        since_ms = self._clock.now_ms()
        while True:
            if self._database.commits != self._seen_commits:
                self._seen_commits = self._database.commits
                now_ms = self._clock.now_ms()
                try:
                    found = await asyncio.to_thread(self._changed, since_ms - _OVERLAP_MS)
                except SQLAlchemyError as error:
                    log.warning("changes of alarms are told later: %s", error)
                    self._seen_commits = -1
                else:
                    self._tell(found, since_ms - _OVERLAP_MS)
                    since_ms = now_ms
            await self._clock.sleep(LOOK_EVERY_S)

    def _changed(self, since_ms: int) -> list[Alarm]:
        with self._database.read() as tx:
            return alarms.changed_since(tx, since_ms)

    def _tell(self, changed: Sequence[Alarm], since_ms: int) -> None:
        fresh = [one for one in changed if self._told.get(one.id) != one.updated_ms]
        self._told = {number: ms for number, ms in self._told.items() if ms >= since_ms}
        self._told.update((one.id, one.updated_ms) for one in fresh)
        if fresh:
            self._append(Columns.empty(), fresh)

    def _append(self, columns: Columns, changed: Sequence[Alarm] = ()) -> None:
        self._number += 1
        self._ring.append(Block(self._number, self._clock.now_ms(), columns, changed))
        self._rows += len(columns)
        while len(self._ring) > 1 and (self._rows > self._most_rows or len(self._ring) > MOST_BLOCKS):
            self._rows -= len(self._ring.popleft().readings)
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

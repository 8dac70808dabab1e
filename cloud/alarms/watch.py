"""Alarms in a running cloud: committed readings in, the registry's alarms and the messages to webhooks out."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from cloud.alarms import journal
from cloud.alarms.courier import Courier
from cloud.alarms.engine import MAX_AGE_MS, Condition, Engine, Transition
from cloud.alarms.plan import Key, Plan
from cloud.alarms.post import Post
from cloud.alarms.schedule import Schedule
from cloud.alarms.target import Targets
from cloud.registry import alarms, revisions, rules
from cloud.registry.alarms import Standing
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.secrets import Secrets
from cloud.store.port import Columns
from protocols.vocabulary import Clock, wait_at_most

log = logging.getLogger(__name__)
Found = TypeVar("Found")

LOOK_EVERY_S: Final = 1.0
"""How often it is asked whether the registry changed; asking costs a comparison of two numbers."""
OUTBOX_EVERY_S: Final = 5.0
"""How often the outbox is looked at where another process may have left something in it and died."""
MOST_WAITING: Final = 20_000
"""Transitions; with more, evaluation stops until they are written, and then goes on with the latest readings."""
_AT_ONCE: Final = 100
"""Transitions in one transaction: others want to write, too."""
_AFTER_FAILURE_S: Final = 5.0


class LatestReadings(Protocol):
    """The newest readings, in memory."""

    def snapshot(self, datastreams: NDArray[np.int32]) -> Columns:
        """The newest readings of these; a datastream without any is left out."""
        ...


@dataclass(slots=True)
class AlarmCounts:
    """What happened so far; each number only grows."""

    transitions: int = 0
    commits_passed_over: int = 0
    """Not evaluated because too many transitions waited; their latest readings were, later."""
    messages_dropped: int = 0


class _Registered(NamedTuple):
    """What was read of the registry."""

    version: tuple[int, int]
    plan: Plan
    standing: Sequence[Standing]


class Alarms:
    """Evaluates the rules on what is committed; ``watch`` is called on the event loop that ``run`` lives on.

    A kill loses nothing: alarms and messages are written in one transaction, and at the next start the latest readings
    are evaluated again.

    :param registry: an open one.
    :param latest: already loaded when ``run`` starts.
    :param targets: where webhooks may go.
    :param post: how they go there; None: over the network.
    """

    def __init__(  # noqa: PLR0913 - alarms stand between readings, registry and network
        self,
        registry: Database,
        directory: Directory,
        latest: LatestReadings,
        secrets: Secrets,
        clock: Clock,
        targets: Targets,
        *,
        max_age_ms: int = MAX_AGE_MS,
        post: Post | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self.counts = AlarmCounts()
        self.targets = targets
        self.registry = registry
        self._directory = directory
        self._latest = latest
        self._clock = clock
        self._post = post or Post(targets, secrets, clock)
        self.courier = Courier(registry, self._post, clock, schedule)
        self._engine = Engine(max_age_ms)
        self._version = (-1, -1)
        self._seen_commits = -1
        self._returns_ms: int | None = None
        self._outbox_s = 0.0
        self._waiting: deque[Transition] = deque()
        self._changed = asyncio.Event()
        self._to_write = asyncio.Event()
        self._behind = False

    @property
    def active(self) -> int:
        """How many alarms are active."""
        return self._engine.active

    @property
    def waiting(self) -> int:
        """How many transitions wait to be written."""
        return len(self._waiting)

    async def run(self) -> None:
        """Until cancelled."""
        async with self._post, asyncio.TaskGroup() as group:
            group.create_task(self.courier.run())
            group.create_task(self._follow())
            group.create_task(self._write())

    def watch(self, columns: Columns) -> None:
        """Readings that are now in the store; next to free when no rule watches them."""
        if len(self._waiting) >= MOST_WAITING:
            self._behind = True
            self.counts.commits_passed_over += 1
            return
        self._take(self._engine.take(columns, self._clock.now_ms()))

    def changed(self) -> None:
        """Rules, shelves, webhooks or the outbox changed: do not wait to be asked. Only on the event loop."""
        self._changed.set()

    def settle(self) -> None:
        """Evaluate the latest readings again, soon: they came otherwise than by ``watch``. Only on the event loop."""
        self._behind = True
        self._to_write.set()

    def _take(self, transitions: Sequence[Transition]) -> None:
        if transitions:
            self._waiting.extend(transitions)
            self.counts.transitions += len(transitions)
            self._to_write.set()

    # -- the registry's changes --------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            self._changed.clear()
            if self.registry.commits != self._seen_commits:
                self._seen_commits = self.registry.commits
                found = await self._insist(self._read)
                if found is not None:
                    self._install(found)
                self.courier.wake()
            elif self.registry.shared and self._clock.monotonic_s() >= self._outbox_s:
                self._outbox_s = self._clock.monotonic_s() + OUTBOX_EVERY_S
                self.courier.wake()
            self._return_from_shelf()
            await wait_at_most(self._clock, LOOK_EVERY_S, self._changed)

    def _read(self) -> _Registered | None:
        """Rules and shelves, and at the first time the standing alarms; None when nothing of it changed. Blocks."""
        with self.registry.read() as tx:
            version = revisions.current(tx, revisions.ALARMS), revisions.current(tx, revisions.DIRECTORY)
            if version == self._version:
                return None
            watching = rules.enabled(tx)
            shelved = {Key(*key): until_ms for key, until_ms in alarms.shelved(tx, self._clock.now_ms()).items()}
            standing = alarms.standing(tx) if self._version == (-1, -1) else ()
        return _Registered(version, Plan.read(watching, self._directory, shelved), standing)

    def _install(self, found: _Registered) -> None:
        """From here on other rules; no commit comes in between, so none is evaluated by neither."""
        if self._version == (-1, -1):
            conditions = {Key(one.rule, one.datastream): Condition(one.active, one.announced) for one in found.standing}
            evaluated: dict[int, int] = {}
            for one in found.standing:
                evaluated[one.datastream] = max(one.observed_ms, evaluated.get(one.datastream, 0))
            self._engine.restore(conditions, evaluated)
        self._version = found.version
        now_ms = self._clock.now_ms()
        self._take(self._engine.install(found.plan, now_ms))
        self._returns_ms = self._engine.next_return_ms(now_ms)
        self._settle()

    def _settle(self) -> None:
        latest = self._latest.snapshot(self._engine.watched)
        self._take(self._engine.settle(latest, self._clock.now_ms()))

    def _return_from_shelf(self) -> None:
        """Alarms whose shelving is over tell what they are now."""
        now_ms = self._clock.now_ms()
        if self._returns_ms is not None and now_ms >= self._returns_ms:
            self._returns_ms = self._engine.next_return_ms(now_ms)
            self._settle()

    # -- what is written ---------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            while self._waiting:
                part = list(islice(self._waiting, _AT_ONCE))
                self.counts.messages_dropped += await self._insist(partial(self._record, part))
                for _ in part:
                    self._waiting.popleft()
                self.courier.wake()
            if self._behind:
                self._behind = False
                self._settle()

    def _record(self, transitions: Sequence[Transition]) -> int:
        with self.registry.begin() as tx:
            return journal.record(tx, transitions, self._clock.now_ms())

    async def _insist(self, call: Callable[[], Found]) -> Found:
        while True:
            try:
                return await asyncio.to_thread(call)
            except (SQLAlchemyError, OSError) as error:
                log.error("alarms: the registry cannot be reached: %s", error)  # noqa: TRY400 - tried again
                await self._clock.sleep(_AFTER_FAILURE_S)

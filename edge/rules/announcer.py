"""Tells of alarms until each event is on disk, in the order of each rule; remembers across restarts what was told."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from edge.intake import EventSink
from protocols.vocabulary import Clock, Event

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0
MAX_WAITING: Final = 16
"""Events of one rule that wait for the disk; beyond it the oldest is dropped and counted."""


class Told(NamedTuple):
    """What was last told of a rule that is not normal."""

    source: str
    level: int


class Announcer:
    """:param path: where it is remembered; a file that cannot be read counts as empty, and alarms are told anew."""

    def __init__(self, sink: EventSink, clock: Clock, path: Path) -> None:
        self.told = 0
        self.not_kept = 0
        """Tries that the disk refused; each is tried again."""
        self.dropped = 0
        self._sink = sink
        self._clock = clock
        self._path = path
        self._active = _read(path)
        self._waiting: dict[str, deque[tuple[Event, int]]] = {}
        self._under_way: set[str] = set()
        self._changed = False

    @property
    def active(self) -> Mapping[str, Told]:
        """Rule -> what the cloud will know of it; rules that are normal are not among them."""
        return self._active

    def tell(self, rule: str, event: Event, level: int) -> None:
        """Hand over; gives the event up only to younger ones of the same rule."""
        waiting = self._waiting.setdefault(rule, deque())
        waiting.append((event, level))
        if len(waiting) > MAX_WAITING:
            del waiting[1 if rule in self._under_way else 0]
            self.dropped += 1
        self._begin(rule)

    def _begin(self, rule: str) -> None:
        waiting = self._waiting.get(rule)
        if not waiting or rule in self._under_way:
            return
        event, level = waiting[0]
        self._under_way.add(rule)
        self._sink.note(event).add_done_callback(partial(self._ended, rule, event, level))

    def _ended(self, rule: str, event: Event, level: int, future: "asyncio.Future[None]") -> None:
        self._under_way.discard(rule)
        if future.cancelled() or future.exception() is not None:
            self.not_kept += 1
            return
        self.told += 1
        self._waiting[rule].popleft()
        if level:
            self._active[rule] = Told(event.source, level)
        else:
            self._active.pop(rule, None)
        self._changed = True
        self._begin(rule)

    async def run(self) -> None:
        """Until cancelled: tries again what the disk refused, and keeps the memory."""
        try:
            while True:
                await self._clock.sleep(RETRY_S)
                for rule in list(self._waiting):
                    self._begin(rule)
                self.save()
        finally:
            self.save()

    def save(self) -> None:
        """Write the memory, if it has changed."""
        if not self._changed:
            return
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(self._active))
            draft.replace(self._path)
            self._changed = False
        except OSError as error:
            log.warning("%s: %s", self._path, error.strerror)


def _read(path: Path) -> dict[str, Told]:
    try:
        known: Any = json.loads(path.read_text())
        return {str(rule): Told(str(source), int(level)) for rule, (source, level) in known.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s: what was told of alarms is forgotten: %s", path, error)
        return {}

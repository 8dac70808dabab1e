"""What ails the gateway itself: each condition is told by an event when it begins and when it ends (design §6)."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from edge.commands.executor import Notes
from edge.spool.gather import Gatherer
from edge.spool.mended import EARLIEST_MS
from edge.spool.spool import Spool
from protocols.vocabulary import Clock, Event
from protocols.vocabulary.event import Scalar

log = logging.getLogger(__name__)

AILMENTS: Final = ("spool_filling", "dropping", "disk_failing")
FILLING_FROM: Final = 0.7
"""Of its bound: the spool is filling ..."""
FILLING_UNTIL: Final = 0.6
"""... until it is below this again."""
QUIET_S: Final = 60.0
"""Dropping has ended when nothing was dropped for so long; so has a full disk when it refused nothing for so long."""
MAX_REFUSAL: Final = 200
"""Characters of what the disk said, in an event."""
STEP_MS: Final = 2000
"""The wall clock was stepped when it moved so much more or less than the monotonic one between two looks."""


class Ailments:
    """``look`` is called every few seconds; kinds are ``gateway.<ailment>.raised`` and ``.cleared``.

    A step of the clock is told once: ``gateway.clock.stepped``, or ``gateway.clock.set`` out of the years before 2020.

    :param refusal: what the disk said against what the agent writes beside the spool; empty: nothing.
    """

    def __init__(  # noqa: PLR0913 - all that may ail
        self,
        gateway: str,
        spool: Spool,
        gatherer: Gatherer,
        notes: Notes,
        clock: Clock,
        refusal: Callable[[], str] = lambda: "",
    ) -> None:
        self.active: set[str] = set()
        self.clock_steps = 0
        self._gateway = gateway
        self._spool = spool
        self._gatherer = gatherer
        self._notes = notes
        self._clock = clock
        self._refusal = refusal
        self._refused_s: float | None = None
        self._dropped = 0
        self._dropped_s: float | None = None
        self._offset_ms: int | None = None

    @property
    def dropped(self) -> int:
        """Readings, events and envelopes given up so far, wherever."""
        counts = self._spool.counts
        return self._gatherer.dropped + self._gatherer.events_dropped + counts.dropped_records + counts.dropped_events

    @property
    def disk_failing(self) -> bool:
        """The disk refused the last commit, or was full, or refused the status file, within the last minute.

        Full, it takes a commit all the same when the oldest segment is given up for it, and then a status file, too.
        """
        return self._gatherer.disk_failing or any(map(self._recently, (self._spool.full_s, self._refused_s)))

    def _recently(self, at_s: float | None) -> bool:
        return at_s is not None and self._clock.monotonic_s() - at_s < QUIET_S

    def look(self) -> None:
        """Tell of what began or ended since the last look."""
        spool = self._spool
        share = spool.size / spool.max_bytes
        filling = share >= (FILLING_UNTIL if "spool_filling" in self.active else FILLING_FROM)
        self._is("spool_filling", filling, {"share": round(share, 3), "max_bytes": spool.max_bytes})
        self._look_at_the_disk()
        self._look_at_drops()
        self._look_at_the_clock()

    def _look_at_the_disk(self) -> None:
        data: dict[str, Scalar] = {"write_errors": self._spool.counts.write_errors}
        if refusal := self._refusal():
            self._refused_s = self._clock.monotonic_s()
            data["refusal"] = refusal[:MAX_REFUSAL]
        self._is("disk_failing", self.disk_failing, data)

    def _look_at_drops(self) -> None:
        now_s, dropped = self._clock.monotonic_s(), self.dropped
        if dropped != self._dropped:
            self._dropped, self._dropped_s = dropped, now_s
        self._is("dropping", self._recently(self._dropped_s), {"dropped": dropped})

    def _look_at_the_clock(self) -> None:
        now_ms = self._clock.now_ms()
        offset_ms = now_ms - round(self._clock.monotonic_s() * 1000)
        before_ms, self._offset_ms = self._offset_ms, offset_ms
        if before_ms is None or abs(by_ms := offset_ms - before_ms) < STEP_MS:
            return
        self.clock_steps += 1
        was_set = now_ms - by_ms >= EARLIEST_MS
        self._tell("clock.stepped" if was_set else "clock.set", {"by_s": by_ms / 1000})

    def _is(self, ailment: str, ails: bool, data: Mapping[str, Scalar]) -> None:
        if ails == (ailment in self.active):
            return
        self.active ^= {ailment}
        told = ", ".join(f"{name} {value}" for name, value in data.items())
        if ails:
            log.warning("%s (%s)", ailment, told)
        else:
            log.info("%s is over (%s)", ailment, told)
        self._tell(f"{ailment}.{'raised' if ails else 'cleared'}", data)

    def _tell(self, what: str, data: Mapping[str, Scalar]) -> None:
        """What the disk refuses still goes up the line, if there is one."""
        self._notes.note(Event(self._gateway, f"gateway.{what}", max(0, self._clock.now_ms()), data))

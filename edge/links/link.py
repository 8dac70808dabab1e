"""What every link is: something that runs until cancelled, hands readings over, and can say how it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from edge.intake import Intake
from edge.links.answer_times import AnswerFigures, AnswerTimes

DeviceState = Literal["waiting", "up", "silent"]


@dataclass(frozen=True, slots=True)
class DialInStatus:
    """What a listener knows of a station beyond its readings."""

    clock_offset_s: float | None
    """How far its clock is ahead; None: nothing is known."""
    clock_set: int
    """How often it was set."""
    gaps: int
    """Stretches of its series in which nothing came; only where history is asked for."""
    missing_h: float
    """How much that is, of the series that lacks most."""
    asked: int
    """Questions for history."""
    pulled: int
    """Readings that came because of them."""
    refused: int


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How one device behind a link is."""

    source: str
    """Neuron identifier or hardware identity, as in the readings' points."""
    state: DeviceState
    """waiting: nothing heard since the start; silent: it stopped answering; up otherwise."""
    last_seen_ms: int | None
    """Wall time of its last good answer, ms UTC."""
    answer_s: float | None
    """How long its last answer took, s; None where it speaks unasked."""
    readings: int
    """Handed over since the start."""
    errors: Mapping[str, int]
    """Counts by kind since the start; only kinds that happened."""
    notes: tuple[str, ...] = ()
    """What an engineer should know: registers that the device refuses, for example."""
    dial_in: "DialInStatus | None" = None
    """Of a station that dials in: its clock and its history."""
    answers: AnswerFigures | None = None
    """How long its answers take; None where it speaks unasked, or has not answered."""
    pause_s: float = 0.0
    """The breaker: how long it is left alone between two questions, because it is silent; 0: it is asked as usual."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How one link is."""

    name: str
    kind: str
    up: bool
    """Connected, or listening."""
    counters: Mapping[str, int]
    """Counts by kind since the start; only kinds that happened."""
    devices: tuple[DeviceStatus, ...]
    trouble: str = ""
    """Why it is not up, or was not last."""


class Link(Protocol):
    """A link. Its constructor does no I/O."""

    @property
    def name(self) -> str: ...

    async def run(self, intake: Intake) -> None:
        """Run until cancelled; a broken connection is mended inside, never raised."""
        ...

    def status(self) -> LinkStatus: ...


@runtime_checkable
class Remembering(Protocol):
    """A link that keeps something over a restart."""

    def remember(self, path: Path) -> None:
        """In this file; its folder is made. Called before run()."""
        ...


@dataclass(slots=True)
class DeviceRecord:
    """The counts that a link keeps of one device."""

    source: str
    state: DeviceState = "waiting"
    last_seen_ms: int | None = None
    answer_s: float | None = None
    readings: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    answers: AnswerTimes | None = None
    heard_s: float | None = None
    """Monotonic, where it speaks unasked: when it was heard last."""

    def heard(self, now_ms: int, readings: int, answer_s: float | None = None, *, now_s: float | None = None) -> None:
        """A good answer or upload with so many readings."""
        self.state = "up"
        self.last_seen_ms = now_ms
        self.heard_s = now_s
        self.readings += readings
        if answer_s is not None:
            self.answer_s = answer_s
            if self.answers is None:
                self.answers = AnswerTimes()
            self.answers.add(answer_s)

    def look(self, now_s: float, idle_s: float) -> None:
        """One that speaks unasked, and has not for so long, has gone silent."""
        if self.heard_s is not None and now_s - self.heard_s >= idle_s:
            self.state = "silent"

    def status(
        self, notes: tuple[str, ...] = (), dial_in: DialInStatus | None = None, *, pause_s: float = 0.0
    ) -> DeviceStatus:
        """A copy that stays as it is."""
        return DeviceStatus(
            self.source,
            self.state,
            self.last_seen_ms,
            self.answer_s,
            self.readings,
            dict(self.errors),
            notes,
            dial_in,
            answers=self.answers.figures() if self.answers else None,
            pause_s=pause_s,
        )

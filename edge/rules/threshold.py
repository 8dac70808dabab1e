"""A local rule: thresholds with a deadband, n of m readings, on-delay and off-delay (ISA-18.2). No I/O, no clock."""

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from protocols.vocabulary import Point, Quality, Reason

Comparison = Literal["gt", "lt"]
Priority = Literal["high", "medium", "low"]
Kind = Literal["raised", "changed", "cleared"]

_BAD: Final = frozenset({int(Quality.FAIL), int(Quality.MISSING)})
_NOT_THE_PROCESS: Final = int(Reason.MAINTENANCE | Reason.CALIBRATION | Reason.CLOCK)


class Level(NamedTuple):
    """One threshold of a rule."""

    limit: float
    priority: Priority


class Votes(NamedTuple):
    """n of the last m readings."""

    needed: int
    of: int


ALWAYS: Final = Votes(1, 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is watched.

    :raises ValueError: levels that are not in the order in which a value reaches them, or votes that cannot be had.
    """

    name: str
    point: Point
    comparison: Comparison
    levels: tuple[Level, ...]
    """From the one that is reached first to the last."""
    deadband: float = 0.0
    raise_on: Votes = ALWAYS
    clear_on: Votes = ALWAYS
    on_delay_ms: int = 0
    off_delay_ms: int = 0
    message: str = ""

    def __post_init__(self) -> None:
        limits = [level.limit for level in self.levels]
        if not limits or limits != sorted(set(limits), reverse=self.comparison == "lt"):
            raise ValueError(f"rule {self.name!r}: limits {limits}: expected them from the first reached to the last")
        for votes in (self.raise_on, self.clear_on):
            if not 1 <= votes.needed <= votes.of:
                raise ValueError(f"rule {self.name!r}: {votes.needed} of {votes.of} readings")

    def reached(self, value: float, level: int) -> int:
        """How many levels a value is beyond, when so many held before: those are left only behind the deadband."""
        up = self.comparison == "gt"
        for number in range(len(self.levels), 0, -1):
            band = self.deadband if number <= level else 0.0
            limit = self.levels[number - 1].limit
            if value > limit - band if up else value < limit + band:
                return number
        return 0


class Transition(NamedTuple):
    """An alarm came, changed its level, or went."""

    kind: Kind
    before: int
    after: int
    """Levels reached; 0 is normal."""
    time: int
    value: float
    quality: int


class Watch:
    """A rule at work on one point.

    :param level: the level that was last told.
    """

    def __init__(self, rule: Rule, level: int = 0) -> None:
        self.rule = rule
        self.level = min(level, len(rule.levels))
        self.not_judged = 0
        """Readings of bad quality, of a sensor under maintenance, or not newer than the last one."""
        self._last_ms: int | None = None
        self._seen: deque[int] = deque(maxlen=max(rule.raise_on.of, rule.clear_on.of))
        self._up_since: dict[int, int] = {}
        self._down_since: dict[int, int] = {}

    def add(self, time: int, value: float, quality: int, reasons: int) -> Transition | None:
        """The next checked reading; a failed one raises no process alarm, nor does it clear one."""
        if quality in _BAD or reasons & _NOT_THE_PROCESS or (self._last_ms is not None and time <= self._last_ms):
            self.not_judged += 1
            return None
        self._last_ms = time
        self._seen.append(self.rule.reached(value, self.level))
        before = self.level
        after = self._risen(time) or self._fallen(time)
        if after is None:
            return None
        self.level = after
        self._up_since.clear()
        self._down_since.clear()
        kind: Kind = "raised" if not before else "changed" if after else "cleared"
        return Transition(kind, before, after, time, value, quality)

    def _risen(self, time: int) -> int | None:
        votes, delay_ms = self.rule.raise_on, self.rule.on_delay_ms
        recent = list(self._seen)[-votes.of :]
        for level in range(len(self.rule.levels), self.level, -1):
            holds = sum(seen >= level for seen in recent) >= votes.needed
            if _held(self._up_since, level, time, delay_ms, holds=holds):
                return level
        return None

    def _fallen(self, time: int) -> int | None:
        votes, delay_ms = self.rule.clear_on, self.rule.off_delay_ms
        recent = list(self._seen)[-votes.of :]
        for level in range(self.level):
            holds = sum(seen <= level for seen in recent) >= votes.needed
            if _held(self._down_since, level, time, delay_ms, holds=holds):
                return level
        return None


def _held(since: dict[int, int], level: int, time: int, delay_ms: int, *, holds: bool) -> bool:
    """Whether it has held for the delay."""
    if not holds:
        since.pop(level, None)
        return False
    return time - since.setdefault(level, time) >= delay_ms

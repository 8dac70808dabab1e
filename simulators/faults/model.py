"""A fault: which kind, of what size, when; what it makes of a true value is a pure function of the instant."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, log, pi, sqrt
from typing import Final, Literal, NamedTuple, get_args

from simulators.environment.wander import chance

ValueKind = Literal["spike", "stuck", "drift", "step", "noise", "gap", "unit", "word_order"]
WireKind = Literal["silence", "garbled", "half", "slow"]
Kind = Literal[ValueKind, WireKind, "clock"]
VALUE_KINDS: Final[frozenset[str]] = frozenset(get_args(ValueKind))
WIRE_KINDS: Final[frozenset[str]] = frozenset(get_args(WireKind))
SIZED: Final[dict[str, str]] = {
    "spike": "what is added, in the property's unit",
    "drift": "what is added in a day",
    "step": "what is added",
    "noise": "standard deviation",
    "unit": "the factor",
    "clock": "seconds that the device's clock is ahead",
    "slow": "real seconds that an answer waits",
    "garbled": "share of the frames, 0 to 1",
}
"""What a size is, of the kinds that have one."""
FOREVER_MS: Final = 1 << 62
DAY_MS: Final = 86_400_000


class Occurrence(NamedTuple):
    """One time that a fault is there, simulated ms; the end does not belong to it."""

    number: int
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """When: from begin to end, or once in every ``every_ms`` within them, for ``lasts_ms``, at a time drawn by lot."""

    key: str
    """With it the lots are drawn: seed and fault."""
    begin_ms: int
    end_ms: int = FOREVER_MS
    every_ms: int | None = None
    lasts_ms: int = 0

    def at(self, time_ms: int) -> Occurrence | None:
        """The occurrence that is on at an instant of simulated time."""
        if not self.begin_ms <= time_ms < self.end_ms:
            return None
        if self.every_ms is None:
            return Occurrence(0, self.begin_ms, self.end_ms)
        one = self._numbered((time_ms - self.begin_ms) // self.every_ms, self.every_ms)
        return one if one.begin_ms <= time_ms < one.end_ms else None

    def _numbered(self, number: int, every_ms: int) -> Occurrence:
        late_ms = int(chance(self.key, number) * (every_ms - self.lasts_ms))
        begin_ms = self.begin_ms + number * every_ms + late_ms
        return Occurrence(number, begin_ms, min(self.end_ms, begin_ms + self.lasts_ms))

    def following(self, time_ms: int) -> Occurrence | None:
        """The first occurrence that begins at this instant or later."""
        if self.every_ms is None:
            return Occurrence(0, self.begin_ms, self.end_ms) if self.begin_ms >= time_ms else None
        number = max(0, (time_ms - self.begin_ms) // self.every_ms)
        for one in (self._numbered(number, self.every_ms), self._numbered(number + 1, self.every_ms)):
            if time_ms <= one.begin_ms < self.end_ms:
                return one
        return None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one device."""

    kind: Kind
    schedule: Schedule
    size: float = 0.0
    """See SIZED."""
    observed: frozenset[str] = frozenset()
    """Of which properties; empty: of all."""

    def concerns(self, observed: str) -> bool:
        """Whether it is about this property's values."""
        return self.kind in VALUE_KINDS and (not self.observed or observed in self.observed)

    def shown(
        self, true: float, time_ms: int, occurrence: Occurrence, then: Callable[[int], float | None]
    ) -> float | None:
        """What the instrument shows; None: nothing.

        :param time_ms: simulated. :param then: the true value at another simulated instant.
        """
        value: float | None = true
        match self.kind:
            case "spike" | "step":
                value = true + self.size
            case "drift":
                value = true + self.size * (time_ms - occurrence.begin_ms) / DAY_MS
            case "noise":
                value = true + self.size * _normal(f"{self.schedule.key}/noise", time_ms)
            case "stuck":
                value = then(occurrence.begin_ms)
            case "gap":
                value = None
            case "unit":
                value = true * self.size
            case "word_order":
                value = _words_swapped(true)
        return value


def _normal(key: str, index: int) -> float:
    """Of the standard normal distribution (Box and Muller)."""
    return sqrt(-2 * log(1 - chance(key, index))) * cos(2 * pi * chance(f"{key}/angle", index))


def _words_swapped(value: float) -> float:
    """What comes out of a 32-bit float whose two words changed places."""
    words = struct.pack(">f", value)
    return float(struct.unpack(">f", words[2:] + words[:2])[0])

"""The figures that the readings of one point are judged by, one type per check (QARTOD; docs/quality.md)."""

from dataclasses import dataclass, replace
from math import inf, isnan, sqrt
from typing import Final, Literal, NamedTuple

from protocols.vocabulary import Quality

SECOND_MS: Final = 1000
FOREVER_MS: Final = 1 << 62
STEADY: Final = 1.25
"""The three readings before a jump of unit are a level when the largest is at most so many times the smallest."""
NEAR: Final = 1.15
"""So many times more or less than the factor may a jump of unit be."""
FAR: Final = 100
"""Nature makes no jumps by such a factor: of it and larger ones the allowance is wider, for values near zero are not
steady and a unit's factor is found all the same."""


def allowance(factor: float, least: float) -> float:
    """How many times off values may be around a jump by a factor: ``least``, and its fifth root from FAR on."""
    return least if factor < FAR else max(least, factor**0.2)


class Span(NamedTuple):
    """Both ends belong to it."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spike:
    """QARTOD test 6, on the newest reading.

    :raises ValueError: the thresholds are not 0 <= low <= high.
    """

    low: float
    """A deviation above it is suspect."""
    high: float = inf
    """Above it the reading fails."""
    within_ms: int = 900_000
    """The test is made only where readings follow each other within this time: later, nature may have done it."""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"spike: low {self.low}, high {self.high}: expected 0 <= low <= high")


@dataclass(frozen=True, slots=True)
class Rate:
    """QARTOD test 7 with fixed figures: how much the value may change in a time.

    Up to the first time the first step is allowed in full, so that a sensor that is asked every second may still change
    by its resolution; between the times the step grows linearly; after the last one in proportion to it. With one pair
    this is a rate: ``step / ms``.

    :raises ValueError: no pairs, or times or steps that do not grow.
    """

    steps: tuple[tuple[int, float], ...]
    """(ms, step), ascending."""

    def __post_init__(self) -> None:
        times, steps = [ms for ms, _ in self.steps], [step for _, step in self.steps]
        if not times or times[0] <= 0 or times != sorted(set(times)) or steps != sorted(steps) or steps[0] < 0:
            raise ValueError(f"rate: {[[ms / SECOND_MS, step] for ms, step in self.steps]}: expected growing pairs")

    def allowed(self, elapsed_ms: int) -> float:
        """The largest change that is no suspect one, after so long."""
        before_ms, before = 0, self.steps[0][1]
        for at_ms, step in self.steps:
            if elapsed_ms <= at_ms:
                return before + (step - before) * (elapsed_ms - before_ms) / (at_ms - before_ms)
            before_ms, before = at_ms, step
        return before * elapsed_ms / before_ms


@dataclass(frozen=True, slots=True)
class Deviation:
    """QARTOD test 7 as the manual has it: a change of more than ``times`` standard deviations of the last window."""

    times: float
    window_ms: int


@dataclass(frozen=True, slots=True)
class Flat:
    """QARTOD test 8: so many readings in a row within the tolerance, over at least so long.

    :raises ValueError: fewer than two readings, or failing sooner than being suspect.
    """

    suspect_count: int = 3
    fail_count: int | None = 5
    """None: never worse than suspect."""
    suspect_ms: int = 0
    fail_ms: int = 0
    tolerance: float = 0.0
    natural: tuple[Span, ...] = ()
    """Where staying is natural: no rain, a calm, fog."""
    natural_ms: int = FOREVER_MS
    """And for how long: a bearing that jams shows a calm, too."""

    def __post_init__(self) -> None:
        if self.suspect_count < 2 or self.tolerance < 0:
            raise ValueError(f"flat line: {self.suspect_count} readings within {self.tolerance}: expected 2 or more")
        if self.fail_count is not None and (self.fail_count < self.suspect_count or self.fail_ms < self.suspect_ms):
            raise ValueError("flat line: expected to fail later than to be suspect")

    def is_natural(self, value: float, lasted_ms: int) -> bool:
        """Whether nothing is wrong with a value that has stayed here for so long."""
        return lasted_ms < self.natural_ms and any(low <= value <= high for low, high in self.natural)


@dataclass(frozen=True, slots=True)
class Attenuated:
    """QARTOD test 10: the values of a window lie closer together than the sensor's surroundings ever do."""

    window_ms: int
    suspect: float
    fail: float = 0.0
    by: Literal["range", "sd"] = "range"
    """max - min, or the standard deviation."""

    def __post_init__(self) -> None:
        if not 0 <= self.fail <= self.suspect:
            raise ValueError(f"attenuated: suspect {self.suspect}, fail {self.fail}: expected 0 <= fail <= suspect")


@dataclass(frozen=True, slots=True)
class Gap:
    """QARTOD test 1, told on the first reading after it."""

    longest_ms: int
    quality: Quality = Quality.SUSPECT


@dataclass(frozen=True, slots=True)
class Stuck:
    """Readings that stay at exactly one of the instrument's limits: 4 mA, full scale."""

    values: frozenset[float]
    count: int = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A jump by a unit's factor from a steady level."""

    step: float
    """Only jumps larger than this, in the point's unit, are looked at."""
    factors: tuple[float, ...] = (10, 1000)
    hold_ms: int = 172_800_000
    """How long what stays at the wrong factor is told; then it is taken for the new level."""

    def quiet(self, value: float) -> Span:
        """Around a value: no two values of it can be of different units."""
        if abs(value) <= self.step:
            return Span(-self.step, self.step)  # of one sign, no two of these are further apart than the step
        apart = min(one / allowance(one, NEAR) / allowance(one, STEADY) for one in self.factors)
        times = sqrt(apart) * 0.99
        if times > 1 and abs(value) * (times - 1) > self.step:
            return Span(*sorted((value / times, value * times)))
        return Span(value - self.step * 0.499, value + self.step * 0.499)


@dataclass(frozen=True, slots=True)
class Limits:
    """All checks of one point; None: that check is not made.

    :raises ValueError: a span ends before it begins, or the user's reaches beyond the sensor's.
    """

    sensor: Span | None = None
    """QARTOD test 4: outside of it a reading fails."""
    user: Span | None = None
    """Outside of it a reading is suspect."""
    spike: Spike | None = None
    rate: Rate | None = None
    deviation: Deviation | None = None
    flat: Flat | None = None
    attenuated: Attenuated | None = None
    gap: Gap | None = None
    stuck: Stuck | None = None
    unit: Unit | None = None

    def __post_init__(self) -> None:
        for name, span in (("sensor", self.sensor), ("user", self.user)):
            if span is not None and not span.low <= span.high:
                raise ValueError(f"{name} range {span.low} to {span.high}: expected it to end after it begins")
        if self.sensor and self.user and not (self.sensor.low <= self.user.low and self.user.high <= self.sensor.high):
            raise ValueError(
                f"user range {self.user.low} to {self.user.high}: expected it within the sensor's, "
                f"{self.sensor.low} to {self.sensor.high}"
            )

    @property
    def ranged(self) -> bool:
        """Whether a reading can be judged by itself."""
        return self.sensor is not None or self.user is not None

    @property
    def needs(self) -> int | None:
        """How many readings it takes until the next value can be judged by them; None: no check looks back."""
        if self.stuck is not None:
            return 0
        if self.rate or self.deviation or self.flat or self.attenuated:
            return 1
        if self.spike is not None:
            return 2
        return 3 if self.unit is not None else None

    @property
    def windowed(self) -> bool:
        """Whether every single reading must be looked at closely."""
        return (
            self.deviation is not None
            or self.attenuated is not None
            or (self.flat is not None and self.flat.tolerance > 0)
        )

    def quiet(self, value: float) -> Span | None:
        """Around a value in order: while readings stay within, none of the checks on range and change can say a thing.

        Every two values of it are closer together than the smallest change, and than the smallest factor, that a check
        minds. None: no such span.
        """
        low, high = self.user or self.sensor or Span(-inf, inf)
        mind = min(
            self.rate.steps[0][1] if self.rate else inf,
            self.spike.low if self.spike else inf,
        )
        if mind < inf:
            low, high = max(low, value - mind * 0.499), min(high, value + mind * 0.499)
            if not high - low <= mind:
                return None
        if self.unit is not None:
            span = self.unit.quiet(value)
            low, high = max(low, span.low), min(high, span.high)
        if self.stuck is not None and any(low <= one <= high for one in self.stuck.values):
            return self._beside_limits(value, low, high)
        return Span(low, high) if low <= value <= high else None

    def _beside_limits(self, value: float, low: float, high: float) -> Span | None:
        """Without the values at which a reading may be stuck; a little more is cut off than needed."""
        if self.stuck is None or value in self.stuck.values or isnan(value):
            return None
        low = max([low, *((one + value) / 2 for one in self.stuck.values if low <= one < value)])
        high = min([high, *((one + value) / 2 for one in self.stuck.values if value < one <= high)])
        return Span(low, high) if low <= value <= high else None

    def with_gap(self, longest_ms: int) -> "Limits":
        """With a gap to be told, unless one is given."""
        return self if self.gap is not None else replace(self, gap=Gap(longest_ms))


NO_LIMITS: Final = Limits()

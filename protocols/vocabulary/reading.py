"""The one currency: a Reading, and many of them as columns, a Batch."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import NamedTuple, Self

from protocols.vocabulary.identity import Point
from protocols.vocabulary.quality import Quality, Reason


class Reading(NamedTuple):
    """One value of one datastream at one instant, with its quality."""

    point: Point
    time: int
    """When it was observed: UTC, ms since 1970-01-01. Never re-stamped on resend."""
    value: float | None
    """float64 in the observed property's unit; None exactly when the quality is MISSING."""
    quality: Quality = Quality.NOT_EVALUATED
    reasons: int = 0
    """Bits of :class:`Reason`."""

    @classmethod
    def missing(cls, point: Point, time: int, reasons: int = 0) -> Self:
        """The device was asked and gave no value."""
        return cls(point, time, None, Quality.MISSING, reasons)

    @classmethod
    def of(
        cls, point: Point, time: int, value: float, quality: Quality = Quality.NOT_EVALUATED, reasons: int = 0
    ) -> Self:
        """A reading of a value as it came from a device; NaN and infinities become FAIL without a value's claim.

        A value that is no finite number cannot be stored as one: it is MISSING with the reason INVALID_VALUE.
        """
        if not isfinite(value):
            return cls(point, time, None, Quality.MISSING, reasons | Reason.INVALID_VALUE)
        return cls(point, time, value, quality, reasons)


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings as columns of equal length n, over a table of points.

    ``point`` indexes ``points`` (array "I"); ``time`` is ms UTC ("q"); ``value`` is float64 ("d"), NaN where
    the quality is MISSING; ``quality`` ("B"); ``reasons`` ("I").
    """

    points: tuple[Point, ...]
    point: "array[int]"
    time: "array[int]"
    value: "array[float]"
    quality: "array[int]"
    reasons: "array[int]"

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> Self:
        """Columns from readings, order kept; the table lists points in order of first appearance."""
        table: dict[Point, int] = {}
        rows = [(table.setdefault(r.point, len(table)), r) for r in readings]
        return cls(
            tuple(table),
            array("I", [index for index, _ in rows]),
            array("q", [r.time for _, r in rows]),
            array("d", [nan if r.value is None else r.value for _, r in rows]),
            array("B", [r.quality for _, r in rows]),
            array("I", [r.reasons for _, r in rows]),
        )

    def __len__(self) -> int:
        return len(self.time)

    def readings(self) -> Iterator[Reading]:
        """One by one, for tools and tests; the hot path stays in columns."""
        for index, time, value, quality, reasons in zip(
            self.point, self.time, self.value, self.quality, self.reasons, strict=True
        ):
            yield Reading(self.points[index], time, None if isnan(value) else value, Quality(quality), reasons)

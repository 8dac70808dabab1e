"""A jump by a unit's factor from a steady level, and how long what stays there is told."""

from math import sqrt
from typing import Final

from edge.quality.limits import NEAR, STEADY, Unit, allowance
from edge.quality.spike import Sample

STILL_NEAR: Final = 1.5
"""After it, values belong to the wrong level as long as they stay within so many times of where it was, or of it."""


class UnitJump:
    """Of one point."""

    __slots__ = (
        "_base", "_before_ms", "_factor", "_level_ms", "_limits", "_taken", "_taken_level", "_until_ms", "came_back",
    )  # fmt: skip

    def __init__(self, limits: Unit) -> None:
        self.came_back = False
        """Whether the reading asked about last ended a wrong level: those before it are not the process."""
        self._limits = limits
        self._base = 0.0
        self._factor = 0.0
        self._taken = self._taken_level = 0.0
        """The factor of a level that stayed until it was taken for the new one, and that level: the way back passes."""
        self._until_ms = 0
        self._level_ms = self._before_ms = 0
        """Since when it is at its level, and how long it had been at the one before."""

    @property
    def holds(self) -> bool:
        """Whether the level is a wrong one."""
        return self._factor != 0

    def clear(self) -> None:
        """Forget the level."""
        self._factor = self._taken = 0.0

    def is_wrong(self, time: int, value: float, past: tuple[Sample, ...], *, keep: bool) -> bool:
        """Whether the value is of another unit than the readings before it, newest first.

        :param keep: whether it will be among the readings before the next one.
        """
        self.came_back = False
        if self._factor:
            near = allowance(max(self._factor, 1 / self._factor), STILL_NEAR)
            stayed = value == 0 or _ratio(value, self._base * self._factor, near)  # nothing is nothing in any unit
            if stayed and time <= self._until_ms:
                self._base = value / self._factor if value else self._base
                return True
            self._taken, self._taken_level = (self._factor, self._base * self._factor) if stayed else (0.0, 0.0)
            self.came_back = _ratio(value, self._base, near)
            if self.came_back:
                self._level_ms -= self._before_ms
            self._factor = 0.0
            return False
        factor = self._jump(value, past)
        if factor and self._is_way_back(time, factor, past[0].value):
            self._taken, self.came_back = 0.0, True
            self._level_ms -= self._before_ms
            return False
        if factor and keep:
            self._before_ms, self._level_ms = time - self._level_ms, time
            self._base, self._factor, self._until_ms = value / factor, factor, time + self._limits.hold_ms
        return factor != 0

    def _is_way_back(self, time: int, factor: float, last: float) -> bool:
        """From a level that is still the one that was taken for it, to one at which it had been for longer."""
        if not _ratio(factor * self._taken, 1, NEAR) or time - self._level_ms > self._before_ms:
            return False
        return _ratio(last, self._taken_level, sqrt(max(factor, 1 / factor)))

    def _jump(self, value: float, past: tuple[Sample, ...]) -> float:
        """The factor of the jump; 0: it is none."""
        if len(past) < 3 or abs(value - past[0].value) <= self._limits.step:
            return 0.0
        low, level, high = sorted((one.value for one in past), key=abs)
        if low * high <= 0 or low * value <= 0 or low * level <= 0:
            return 0.0
        for one in self._limits.factors:
            if high / low > allowance(one, STEADY):
                continue
            for factor in (one, 1 / one):
                if _ratio(value, level * factor, allowance(one, NEAR)):
                    return factor
        return 0.0


def _ratio(value: float, level: float, times: float) -> bool:
    return 1 / times <= value / level <= times

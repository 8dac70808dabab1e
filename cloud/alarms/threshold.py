"""A threshold with a deadband (ISA-18.2): the two values between which an alarm keeps the state it has."""

from math import inf
from typing import Literal, NamedTuple

Comparison = Literal["gt", "lt"]


class Threshold(NamedTuple):
    """``gt``: active above ``limit``, and until the value is down at ``limit - deadband``; ``lt``: the mirror image."""

    comparison: Comparison
    limit: float
    deadband: float = 0.0
    """In the unit of the value; not negative."""

    @property
    def release(self) -> float:
        """The value at which an active alarm clears."""
        return self.limit - self.deadband if self.comparison == "gt" else self.limit + self.deadband

    def holds(self, value: float, *, active: bool) -> bool:
        """Whether it is active with this value, when it was ``active`` before."""
        if self.comparison == "gt":
            return value > (self.release if active else self.limit)
        return value < (self.release if active else self.limit)

    def rest(self, *, active: bool) -> tuple[float, float]:
        """Strictly between these two values nothing changes."""
        if self.comparison == "gt":
            return (self.release, inf) if active else (-inf, self.limit)
        return (-inf, self.release) if active else (self.limit, inf)

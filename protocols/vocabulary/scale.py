"""How a number in one unit becomes a number in another."""

from typing import NamedTuple


class Scale(NamedTuple):
    """new = (old * times + plus) / over; integers where the units allow it, so that 214 / 10 stays 21.4."""

    times: int = 1
    over: int = 1
    plus: float = 0

    def of(self, value: float) -> float:
        """The value in the new unit."""
        return (value * self.times + self.plus) / self.over


SAME = Scale()
"""The two units are one."""

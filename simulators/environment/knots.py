"""What changes within an hour and costs much to work out: worked out every ten minutes for a site, and kept.

Between two such knots is the straight line. Each place has its knots at other seconds, so that ten thousand devices do
not wait for all of them together.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from simulators.environment.moment import Moment

KNOT_MS: Final = 600_000
KNOTS: Final = 65_536
"""So many are kept of each kind: two of each of 10,000 sites, and some of the hours before."""
Numbers = TypeVar("Numbers", bound=tuple[float, ...])


def knotted(work: Callable[[Moment], Numbers]) -> Callable[[Moment], Numbers]:
    """The same function of a moment, between knots.

    :param work: gives a named tuple of numbers; it may depend on nothing but the moment.
    """
    knot = lru_cache(maxsize=KNOTS)(work)
    make = tuple.__new__

    @lru_cache(maxsize=16_384)
    def between(moment: Moment) -> Numbers:
        into = (moment.time_ms - round(moment.place().stagger * KNOT_MS)) % KNOT_MS
        before = knot(moment.at(moment.time_ms - into))
        if not into:
            return before
        after, share = knot(moment.at(moment.time_ms - into + KNOT_MS)), into / KNOT_MS
        return make(type(before), [a + (b - a) * share for a, b in zip(before, after, strict=True)])

    return between

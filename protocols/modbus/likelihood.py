"""Which number a pair of registers is, when there is a device and no manual: every reading weighed, with its reason.

What speaks for a reading: it is what the device's own display shows; as a float it has the size that instruments
show, and few decimals; it changes little from one answer to the next; as a counter it only grows. What speaks against:
no number, a size that nothing has, leaps by multiples of 65536, which is what two words in the wrong order do.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import Final, NamedTuple

from protocols.modbus.values import WIDTH, Kind, Order, number

KINDS: Final[tuple[Kind, ...]] = ("u16", "s16", "u32", "s32", "f32")
ORDERS: Final[tuple[Order, ...]] = ("ABCD", "CDAB", "BADC", "DCBA")
CERTAIN: Final = 0.1
"""By so much the best reading must lead to be called right."""
TOLERANCE: Final = 0.02
"""Of what a display shows: it is read a moment later, and rounded."""
DECIMALS: Final = 5

_RARE: Final = ("BADC", "DCBA")
_MARKS: Final = {0xFFFF: "FFFF", 0x7FFF: "7FFF", 0x8000: "8000", 0xFFFF_FFFF: "FFFFFFFF", 0x7FFF_FFFF: "7FFFFFFF"}
_UPPER_HALF: Final = 16
"""A register below it may be the upper half of a counter."""
_LARGE: Final = 100_000_000


class Reading(NamedTuple):
    """One way of reading the registers."""

    kind: Kind
    order: Order
    values: tuple[int | float, ...]
    """By answer, the oldest first."""
    score: float
    """0 to 1; it only orders readings of the same registers."""
    reason: str
    divisor: int = 1
    """What the number is to be divided by to be what was expected."""

    @property
    def value(self) -> int | float:
        """In the last answer."""
        return self.values[-1]


class Verdict(NamedTuple):
    """All ways of reading, the likeliest first."""

    readings: tuple[Reading, ...]
    certain: bool
    """Whether the first one leads clearly; readings that give the same numbers do not compete."""


def weigh(answers: Sequence[tuple[int, int]], expected: float | None = None) -> Verdict:
    """Weigh every kind and order.

    :param answers: the same two registers, read one or more times; a 16-bit number is the first of them.
    :param expected: what the device shows at this moment.
    :raises ValueError: no answer.
    """
    if not answers:
        raise ValueError("expected at least one answer")
    found = []
    for kind in KINDS:
        for order in ORDERS if WIDTH[kind] == 2 else ("ABCD", "BADC"):
            values = tuple(number(answer[: WIDTH[kind]], kind, order) for answer in answers)
            found.append(_weighed(kind, order, values, answers[-1], expected))
    found.sort(key=lambda reading: -reading.score)
    best = found[0]
    rivals = [reading for reading in found if reading.values != best.values]
    certain = best.score >= 0.5 and (not rivals or best.score - rivals[0].score >= CERTAIN)
    return Verdict(tuple(found), certain)


def _weighed(
    kind: Kind, order: Order, values: tuple[int | float, ...], last: tuple[int, int], expected: float | None
) -> Reading:
    if expected is not None:
        return _compared(kind, order, values, expected)
    if last == (0, 0):
        return Reading(kind, order, values, 0.1, "all zero: read it again when the device has something to say")
    score, reason = _float(values[-1]) if kind == "f32" else _whole(kind, int(values[-1]), last)
    if order in _RARE:
        score -= 0.15 if kind == "f32" else 0.25
        reason += "; a rare order"
    elif kind == "s32" or (kind == "s16" and values[-1] >= 0):
        score -= 0.02
    more, seen = _moved(kind, values)
    return Reading(kind, order, values, round(min(1.0, max(0.0, score + more)), 3), reason + seen)


def _compared(kind: Kind, order: Order, values: tuple[int | float, ...], expected: float) -> Reading:
    """Against what the display shows; an integer may have decimals that only the manual tells."""
    value = values[-1]
    rare = 0.05 if order in _RARE else 0.0
    for decimals in range(DECIMALS if kind != "f32" else 1):
        divisor = 10**decimals
        if not isfinite(value) or abs(value / divisor - expected) > max(TOLERANCE * abs(expected), 0.5 / divisor):
            continue
        if not value and expected:
            continue
        told = f"is {value / divisor:g}" + (f" with divisor {divisor}" if decimals else "")
        score = 0.95 - rare - 0.03 * decimals - (0.02 if kind[0] == "s" and value >= 0 else 0.0)
        return Reading(kind, order, values, round(score, 3), f"{told}, where {expected:g} is expected", divisor)
    return Reading(kind, order, values, 0.0, f"cannot be {expected:g}")


def _float(value: float) -> tuple[float, str]:
    if not isfinite(value):
        return 0.0, "no number; some devices say so when they have no value"
    size = abs(value)
    if not size:
        return 0.1, "zero"
    if not 1e-4 <= size < 1e9:
        return 0.02, "no instrument shows such a size"
    figures = _figures(value)
    if figures <= 5:
        return 0.85, f"a size that instruments show, and only {figures} figure{'s' if figures > 1 else ''}"
    return 0.6 if 1e-2 <= size < 1e6 else 0.35, "a size that instruments show"


def _figures(value: float) -> int:
    """The fewest decimal figures that give the same 32-bit float."""
    for figures in range(1, 9):
        if struct.pack(">f", float(f"{value:.{figures}g}")) == struct.pack(">f", value):
            return figures
    return 9


def _whole(kind: Kind, value: int, last: tuple[int, int]) -> tuple[float, str]:
    bits = 16 * WIDTH[kind]
    mark = _MARKS.get(value & (1 << bits) - 1)
    if mark and (bits == 32 or value != 0x7FFF or last[1] == value):
        return 0.2, f"{mark} often means: no value"
    return _short(value, last[1]) if bits == 16 else _long(value)


def _short(value: int, next_register: int) -> tuple[float, str]:
    if value < 0:
        return (0.45, "small and negative") if value >= -10_000 else (0.25, "negative")
    if value >= 0x8000:
        return 0.3, "large for one register; signed it is negative"
    if value < _UPPER_HALF and next_register:
        return 0.3, "so small that it may be the upper half of a larger number"
    return 0.45, "a size that one register has; its divisor only the manual tells"


def _long(value: int) -> tuple[float, str]:
    if value < 0:
        return (0.45, "small and negative") if value > -0x8000 else (0.05, "negative and large")
    if value >= _LARGE:
        return 0.05, "too large for most counters"
    return (0.36, "a counter whose upper half is 0") if value < 0x1_0000 else (0.34, "a size that counters have")


def _moved(kind: Kind, values: tuple[int | float, ...]) -> tuple[float, str]:
    """What several answers say."""
    if len(set(values)) < 2 or not all(map(isfinite, values)):
        return 0.0, ""
    scale = max(*map(abs, values), 1e-12)
    leap = max(abs(after - before) for before, after in pairwise(values))
    if leap / scale > 0.5:
        return -0.3, f"; leaps by {leap:g} from one answer to the next"
    if leap / scale > 0.02:
        return 0.0, ""
    if kind[1:] == "16":  # one register of two: whatever the two are, it moves less than they do
        return 0.1, "; it changes little from one answer to the next"
    if kind != "f32" and list(values) == sorted(values):
        return 0.2, "; it only grows, and slowly"
    return 0.15, "; it changes little from one answer to the next"

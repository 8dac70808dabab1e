"""What is known of a table of points before its values come: its part of an envelope's table, its scales."""

from array import array
from functools import lru_cache
from math import isnan
from typing import Final

from protocols.uplink.scales import RAW, fewest_decimals
from protocols.vocabulary.identity import Point
from protocols.vocabulary.quality import Quality

SHIFT: Final = 1.5 * 2**52
"""Added to a float of less than 2^51, it leaves the nearest integer in the low bits, in two's complement."""
_HELD: Final = 1 << 51
_FIRST_GUESS: Final = 2


@lru_cache(maxsize=4096)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all that are equal: devices of one model have the same series."""
    return names


class Layout:
    """A table of points whose readings come in its order, one of each: what a poll brings.

    It remembers how many decimals the values of each point have, so that it guesses once.
    """

    __slots__ = ("_scales", "decimals", "order", "series", "source_of", "sources")

    def __init__(self, points: tuple[Point, ...]) -> None:
        numbers: dict[str, int] = {}
        self.order = array("I", range(len(points)))
        self.source_of = array("H", [numbers.setdefault(point.source, len(numbers)) for point in points])
        self.sources = tuple(numbers)
        self.series = _shared(tuple(point.series for point in points))
        """Of each point."""
        self.decimals = bytearray((_FIRST_GUESS,)) * len(points)
        """Of the readings that were scaled last."""
        self._scales = [float(10**_FIRST_GUESS)] * len(points)

    def scaled(self, values: "array[float]", quality: "array[int]") -> "array[float]":
        """The integer of each value, plus SHIFT; 0 where ``decimals`` says RAW.

        :param values: one for each point; NaN where there is none.
        :raises OverflowError: one of them is so large that the sum would not hold it, or NaN and not called missing.
        """
        if isnan(sum(values)):
            if any(value != value and one != Quality.MISSING for value, one in zip(values, quality, strict=True)):  # noqa: PLR0124
                raise OverflowError
            values = array("d", [value if value == value else 0.0 for value in values])  # noqa: PLR0124 - NaN
        given, scales = values.tolist(), self._scales
        shifted = [value * scale + SHIFT for value, scale in zip(given, scales, strict=True)]
        told = [(number - SHIFT) / scale for number, scale in zip(shifted, scales, strict=True)]
        if told != given or RAW in self.decimals:
            for at, (value, one) in enumerate(zip(given, told, strict=True)):
                if value != one or self.decimals[at] == RAW:
                    shifted[at] = self._scaled_anew(at, value) + SHIFT
        return array("d", shifted)

    def _scaled_anew(self, at: int, value: float) -> int:
        """When the remembered decimals do not fit any more; RAW is looked at each time."""
        before = self.decimals[at]
        self.decimals[at], (integer,) = fewest_decimals((value,), 0 if before == RAW else before)
        self._scales[at] = 1.0 if self.decimals[at] == RAW else float(10 ** self.decimals[at])
        if abs(integer) >= _HELD:
            raise OverflowError
        return integer

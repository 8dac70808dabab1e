"""How many decimals numbers have: integers so that integer / 10**decimals is the number again (docs/uplink.md §3.4)."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

RAW: Final = 255
"""In place of the decimals: this point's values travel as float64."""
MAX_DECIMALS: Final = 9
EXACT: Final = 1 << 53


def scaled(values: Sequence[float], decimals: int) -> list[int] | None:
    """Integers of so many decimals; None: some value is not told by them, bit for bit but for the sign of 0."""
    scale = 10**decimals
    if max(map(abs, values)) * scale >= EXACT:  # 1e308 * 100 is no number that can be rounded
        return None
    integers = [round(v * scale) for v in values]
    return integers if [i / scale for i in integers] == list(values) else None


def fewest_decimals(values: Sequence[float], at_least: int = 0) -> tuple[int, list[int]]:
    """The fewest decimals that tell all values, and the integers; RAW and zeros when none do.

    :param at_least: what the values before had; not fewer, if these do, too.
    """
    if all(map(isfinite, values)) and not _never(values):
        for decimals in range(MAX_DECIMALS + 1):
            integers = scaled(values, decimals)
            if integers is not None:
                more = scaled(values, at_least) if decimals < at_least <= MAX_DECIMALS else None
                return (decimals, integers) if more is None else (at_least, more)
    return RAW, [0] * len(values)


def _never(values: Sequence[float]) -> bool:
    """Whether it is plain that no decimals tell them: what fewer decimals tell, the most tell as well."""
    return max(map(abs, values)) * 10**MAX_DECIMALS < EXACT and scaled(values, MAX_DECIMALS) is None

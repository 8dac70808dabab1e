"""Units as devices of others write them, in ours."""

from typing import Final

from protocols.senml.units import UNITS
from protocols.sparkplug.readings import UNITS as SPARKPLUG_UNITS
from protocols.vocabulary.scale import SAME, Scale

_ALIASES: Final[dict[str, str]] = SPARKPLUG_UNITS | {
    "°F": "[degF]",
    "degF": "[degF]",
    "m³": "m3",
    "Wh": "W.h",
}
"""Other ways to write a unit."""
_MORE: Final[dict[tuple[str, str], Scale]] = {
    ("[degF]", "Cel"): Scale(times=5, over=9, plus=-160),
    ("mS/cm", "uS/cm"): Scale(times=1_000),
    ("W.h", "kW.h"): Scale(over=1_000),
    ("kPa", "hPa"): Scale(times=10),
    ("Pa", "kPa"): Scale(over=1_000),
    ("hPa", "kPa"): Scale(over=10),
    ("bar", "kPa"): Scale(times=100),
    ("bar", "hPa"): Scale(times=1_000),
    ("L", "m3"): Scale(over=1_000),
    ("l", "m3"): Scale(over=1_000),
    ("[ft_i]", "m"): Scale(times=3_048, over=10_000),
}


def scale(told: str | None, ours: str) -> Scale | None:
    """How a number in the unit that was told becomes one in ours; None: there is no way.

    :param told: None or empty: the number is in ours already.
    """
    if not told or told == ours:
        return SAME
    plain = _ALIASES.get(told, told)
    if plain == ours:
        return SAME
    return UNITS.get((told, ours)) or UNITS.get((plain, ours)) or _MORE.get((plain, ours))

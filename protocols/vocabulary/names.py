"""What a name that somebody else gave a series means: an observed property of ours, and a channel.

The last part of the name counts, when it is the name of an observed property, in Chinese too, or becomes one in lower
snake case (``Water Temperature``, ``waterTemperature``, ``PM2.5``). Folders before it are the channel:
``Tank 1/Water Temperature`` is ``water_temperature/tank_1``.
"""

import re
from typing import Final

from protocols.vocabulary.properties import OBSERVED_PROPERTIES

_BETWEEN: Final = re.compile(r"[^0-9A-Za-z]+", re.ASCII)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", re.ASCII)
_MAX_CHANNEL: Final = 32
_CHINESE: Final = {known.name_zh: name for name, known in OBSERVED_PROPERTIES.items()}


def series_named(name: str) -> str | None:
    """``<observed property>[/<channel>]``; None: the name means no observed property."""
    *folders, last = name.split("/")
    observed = _observed(last)
    if observed is None:
        return None
    channel = ".".join(_snake(folder) for folder in folders)
    if not folders:
        return observed
    return f"{observed}/{channel}" if channel.strip(".") and len(channel) <= _MAX_CHANNEL else None


def _observed(name: str) -> str | None:
    if name in _CHINESE:
        return _CHINESE[name]
    for text in (_snake(name), _snake(_HUMP.sub("_", name))):
        if text in OBSERVED_PROPERTIES:
            return text
    return None


def _snake(text: str) -> str:
    return _BETWEEN.sub("_", text).strip("_").lower()

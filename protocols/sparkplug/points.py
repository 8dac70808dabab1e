"""How a Sparkplug source and a metric's name say which device and which observed property they mean.

**Hardware identity**, scheme ``sparkplug``: group, edge node and device joined by colons, since a slash ends a
hardware identity. Of each part A-Z a-z 0-9 ``.`` ``_`` ``-`` ``@`` stay as they are; every other byte of its UTF-8 is
``~`` and two hexadecimal digits, so that different sources never look alike:
``Sparkplug B Devices/Raspberry Pi`` is ``sparkplug:Sparkplug~20B~20Devices:Raspberry~20Pi``.
What comes out longer than 64 characters is ``~~`` and the first 32 hexadecimal digits of the SHA-256 of
``<group>/<edge>[/<device>]``.

**Observed property**: a site's own table by the whole name; else the last part of the name, when it is the name of an
observed property, in Chinese too, or becomes one in lower snake case (``Water Temperature``, ``waterTemperature``,
``PM2.5``). Folders before it are the channel: ``Tank 1/Water Temperature`` is ``water_temperature/tank_1``.
"""

import re
from collections.abc import Mapping
from typing import Final

from protocols.sparkplug.topic import Descriptor
from protocols.vocabulary import OBSERVED_PROPERTIES, HardwareId, Point

SCHEME: Final = "sparkplug"
_BETWEEN: Final = re.compile(r"[^0-9A-Za-z]+", re.ASCII)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", re.ASCII)
_MAX_CHANNEL: Final = 32
_CHINESE: Final = {known.name_zh: name for name, known in OBSERVED_PROPERTIES.items()}


def hardware_id(source: Descriptor) -> HardwareId:
    """The identity under which a source stands in the registry."""
    return HardwareId.of_text(SCHEME, *(part for part in source if part))


def point_of(source: Descriptor, name: str, site: Mapping[str, str]) -> Point | None:
    """The point of a metric; None when its name means no observed property.

    :param site: whole metric names to ``<observed property>[/<channel>]``.
    :raises IdentityError: the site's own table says what is no series.
    """
    series = site.get(name) or series_of(name)
    return None if series is None else Point.parse(f"{hardware_id(source)}/{series}")


def series_of(name: str) -> str | None:
    """``<observed property>[/<channel>]`` of a metric's name; None: it means no observed property."""
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

"""How a Sparkplug source and a metric's name say which device and which observed property they mean.

**Hardware identity**, scheme ``sparkplug``: group, edge node and device joined by colons, since a slash ends a
hardware identity. Of each part A-Z a-z 0-9 ``.`` ``_`` ``-`` ``@`` stay as they are; every other byte of its UTF-8 is
``~`` and two hexadecimal digits, so that different sources never look alike:
``Sparkplug B Devices/Raspberry Pi`` is ``sparkplug:Sparkplug~20B~20Devices:Raspberry~20Pi``.
What comes out longer than 64 characters is ``~~`` and the first 32 hexadecimal digits of the SHA-256 of
``<group>/<edge>[/<device>]``.

**Observed property**: a site's own table by the whole name; else what protocols.vocabulary.names makes of it.
"""

from collections.abc import Mapping
from typing import Final

from protocols.sparkplug.topic import Descriptor
from protocols.vocabulary import HardwareId, Point
from protocols.vocabulary.names import series_named

SCHEME: Final = "sparkplug"


def hardware_id(source: Descriptor) -> HardwareId:
    """The identity under which a source stands in the registry."""
    return HardwareId.of_text(SCHEME, *(part for part in source if part))


def point_of(source: Descriptor, name: str, site: Mapping[str, str]) -> Point | None:
    """The point of a metric; None when its name means no observed property.

    :param site: whole metric names to ``<observed property>[/<channel>]``.
    :raises IdentityError: the site's own table says what is no series.
    """
    series = site.get(name) or series_named(name)
    return None if series is None else Point.parse(f"{hardware_id(source)}/{series}")

"""What the elements of SL 651-2014 Table C.1 mean in our vocabulary: observed property and channel."""

import re
from typing import Final, NamedTuple

from protocols.sl651.elements import elements_by_name

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,31}", re.ASCII)
PRINCIPAL: Final = frozenset({"Z", "Q", "VJ", "P1"})
"""Of the elements that share a property, those that are the property itself: level, flow, velocity, and the rain of an
hour, as rain is counted elsewhere. The others have their name as channel: ZU, PN05, M10."""


class Meaning(NamedTuple):
    """Where the values of an element belong."""

    observed: str
    channel: str


def _meanings() -> dict[str, Meaning]:
    kinds = [kind for kind in elements_by_name().values() if kind.observed_property is not None]
    shared = [kind.observed_property for kind in kinds]
    return {
        kind.name: Meaning(
            kind.observed_property,
            "" if shared.count(kind.observed_property) == 1 or kind.name in PRINCIPAL else kind.name,
        )
        for kind in kinds
        if kind.observed_property is not None
    }


_KNOWN: Final = _meanings()


def meaning_of(name: str) -> Meaning | None:
    """What an element's ASCII name (or the printed id of an unlisted one) means.

    What has no property of ours is carried as ``sl651_<name>``; None when no name can hold it.
    """
    known = _KNOWN.get(name)
    if known is not None:
        return known
    return Meaning(f"sl651_{name.lower()}", "") if _NAME.fullmatch(name) else None

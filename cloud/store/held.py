"""Which envelopes are held, as ranges of their numbers (ADR 0021)."""

from collections.abc import Iterable
from typing import Final

from protocols.vocabulary.ranges import RangeSet

RECENT: Final = 2_000
"""So many of the newest envelopes of readings of a gateway are known by their content, too: those of five hours at one
in ten seconds. Of older ones there are ranges."""
Of = tuple[str, int, int]
"""Gateway, stream and epoch."""
Held = dict[Of, list[tuple[int, int]]]
"""Inclusive ranges in order, with gaps between them."""
Range = tuple[str, int, int, int, int]
"""Gateway, stream, epoch, first and last."""


def joined(ranges: Iterable[Range]) -> Held:
    """Ranges in any order, which may overlap or touch."""
    found: dict[Of, RangeSet] = {}
    for gateway, stream, epoch, first, last in ranges:
        found.setdefault((gateway, stream, epoch), RangeSet()).add(first, last)
    return {of: list(found[of]) for of in sorted(found)}


def ranges_of(held: Held) -> list[Range]:
    """The other way."""
    return [(*of, *span) for of, spans in held.items() for span in spans]

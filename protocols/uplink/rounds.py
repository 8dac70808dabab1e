"""Several polls of the same tables to the columns of a body, ordered by point: each place of a poll is a stride."""

import struct
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from protocols.uplink import parts
from protocols.uplink.layout import SHIFT, Layout
from protocols.uplink.scales import RAW
from protocols.vocabulary.reading import Batch

_LOWEST: Final = 4
"""So many bytes of a shifted number are its integer's."""
_TRIES: Final = 5
"""Decimals that a later poll needs are those of the earlier ones, too: they are all made again."""


def encode_rounds(layouts: Sequence[Layout], polls: Sequence[Sequence[Batch]]) -> bytes | None:
    """What stands behind the table; None: they are no such rounds, or an integer needs more than 32 bits.

    :param polls: of each layout, as many of each, at least one; in order of their places in the body.
    """
    try:
        values = _values(layouts, polls)
    except OverflowError:
        return None
    times = _times(polls)
    if values is None or times is None:
        return None
    quality: array[int] = array("B")
    reasons: array[int] = array("I")
    for rounds in polls:
        quality += _woven("B", [one.quality for one in rounds])
        reasons += _woven("I", [one.reasons for one in rounds])
    body = (
        struct.pack("<BH", 0, len(polls[0])),
        values,
        times,
        parts.constant_or_column("B", quality.tobytes()),
        parts.constant_or_column("I", reasons.tobytes()),
    )
    return b"".join(body)


def _values(layouts: Sequence[Layout], polls: Sequence[Sequence[Batch]]) -> bytes | None:
    """Decimals, firsts and deltas; None: a value is not told by decimals.

    :raises OverflowError: an integer needs more than 32 bits, or what is no number is not said to be missing.
    """
    firsts: array[float] = array("d")
    deltas: array[float] = array("d")
    for layout, rounds in zip(layouts, polls, strict=True):
        scaled = _scaled(layout, rounds)
        if scaled is None:
            return None
        firsts += scaled[0]
        none = array("d", (SHIFT,)) * len(scaled[0])
        steps = [
            array("d", [after - before + SHIFT for before, after in zip(*pair, strict=True)])
            for pair in pairwise(scaled)
        ]
        deltas += _woven("d", [none, *steps])
    decimals = b"".join([bytes(layout.decimals) for layout in layouts])
    return decimals + shifted_integers(firsts) + shifted_integers(deltas)


def _scaled(layout: Layout, rounds: Sequence[Batch]) -> "list[array[float]] | None":
    """The integers of each, all of the decimals that the layout has then; None: a value is not told by any."""
    for _ in range(_TRIES):
        before, found = bytes(layout.decimals), []
        for one in rounds:
            found.append(layout.scaled(one.value, one.quality))
            if RAW in layout.decimals:
                return None
            if layout.decimals != before:  # they may be the same again after the next
                break
        else:
            return found
    return None


def shifted_integers(shifted: "array[float]") -> bytes:
    """Width and column.

    :raises OverflowError: one of them needs more than 32 bits.
    """
    width, _ = parts.width_of(min(shifted) - SHIFT, max(shifted) - SHIFT)
    if width > _LOWEST:
        raise OverflowError
    return bytes((width,)) + (parts.planes(shifted, width) if width else b"")


def _times(polls: Sequence[Sequence[Batch]]) -> bytes | None:
    """None: readings of one poll are of several instants, or too far apart."""
    stamps = [[one.time[0] for one in rounds] for rounds in polls]
    base = min(map(min, stamps))
    far = max(map(max, stamps)) - base
    if far >> 63 or any(one.time.tobytes() != one.time[:1].tobytes() * len(one) for some in polls for one in some):
        return None
    width, code = parts.width_of(0, far)
    column: array[int] = array(code or "b")
    for of_layout, rounds in zip(stamps, polls, strict=True):
        if width:
            each = [array(code, (stamp - base,)) * len(one) for stamp, one in zip(of_layout, rounds, strict=True)]
            column += _woven(code, each)
    return struct.pack("<qB", base, width) + parts.planes(column)


def _woven(code: str, columns: "Sequence[array[Any]]") -> "array[Any]":
    """The first of each, then the second of each, ..."""
    step = len(columns)
    if step == 1:
        return columns[0]
    woven: array[Any] = array(code, bytes(columns[0].itemsize * len(columns[0]) * step))
    for place, column in enumerate(columns):
        woven[place::step] = column
    return woven

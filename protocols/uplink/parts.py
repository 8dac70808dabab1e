"""The parts of a body, written without numpy: columns of integers, constants, times, the table (docs/uplink.md §3)."""

import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from protocols.vocabulary.identity import NeuronId

_WIDTHS: Final = ((1, "b", 1 << 7), (2, "h", 1 << 15), (4, "i", 1 << 31), (8, "q", 1 << 63))
_SWAP: Final = sys.byteorder == "big"


def planes(column: "array[int] | array[float]", width: int = 0) -> bytes:
    """Little-endian bytes of a column, all lowest bytes first, then all next ones: what hardly changes compresses.

    :param width: only so many of the lowest bytes; 0: all.
    """
    if _SWAP:
        column = column[:]
        column.byteswap()
    raw, size = column.tobytes(), column.itemsize
    return raw if size == 1 else b"".join([raw[k::size] for k in range(width or size)])


def width_of(low: float, high: float) -> tuple[int, str]:
    """Bytes of the narrowest column that holds so small and so large integers, and its array's code; (0, "") for 0s.

    :raises OverflowError: there is none.
    """
    if low == high == 0:
        return 0, ""
    for width, code, bound in _WIDTHS:
        if -bound <= low and high < bound:
            return width, code
    raise OverflowError(f"{low}..{high} does not fit 64 bits")


def integers(numbers: Sequence[int]) -> bytes:
    """Width and the narrowest column that holds them; no column when all are 0.

    :raises OverflowError: one of them does not fit 64 bits.
    """
    width, code = width_of(min(numbers), max(numbers))
    return bytes((width,)) + (planes(array(code, numbers)) if width else b"")


def times(stamps: Sequence[int]) -> bytes:
    """Base and offsets of a column of times, ms."""
    base = min(stamps)
    if max(stamps) - base >> 63:
        base = 0  # so far apart that their distances do not fit, but they themselves do
    return struct.pack("<q", base) + integers([stamp - base for stamp in stamps])


def constant_or_column(code: str, column: Iterable[int]) -> bytes:
    """Mode, and one value when all are the same.

    :param column: numbers, or the bytes of an array of this code.
    """
    numbers = array(code, column)
    if numbers.tobytes() == numbers[:1].tobytes() * len(numbers):
        return b"\0" + planes(numbers[:1])
    return b"\1" + planes(numbers)


def table(sources: Iterable[str], series: Iterable[str], source_of: "array[int]", series_of: "array[int]") -> bytes:
    """Sources, series and the pairs of them that the points are.

    :param source_of: of each point, array "H"; as ``series_of``.
    """
    return b"".join(
        (
            _listed(tuple(map(_source, sources))),
            _series(tuple(series)),
            struct.pack("<H", len(source_of)),
            planes(source_of),
            planes(series_of),
        )
    )


@lru_cache(maxsize=64)
def _series(series: tuple[str, ...]) -> bytes:
    return _listed([bytes((len(one),)) + one.encode("ascii") for one in series])


def _listed(parts: Sequence[bytes]) -> bytes:
    return struct.pack("<H", len(parts)) + b"".join(parts)


@lru_cache(maxsize=10_000)
def _source(text: str) -> bytes:
    if text.startswith("nrn-"):
        return b"\0" + int(NeuronId.parse(text)).to_bytes(5, "big")
    encoded = text.encode("ascii")
    return bytes((1, len(encoded))) + encoded

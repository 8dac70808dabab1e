"""Columns of whole numbers to blocks of bytes (docs/store.md, "The file"): many blocks in one go."""

import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
import zstandard
from numpy.typing import NDArray

from cloud.store.block_index import Ints

Whole = NDArray[np.integer[Any]] | NDArray[np.bool_]
Flags = NDArray[np.bool_]
_LEVEL: Final = 3
_ASKED: Final = 15
"""So many of a block's differences say what most of them are like."""
_WIDER: Final = np.array([1 << 8 * width for width in range(8)], np.uint64)
"""From which number on it takes one byte more."""
_local: Final = threading.local()


class Cuts:
    """Where blocks begin and end.

    :param edges: the first row of each, and behind the last of all; each block has at least one.
    """

    def __init__(self, edges: Sequence[int]) -> None:
        self.edges = list(edges)
        at = np.array(edges, np.int64)
        self.begins: Ints = at[:-1]
        self.lasts: Ints = at[1:] - 1
        self.rows: Ints = at[1:] - at[:-1]

    def __len__(self) -> int:
        return len(self.begins)

    def least(self, column: NDArray[Any]) -> NDArray[Any]:
        """Of each block."""
        return np.minimum.reduceat(column, self.begins)

    def greatest(self, column: NDArray[Any]) -> NDArray[Any]:
        """Of each block."""
        return np.maximum.reduceat(column, self.begins)

    def of_rows(self, of_blocks: NDArray[Any]) -> NDArray[Any]:
        """What is said of each block, for each row; shape (1,) when it is the same for all."""
        same = (of_blocks == of_blocks[0]).all()
        return of_blocks[:1] if same else np.repeat(of_blocks, self.rows)

    def part(self, blocks: Flags) -> "tuple[Ints, Cuts]":
        """The rows of some of the blocks, and where those begin and end when they are taken."""
        rows = self.rows[blocks]
        return np.flatnonzero(np.repeat(blocks, self.rows)), Cuts([0, *rows.cumsum().tolist()])


class Column(NamedTuple):
    """A column to be packed."""

    numbers: Whole
    by_difference: Flags
    """Of each block, whether it is kept as the differences of its rows."""


class _Packed(NamedTuple):
    """Of each block width, base and step."""

    width: NDArray[np.uint8]
    base: Ints
    step: Ints
    numbers: NDArray[np.uint64]
    """What is kept of each row; of no row where no block has a width."""
    lowest: NDArray[np.uint8]
    """Its lowest byte."""


def packed(columns: Sequence[Column], cuts: Cuts) -> tuple[list[bytes], dict[str, NDArray[Any]]]:
    """The bytes of each block, and of the index what they say of themselves: rows, crc, width, length, base, step."""
    made = [_packed(column, cuts) for column in columns]
    index = {name: np.stack([getattr(one, name) for one in made], axis=1) for name in ("width", "base", "step")}
    blocks = zip(pairwise(cuts.edges), index["width"].tolist(), strict=True)
    frames = [[_frame(*one, *span) for one in zip(made, widths, strict=True)] for span, widths in blocks]
    data = list(map(b"".join, frames))
    index["length"] = np.array([list(map(len, some)) for some in frames], np.uint32)
    index["crc"] = np.array(list(map(crc32, data)), np.uint32)
    return data, index | {"rows": cuts.rows}


def compress(data: bytes | memoryview) -> bytes:
    """As columns of blocks are."""
    compressor: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False)
    return compressor.compress(data)


def _frame(column: _Packed, width: int, begin: int, end: int) -> bytes:
    if not width:
        return b""
    if width == 1:
        return compress(column.lowest[begin:end].data)
    planes = column.numbers[begin:end].view(np.uint8).reshape(-1, 8)
    return compress(b"".join([planes[:, plane].tobytes() for plane in range(width)]))


def _packed(column: Column, cuts: Cuts) -> _Packed:
    low, high = cuts.least(column.numbers), cuts.greatest(column.numbers)
    width = np.zeros(len(cuts), np.uint8)
    base, step = low.astype(np.int64), np.zeros(len(cuts), np.int64)
    if (low == high).all():
        return _Packed(width, base, step, np.empty(0, np.uint64), np.empty(0, np.uint8))
    numbers = column.numbers.astype(np.int64, copy=False)
    by_difference = column.by_difference
    if not by_difference.any():
        kept = (numbers - cuts.of_rows(base)).view(np.uint64)
    else:
        kept, steps = _differences(numbers, cuts)
        if not by_difference.all():
            kept = np.where(cuts.of_rows(by_difference), kept, (numbers - cuts.of_rows(base)).view(np.uint64))
        step[by_difference] = steps[by_difference]
        base[by_difference] = numbers[cuts.begins[by_difference]]
    width[:] = _WIDER.searchsorted(cuts.greatest(kept), side="right")
    return _Packed(width, base, step, kept, kept.astype(np.uint8))


def _differences(numbers: Ints, cuts: Cuts) -> tuple[NDArray[np.uint64], Ints]:
    """Differences less the step of their block, small ones as small numbers whatever their sign; and the steps."""
    ahead = np.empty_like(numbers)
    np.subtract(numbers[1:], numbers[:-1], out=ahead[1:])
    asked = cuts.begins[:, None] + 1 + (cuts.rows[:, None] - 1) * np.arange(_ASKED) // _ASKED
    some = ahead[np.minimum(asked, len(numbers) - 1)]
    some.sort(axis=1)
    steps: Ints = np.where(cuts.rows > 1, some[:, _ASKED // 2], 0)
    ahead -= cuts.of_rows(steps)
    ahead[cuts.begins] = 0
    return ((ahead << 1) ^ (ahead >> 63)).view(np.uint64), steps

"""Where the blocks of a sorted file lie and what is in them (docs/store.md, "The file")."""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_FOUND: Final[dict[str, type[np.generic]]] = {  # datastreams, and times in ms UTC
    "first": np.int32, "last": np.int32, "earliest": np.int64, "latest": np.int64,
}  # fmt: skip
_TOLD: Final[dict[str, type[np.generic]]] = {
    "offset": np.int64, "rows": np.int64, "crc": np.uint32, "scale": np.int8,
    "width": np.uint8, "length": np.uint32, "base": np.int64, "step": np.int64,
}  # fmt: skip
_OF_COLUMNS: Final = frozenset({"width", "length", "base", "step"})
FIELDS: Final = (*_FOUND, *_TOLD)
"""Names of the arrays of an index."""


class Told(NamedTuple):
    """What is to be known of a block to read it; the last four of each column."""

    offset: int
    rows: int
    crc: int
    scale: int
    """Decimals of its values; -1: they are float64 as they are."""
    width: Sequence[int]
    """Bytes of each number before zstd; 0: all are ``base``."""
    length: Sequence[int]
    """Bytes of the column's zstd frame."""
    base: Sequence[int]
    step: Sequence[int]
    """What each difference is more than the number that is kept; 0 of plain columns."""


def joined(parts: Sequence[Mapping[str, NDArray[Any]]], columns: int) -> dict[str, NDArray[Any]]:
    """The arrays of an index, as a file has them, of those of its parts; perhaps there are none."""
    found = {}
    for name, kind in (*_FOUND.items(), *_TOLD.items()):
        none = np.empty((0, columns) if name in _OF_COLUMNS else 0, kind)
        found[name] = np.concatenate([none, *(part[name] for part in parts)]).astype(kind, copy=False)
    return found


class BlockIndex:
    """Where the blocks of one table lie and what is in them: as arrays of shape (blocks,), and block by block.

    :param arrays: by the names of FIELDS; those of columns have shape (blocks, columns).
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.first: NDArray[np.int32] = arrays["first"].copy()  # and not a view of all that was read
        self.last: NDArray[np.int32] = arrays["last"].copy()
        self.earliest: Ints = arrays["earliest"].copy()
        self.latest: Ints = arrays["latest"].copy()
        columns = arrays["width"].shape[1]
        shapes = {name: (columns,) if name in _OF_COLUMNS else () for name in _TOLD}
        self.told = np.empty(len(self.first), np.dtype([(name, kind, shapes[name]) for name, kind in _TOLD.items()]))
        """The fields of :class:`Told`, those of one block in one place."""
        for name in _TOLD:
            self.told[name] = arrays[name]
        self._columns = columns
        self._one = struct.Struct(f"<qqIb{columns}B{columns}I{columns}q{columns}q")
        self._bytes = self.told.view(np.uint8).data
        self._first, self._last = self.first.data, self.last.data
        self._earliest, self._latest = self.earliest.data, self.latest.data

    def __len__(self) -> int:
        return len(self.first)

    def of_one(self, number: int, from_ms: int, to_ms: int) -> Sequence[int]:
        """The blocks in which one datastream may have readings with from_ms <= time < to_ms."""
        begin = bisect_left(self._last, number)
        blocks = range(begin, bisect_right(self._first, number, begin))
        earliest, latest = self._earliest, self._latest
        return [block for block in blocks if earliest[block] < to_ms and latest[block] >= from_ms]

    def one(self, block: int) -> Told:
        """What is said of one block."""
        columns = self._columns
        told = self._one.unpack_from(self._bytes, block * self._one.size)
        ends = (4, 4 + columns, 4 + 2 * columns, 4 + 3 * columns)
        return Told(*told[:4], *(told[end : end + columns] for end in ends))

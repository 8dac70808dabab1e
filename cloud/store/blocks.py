"""Columns of whole numbers as blocks of bytes: differences, as few bytes each as they need, byte planes, zstd."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final
from zlib import crc32

import numpy as np
import zstandard
from numpy.typing import NDArray

Ints = NDArray[np.int64]
BLOCK_ROWS: Final = 2048
_LEVEL: Final = 3
_ONE: Final = np.uint64(1)
_local = threading.local()


class StoreDamagedError(OSError):
    """A file of the store does not hold what was written."""


@dataclass(slots=True)
class BlockIndex:
    """Where the blocks of one table lie and what is in them; shape (blocks,) or (blocks, columns)."""

    offset: Ints
    rows: Ints
    crc: NDArray[np.uint32]
    first: NDArray[np.int32]
    """The block's first datastream."""
    last: NDArray[np.int32]
    earliest: Ints
    """The earliest time in it, ms UTC."""
    latest: Ints
    scale: NDArray[np.int8]
    """Decimals of its values; -1: they are float64 as they are."""
    width: NDArray[np.uint8]
    """Bytes of each number before zstd; 0: all are ``base``."""
    length: NDArray[np.uint32]
    """Bytes of the column's zstd frame."""
    base: Ints
    step: Ints
    """What each difference is more than the number that is kept; 0 of plain columns."""

    def __len__(self) -> int:
        return len(self.offset)

    @classmethod
    def of(cls, blocks: "Sequence[BlockHead]", columns: int) -> "BlockIndex":
        """The heads of blocks as columns."""
        shapes = dict.fromkeys(("width", "length", "base", "step"), (-1, columns))
        return cls(
            *(
                np.array([getattr(b, f.name) for b in blocks], DTYPES[f.name]).reshape(shapes.get(f.name, (-1,)))
                for f in fields(cls)
            )
        )


DTYPES: Final[dict[str, type[np.generic]]] = {
    "offset": np.int64, "rows": np.int64, "crc": np.uint32, "first": np.int32, "last": np.int32, "earliest": np.int64,
    "latest": np.int64, "scale": np.int8, "width": np.uint8, "length": np.uint32, "base": np.int64, "step": np.int64,
}  # fmt: skip


@dataclass(slots=True)
class BlockHead:
    """One block's row of the index."""

    offset: int
    rows: int
    crc: int
    first: int
    last: int
    earliest: int
    latest: int
    scale: int
    width: list[int]
    length: list[int]
    base: list[int]
    step: list[int]


def encode(columns: Sequence[Ints], differences: Sequence[bool]) -> tuple[bytes, list[list[int]]]:
    """One block: its bytes, and widths, lengths, bases and steps of its columns.

    :param differences: whether a column is kept as the differences of its rows.
    """
    packed = [_packed(*one) for one in zip(columns, differences, strict=True)]
    frames = [frame for *_, frame in packed]
    told = [[one[0] for one in packed], [len(frame) for frame in frames]]
    return b"".join(frames), [*told, [one[1] for one in packed], [one[2] for one in packed]]


class Blocks:
    """Some blocks of a table as they were read; each column is made when it is asked for."""

    __slots__ = ("_base", "_data", "_ends", "_sizes", "_step", "_widths", "rows", "scales")

    def __init__(self, index: BlockIndex, blocks: NDArray[np.intp], data: Sequence[memoryview]) -> None:
        """:param data: the bytes of each of the blocks."""
        self.rows = index.rows[blocks]
        self.scales = index.scale[blocks]
        self._data = data
        self._sizes = index.length[blocks].tolist()
        self._widths = index.width[blocks].T.tolist()
        self._base = index.base[blocks]
        self._step = index.step[blocks]
        self._ends = self.rows.cumsum()

    def __len__(self) -> int:
        return len(self._data)

    @property
    def total(self) -> int:
        """Rows of all of them."""
        return int(self._ends[-1])

    def single(self, block: int) -> "Blocks":
        """One of them."""
        one: Blocks = object.__new__(Blocks)
        here = slice(block, block + 1)
        one.rows, one.scales = self.rows[here], self.scales[here]
        one._base, one._step = self._base[here], self._step[here]
        one._data, one._sizes = self._data[here], self._sizes[here]
        one._widths = [widths[here] for widths in self._widths]
        one._ends = one.rows
        return one

    def same(self, column: int) -> int | None:
        """The number that all rows of a column have; None when they differ."""
        if any(self._widths[column]):
            return None
        if len(self._data) == 1:
            return None if self._step[0, column] else int(self._base[0, column])
        if self._step[:, column].any():
            return None
        base = self._base[:, column]
        first = int(base[0])
        return first if len(base) == 1 or (base == first).all() else None

    def column(self, column: int, *, by_difference: bool) -> Ints:
        """The numbers of one column, one block behind the other; perhaps not to be written to."""
        same = self.same(column)
        if same is not None:
            return np.broadcast_to(np.int64(same), (self.total,))
        if len(self) == 1 and not self._widths[column][0]:
            base, step = int(self._base[0, column]), int(self._step[0, column])
            return np.arange(base, base + step * int(self._ends[0]), step, dtype=np.int64)
        if len(self) == 1 and self._widths[column][0] == 1:
            sizes = self._sizes[0]
            start = sum(sizes[:column])
            raw = _expander().decompress(self._data[0][start : start + sizes[column]])
            return self._whole(np.frombuffer(raw, np.uint8).astype(np.uint64), column, by_difference)
        numbers = np.zeros(int(self._ends[-1]), np.uint64)
        planes = numbers.view(np.uint8).reshape(-1, 8)
        expand = _expander().decompress
        begin = 0
        for view, sizes, width, end in zip(
            self._data, self._sizes, self._widths[column], self._ends.tolist(), strict=True
        ):
            if width:
                start = sum(sizes[:column])
                raw = expand(view[start : start + sizes[column]])
                if width == 1:
                    planes[begin:end, 0] = np.frombuffer(raw, np.uint8)
                else:
                    planes[begin:end, :width] = np.frombuffer(raw, np.uint8).reshape(width, end - begin).T
            begin = end
        return self._whole(numbers, column, by_difference)

    def _whole(self, numbers: NDArray[np.uint64], column: int, by_difference: bool) -> Ints:
        """From what is kept to what is meant."""
        base = self._base[:, column]
        if not by_difference:
            plain: Ints = numbers.view(np.int64)
            plain += base[0] if len(self) == 1 else np.repeat(base, self.rows)
            return plain
        odd = (numbers & _ONE).view(np.int64)
        numbers >>= _ONE
        signed: Ints = numbers.view(np.int64)
        np.negative(odd, out=odd)
        signed ^= odd
        step = self._step[:, column]
        if step.any():
            signed += step[0] if len(self) == 1 or (step == step[0]).all() else np.repeat(step, self.rows)
        np.cumsum(signed, out=signed)
        if len(self) == 1:
            signed += base[0] - step[0]  # the first row's difference is 0, the step was added there, too
        else:
            signed += np.repeat(base - signed[self._ends - self.rows], self.rows)
        return signed


def check(data: memoryview, crc: int, where: str) -> None:
    """Raise when the bytes are not those that were written.

    :raises StoreDamagedError: they are not.
    """
    if crc32(data) != crc:
        raise StoreDamagedError(f"{where}: wrong checksum")


def compress(data: bytes) -> bytes:
    """As blocks are."""
    compressor: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False)
    return compressor.compress(data)


def expand(data: bytes | memoryview) -> bytes:
    """The other way."""
    return _expander().decompress(data)


def _expander() -> zstandard.ZstdDecompressor:
    expander: zstandard.ZstdDecompressor | None = getattr(_local, "expander", None)
    if expander is None:
        expander = _local.expander = zstandard.ZstdDecompressor()
    return expander


def _packed(column: Ints, by_difference: bool) -> tuple[int, int, int, bytes]:
    """Width, base, step and frame."""
    step = 0
    if by_difference:
        base = int(column[0])
        steps = np.zeros_like(column)
        np.subtract(column[1:], column[:-1], out=steps[1:])
        if len(steps) > 1:
            some = np.sort(steps[1:66])
            step = int(some[len(some) // 2])
            steps[1:] -= step
        numbers = ((steps << 1) ^ (steps >> 63)).view(np.uint64)
    else:
        base = int(column.min())
        numbers = (column - base).view(np.uint64)
    width = (int(numbers.max()).bit_length() + 7) // 8
    if not width:
        return 0, base, step, b""
    planes = numbers.view(np.uint8).reshape(-1, 8)[:, :width].T
    return width, base, step, compress(np.ascontiguousarray(planes).tobytes())

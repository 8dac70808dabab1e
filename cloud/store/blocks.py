"""Columns of whole numbers as blocks of bytes: differences, as few bytes each as they need, byte planes, zstd."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import numpy as np
import zstandard
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Whole = NDArray[np.integer[Any]] | NDArray[np.bool_]
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


def encode(columns: Sequence[Whole], differences: Sequence[bool]) -> tuple[bytes, list[list[int]]]:
    """One block: its bytes, and widths, lengths, bases and steps of its columns.

    :param differences: whether a column is kept as the differences of its rows.
    """
    packed = [_packed(*one) for one in zip(columns, differences, strict=True)]
    frames = [frame for *_, frame in packed]
    told = [[one[0] for one in packed], [len(frame) for frame in frames]]
    return b"".join(frames), [*told, [one[1] for one in packed], [one[2] for one in packed]]


class Block:
    """One block of a table as it was read; each column is made when it is asked for."""

    __slots__ = ("_base", "_data", "_sizes", "_step", "_widths", "made", "scale", "total")

    def __init__(self, index: BlockIndex, number: int, data: memoryview) -> None:
        self.total = int(index.rows[number])
        """Rows."""
        self.scale = int(index.scale[number])
        self.made: dict[str, NDArray[Any]] = {}
        """What was made of the columns, by name; not to be written to."""
        self._data = data
        self._sizes: list[int] = index.length[number].tolist()
        self._widths: list[int] = index.width[number].tolist()
        self._base: list[int] = index.base[number].tolist()
        self._step: list[int] = index.step[number].tolist()

    @property
    def scaled(self) -> bool:
        """Whether values are whole numbers times a power of ten."""
        return self.scale >= 0

    def divisor(self, powers: NDArray[np.float64]) -> Any:
        """What whole numbers are divided by."""
        return powers[self.scale]

    def same(self, column: int) -> int | None:
        """The number that all rows of a column have; None when they differ."""
        return None if self._widths[column] or self._step[column] else self._base[column]

    def column(self, column: int, *, by_difference: bool) -> Ints:
        """The numbers of one column; perhaps not to be written to."""
        width, base, step = self._widths[column], self._base[column], self._step[column]
        if not width:
            if step:
                return np.arange(base, base + step * self.total, step, dtype=np.int64)
            return alike(base, self.total)
        start = sum(self._sizes[:column])
        planes = np.frombuffer(_expander().decompress(self._data[start : start + self._sizes[column]]), np.uint8)
        if width == 1:
            numbers = planes.astype(np.uint64)
        else:
            numbers = np.zeros(self.total, np.uint64)
            whole = numbers.view(np.uint8).reshape(-1, 8)
            for plane in range(width):  # one by one is twice as fast as transposing
                whole[:, plane] = planes[plane * self.total : (plane + 1) * self.total]
        if not by_difference:
            plain: Ints = numbers.view(np.int64)
            plain += base
            return plain
        signed = _signed(numbers)
        if step:
            signed += step
        signed[0] = base  # its difference is from nothing
        return signed.cumsum(out=signed)


class Blocks:
    """Several blocks, likewise: their rows one behind the other."""

    def __init__(self, index: BlockIndex, blocks: NDArray[np.intp], data: Sequence[memoryview]) -> None:
        """:param data: the bytes of each of the blocks."""
        self.scales = index.scale[blocks]
        self.made: dict[str, NDArray[Any]] = {}
        self._source, self._numbers = index, blocks
        self._data = data
        self._sizes = index.length[blocks].tolist()
        self._widths = index.width[blocks].T.tolist()
        self._base = index.base[blocks]
        self._step = index.step[blocks]
        self._rows = index.rows[blocks]
        self._ends = self._rows.cumsum()

    @property
    def total(self) -> int:
        """Rows of all of them."""
        return int(self._ends[-1])

    @property
    def scaled(self) -> bool:
        """Whether the values of all are whole numbers times a power of ten."""
        return bool((self.scales >= 0).all())

    def divisor(self, powers: NDArray[np.float64]) -> Any:
        """What whole numbers are divided by: one number, or one a row."""
        scales = self.scales
        return powers[scales[0]] if (scales == scales[0]).all() else np.repeat(powers[scales], self._rows)

    def each(self) -> Iterator[Block]:
        """One after the other."""
        for number, data in zip(self._numbers.tolist(), self._data, strict=True):
            yield Block(self._source, number, data)

    def same(self, column: int) -> int | None:
        """The number that all rows of a column have; None when they differ."""
        if any(self._widths[column]) or self._step[:, column].any():
            return None
        base = self._base[:, column]
        return int(base[0]) if (base == base[0]).all() else None

    def column(self, column: int, *, by_difference: bool) -> Ints:
        """The numbers of one column, one block behind the other; perhaps not to be written to."""
        same = self.same(column)
        if same is not None:
            return alike(same, self.total)
        numbers = np.zeros(self.total, np.uint64)
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
            plain += np.repeat(base, self._rows)
            return plain
        signed = _signed(numbers)
        step = self._step[:, column]
        if step.any():
            signed += step[0] if (step == step[0]).all() else np.repeat(step, self._rows)
        begins = self._ends - self._rows
        signed[begins] = 0
        before = np.add.reduceat(signed, begins)
        signed[begins] = base
        signed[begins[1:]] -= (base + before)[:-1]  # one sum over all of them, which is put right where each begins
        return signed.cumsum(out=signed)


def _signed(numbers: NDArray[np.uint64]) -> Ints:
    """0, 1, 2, 3, ... to 0, -1, 1, -2, ..., in place."""
    odd = (numbers & _ONE).view(np.int64)
    numbers >>= _ONE
    signed: Ints = numbers.view(np.int64)
    np.negative(odd, out=odd)
    signed ^= odd
    return signed


@lru_cache(maxsize=1024)
def alike(value: int, count: int, kind: str = "i8") -> NDArray[Any]:
    """So many times the same, in no space: the stride is 0. Not to be written to, and the same for all who ask."""
    return np.ndarray((count,), kind, np.array(value, kind).tobytes(), 0, (0,))


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


def _packed(column: Whole, by_difference: bool) -> tuple[int, int, int, bytes]:
    """Width, base, step and frame."""
    low, high = int(np.minimum.reduce(column)), int(np.maximum.reduce(column))
    if low == high:
        return 0, low, 0, b""
    column = column.astype(np.int64, copy=False)
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
        most = int(np.maximum.reduce(numbers))
    else:
        base, most = low, high - low
        numbers = (column - base).view(np.uint64)
    width = (most.bit_length() + 7) // 8
    if not width:
        return 0, base, step, b""
    planes = numbers.view(np.uint8).reshape(-1, 8)
    return width, base, step, compress(b"".join([planes[:, plane].tobytes() for plane in range(width)]))

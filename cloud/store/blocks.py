"""Blocks of bytes to columns of whole numbers: zstd, byte planes, as few bytes each as they need, differences."""

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import numpy as np
import zstandard
from numpy.typing import NDArray

from cloud.store.block_index import BlockIndex, Ints, Told

BLOCK_ROWS: Final = 2048
_ONE: Final = np.uint64(1)
_SIGNED_BYTES: Final = np.array([number >> 1 if number % 2 == 0 else -(number >> 1) - 1 for number in range(256)])
_local: Final = threading.local()


class StoreDamagedError(OSError):
    """A file of the store does not hold what was written."""


class Block:
    """One block of a table as it was read; each column is made when it is asked for."""

    __slots__ = ("_data", "_told", "made", "rows", "scale", "total")

    def __init__(self, told: Told, data: memoryview) -> None:
        self.total = told.rows
        self.scale = told.scale
        self.made: dict[str, NDArray[Any]] = {}
        """What was made of the columns, by name; not to be written to."""
        self.rows: Any = None
        """The same as what is asked for most (:func:`cloud.store.tables.whole`)."""
        self._told = told
        self._data = data

    @property
    def scaled(self) -> bool:
        """Whether values are whole numbers times a power of ten."""
        return self.scale >= 0

    def divisor(self, powers: NDArray[np.float64]) -> Any:
        """What whole numbers are divided by."""
        return powers[self.scale]

    def same(self, column: int) -> int | None:
        """The number that all rows of a column have; None when they differ."""
        told = self._told
        return None if told.width[column] or told.step[column] else told.base[column]

    def column(self, column: int, *, by_difference: bool) -> Ints:
        """The numbers of one column; perhaps not to be written to."""
        told = self._told
        width, base, step = told.width[column], told.base[column], told.step[column]
        if not width:
            if step:
                return np.arange(base, base + step * self.total, step, dtype=np.int64)
            return alike(base, self.total)
        start = sum(told.length[:column])
        planes = np.frombuffer(_expander().decompress(self._data[start : start + told.length[column]]), np.uint8)
        if width == 1 and by_difference:
            signed = _SIGNED_BYTES.take(planes)
        else:
            numbers = self._numbers(planes, width)
            if not by_difference:
                numbers += base
                return numbers
            signed = _signed(numbers.view(np.uint64))
        if step:
            signed += step
        signed[0] = base  # its difference is from nothing
        return signed.cumsum(out=signed)

    def _numbers(self, planes: NDArray[np.uint8], width: int) -> Ints:
        """Whole numbers from their lowest bytes, their second, ..."""
        if width == 1:
            return planes.astype(np.int64)
        numbers = np.zeros(self.total, np.int64)
        whole = numbers.view(np.uint8).reshape(-1, 8)
        for plane in range(width):  # one by one is twice as fast as transposing
            whole[:, plane] = planes[plane * self.total : (plane + 1) * self.total]
        return numbers


class Blocks:
    """Several blocks, likewise: their rows one behind the other."""

    def __init__(self, index: BlockIndex, blocks: NDArray[np.intp], data: Sequence[memoryview]) -> None:
        """:param data: the bytes of each of the blocks."""
        told = index.told[blocks]
        self.scales: NDArray[np.int8] = told["scale"]
        self.made: dict[str, NDArray[Any]] = {}
        self._source, self._numbers = index, blocks
        self._data = data
        self._sizes = told["length"].tolist()
        self._widths = told["width"].T.tolist()
        self._base = told["base"]
        self._step = told["step"]
        self._rows = told["rows"]
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
            yield Block(self._source.one(number), data)

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


def expand(data: bytes | memoryview) -> bytes:
    """What was compressed."""
    return _expander().decompress(data)


def _expander() -> zstandard.ZstdDecompressor:
    expander: zstandard.ZstdDecompressor | None = getattr(_local, "expander", None)
    if expander is None:
        expander = _local.expander = zstandard.ZstdDecompressor()
    return expander

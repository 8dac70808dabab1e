"""Columns of whole numbers as blocks of bytes: differences, as few bytes each as they need, byte planes, zstd."""

import struct
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
import zstandard
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Whole = NDArray[np.integer[Any]] | NDArray[np.bool_]
BLOCK_ROWS: Final = 2048
_LEVEL: Final = 3
_ONE: Final = np.uint64(1)
_SIGNED_BYTES: Final = np.array([number >> 1 if number % 2 == 0 else -(number >> 1) - 1 for number in range(256)])
_local = threading.local()


class StoreDamagedError(OSError):
    """A file of the store does not hold what was written."""


_FOUND: Final[dict[str, type[np.generic]]] = {
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


@dataclass(slots=True)
class BlockHead:
    """One block's row of the index."""

    first: int
    """The block's first datastream."""
    last: int
    earliest: int
    """The earliest time in it, ms UTC."""
    latest: int
    told: Told


def index_arrays(blocks: Sequence[BlockHead], columns: int) -> dict[str, NDArray[Any]]:
    """The arrays of an index of these blocks."""
    found = {name: np.array([getattr(one, name) for one in blocks], kind) for name, kind in _FOUND.items()}
    for name, kind in _TOLD.items():
        array = np.array([getattr(one.told, name) for one in blocks], kind)
        found[name] = array.reshape(-1, columns) if name in _OF_COLUMNS else array
    return found


class BlockIndex:
    """Where the blocks of one table lie and what is in them: as arrays of shape (blocks,), and block by block.

    :param arrays: by the names of FIELDS; those of columns have shape (blocks, columns).
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.first: NDArray[np.int32] = arrays["first"]
        self.last: NDArray[np.int32] = arrays["last"]
        self.earliest: Ints = arrays["earliest"]
        self.latest: Ints = arrays["latest"]
        columns = arrays["width"].shape[1]
        shapes = {name: (columns,) if name in _OF_COLUMNS else () for name in _TOLD}
        self.told = np.empty(len(self.first), np.dtype([(name, kind, shapes[name]) for name, kind in _TOLD.items()]))
        """The fields of :class:`Told`, those of one block in one place."""
        for name in _TOLD:
            self.told[name] = arrays[name]
        self._columns = columns
        self._one = struct.Struct(f"<qqIb{columns}B{columns}I{columns}q{columns}q")
        self._bytes = self.told.view(np.uint8).data
        self._first, self._last = (array.view(np.uint8).data.cast("i") for array in (self.first, self.last))
        self._earliest, self._latest = (array.view(np.uint8).data.cast("q") for array in (self.earliest, self.latest))

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

    __slots__ = ("_data", "_told", "made", "rows", "scale", "total")

    def __init__(self, told: Told, data: memoryview) -> None:
        self.total = told.rows
        self.scale = told.scale
        self.made: dict[str, NDArray[Any]] = {}
        """What was made of the columns, by name; not to be written to."""
        self.rows: Any = None
        """What was made of all of them."""
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

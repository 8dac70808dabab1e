"""What the columns of a block mean: readings, and rollups of them; values as whole numbers where they are decimals."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cloud.store.blocks import Block, BlockHead, Blocks, Ints, Told, Whole, alike, encode
from cloud.store.partials import Partials
from cloud.store.port import Columns

READINGS: Final = ("datastream", "time", "value", "missing", "quality", "reasons", "delay")
ROLLUPS: Final = (
    "datastream", "start", "count", "low", "high", "total", "first", "last", "first_at", "last_at", "mask",
)  # fmt: skip
LEVELS: Final = (60_000, 3_600_000, 86_400_000)
"""Lengths of the rollups' buckets, ms."""
_DIFFERENCES: Final = frozenset({"datastream", "time", "start", "value", "low", "total"})
_BESIDE_LOW: Final = frozenset({"high", "first", "last"})
"""Kept as what they are more than ``low``."""
_VALUES: Final = frozenset({"value", "low", "high", "total", "first", "last"})
_KINDS: Final = {"datastream": "i4", "quality": "u1", "reasons": "u4"}
_PLACES: Final = {name: place for place, name in enumerate(READINGS)}
_OF_COLUMNS: Final = ("datastream", "time", "value", "quality", "reasons")
_MOST_DECIMALS: Final = 9
_EXACT: Final = 2.0**52
_POWERS: Final = np.power(10.0, np.arange(_MOST_DECIMALS + 1), dtype=np.float64)


class Encoded(NamedTuple):
    """A block and its row of the index, offset still 0."""

    data: bytes
    head: BlockHead


class Readings(NamedTuple):
    """Readings ordered by (datastream, time), as columns of equal length."""

    datastream: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    reasons: NDArray[np.uint32]
    stored: NDArray[np.int64]
    """When the cloud stored them, ms UTC; kept to the second."""

    def take(self, rows: NDArray[Any] | slice) -> "Readings":
        """Some of the rows."""
        return Readings(
            self.datastream[rows],
            self.time[rows],
            self.value[rows],
            self.quality[rows],
            self.reasons[rows],
            self.stored[rows],
        )

    @classmethod
    def join(cls, parts: "Sequence[Readings]") -> "Readings":
        """One behind the other, at least one."""
        return parts[0] if len(parts) == 1 else cls(*map(np.concatenate, zip(*parts, strict=True)))

    def ordered(self) -> "Readings":
        """By datastream and time; of equal instants the first stays."""
        order = _order(self.datastream, self.time)
        found = self.take(order)
        same = (found.datastream[1:] == found.datastream[:-1]) & (found.time[1:] == found.time[:-1])
        return found.take(np.append(True, ~same)) if same.any() else found


def _order(datastream: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.intp]:
    """By datastream and time, stable: by one number for both where they fit, which is three times as fast."""
    if len(time):
        low, span = int(time.min()), int(time.max() - time.min())
        if span < 1 << 42 and datastream.min() >= 0 and datastream.max() < 1 << 21:
            return np.argsort((datastream.astype(np.int64) << 42) | (time - low), kind="stable")
    return np.lexsort((time, datastream))


def encode_readings(rows: Readings) -> Encoded:
    """One block of at most BLOCK_ROWS rows."""
    missing = np.isnan(rows.value)
    value = rows.value
    if missing.any():
        present = np.maximum.accumulate(np.where(missing, 0, np.arange(len(value))))
        value = np.where(missing[present], 0.0, value[present])
    scale, number = _scaled(value)
    delay = (rows.stored - rows.time) // 1000
    columns: list[Whole] = [rows.datastream, rows.time, number, missing, rows.quality, rows.reasons, delay]
    return _block(columns, READINGS, scale, rows.datastream, (int(rows.time.min()), int(rows.time.max())))


def encode_rollups(sums: Partials, level_ms: int) -> Encoded:
    """One block of at most BLOCK_ROWS rows."""
    start, count = sums["start"], sums["count"]
    scale, low = _scaled(sums["low"], sums["high"], sums["first"], sums["last"], sums["total"])
    if scale < 0:
        numbers = {name: _bits(sums[name]) for name in _VALUES if name in sums}
    else:
        whole = {name: np.rint(sums[name] * _POWERS[scale]).astype(np.int64) for name in ("high", "first", "last")}
        numbers = {name: column - low for name, column in whole.items()} | {"low": low}
        numbers["total"] = np.rint(sums["total"] * _POWERS[scale]).astype(np.int64)
    numbers |= {
        "datastream": sums["datastream"], "start": start // level_ms, "count": count,
        "first_at": sums["first_at"] - start, "last_at": sums["last_at"] - start, "mask": sums["mask"],
    }  # fmt: skip
    span = int(start.min()), int(start.max())
    return _block([numbers[name] for name in ROLLUPS], ROLLUPS, scale, sums["datastream"], span)


def decode_readings(blocks: Blocks | Block, name: str) -> NDArray[Any]:
    """One column of readings, in the type that it has in memory; ``missing`` counts in ``value`` already.

    Not to be written to: it is made once.
    """
    return blocks.made[name] if name in blocks.made else _made(blocks, name, _reading_column(blocks, name))


def whole(block: Block) -> Columns:
    """All readings of a block, not to be written to."""
    if block.rows is None:
        block.rows = Columns(*[decode_readings(block, name) for name in _OF_COLUMNS])
    rows: Columns = block.rows
    return rows


def _made(blocks: Blocks | Block, name: str, column: NDArray[Any]) -> NDArray[Any]:
    column.setflags(write=False)
    blocks.made[name] = column
    return column


def _reading_column(blocks: Blocks | Block, name: str) -> NDArray[Any]:
    if name == "value":
        value = _values(blocks)
        if blocks.same(_PLACES["missing"]) != 0:
            value = value if value.flags.writeable else value.copy()  # the bits of one number, for all rows
            value[_column(blocks, READINGS, "missing") != 0] = np.nan
        return value
    kind = _KINDS.get(name)
    if kind is None:
        return _column(blocks, READINGS, name)
    same = blocks.same(_PLACES[name])
    return alike(same, blocks.total, kind) if same is not None else _column(blocks, READINGS, name).astype(kind)


def decode_rollups(blocks: Blocks | Block, names: Sequence[str], level_ms: int) -> Partials:
    """Some columns of rollups, not to be written to; ``datastream`` and ``start`` are among them anyway."""
    found: Partials = {}
    for name in ("datastream", "start", *names):
        made = blocks.made.get(name)
        found[name] = _made(blocks, name, _rollup_column(blocks, name, level_ms)) if made is None else made
    return found


def _rollup_column(blocks: Blocks | Block, name: str, level_ms: int) -> NDArray[Any]:
    if name in _VALUES:
        return _rollup_value(blocks, name)
    number = _column(blocks, ROLLUPS, name)
    if name == "datastream":
        return number.astype(np.int32)
    if name == "start":
        return number * level_ms
    return number + _column(blocks, ROLLUPS, "start") * level_ms if name.endswith("_at") else number


def _rollup_value(blocks: Blocks | Block, name: str) -> NDArray[np.float64]:
    if isinstance(blocks, Blocks) and not blocks.scaled:
        return np.concatenate([_rollup_value(one, name) for one in blocks.each()])
    if not blocks.scaled:
        return _column(blocks, ROLLUPS, name, by_difference=False).view(np.float64)
    number = _column(blocks, ROLLUPS, name)
    if name in _BESIDE_LOW:
        number = number + _column(blocks, ROLLUPS, "low")
    value: NDArray[np.float64] = number / blocks.divisor(_POWERS)
    return value


def _values(blocks: Blocks | Block) -> NDArray[np.float64]:
    if isinstance(blocks, Blocks) and not blocks.scaled:
        return np.concatenate([_values(one) for one in blocks.each()])
    if not blocks.scaled:
        return _column(blocks, READINGS, "value", by_difference=False).view(np.float64)
    value: NDArray[np.float64] = _column(blocks, READINGS, "value") / blocks.divisor(_POWERS)
    return value


def _column(blocks: Blocks | Block, names: Sequence[str], name: str, *, by_difference: bool | None = None) -> Ints:
    how = name in _DIFFERENCES if by_difference is None else by_difference
    return blocks.column(names.index(name), by_difference=how)


def _block(
    columns: Sequence[Whole], names: Sequence[str], scale: int, datastream: NDArray[np.int32], span: tuple[int, int]
) -> Encoded:
    differences = [name in _DIFFERENCES and (scale >= 0 or name not in _VALUES) for name in names]
    data, told = encode(columns, differences)
    first, last = int(datastream[0]), int(datastream[-1])
    head = BlockHead(first, last, *span, Told(0, len(datastream), crc32(data), scale, *told))
    return Encoded(data, head)


def _scaled(values: NDArray[np.float64], *others: NDArray[np.float64]) -> tuple[int, Ints]:
    """How many decimals all of these have, and the first column as whole numbers; -1 and its bits when more than 9.

    The last of several is a sum: it is as exact as its parts.
    """
    exact = (values, *others[:-1])
    most = max((float(np.abs(one).max(initial=0)) for one in (values, *others)), default=0.0)
    for decimals in range(_MOST_DECIMALS + 1):
        power = _POWERS[decimals]
        if not most * power < _EXACT:
            break
        if _whole(values[:16], power) is None:
            continue
        numbers = [_whole(one, power) for one in exact]
        if all(number is not None for number in numbers) and numbers[0] is not None:
            return decimals, numbers[0]
    return -1, _bits(values)


def _whole(values: NDArray[np.float64], power: float) -> Ints | None:
    number = np.rint(values * power).astype(np.int64)
    back = number / power
    if not np.array_equal(back.view(np.int64), values.view(np.int64)):  # the bits: -0.0 is another value than 0.0
        return None
    return number


def _bits(values: NDArray[np.float64]) -> Ints:
    return np.ascontiguousarray(values, np.float64).view(np.int64)

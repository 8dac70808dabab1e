"""One sorted file of readings with its rollups, read by block (docs/store.md, "The file")."""

import json
import os
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from cloud.store.block_index import FIELDS, BlockIndex
from cloud.store.blocks import Block, Blocks, StoreDamagedError, check, expand
from cloud.store.kept_blocks import KeptBlocks
from cloud.store.partials import Partials
from cloud.store.port import Columns, WouldWait
from cloud.store.promptness import is_prompt, spend
from cloud.store.tables import LEVELS, Readings, decode_readings, decode_rollups, whole
from cloud.store.wanted import among, only, overlapping, rows_of

MAGIC: Final = b"YZSEG\x00\x01\n"
TAIL: Final = struct.Struct("<QII8s")
MANY_BLOCKS: Final = 32
"""Read and decoded in one go: more do not fit the processor's cache, fewer are more calls."""
FEW_BLOCKS: Final = 8
WHOLE: Final = ("value", "quality", "reasons", "delay")


class Segment:
    """A file that was written; whoever holds it may read it, also when it was deleted meanwhile.

    :param tier: how long a time it was gathered over: 0, 1, ... (see compaction).
    """

    def __init__(self, path: Path, tier: int, kept: KeptBlocks) -> None:
        self.path = path
        self._name = path.name
        self.tier = tier
        self.bytes = 0
        self.rows = 0
        self.from_ms = self.to_ms = 0
        """from_ms <= time < to_ms of all in it."""
        self.last = 0
        """The greatest datastream."""
        self.index: dict[str, BlockIndex] = {}
        self._covered: dict[int, NDArray[np.int32]] = {}
        self._kept = kept
        self._file = -1

    @classmethod
    def open(cls, path: Path, tier: int, kept: KeptBlocks | None = None) -> Self:
        """Open the file and read its index.

        :param kept: what was read of this file and others of its folder.
        :raises StoreDamagedError: it is not a whole one.
        """
        self = cls(path, tier, kept or KeptBlocks())
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        finalize(self, os.close, self._file)  # when nobody asks it any more
        arrays = self._arrays()
        for table in ("readings", *map(str, LEVELS)):
            self.index[table] = BlockIndex({name: arrays[f"{table}.{name}"] for name in FIELDS})
        self._covered = {level: arrays[f"{level}.covered"].copy() for level in LEVELS}  # aligned
        index = self.index["readings"]
        self.rows = int(index.told["rows"].sum())
        self.from_ms, self.to_ms = int(index.earliest.min()), int(index.latest.max()) + 1
        self.last = int(index.last.max())
        return self

    def newest(self) -> Readings:
        """The newest reading of each datastream in it."""
        arrays = self._arrays()
        return Readings(*(arrays[f"newest.{name}"] for name in Readings._fields))

    def covered(self, level: int, wanted: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Those of these that have rollups of that length here, and the others."""
        covered = self._covered[level]
        if not len(covered):
            return covered, wanted
        if len(wanted) == 1:
            number, none = int(wanted[0]), wanted[:0]
            place = bisect_left(covered.data, number)
            return (wanted, none) if place < len(covered) and covered[place] == number else (none, wanted)
        found = covered[np.minimum(covered.searchsorted(wanted), len(covered) - 1)] == wanted
        return wanted[found], wanted[~found]

    def readings(
        self, wanted: NDArray[np.int32] | None, from_ms: int, to_ms: int, names: Sequence[str] = WHOLE
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """Pieces of the readings with from_ms <= time < to_ms, in order; ``datastream`` and ``time`` are among them.

        :param wanted: datastreams in order, none twice; None: all.
        """
        for blocks in self._pieces("readings", wanted, from_ms, to_ms):
            piece = {name: decode_readings(blocks, name) for name in ("datastream", "time", *names)}
            yield only(piece, wanted, "time", from_ms, to_ms)

    def blocks_of(self, number: int, from_ms: int, to_ms: int) -> Sequence[int]:
        """The blocks in which one datastream may have readings with from_ms <= time < to_ms, in order."""
        return self.index["readings"].of_one(number, from_ms, to_ms)

    def of_one(self, block: int, number: int, from_ms: int, to_ms: int) -> Columns:
        """One datastream's readings in one block with from_ms <= time < to_ms."""
        found = whole(self._block("readings", block))
        begin, end = rows_of(found.datastream, found.time, number, from_ms, to_ms)
        return found if end - begin == len(found) else found.take(slice(begin, end))

    def values(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]]:
        """Datastream, time and value of the readings with from_ms <= time < to_ms.

        Times are looked at first, and nothing else where none is one of these: late readings mostly come into gaps.
        """
        for blocks in self._pieces("readings", wanted, from_ms, to_ms):
            times = decode_readings(blocks, "time")
            rows = times >= from_ms
            rows &= times < to_ms
            if not rows.any():
                continue
            streams = decode_readings(blocks, "datastream")
            rows &= among(streams, wanted)
            if rows.any():
                yield streams[rows], times[rows], decode_readings(blocks, "value")[rows]

    def between(self, first: int, last: int) -> Iterator[Readings]:
        """Pieces of the readings of the datastreams first <= number < last, in order."""
        index = self.index["readings"]
        begin = int(np.searchsorted(index.last, first))
        blocks = np.arange(begin, int(np.searchsorted(index.first, last)))
        for at in range(0, len(blocks), MANY_BLOCKS):
            some = blocks[at : at + MANY_BLOCKS]
            found = Blocks(index, some, self._read(index, some))
            piece = {name: decode_readings(found, name) for name in ("datastream", "time", *WHOLE)}
            piece["stored"] = piece["time"] + piece.pop("delay") * 1000
            rows = slice(*piece["datastream"].searchsorted(np.array([first, last], np.int32)))
            yield Readings(**piece).take(rows)

    def rollups(
        self, level: int, wanted: NDArray[np.int32], from_ms: int, to_ms: int, names: Sequence[str]
    ) -> Iterator[Partials]:
        """Pieces of the rollups with from_ms <= start < to_ms."""
        for blocks in self._pieces(str(level), wanted, from_ms, to_ms):
            yield only(decode_rollups(blocks, names, level), wanted, "start", from_ms, to_ms)

    def may_hold(self, wanted: NDArray[np.int32], from_ms: int, to_ms: int) -> NDArray[np.intp]:
        """The blocks of readings in which they may be."""
        return overlapping(self.index["readings"], wanted, from_ms, to_ms)

    def blocks_between(self, wanted: NDArray[np.int32]) -> int:
        """How many blocks there are from the first to the last of these datastreams, whatever their times."""
        if not len(wanted):
            return 0
        index = self.index["readings"]
        return int(index.first.searchsorted(wanted[-1], side="right") - index.last.searchsorted(wanted[0]))

    def expired(self, cutoffs: NDArray[np.int64]) -> int:
        """About how many readings are older than the cutoff of their datastream: as blocks tell without being read."""
        index = self.index["readings"]
        known = np.zeros(max(len(cutoffs), self.last + 1), np.int64)
        known[: len(cutoffs)] = cutoffs
        streams = index.last - index.first + 1
        rows = 0.0
        for cutoff in np.unique(known[known > 0]):  # a few: one for each length of time that is configured
            passed = np.append(0, np.cumsum(known == cutoff))
            share = (passed[index.last + 1] - passed[index.first]) / streams
            older = np.clip((cutoff - index.earliest) / (index.latest + 1 - index.earliest), 0, 1)
            rows += float((share * index.told["rows"] * older).sum())
        return round(rows)

    def verify(self) -> None:
        """Read all of it.

        :raises StoreDamagedError: it does not hold what was written.
        """
        for table, index in self.index.items():
            for _ in self._pieces(table, None, -(1 << 62), 1 << 62):
                pass
            if len(index) and not (np.diff(index.first) >= 0).all():
                raise StoreDamagedError(f"{self.path.name}: {table} out of order")

    def _pieces(
        self, table: str, wanted: NDArray[np.int32] | None, from_ms: int, to_ms: int
    ) -> Iterator[Blocks | Block]:
        index = self.index[table]
        if wanted is not None and len(wanted) == 1:
            few = index.of_one(int(wanted[0]), from_ms, to_ms)
            if len(few) <= FEW_BLOCKS:
                for number in few:
                    yield self._block(table, number)
                return
        blocks = overlapping(index, wanted, from_ms, to_ms)
        spend(len(blocks))
        for begin in range(0, len(blocks), MANY_BLOCKS):
            some = blocks[begin : begin + MANY_BLOCKS]
            yield Blocks(index, some, self._read(index, some))

    def _block(self, table: str, number: int) -> Block:
        """One block: what is looked at on a dashboard is looked at again."""
        key = self._name, table, number
        spend(1)
        block = self._kept.get(key)
        if block is None:
            told = self.index[table].one(number)
            data = memoryview(self._bytes(sum(told.length), told.offset))
            check(data, told.crc, self._name)
            block = Block(told, data)
            self._kept.put(key, block)
        return block

    def _read(self, index: BlockIndex, blocks: NDArray[np.intp]) -> list[memoryview]:
        """The bytes of some blocks; neighbours by one read."""
        told = index.told[blocks]
        starts = told["offset"].tolist()
        sizes = told["length"].sum(axis=1, dtype=np.int64).tolist()
        found: list[memoryview] = []
        data, begin, end = memoryview(b""), 0, 0
        for row, (start, size, crc) in enumerate(zip(starts, sizes, told["crc"].tolist(), strict=True)):
            if start + size > end or start < begin:
                begin = end = start
                for follower in range(row, len(starts)):
                    if starts[follower] != end:
                        break
                    end += sizes[follower]
                data = memoryview(self._bytes(end - begin, begin))
            block = data[start - begin : start - begin + size]
            check(block, crc, self.path.name)
            found.append(block)
        return found

    def _bytes(self, length: int, offset: int) -> bytes | bytearray:
        if not is_prompt():
            return os.pread(self._file, length, offset)
        data = bytearray(length)
        try:
            found = os.preadv(self._file, [data], offset, os.RWF_NOWAIT)
        except OSError:  # EAGAIN: it is not in memory; EOPNOTSUPP: who knows
            raise WouldWait from None
        if found != length:
            raise WouldWait
        return data

    def _arrays(self) -> dict[str, NDArray[Any]]:
        handle = self._file
        self.bytes = os.fstat(handle).st_size
        tail = os.pread(handle, TAIL.size, max(0, self.bytes - TAIL.size))
        if len(tail) != TAIL.size:
            raise StoreDamagedError(f"{self.path.name}: cut short")
        offset, length, crc, magic = TAIL.unpack(tail)
        footer = memoryview(os.pread(handle, length, offset))
        if magic != MAGIC or len(footer) != length:
            raise StoreDamagedError(f"{self.path.name}: not a whole file of this store")
        check(footer, crc, self.path.name)
        body = expand(footer)
        (size,) = struct.unpack_from("<I", body)
        at = 4 + size
        arrays: dict[str, NDArray[Any]] = {}
        for name, (kind, shape) in json.loads(body[4:at]).items():
            count = int(np.prod(shape))
            arrays[name] = np.frombuffer(body, kind, count, at).reshape(shape)
            at += arrays[name].nbytes
        return arrays

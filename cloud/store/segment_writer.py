"""Makes one sorted file of readings, with its rollups (docs/store.md, "The file")."""

import json
import os
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cloud.disk import to_disk
from cloud.store.block_index import joined
from cloud.store.blocks import BLOCK_ROWS
from cloud.store.encoding import Encoded, encode_readings, encode_rollups
from cloud.store.packing import Cuts, compress
from cloud.store.partials import EVERYTHING, Partials, of_readings
from cloud.store.segment import MAGIC, TAIL
from cloud.store.tables import LEVELS, READINGS, ROLLUPS, Readings

_PORTION: Final = 1 << 16
"""Rows; their columns fit the processor's cache."""
_ALONE: Final = 256
"""A datastream with more readings has blocks of its own: whoever asks for them reads them all."""
_ALONE_ROLLED_UP: Final = 512
_WORTH: Final = 4
"""A datastream gets rollups of a length of which each holds at least so many readings."""


class SegmentWriter:
    """Takes readings in order, whole datastreams at a time; the file is on disk when ``finish`` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("xb")
        self._file.write(MAGIC)
        self._offset = len(MAGIC)
        self._indexes: dict[str, list[dict[str, NDArray[Any]]]] = {"readings": [], **{str(n): [] for n in LEVELS}}
        self._covered: dict[int, list[NDArray[np.int32]]] = {level: [] for level in LEVELS}
        self._newest: list[Readings] = []

    def add(self, rows: Readings) -> None:
        """Readings ordered by (datastream, time); each call brings later datastreams than the one before."""
        if not len(rows.time):
            return
        last = np.flatnonzero(np.append(rows.datastream[1:] != rows.datastream[:-1], True))
        for part, cuts in _portions(_cuts(last + 1, _ALONE)):
            self._put("readings", encode_readings(rows.take(part), cuts))
        self._newest.append(rows.take(last))
        present = ~np.isnan(rows.value)
        whole = present.all()
        kept = rows if whole else rows.take(present)
        parts: Partials = {}
        for level in LEVELS:
            parts = of_readings(kept.datastream, kept.time, kept.value, kept.quality, level, EVERYTHING)
            self._roll_up(level, parts)

    def _roll_up(self, level: int, sums: Partials) -> None:
        if not len(sums["start"]):
            return
        first = np.flatnonzero(np.append(True, sums["datastream"][1:] != sums["datastream"][:-1]))
        buckets = np.diff(np.append(first, len(sums["start"])))
        worth = np.add.reduceat(sums["count"], first) >= _WORTH * buckets
        if not worth.any():
            return
        self._covered[level].append(sums["datastream"][first[worth]])
        if not worth.all():
            keep = np.repeat(worth, buckets)
            sums = {name: column[keep] for name, column in sums.items()}
        ends = np.flatnonzero(np.append(sums["datastream"][1:] != sums["datastream"][:-1], True)) + 1
        for part, cuts in _portions(_cuts(ends, _ALONE_ROLLED_UP)):
            some = {name: column[part] for name, column in sums.items()}
            self._put(str(level), encode_rollups(some, level, cuts))

    def _put(self, table: str, blocks: Encoded) -> None:
        offsets = self._offset + np.cumsum([0, *map(len, blocks.data)])
        self._file.writelines(blocks.data)
        self._indexes[table].append(blocks.arrays | {"offset": offsets[:-1]})
        self._offset = int(offsets[-1])

    def finish(self) -> int:
        """Write the index, and all of it through to the disk; returns the file's bytes."""
        arrays: dict[str, NDArray[Any]] = {}
        for table, parts in self._indexes.items():
            index = joined(parts, len(READINGS if table == "readings" else ROLLUPS))
            arrays |= {f"{table}.{name}": array for name, array in index.items()}
        for level, covered in self._covered.items():
            arrays[f"{level}.covered"] = np.concatenate([np.empty(0, np.int32), *covered])
        newest = Readings.join(self._newest)
        arrays |= {f"newest.{name}": column for name, column in newest._asdict().items()}
        head = json.dumps({name: [a.dtype.str, list(a.shape)] for name, a in arrays.items()}).encode()
        body = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values())
        footer = compress(struct.pack("<I", len(head)) + head + body)
        self._file.write(footer + TAIL.pack(self._offset, len(footer), crc32(footer), MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        to_disk(self.path.parent)
        return size

    @property
    def empty(self) -> bool:
        """Nothing came so far."""
        return not self._newest

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def _portions(edges: Sequence[int]) -> Iterator[tuple[slice, Cuts]]:
    """Rows that are packed in one go, and where their blocks begin and end: what all rows need at once is too much."""
    first = 0
    for place in range(1, len(edges)):
        if place + 1 == len(edges) or edges[place + 1] - edges[first] > _PORTION:
            yield slice(edges[first], edges[place]), Cuts([edge - edges[first] for edge in edges[first : place + 1]])
            first = place


def _cuts(ends: NDArray[np.intp], alone_from: int) -> list[int]:
    """Where blocks begin and end: those with few readings together, those with many alone, the longest in pieces.

    :param ends: behind the last row of each datastream.
    :param alone_from: more rows are many, and so are more than a block has.
    """
    each, many = ends.tolist(), np.flatnonzero(np.diff(ends, prepend=0) > min(alone_from, BLOCK_ROWS)).tolist()
    cuts, first = [0], 0
    for place in (*many, len(each)):
        if place > first:  # those before it
            while each[place - 1] - cuts[-1] > BLOCK_ROWS:
                cuts.append(each[bisect_right(each, cuts[-1] + BLOCK_ROWS, first, place) - 1])
            cuts.append(each[place - 1])
        if place < len(each):
            while each[place] - cuts[-1] > BLOCK_ROWS:
                cuts.append(cuts[-1] + BLOCK_ROWS)
            cuts.append(each[place])
        first = place + 1
    return cuts

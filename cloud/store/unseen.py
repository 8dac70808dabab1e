"""Which readings are not stored yet: one per datastream and instant, the first that came."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Columns


class Stored(Protocol):
    """What can be asked for the values of some datastreams."""

    def values(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int
    ) -> Iterable[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]]:
        """(datastream, time, value) of what has from_ms <= time < to_ms, in any order."""
        ...


class Sifted(NamedTuple):
    """What is to be written of a commit, and what became of the rest."""

    fresh: Columns
    late: Columns
    duplicates: int
    conflicts: Columns


def sift(stored: Stored, fresh: Columns, doubtful: Columns, late: Columns, digits: float = 0.0) -> Sifted:
    """One commit's readings without those that are stored already.

    :param fresh: newer than all that is stored of their datastream, none twice: never looked up.
    :param doubtful: said to be so, too, but they may be stored; those that are not become fresh.
    :param late: any others, measured against what is stored and what is written with them.
    :param digits: relative error with which a value comes back.
    """
    duplicates, conflicts = 0, Columns.empty()
    if len(doubtful):
        doubtful, duplicates, conflicts = unseen(stored, doubtful, digits)
        fresh = Columns.join([fresh, doubtful])
    if len(late):
        late, late_duplicates, late_conflicts = unseen(_Beside(stored, fresh), late, digits)
        duplicates, conflicts = duplicates + late_duplicates, Columns.join([conflicts, late_conflicts])
    return Sifted(fresh, late, duplicates, conflicts)


@dataclass(frozen=True, slots=True)
class These:
    """Rows, as if they were stored."""

    rows: Columns

    def values(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int
    ) -> Iterable[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]]:
        rows = self.rows
        some = np.isin(rows.datastream, wanted) & (rows.time >= from_ms) & (rows.time < to_ms)
        if some.any():
            yield rows.datastream[some], rows.time[some], rows.value[some]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is stored, and what is written together with what is looked up."""

    stored: Stored
    fresh: Columns

    def values(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int
    ) -> Iterable[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]]:
        yield from self.stored.values(wanted, from_ms, to_ms)
        yield from These(self.fresh).values(wanted, from_ms, to_ms)


def unseen(view: Stored, late: Columns, digits: float = 0.0) -> tuple[Columns, int, Columns]:
    """Late rows without those whose instant is stored already or comes twice; duplicates; conflicts.

    :param digits: relative error with which a value comes back.
    """
    late = late.take(np.lexsort((late.time, late.datastream)))
    first = np.ones(len(late), np.bool_)
    first[1:] = (np.diff(late.datastream) != 0) | (np.diff(late.time) != 0)
    leader = np.maximum.accumulate(np.where(first, np.arange(len(late)), 0))  # of equal instants the first
    standing = late.value[leader]
    wanted, rank = np.unique(late.datastream, return_inverse=True)
    low, high = int(late.time.min()), int(late.time.max())
    keys = _keys(rank, late.time - low)
    for streams, times, values in view.values(wanted.astype(np.int32), low, high + 1):
        found = _keys(np.searchsorted(wanted, streams), times - low)
        row = np.minimum(np.searchsorted(keys, found), len(keys) - 1)  # the first of its instant
        stored = keys[row] == found
        row = row[stored]
        # those that follow it at the same instant are measured against what is stored, too
        first[row] = False
        standing[row] = values[stored]
    standing = standing[leader]
    equal = np.abs(late.value - standing) <= digits * np.abs(standing) if digits else late.value == standing
    same = equal | (np.isnan(late.value) & np.isnan(standing))  # quality may be judged anew
    return late.take(first), int((~first & same).sum()), late.take(~first & ~same)


def _keys(rank: NDArray[np.intp], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for (datastream, time) in the same order: 43 bits of ms are 278 years."""
    return (rank.astype(np.int64) << 43) | time

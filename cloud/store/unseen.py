"""Which late readings are not stored yet: one reading per datastream and instant, the first that came."""

from collections.abc import Iterable
from typing import Protocol

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

"""Which blocks and rows those are that somebody asks for."""

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.store.block_index import BlockIndex


def overlapping(index: BlockIndex, wanted: NDArray[np.int32] | None, from_ms: int, to_ms: int) -> NDArray[np.intp]:
    """The blocks in which such readings may be, from_ms <= time < to_ms.

    :param wanted: datastreams in order, none twice; None: all.
    """
    if wanted is None or not len(wanted):
        begin, end = 0, len(index) if wanted is None else 0
    else:
        begin = int(index.last.searchsorted(wanted[0]))
        end = int(index.first.searchsorted(wanted[-1], side="right"))
    span = slice(begin, end)
    hit = index.earliest[span] < to_ms
    hit &= index.latest[span] >= from_ms
    if wanted is not None and len(wanted) > 1:
        hit &= wanted.searchsorted(index.first[span]) < wanted.searchsorted(index.last[span], side="right")
    found = hit.nonzero()[0]
    found += begin
    return found


def only(
    piece: dict[str, NDArray[Any]], wanted: NDArray[np.int32] | None, time: str, from_ms: int, to_ms: int
) -> dict[str, NDArray[Any]]:
    """The rows of these datastreams with from_ms <= time < to_ms; rows are ordered by datastream and time."""
    streams, times = piece["datastream"], piece[time]
    if wanted is not None and len(wanted) == 1:
        begin, end = rows_of(streams, times, int(wanted[0]), from_ms, to_ms)
        return {name: column[begin:end] for name, column in piece.items()}
    rows = np.ones(len(times), np.bool_)
    if len(times) and (times.min() < from_ms or times.max() >= to_ms):
        rows = (times >= from_ms) & (times < to_ms)
    if wanted is not None and len(streams):
        rows &= among(streams, wanted)
    return piece if rows.all() else {name: column[rows] for name, column in piece.items()}


def rows_of(
    streams: NDArray[np.int32], times: NDArray[np.int64], number: int, from_ms: int, to_ms: int
) -> tuple[int, int]:
    """Where one datastream's rows with from_ms <= time < to_ms begin and end."""
    begin, end = 0, len(streams)
    if streams.strides[0]:  # a column of one number has none
        begin = bisect_left(streams.data, number)
        end = bisect_right(streams.data, number, begin)
    if begin < end and (times[begin] < from_ms or times[end - 1] >= to_ms):
        begin, end = bisect_left(times.data, from_ms, begin, end), bisect_left(times.data, to_ms, begin, end)
    return begin, end


def by_number(cutoffs: NDArray[np.int64], streams: NDArray[np.int32]) -> NDArray[np.int64]:
    """The cutoff of each datastream; 0 for those that it does not say."""
    found = np.zeros(len(streams), np.int64)
    known = streams < len(cutoffs)
    found[known] = cutoffs[streams[known]]
    return found


def among(streams: NDArray[np.int32], wanted: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether each is one of those that are wanted, by a table of all numbers up to the greatest."""
    table = np.zeros(int(max(streams.max(), wanted[-1])) + 1, np.bool_)
    table[wanted] = True
    return table[streams]

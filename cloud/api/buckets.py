"""What is done with buckets when the store has answered: added up to those of a calendar, gaps filled."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cloud.store.partials import BITS, Partials, added, finished
from cloud.store.port import Aggregate, Buckets
from protocols.vocabulary import Quality

Fill = Literal["none", "null", "previous", "linear"]


def folded(buckets: Buckets, starts: NDArray[np.int64], aggregate: Aggregate) -> Buckets:
    """Buckets as longer ones, of which each begins at one of the starts.

    :param buckets: ordered by datastream and start, none before the first of the starts.
    """
    if not len(buckets.start):
        return buckets
    into = starts[np.searchsorted(starts, buckets.start, side="right") - 1]
    sums: Partials = {
        "datastream": buckets.datastream,
        "start": into,
        "count": buckets.values,
        "mask": BITS[buckets.quality],
    }
    if aggregate in {"first", "last"}:
        sums |= {f"{aggregate}_at": buckets.start, aggregate: buckets.value}
    elif aggregate in {"min", "max"}:
        sums["low" if aggregate == "min" else "high"] = buckets.value
    else:
        sums["total"] = buckets.value * buckets.values if aggregate == "mean" else buckets.value
    return finished(added([sums], 1), "sum" if aggregate == "count" else aggregate)


def filled(values: NDArray[np.float64], starts: NDArray[np.int64], how: Fill) -> NDArray[np.float64]:
    """The gaps (NaN) of one series between its first and its last value, and for ``previous`` behind it, filled."""
    known = np.flatnonzero(~np.isnan(values))
    if how in {"none", "null"} or not len(known):
        return values
    if how == "previous":
        last = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))
        return np.where(np.arange(len(values)) < known[0], np.nan, values[last])
    inside = slice(int(known[0]), int(known[-1]) + 1)
    result = values.copy()
    result[inside] = np.interp(starts[inside], starts[known], values[known])
    return result


def without_gaps(buckets: Buckets, number: int, starts: NDArray[np.int64], how: Fill) -> Buckets:
    """The buckets of one datastream, one for each start; in one without values the count is 0 and the quality 9."""
    if how == "none":
        return buckets
    place = np.searchsorted(starts, buckets.start)
    values, counts = np.full(len(starts), np.nan), np.zeros(len(starts), np.int64)
    qualities = np.full(len(starts), Quality.MISSING, np.uint8)
    values[place], counts[place], qualities[place] = buckets.value, buckets.values, buckets.quality
    streams = np.full(len(starts), number, np.int32)
    return Buckets(streams, starts, filled(values, starts, how), counts, qualities)

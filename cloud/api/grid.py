"""Many series by the same buckets: one row of numbers for each, their times said once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Buckets
from protocols.vocabulary import Quality


@dataclass(frozen=True, slots=True)
class Grid:
    """Shape (series, buckets) but for ``starts``; of a bucket without values the value is NaN, the count 0."""

    starts: NDArray[np.int64]
    """Ms UTC."""
    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    qualities: NDArray[np.uint8]

    @classmethod
    def of(cls, buckets: Buckets, numbers: Sequence[int], starts: NDArray[np.int64]) -> "Grid":
        """Buckets, each of which begins at one of the starts, as a grid.

        :param numbers: datastreams, in the order of the rows, rising.
        """
        shape = len(numbers), len(starts)
        where = (
            np.searchsorted(np.asarray(numbers, np.int64), buckets.datastream),
            np.searchsorted(starts, buckets.start),
        )
        grid = cls(starts, np.full(shape, np.nan), np.zeros(shape, np.int64), np.full(shape, Quality.MISSING, np.uint8))
        grid.values[where] = buckets.value
        grid.counts[where] = buckets.values
        grid.qualities[where] = buckets.quality
        return grid

"""For how long the readings of each datastream are kept, by its kind of neuron and its observed property."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.config import Retention
from cloud.registry.directory import Directory
from cloud.registry.selection import Selection

_DAY_MS: Final = 86_400_000


def cutoffs(directory: Directory, retention: Retention) -> Callable[[int], NDArray[np.int64]] | None:
    """From our time, ms UTC, the time before which each datastream's readings are too old; None: all are kept."""
    if not (retention.days or any(retention.kinds.values()) or any(retention.properties.values())):
        return None

    def at(now_ms: int) -> NDArray[np.int64]:
        streams = list(directory.datastreams(Selection()))
        found = np.zeros(max((one.number for one in streams), default=0) + 1, np.int64)
        for one in streams:
            days = retention.days_of(one.kind, one.point.observed)
            found[one.number] = now_ms - days * _DAY_MS if days else 0
        return found

    return at

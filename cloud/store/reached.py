"""How far each datastream has come."""

import numpy as np
from numpy.typing import NDArray


class Reached:
    """The newest time of each datastream, ms UTC, by its number; 0: none. One thread at a time."""

    def __init__(self) -> None:
        self._time = np.zeros(1024, np.int64)

    def of(self, datastreams: NDArray[np.int32]) -> NDArray[np.int64]:
        """Of each of these, in their order; a copy. From then on there is room for them."""
        try:
            return self._time[datastreams]
        except IndexError:
            self._make_room(datastreams)
            return self._time[datastreams]

    def put(self, datastreams: NDArray[np.int32], time: NDArray[np.int64]) -> None:
        """Take these, which were asked for, as they are; none twice."""
        self._time[datastreams] = time

    def advance(self, datastreams: NDArray[np.int32], time: NDArray[np.int64]) -> None:
        """Pass over readings in no order; never back."""
        self._make_room(datastreams)
        np.maximum.at(self._time, datastreams, time)

    def _make_room(self, datastreams: NDArray[np.int32]) -> None:
        top = int(datastreams.max(initial=0))
        if top >= len(self._time):
            more = max(top + 1 - len(self._time), len(self._time))
            self._time = np.concatenate([self._time, np.zeros(more, np.int64)])

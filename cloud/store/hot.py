"""What was committed and is not in sorted files yet: in memory, in the order of arrival, as DuckDB has it on disk."""

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Columns
from cloud.store.tables import Readings
from cloud.store.wanted import among

_FEWEST: Final = 1 << 21  # growing copies all of it; what is not written to takes no memory
_TYPES: Final = (np.int32, np.int64, np.float64, np.uint8, np.uint32, np.int64)


class Hot:
    """Grows at its end; a view of it does not change. One thread writes, any thread looks.

    :param number: of the DuckDB table with the same rows.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.length = 0
        self._columns = Readings(*(np.empty(_FEWEST, kind) for kind in _TYPES))  # type: ignore[arg-type]
        self.from_ms, self.to_ms = 1 << 62, -(1 << 62)

    def append(self, columns: Columns, stored_ms: int | NDArray[np.int64]) -> None:
        """Rows that are committed."""
        end = self.length + len(columns)
        if end > len(self._columns.time):
            self._grow(end)
        free = self._columns.take(slice(self.length, end))
        free.datastream[:] = columns.datastream
        free.time[:] = columns.time
        free.value[:] = columns.value
        free.quality[:] = columns.quality
        free.reasons[:] = columns.reasons
        free.stored[:] = stored_ms
        if len(columns):
            self.from_ms = min(self.from_ms, int(columns.time.min()))
            self.to_ms = max(self.to_ms, int(columns.time.max()) + 1)
        self.length = end

    def _grow(self, least: int) -> None:
        columns = []
        for old in self._columns:
            new = np.empty(max(least, 2 * len(old)), old.dtype)
            new[: self.length] = old[: self.length]
            columns.append(new)
        self._columns = Readings(*columns)

    def view(self) -> "HotView":
        """As it is now."""
        return HotView(self.number, self._columns.take(slice(0, self.length)), self.from_ms, self.to_ms)


class HotView:
    """Rows in the order of arrival."""

    def __init__(self, number: int, rows: Readings, from_ms: int, to_ms: int) -> None:
        self.number = number
        self.rows = rows
        self.from_ms, self.to_ms = from_ms, to_ms

    def __len__(self) -> int:
        return len(self.rows.time)

    def readings(self, wanted: NDArray[np.int32] | None, from_ms: int, to_ms: int) -> Readings | None:
        """Those with from_ms <= time < to_ms, in the order of arrival; None when there are none.

        :param wanted: datastreams in order, none twice; None: all.
        """
        if not len(self) or self.from_ms >= to_ms or self.to_ms <= from_ms:
            return None
        rows = self.rows
        mine: NDArray[np.bool_] | None = None
        if wanted is not None:
            if not len(wanted):
                return None
            mine = rows.datastream == wanted[0] if len(wanted) == 1 else among(rows.datastream, wanted)
        if from_ms > self.from_ms or to_ms < self.to_ms:
            within = (rows.time >= from_ms) & (rows.time < to_ms)
            mine = within if mine is None else mine & within
        if mine is None:
            return rows
        found = np.flatnonzero(mine)
        return rows.take(found) if len(found) else None

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(-1, Readings(*(np.empty(0, kind) for kind in _TYPES)), 0, 0)  # type: ignore[arg-type]

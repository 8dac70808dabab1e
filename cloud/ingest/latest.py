"""The newest reading of every datastream, in memory; and which runs of readings are newer than all that is stored."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Columns
from cloud.store.reached import Reached


class Latest:
    """Arrays indexed by the datastream's number; never moves back in time.

    Rebuilt from the store at start. Any thread may ask and change it; snapshots are copies.
    """

    def __init__(self) -> None:
        self._rows = _rows(1024)
        self._lock = Lock()

    def load(self, columns: Columns) -> None:
        """Take the store's own answer."""
        self.take(columns)

    def take(self, columns: Columns) -> None:
        """Readings that were committed, in any order; only those that are newer count."""
        if not len(columns):
            return
        columns = _newest_of_each(columns)
        with self._lock:
            self._rows = _grown(self._rows, int(columns.datastream.max()))
            self._assign(columns.take(columns.time > self._rows.time[columns.datastream]))

    def advance(self, columns: Columns) -> None:
        """Readings of which each is newer than those before it of its datastream, and than what is here."""
        with self._lock:
            self._rows = _grown(self._rows, int(columns.datastream.max(initial=0)))
            self._assign(columns)

    def _assign(self, columns: Columns) -> None:
        where = columns.datastream  # of a number that comes twice the last one stays: numpy assigns in order
        self._rows.time[where] = columns.time
        self._rows.value[where] = columns.value
        self._rows.quality[where] = columns.quality
        self._rows.reasons[where] = columns.reasons

    def snapshot(self, datastreams: NDArray[np.int32]) -> Columns:
        """The newest readings of these; a datastream without any is left out."""
        with self._lock:
            rows = self._rows
            known = datastreams[datastreams < len(rows.time)]
            known = known[rows.time[known] > 0]
            return Columns(known, rows.time[known], rows.value[known], rows.quality[known], rows.reasons[known])

    def everything(self) -> Columns:
        """The newest reading of each datastream that has one."""
        return self.snapshot(np.arange(len(self._rows.time), dtype=np.int32))


class Frontier:
    """How far each datastream has come, ahead of the commit: what is behind it is looked up before it is written."""

    def __init__(self) -> None:
        self._reached = Reached()

    def load(self, columns: Columns) -> None:
        """Take the store's latest."""
        self.pass_any(columns)

    def pass_runs(
        self, datastreams: NDArray[np.int32], counts: NDArray[np.intp], time: NDArray[np.int64], each: int = 0
    ) -> NDArray[np.bool_] | None:
        """Advance over one batch whose readings of one datastream follow one another.

        :param datastreams: of each run, shape (runs,), none twice.
        :param counts: readings in each run, at least one.
        :param time: shape (sum of counts,).
        :param each: what every count is, where they are the same: then this takes half as long.
        :returns: which runs may already be stored or hold an instant twice; None when none does.
        """
        before = self._reached.of(datastreams)
        if each:
            table = time.reshape(-1, each)
            if (table[:, 1:] > table[:, :-1]).all() and (table[:, 0] > before).all():
                self._reached.put(datastreams, table[:, -1])
                return None
        ends = np.cumsum(counts)
        starts = ends - counts
        last = time[ends - 1]
        late: NDArray[np.bool_]
        rising = time[1:] > time[:-1]
        rising[ends[:-1] - 1] = True  # from one run to the next
        if rising.all():
            late = time[starts] <= before
            if not late.any():
                self._reached.put(datastreams, last)
                return None
        else:
            late = np.logical_or.reduceat(np.append(False, ~rising), starts) | (time[starts] <= before)
            last = np.maximum.reduceat(time, starts)
        self._reached.put(datastreams, np.maximum(before, last))
        return late

    def pass_any(self, columns: Columns) -> None:
        """Advance over readings in no order."""
        self._reached.advance(columns.datastream, columns.time)


def _rows(length: int) -> Columns:
    return Columns(
        np.arange(length, dtype=np.int32),
        np.zeros(length, np.int64),
        np.full(length, np.nan),
        np.full(length, 9, np.uint8),
        np.zeros(length, np.uint32),
    )


def _grown(rows: Columns, top: int) -> Columns:
    return rows if top < len(rows) else Columns.join([rows, _rows(max(top + 1, len(rows)))])


def _newest_of_each(columns: Columns) -> Columns:
    order = np.lexsort((columns.time, columns.datastream))
    sorted_streams = columns.datastream[order]
    last = np.ones(len(order), np.bool_)
    last[:-1] = sorted_streams[1:] != sorted_streams[:-1]
    return columns.take(order[last])

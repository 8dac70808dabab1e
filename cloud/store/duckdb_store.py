"""The embedded store: DuckDB takes what comes, in order of arrival; sorted files hold what is older (ADR 0014)."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.store.catalog import Catalog, Listed
from cloud.store.compaction import Keep, merged, plan, split
from cloud.store.hot import Hot
from cloud.store.port import Aggregate, Buckets, Columns, CommitReport, EnvelopeKey
from cloud.store.segment import Segment, by_number, promptly
from cloud.store.segment_writer import SegmentWriter
from cloud.store.tables import Readings
from cloud.store.unseen import unseen
from cloud.store.view import View

_WORTH: Final = 16
"""A file is written anew when a sixteenth of its readings is too old."""


class _Resting(Exception):
    """Somebody wants it to stop."""


class DuckDBStore:
    """Implements :class:`cloud.store.port.Store` and :class:`cloud.store.port.Tended`.

    :param path: the database file; the sorted files lie in a folder of that name with ``.sorted``.
    :param memory_mb: what DuckDB may use.
    :param hot_rows: so many readings are sorted at the next occasion.
    :param most_hot_rows: with so many that are not sorted a commit waits until they are.
    :param hot_ms: for so long a reading may wait to be sorted.
    """

    def __init__(  # noqa: PLR0913 - what may be set
        self,
        path: Path,
        *,
        memory_mb: int = 1024,
        threads: int = 2,
        hot_rows: int = 1_000_000,
        most_hot_rows: int = 8_000_000,
        hot_ms: int = 6 * 3_600_000,
    ) -> None:
        self._catalog = Catalog(path, memory_mb, threads)
        self._folder = path.with_suffix(".sorted")
        self._hot_rows, self._most_hot_rows, self._hot_ms = hot_rows, most_hot_rows, hot_ms
        self._tending = threading.RLock()
        self._hot: list[Hot] = []
        self._segments: list[Segment] = []
        self._reached = np.zeros(1024, np.int64)
        self._doubtful = False
        self._resting = threading.Event()
        self._view_now: View | None = None

    @property
    def _view(self) -> View:
        if self._view_now is None:
            raise RuntimeError("the store is not open")
        return self._view_now

    def open(self) -> None:
        """Open or create the files; replays what a killed process had committed."""
        self._resting.clear()
        self._catalog.open()
        self._folder.mkdir(exist_ok=True)
        listed = self._catalog.listed()
        names = {one.name for one in listed}
        for path in self._folder.iterdir():
            if path.name not in names:
                path.unlink()  # written, or replaced, by a process that was killed before or after it told the catalog
        self._segments = [Segment.open(self._folder / one.name, one.tier) for one in listed]
        self._load_hot()
        newest = self._view.newest()
        if newest is not None:
            self._reach(newest.datastream, newest.time)

    def close(self) -> None:
        with self._tending:
            self._catalog.close()
            self._hot, self._segments, self._view_now = [], [], None

    def _load_hot(self) -> None:
        """Read the unsorted readings as the catalog has them."""
        numbers = self._catalog.hot_tables() or [self._catalog.new_hot()]
        self._hot = []
        for number in numbers:
            hot, rows = Hot(number), self._catalog.hot_rows(number)
            value = np.ma.filled(rows["value"], np.nan)  # DuckDB takes a NaN of ours for NULL and masks it
            columns = Columns(rows["datastream"], rows["t"], value, rows["quality"], rows["reasons"])
            hot.append(columns, rows["stored"])
            self._hot.append(hot)
        self._publish()

    def _publish(self) -> None:
        self._view_now = View(tuple(one.view() for one in self._hot), tuple(self._segments))

    # -- writing ---------------------------------------------------------------------------------------------------

    def commit(  # noqa: PLR0913 - a commit is made of these
        self,
        fresh: Columns,
        late: Columns,
        envelopes: Sequence[EnvelopeKey],
        stored_ms: int,
        *,
        again: bool = False,
        keep: Callable[[Columns], None] | None = None,
    ) -> CommitReport:
        self._make_room()
        with self._catalog.writing:
            if self._doubtful:
                self._load_hot()
                self._doubtful = False
            duplicates, conflicts = 0, Columns.empty()
            if len(fresh):
                fresh, behind = (Columns.empty(), fresh) if again else self._told_apart(fresh)
                if len(behind):
                    # never written unseen: what is behind was stored before, or it is not as fresh as was said
                    behind, duplicates, conflicts = unseen(self._view, behind)
                    fresh = Columns.join([fresh, behind])
            late_new = late
            if len(late):
                view = self._view if not len(fresh) else _with(self._view, fresh)
                late_new, late_duplicates, late_conflicts = unseen(view, late)
                duplicates, conflicts = duplicates + late_duplicates, Columns.join([conflicts, late_conflicts])
            if len(conflicts) and keep is not None:
                keep(conflicts)
            self._write([one for one in (fresh, late_new) if len(one)], envelopes, stored_ms)
        return CommitReport(len(fresh) + len(late_new), duplicates, conflicts, late_new)

    def _write(self, parts: Iterable[Columns], envelopes: Sequence[EnvelopeKey], stored_ms: int) -> None:
        hot = self._hot[-1]
        parts = list(parts)
        try:
            with self._catalog.transaction() as connection:
                for part in parts:
                    self._catalog.insert(connection, hot.number, part, stored_ms)
                if envelopes:
                    self._catalog.note(connection, envelopes)
        except BaseException:
            self._doubtful = True  # it may have reached the disk nevertheless
            raise
        for part in parts:
            hot.append(part, stored_ms)
            self._reach(part.datastream, part.time)
        self._publish()

    def _told_apart(self, fresh: Columns) -> tuple[Columns, Columns]:
        """What is newer than all that is stored of its datastream, and what is not."""
        self._reach(fresh.datastream[:0], fresh.time[:0], int(fresh.datastream.max()))
        behind = fresh.time <= self._reached[fresh.datastream]
        return (fresh.take(~behind), fresh.take(behind)) if behind.any() else (fresh, Columns.empty())

    def _reach(self, datastream: NDArray[np.int32], time: NDArray[np.int64], top: int = 0) -> None:
        top = max(top, int(datastream.max(initial=0)))
        if top >= len(self._reached):
            more = max(top + 1 - len(self._reached), len(self._reached))
            self._reached = np.concatenate([self._reached, np.zeros(more, np.int64)])
        np.maximum.at(self._reached, datastream, time)

    def _make_room(self) -> None:
        """Ingest waits for sorting rather than that memory grows without bound."""
        if sum(one.length for one in self._hot) >= self._most_hot_rows:
            with self._tending:
                if sum(one.length for one in self._hot) >= self._most_hot_rows:
                    self.sort()

    # -- sorting and merging -----------------------------------------------------------------------------------------

    def tend(self, now_ms: int) -> bool:
        """One piece of what has to be done in the background; True: there may be more."""
        with self._tending:
            view = self._view
            waiting = [one for one in view.hot if len(one)]
            oldest = min((int(one.rows.stored[0]) for one in waiting), default=now_ms)
            if sum(map(len, waiting)) >= self._hot_rows or now_ms - oldest >= self._hot_ms:
                self.sort()
                return True
            next_ = plan(view.segments, now_ms)
            if next_ is None:
                return False
            tier, segments = next_
            try:
                self._merge(segments, tier)
            except _Resting:
                return False
            return True

    def rest(self) -> None:
        self._resting.set()

    def sort(self) -> None:
        """What is not sorted yet becomes sorted files."""
        with self._tending:
            with self._catalog.writing:
                full = [one for one in self._hot if one.length]
                if not full:
                    return
                if self._hot[-1].length:
                    self._hot.append(Hot(self._catalog.new_hot()))
                    self._publish()
            rows = Readings.join([one.view().rows for one in full]).ordered()
            made = [self._written(part.tier, iter([part.rows])) for part in split(rows)]
            self._exchange([one for one in made if one], [], full)

    def _merge(self, segments: Sequence[Segment], tier: int, keep: Keep | None = None) -> None:
        made = self._written(tier, self._until_rest(merged(segments, keep)))
        self._exchange([made] if made else [], segments, [])

    def _until_rest(self, rows: Iterable[Readings]) -> Iterator[Readings]:
        for some in rows:
            if self._resting.is_set():
                raise _Resting
            yield some

    def _written(self, tier: int, rows: Iterable[Readings]) -> Segment | None:
        """A new file, not in the catalog yet; None when it would be empty."""
        writer = SegmentWriter(self._folder / self._catalog.new_name())
        try:
            for some in rows:
                writer.add(some)
            if writer.empty:
                writer.abandon()
                return None
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        return Segment.open(writer.path, tier)

    def _exchange(self, made: Sequence[Segment], gone: Sequence[Segment], sorted_out: Sequence[Hot]) -> None:
        """Catalog first, then what is asked, then the files of which nothing is needed any more."""
        listed = [Listed(one.path.name, one.tier, one.rows, one.bytes) for one in made]
        with self._catalog.writing:
            self._catalog.exchange(listed, [one.path.name for one in gone], [one.number for one in sorted_out])
            self._hot = [one for one in self._hot if one not in sorted_out]
            self._segments = [*(one for one in self._segments if one not in gone), *made]
            self._publish()
            if sorted_out:
                self._catalog.checkpoint()
        for one in gone:
            with suppress(OSError):  # the next start tries again
                one.path.unlink()

    def count(self) -> int:
        """How many readings there are."""
        return self._view.rows

    def snapshot(self, folder: Path) -> int:
        """All of it as it is now, in a folder of the same file system; how many readings. Others go on meanwhile."""
        with self._tending:
            target = folder / self._folder.name
            target.mkdir()
            with ExitStack() as stack:
                with self._catalog.writing:
                    stack.enter_context(self._catalog.snapshot(folder / self._catalog.path.name))
                    view = self._view
                for segment in view.segments:
                    os.link(segment.path, target / segment.path.name)
        return view.rows

    def drop_before(self, time_ms: int) -> int:
        with self._tending:
            self.sort()
            before = sum(one.rows for one in self._segments)
            self.forget(lambda rows: rows.time >= time_ms, lambda one: one.from_ms < time_ms)
            self._catalog.checkpoint()
            return before - sum(one.rows for one in self._segments)

    def expire(self, cutoffs: NDArray[np.int64]) -> int:
        with self._tending:
            before = sum(one.rows for one in self._segments)
            latest = int(cutoffs.max(initial=0))
            with suppress(_Resting):
                self.forget(
                    lambda rows: rows.time >= by_number(cutoffs, rows.datastream),
                    lambda one: one.from_ms < latest and one.expired(cutoffs) * _WORTH >= one.rows,
                )
            return before - sum(one.rows for one in self._segments)

    def forget(self, keep: Keep, concerned: Callable[[Segment], bool]) -> None:
        """Write sorted files anew without what is not to be kept."""
        with self._tending:
            for segment in [one for one in self._segments if concerned(one)]:
                self._merge([segment], segment.tier, keep)

    # -- the ledger of envelopes ---------------------------------------------------------------------------------

    def held(self) -> dict[tuple[str, int, int], list[tuple[int, int]]]:
        return self._catalog.held()

    def digest(self, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
        return self._catalog.digest(gateway, stream, epoch, sequence)

    def is_small(self, datastream: int, from_ms: int, to_ms: int) -> bool:
        return self._view.is_small(datastream, from_ms, to_ms)

    def promptly(self) -> AbstractContextManager[None]:
        return promptly()

    # -- reading -------------------------------------------------------------------------------------------------

    def latest(self) -> Columns:
        newest = self._view.newest()
        return Columns.empty() if newest is None else Columns(*newest[:5])

    def raw(  # noqa: PLR0913 - a range is made of these
        self,
        datastreams: Sequence[int],
        from_ms: int,
        to_ms: int,
        *,
        limit: int,
        qualities: Sequence[int] = (),
        after: tuple[int, int] | None = None,
    ) -> Columns:
        wanted = _wanted(datastreams)
        return self._view.raw(wanted, from_ms, to_ms, limit=limit, qualities=qualities, after=after)

    def aggregate(  # noqa: PLR0913 - a question is made of these
        self,
        datastreams: Sequence[int],
        from_ms: int,
        to_ms: int,
        *,
        every_ms: int,
        aggregate: Aggregate,
        qualities: Sequence[int] = (),
    ) -> Buckets:
        return self._view.aggregate(
            _wanted(datastreams), from_ms, to_ms, every_ms=every_ms, aggregate=aggregate, qualities=qualities
        )


def _wanted(datastreams: Sequence[int]) -> NDArray[np.int32]:
    return np.unique(np.asarray(datastreams, np.int32))


def _with(view: View, fresh: Columns) -> View:
    """The view as it is when these are written."""
    hot = Hot(-1)
    hot.append(fresh, 0)
    return View((*view.hot, hot.view()), view.segments)

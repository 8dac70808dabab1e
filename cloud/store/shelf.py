"""The readings of the embedded store as they lie: unsorted in DuckDB and memory, or in sorted files."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.store.catalog import Catalog, Listed
from cloud.store.compaction import Keep, merged, plan, split
from cloud.store.held import RECENT
from cloud.store.hot import Hot
from cloud.store.kept_blocks import KeptBlocks
from cloud.store.port import Columns
from cloud.store.segment import Segment
from cloud.store.segment_writer import SegmentWriter
from cloud.store.tables import Readings
from cloud.store.view import View
from cloud.store.wanted import by_number

_WORTH: Final = 16
"""A file is written anew when a sixteenth of its readings is too old."""
MOST_ENVELOPES: Final = 500_000
"""Known by their content, before the first are not any more."""


class _Resting(Exception):
    """Somebody wants it to stop."""


class Shelf:
    """Whoever asks does so of a view, which never changes; one thread at a time moves.

    :param path: the database file; the sorted files lie in a folder of that name with ``.sorted``.
    :param memory_mb: what DuckDB may use.
    :param threads: of DuckDB; it only ever appends, and takes half as long again with two.
    :param hot_rows: so many readings are sorted at the next occasion.
    :param most_hot_rows: with so many that are not sorted a commit waits until they are.
    :param hot_ms: for so long a reading may wait to be sorted.
    """

    def __init__(  # noqa: PLR0913 - what may be set
        self,
        path: Path,
        *,
        memory_mb: int = 1024,
        threads: int = 1,
        hot_rows: int = 1_000_000,
        most_hot_rows: int = 8_000_000,
        hot_ms: int = 6 * 3_600_000,
    ) -> None:
        self._catalog = Catalog(path, memory_mb, threads)
        self._folder = path.with_suffix(".sorted")
        self._hot_rows, self._most_hot_rows, self._hot_ms = hot_rows, most_hot_rows, hot_ms
        self._tending = threading.RLock()
        self._hot: list[Hot] = []
        self._doubtful = False
        """Whether the last commit may have reached the disk although it failed."""
        self._segments: list[Segment] = []
        self._kept = KeptBlocks()
        self._resting = threading.Event()
        self._fold_at = MOST_ENVELOPES
        self._view_now: View | None = None

    @property
    def _view(self) -> View:
        if self._view_now is None:
            raise RuntimeError("the store is not open")
        return self._view_now

    def open(self) -> None:
        """Open or create the files; replays what a killed process had committed."""
        self._resting.clear()
        self._kept = KeptBlocks()
        self._catalog.open()
        self._folder.mkdir(exist_ok=True)
        listed = self._catalog.listed()
        names = {one.name for one in listed}
        for path in self._folder.iterdir():
            if path.name not in names:
                path.unlink()  # written, or replaced, by a process that was killed before or after it told the catalog
        self._segments = [Segment.open(self._folder / one.name, one.tier, self._kept) for one in listed]
        self._load_hot()

    def close(self) -> None:
        with self._tending:
            self._catalog.close()
            self._hot, self._segments, self._view_now = [], [], None

    def _load_hot(self) -> None:
        """Read the unsorted readings as the catalog has them."""
        found = []
        for number in self._catalog.hot_tables() or [self._catalog.new_hot()]:
            hot = Hot(number)
            for rows in self._catalog.hot_rows(number):
                hot.append(Columns(*rows[:5]), rows.stored)
            found.append(hot)
        self._hot = found
        self._publish()

    def _clear_up(self) -> None:
        """Know again what is on disk; within ``writing``."""
        if self._doubtful:
            self._load_hot()
            self._doubtful = False

    def _publish(self) -> None:
        self._view_now = View(tuple(one.view() for one in self._hot), tuple(self._segments))

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
                return self._fold()
            tier, segments = next_
            try:
                self._merge(segments, tier)
            except _Resting:
                return False
            return True

    def _fold(self) -> bool:
        """The ledger of envelopes, when that is worth it: commits wait meanwhile."""
        if self._catalog.envelopes() < self._fold_at:
            return False
        worth = self._catalog.foldable(RECENT) > MOST_ENVELOPES // 2
        if worth:
            self._catalog.fold(RECENT)
        self._fold_at = self._catalog.envelopes() + MOST_ENVELOPES
        return worth

    def rest(self) -> None:
        self._resting.set()

    def sort(self) -> None:
        """What is not sorted yet becomes sorted files."""
        with self._tending:
            with self._catalog.writing:
                self._clear_up()
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
        return Segment.open(writer.path, tier, self._kept)

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
                    self._clear_up()
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

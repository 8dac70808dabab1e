"""The embedded store: DuckDB takes what comes, in order of arrival; sorted files hold what is older (ADR 0014)."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from cloud.store.held import Held
from cloud.store.port import Aggregate, Buckets, Columns, CommitReport, EnvelopeKey
from cloud.store.promptness import promptly
from cloud.store.reached import Reached
from cloud.store.shelf import Shelf
from cloud.store.unseen import sift


class DuckDBStore(Shelf):
    """Implements the ports Store, Prompt and Tended of :mod:`cloud.store.port`."""

    _reached: Reached

    def open(self) -> None:
        super().open()
        self._reached = Reached()
        newest = self._view.newest()
        if newest is not None:
            self._reached.advance(newest.datastream, newest.time)

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
        left_out: Callable[[Columns], None] | None = None,  # noqa: ARG002 - it takes all
    ) -> CommitReport:
        self._make_room()
        with self._catalog.writing:
            self._clear_up()
            fresh, doubtful = (Columns.empty(), fresh) if again else self._told_apart(fresh)
            fresh, late, duplicates, conflicts = sift(self._view, fresh, doubtful, late)
            if len(conflicts) and keep is not None:
                keep(conflicts)
            self._write([one for one in (fresh, late) if len(one)], envelopes, stored_ms)
        return CommitReport(len(fresh) + len(late), duplicates, conflicts, late)

    def _write(self, parts: Iterable[Columns], envelopes: Sequence[EnvelopeKey], stored_ms: int) -> None:
        hot = self._hot[-1]
        parts = list(parts)
        try:
            with self._catalog.transaction() as connection:
                for part in parts:
                    self._catalog.insert(connection, hot.number, part, stored_ms)
                if envelopes:
                    self._catalog.note(connection, envelopes)
            for part in parts:
                hot.append(part, stored_ms)
                self._reached.advance(part.datastream, part.time)
        except BaseException:
            self._doubtful = True  # it may have reached the disk nevertheless
            raise
        self._publish()

    def _told_apart(self, fresh: Columns) -> tuple[Columns, Columns]:
        """What is newer than all that is stored of its datastream, and what is not as fresh as was said."""
        behind = fresh.time <= self._reached.of(fresh.datastream)
        return (fresh.take(~behind), fresh.take(behind)) if behind.any() else (fresh, Columns.empty())

    def _make_room(self) -> None:
        """Ingest waits for sorting rather than that memory grows without bound."""
        if self._is_full():
            with self._tending:
                if self._is_full():
                    self.sort()

    def _is_full(self) -> bool:
        return sum(one.length for one in self._hot) >= self._most_hot_rows

    # -- the ledger of envelopes ---------------------------------------------------------------------------------

    def held(self) -> Held:
        return self._catalog.held()

    def digest(self, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
        return self._catalog.digest(gateway, stream, epoch, sequence)

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
    wanted = np.array(datastreams, np.int32)
    return wanted if len(wanted) == 1 else np.unique(wanted)

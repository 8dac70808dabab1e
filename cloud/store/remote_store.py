"""Readings in an engine that runs elsewhere, which keeps series and knows nothing of envelopes (ADR 0015)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cloud.registry import envelopes
from cloud.registry.database import Database
from cloud.store.held import RECENT, Held
from cloud.store.line_client import LineClient
from cloud.store.lines import LineWriter, codes
from cloud.store.partials import BITS, NEEDED, Partials, added, finished, of_readings, quality_mask
from cloud.store.port import Aggregate, Buckets, Columns, CommitReport, EnvelopeKey, StoreError
from cloud.store.unseen import These, sift, unseen

FIRST_WIDTH_MS: Final = 3_600_000
MOST_ROWS: Final = 400_000
"""In one answer of the engine."""
_WIDER: Final = 4
_NARROWER: Final = 8
FOLD_EVERY_MS: Final = 3_600_000
"""Between looks whether the ledger has grown."""
FOLD_AT_ONCE: Final = 50_000
"""Envelopes."""
STREAMS: Final = 500
"""In one question."""


class Engine(Protocol):
    """What is asked of the other side."""

    @property
    def digits(self) -> float:
        """Relative error with which values come back; 0: as they were."""
        ...

    def flush(self) -> None:
        """What was written outlives the engine's death when this returns.

        :raises StoreError: it does not say so.
        """
        ...

    def readings(self, datastreams: Sequence[int], from_ms: int, to_ms: int, most: int) -> Columns | None:
        """All with from_ms <= time < to_ms, in any order, some perhaps twice; None when they are more than ``most``."""
        ...

    def buckets(
        self, datastreams: Sequence[int], from_ms: int, to_ms: int, *, every_ms: int, aggregate: Aggregate
    ) -> Buckets:
        """Whole buckets, of values of whatever quality, in any order."""
        ...

    def latest(self) -> Columns:
        """The newest reading of every datastream."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class RemoteStore:
    """Implements the ports Store and Tended of :mod:`cloud.store.port`.

    Readings are made durable first, then the ledger is written: who is killed in between gets the envelope again and
    writes the same readings to the same instants once more.
    """

    engine: Engine
    client: LineClient
    writer: LineWriter
    registry: Database
    _to_fold: list[str] = field(default_factory=list)
    _fold_at_ms: int = 0

    def open(self) -> None:
        """Nothing to do: who does not answer is asked again."""

    def close(self) -> None:
        self.client.close()
        self.engine.close()

    def commit(  # noqa: PLR0913 - a commit is made of these
        self,
        fresh: Columns,
        late: Columns,
        envelopes_: Sequence[EnvelopeKey],
        stored_ms: int,  # noqa: ARG002 - the engine has no place for it
        *,
        again: bool = False,
        keep: Callable[[Columns], None] | None = None,
        left_out: Callable[[Columns], None] | None = None,
    ) -> CommitReport:
        fresh, doubtful = (Columns.empty(), fresh) if again else (fresh, Columns.empty())
        fresh, late, duplicates, conflicts = sift(self, fresh, doubtful, late, self.engine.digits)
        if len(conflicts) and keep is not None:
            keep(conflicts)
        rows = Columns.join([one for one in (fresh, late) if len(one)])
        missing = Columns.empty()
        if len(rows):
            too_old = self.client.write(self.writer.lines(rows))
            self.engine.flush()
            if too_old:  # it says how many, and not which
                missing, *_ = unseen(self, rows, self.engine.digits)
                if len(late):
                    late, *_ = unseen(These(missing), late)
        if len(missing) and left_out is not None:
            left_out(missing)
        if envelopes_:
            with self.registry.begin() as tx:
                envelopes.note(tx, envelopes_)
        return CommitReport(len(rows) - len(missing), duplicates, conflicts, late, len(missing))

    def drop_before(self, time_ms: int) -> int:  # noqa: ARG002
        return 0

    # -- the ledger of envelopes ---------------------------------------------------------------------------------

    def held(self) -> Held:
        with self.registry.read() as tx:
            return envelopes.held(tx)

    def digest(self, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
        with self.registry.read() as tx:
            return envelopes.digest(tx, gateway, stream, epoch, sequence)

    def tend(self, now_ms: int) -> bool:
        """Older envelopes become ranges: one gateway's at a time, now and then."""
        if not self._to_fold:
            if now_ms < self._fold_at_ms:
                return False
            self._fold_at_ms = now_ms + FOLD_EVERY_MS
            with self.registry.read() as tx:
                self._to_fold = envelopes.long_ones(tx, RECENT)
        if self._to_fold:
            with self.registry.begin() as tx:
                more = envelopes.fold(tx, self._to_fold[-1], RECENT, FOLD_AT_ONCE)
            if not more:
                self._to_fold.pop()
        return bool(self._to_fold)

    def expire(self, cutoffs: NDArray[np.int64]) -> int:  # noqa: ARG002 - the engine has its own retention
        return 0

    def rest(self) -> None:
        """Pieces are small."""

    # -- reading -------------------------------------------------------------------------------------------------

    def latest(self) -> Columns:
        found = self.engine.latest()
        return found.take(np.argsort(found.datastream, kind="stable"))

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
        found: list[Columns] = []
        missing = limit
        for rows in self._pieces(datastreams, from_ms if after is None else max(from_ms, after[0]), to_ms):
            wanted = np.isin(rows.quality, list(qualities)) if qualities else np.ones(len(rows), np.bool_)
            if after is not None:
                wanted &= (rows.time > after[0]) | ((rows.time == after[0]) & (rows.datastream > after[1]))
            some = rows.take(np.flatnonzero(wanted)[:missing])
            found.append(some)
            missing -= len(some)
            if missing <= 0:
                break
        return Columns.join(found)

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
        first, last = from_ms + -from_ms % every_ms, to_ms - to_ms % every_ms
        how = (every_ms, aggregate, qualities)
        if qualities or first >= last or not len(datastreams):
            return self._counted(datastreams, from_ms, to_ms, *how)
        parts = [
            self.engine.buckets(some, first, last, every_ms=every_ms, aggregate=aggregate)
            for some in _parts(datastreams)
        ]
        parts.append(self._counted(datastreams, from_ms, first, *how))
        parts.append(self._counted(datastreams, last, to_ms, *how))
        joined = Buckets.join(parts)
        order = np.lexsort((joined.start, joined.datastream))
        return joined.take(order)

    def values(
        self, wanted: NDArray[np.int32], from_ms: int, to_ms: int
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]]:
        """See :class:`cloud.store.unseen.Stored`."""
        for rows in self._pieces(wanted.tolist(), from_ms, to_ms):
            yield rows.datastream, rows.time, rows.value

    def _counted(  # noqa: PLR0913 - a question is made of these
        self,
        datastreams: Sequence[int],
        from_ms: int,
        to_ms: int,
        every_ms: int,
        aggregate: Aggregate,
        qualities: Sequence[int],
    ) -> Buckets:
        """Worked out here, of the readings themselves."""
        mask = quality_mask(qualities)
        parts: list[Partials] = []
        for rows in self._pieces(datastreams, from_ms, to_ms):
            some = rows.take(~np.isnan(rows.value) & ((BITS[rows.quality] & mask) != 0))
            some = some.take(np.lexsort((some.time, some.datastream)))
            parts.append(
                of_readings(
                    some.datastream, some.time, some.value, some.quality, every_ms, ("count", *NEEDED[aggregate])
                )
            )
        if not parts:
            return Buckets.of(())
        return finished(added(parts, every_ms), aggregate)

    def _pieces(self, datastreams: Sequence[int], from_ms: int, to_ms: int) -> Iterator[Columns]:
        """What lies in the range, piece by piece in the order of time, each instant of a datastream once."""
        width, start = FIRST_WIDTH_MS, from_ms
        names = sorted(set(datastreams))
        while start < to_ms and names:
            end = min(to_ms, start + width)
            rows = self._piece(names, start, end)
            if rows is None:
                if width == 1:
                    raise StoreError(f"more than {MOST_ROWS} readings within one millisecond")
                width = max(1, min(width, end - start) // _NARROWER)
                continue
            if len(rows):
                yield rows
            if len(rows) < MOST_ROWS // _WIDER**2:
                width *= _WIDER
            start = end

    def _piece(self, names: Sequence[int], from_ms: int, to_ms: int) -> Columns | None:
        found: list[Columns] = []
        left = MOST_ROWS
        for some in _parts(names):
            rows = self.engine.readings(some, from_ms, to_ms, left)
            if rows is None:
                return None
            found.append(rows)
            left -= len(rows)
        return _once(Columns.join(found))


def _once(rows: Columns) -> Columns:
    """Ordered by (time, datastream); of what the engine has twice that with the fewest reasons, as it came first."""
    rows = rows.take(np.lexsort((codes(rows) & 0xFFFF_FFFF, rows.datastream, rows.time)))
    first = np.ones(len(rows), np.bool_)
    first[1:] = (np.diff(rows.time) != 0) | (np.diff(rows.datastream) != 0)
    return rows if first.all() else rows.take(first)


def _parts(names: Sequence[int]) -> Iterator[Sequence[int]]:
    names = list(names)
    for start in range(0, len(names), STREAMS):
        yield names[start : start + STREAMS]

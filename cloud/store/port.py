"""The store's one small interface: write a batch, latest, raw range, aggregate by bucket, retention."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cloud.store.held import Held
from protocols.vocabulary import YingzhouError

Aggregate = Literal["mean", "min", "max", "sum", "count", "first", "last"]


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings with resolved datastreams, as columns of equal length n."""

    datastream: NDArray[np.int32]
    """The registry's number of the datastream."""
    time: NDArray[np.int64]
    """Observed, ms UTC."""
    value: NDArray[np.float64]
    """NaN where the quality is 9 (missing)."""
    quality: NDArray[np.uint8]
    reasons: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> "Columns":
        """Some of the rows, by index, mask or slice."""
        return Columns(self.datastream[rows], self.time[rows], self.value[rows], self.quality[rows], self.reasons[rows])

    @classmethod
    def join(cls, parts: "Sequence[Columns]") -> "Columns":
        """One behind the other."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([p.datastream for p in parts]),
            np.concatenate([p.time for p in parts]),
            np.concatenate([p.value for p in parts]),
            np.concatenate([p.quality for p in parts]),
            np.concatenate([p.reasons for p in parts]),
        )

    @classmethod
    def empty(cls) -> "Columns":
        """No rows."""
        return cls(
            np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8), np.empty(0, np.uint32)
        )


class EnvelopeKey(NamedTuple):
    """What makes an envelope unique, and a digest of its content."""

    gateway: str
    stream: int
    epoch: int
    sequence: int
    digest: int
    """Unsigned 63 bits over the body; same key and other digest is a security event."""


class CommitReport(NamedTuple):
    """What became of the rows of one commit."""

    stored: int
    duplicates: int
    """Same datastream, same instant, same content: not stored again."""
    conflicts: Columns
    """Same datastream and instant, other content: not stored; the first stays."""
    late: Columns
    """The late rows that were stored."""
    too_old: int = 0
    """Older than all that the engine keeps: it left them out. They are not among those that were stored."""


class Buckets(NamedTuple):
    """An aggregate: one row per datastream and bucket that holds at least one value, ordered by both."""

    datastream: NDArray[np.int32]
    start: NDArray[np.int64]
    value: NDArray[np.float64]
    values: NDArray[np.int64]
    """How many went in."""
    quality: NDArray[np.uint8]
    """The worst quality in the bucket."""

    def take(self, rows: NDArray[np.intp]) -> "Buckets":
        """Some of them, by index."""
        return Buckets(self.datastream[rows], self.start[rows], self.value[rows], self.values[rows], self.quality[rows])

    def part(self, begin: int, end: int) -> "Buckets":
        """Some of the rows."""
        return Buckets(*(column[begin:end] for column in self))  # type: ignore[arg-type]

    @classmethod
    def join(cls, parts: "Sequence[Buckets]") -> "Buckets":
        """One behind the other."""
        return cls(
            np.concatenate([p.datastream for p in parts]),
            np.concatenate([p.start for p in parts]),
            np.concatenate([p.value for p in parts]),
            np.concatenate([p.values for p in parts]),
            np.concatenate([p.quality for p in parts]),
        )

    @classmethod
    def of(cls, rows: "Sequence[tuple[int, int, float, int, int]]") -> "Buckets":
        """Of (datastream, start, value, how many, quality)."""
        columns = zip(*rows, strict=True) if rows else ((), (), (), (), ())
        number, start, value, values, quality = columns
        return cls(
            np.array(number, np.int32),
            np.array(start, np.int64),
            np.array(value, np.float64),
            np.array(values, np.int64),
            np.array(quality, np.uint8),
        )


class StoreError(YingzhouError):
    """The store cannot be reached, or does not take or tell what it should; it is asked again."""


class Store(Protocol):
    """All calls block; callers on an event loop use a thread. Queries never return two readings of one instant."""

    def commit(  # noqa: PLR0913 - a commit is made of these
        self,
        fresh: Columns,
        late: Columns,
        envelopes: Sequence[EnvelopeKey],
        stored_ms: int,
        *,
        again: bool = False,
        keep: Callable[[Columns], None] | None = None,
        left_out: Callable[[Columns], None] | None = None,
    ) -> CommitReport:
        """All or nothing, on disk when it returns.

        :param fresh: each instant newer than all that is stored of its datastream, and none twice: written unseen.
        :param late: any others; written unless their datastream has a reading of that instant already.
        :param stored_ms: when the cloud stored them, ms UTC.
        :param again: an earlier try raised and may have been committed nevertheless: fresh ones are looked up, too.
        :param keep: takes the conflicts into safety before the commit; when it raises, nothing is stored.
        :param left_out: takes what the engine does not want into safety, before the envelopes are held.
        """
        ...

    def held(self) -> Held:
        """(gateway, stream, epoch) -> inclusive ranges of sequence numbers whose envelopes are committed."""
        ...

    def digest(self, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
        """The digest a committed envelope had; None when it is not held, or so old that only its number is known."""
        ...

    def latest(self) -> Columns:
        """The newest reading of every datastream by observed time."""
        ...

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
        """Readings with from_ms <= time < to_ms, ordered by (time, datastream), at most ``limit``.

        :param qualities: only these flags; empty means all.
        :param after: continue behind this (time, datastream).
        """
        ...

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
        """Buckets of ``every_ms`` aligned to 1970-01-01T00:00Z; missing values do not count."""
        ...

    def drop_before(self, time_ms: int) -> int:
        """Retention: forget readings observed before; returns how many. Engines that forget by themselves: 0."""
        ...

    def close(self) -> None:
        """Write everything down and let go of the files."""
        ...


class WouldWait(Exception):
    """What was asked has to be fetched from the disk first."""


@runtime_checkable
class Prompt(Protocol):
    """A store that answers small questions from memory, so that no thread is needed to wait for it."""

    def promptly(self) -> AbstractContextManager[None]:
        """Within, questions of this thread raise WouldWait rather than wait for the disk, or look at much."""
        ...


class Tended(Protocol):
    """A store whose house is put in order in the background."""

    def tend(self, now_ms: int) -> bool:
        """One piece of it; blocks, perhaps for many seconds. True: there may be more to do."""
        ...

    def expire(self, cutoffs: NDArray[np.int64]) -> int:
        """Retention: forget what is older than its datastream's cutoff, where that is worth the writing; how many.

        :param cutoffs: ms UTC by the datastream's number; 0: nothing is too old.
        """
        ...

    def rest(self) -> None:
        """Give up the piece that is being done, if there is one: the house is about to be left."""
        ...

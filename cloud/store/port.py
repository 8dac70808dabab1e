"""The store's one small interface: write a batch, latest, raw range, aggregate by bucket, retention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

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


class EnvelopeKey(NamedTuple):
    """What makes an envelope unique, and a digest of its content."""

    gateway: str
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
    """Same datastream and instant, other content: not stored; the first stays. The caller quarantines them."""


class Buckets(NamedTuple):
    """An aggregate: one row per datastream and bucket that holds at least one value, ordered by both."""

    datastream: NDArray[np.int32]
    start: NDArray[np.int64]
    value: NDArray[np.float64]
    count: NDArray[np.int64]
    quality: NDArray[np.uint8]
    """The worst quality in the bucket."""


class Store(Protocol):
    """All calls block; callers on an event loop use a thread. Queries never return two readings of one instant."""

    def commit(self, columns: Columns, envelopes: Sequence[EnvelopeKey], stored_ms: int) -> CommitReport:
        """All or nothing, on disk when it returns.

        :param stored_ms: when the cloud stored them, ms UTC.
        """
        ...

    def held(self) -> dict[tuple[str, int], list[tuple[int, int]]]:
        """(gateway, epoch) -> inclusive ranges of sequence numbers whose envelopes are committed."""
        ...

    def digest(self, gateway: str, epoch: int, sequence: int) -> int | None:
        """The digest a committed envelope had; None when it is not held."""
        ...

    def latest(self) -> Columns:
        """The newest reading of every datastream by observed time."""
        ...

    def raw(  # noqa: PLR0913 - a range is made of these
        self,
        datastreams: Sequence[int],
        from_ms: int,
        to_ms: int,
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
        every_ms: int,
        aggregate: Aggregate,
        qualities: Sequence[int] = (),
    ) -> Buckets:
        """Buckets of ``every_ms`` aligned to 1970-01-01T00:00Z; missing values do not count."""
        ...

    def drop_before(self, time_ms: int) -> int:
        """Retention: forget readings observed before; returns how many."""
        ...

    def close(self) -> None:
        """Write everything down and let go of the files."""
        ...

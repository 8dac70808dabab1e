"""Which sorted files are made into one, and how: by day, then by 8 days, then by 64, each reading a few times only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.store.segment import Segment
from cloud.store.tables import Readings

DAY_MS: Final = 86_400_000
SPANS: Final = (DAY_MS, 8 * DAY_MS, 64 * DAY_MS)
"""The time that a file of each tier may cover; windows begin at multiples of it."""
SCATTERED: Final = len(SPANS)
"""The tier of files with a few readings of many days."""
MOST_ROWS: Final = 64_000_000
"""No file is made larger than that."""
_GATHERED: Final = 4
"""So many files of like size become one while their window still grows."""
_ALIKE: Final = 4
_WORTH: Final = 8
"""A closed window's largest file is written anew when the others have at least an eighth of its readings."""
_CROWD: Final = 12
_CLOSED_MS: Final = 2 * 3_600_000
_STEP_ROWS: Final = 300_000

Keep = Callable[[Readings], NDArray[np.bool_]]


class Part(NamedTuple):
    """Readings of one file to come, ordered."""

    tier: int
    rows: Readings


def split(rows: Readings) -> list[Part]:
    """A file for each day that has enough, one for what is scattered over others."""
    if rows.time.min() // DAY_MS == rows.time.max() // DAY_MS:
        return [Part(0, rows)]
    day = rows.time // DAY_MS
    days, number, counts = np.unique(day, return_inverse=True, return_counts=True)
    enough = counts >= max(2000, len(rows.time) // 50)
    parts = [Part(0, rows.take(number == one)) for one in np.flatnonzero(enough)]
    scattered = ~enough[number]
    if scattered.any():
        tier = 0 if len(days) - int(enough.sum()) == 1 else SCATTERED
        parts.append(Part(tier, rows.take(scattered)))
    return parts


def plan(segments: Sequence[Segment], now_ms: int) -> tuple[int, list[Segment]] | None:
    """The next files to be made into one, and its tier; None: it is good as it is."""
    scattered = [one for one in segments if one.tier == SCATTERED]
    if len(scattered) >= _CROWD:
        return SCATTERED, scattered
    for tier, span in enumerate(SPANS):
        windows: dict[int, list[Segment]] = {}
        for one in segments:
            if one.tier <= tier:
                windows.setdefault(one.from_ms // span, []).append(one)
        for window, members in sorted(windows.items()):
            closed = (window + 1) * span + _CLOSED_MS <= now_ms
            chosen = _chosen(sorted(members, key=lambda one: one.rows), closed) if closed or not tier else []
            if chosen:
                return tier, chosen
    return None


def _chosen(members: list[Segment], closed: bool) -> list[Segment]:
    """The smallest ones that are worth it, of those in order of size."""
    best: list[Segment] = []
    total = 0
    for count, one in enumerate(members, 1):
        alike = one.rows <= (_WORTH if closed else _ALIKE) * total
        total += one.rows
        if total > MOST_ROWS:
            break
        if count >= (2 if closed else _GATHERED) and (alike or count >= _CROWD):
            best = members[:count]
    return best


def merged(segments: Sequence[Segment], keep: Keep | None = None) -> Iterator[Readings]:
    """All their readings in order, some datastreams at a time; of equal instants the one that came first.

    :param keep: which of them to keep.
    """
    segments = sorted(segments, key=lambda one: one.path.name)
    for first, last in _steps(segments):
        pieces = [piece for one in segments for piece in one.between(first, last) if len(piece.time)]
        if not pieces:
            continue
        rows = Readings.join(pieces)
        if len(segments) > 1:
            rows = rows.ordered()
        if keep is not None:
            rows = rows.take(keep(rows))
        yield rows


def _steps(segments: Iterable[Segment]) -> Iterator[tuple[int, int]]:
    """Ranges of datastreams with about so many readings each."""
    indexes = [one.index["readings"] for one in segments]
    streams = np.concatenate([index.first for index in indexes])
    order = np.argsort(streams, kind="stable")
    reached = np.cumsum(np.concatenate([index.told["rows"] for index in indexes])[order])
    first, passed = int(streams[order[0]]), 0
    for stream, total in zip(streams[order].tolist(), reached.tolist(), strict=True):
        if total - passed > _STEP_ROWS and stream > first:
            yield first, stream
            first, passed = stream, total
    yield first, max(one.last for one in segments) + 1

"""Buckets that are not finished: what several parts of a bucket add up to, whichever part comes first."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Aggregate, Buckets

Partials = dict[str, NDArray[Any]]
"""Columns by name: ``datastream``, ``start`` and some of those below, one row per datastream and bucket."""

NEEDED: Final[dict[Aggregate, tuple[str, ...]]] = {
    "mean": ("count", "total", "mask"),
    "min": ("count", "low", "mask"),
    "max": ("count", "high", "mask"),
    "sum": ("count", "total", "mask"),
    "count": ("count", "mask"),
    "first": ("count", "first_at", "first", "mask"),
    "last": ("count", "last_at", "last", "mask"),
}
EVERYTHING: Final = ("count", "total", "low", "high", "first_at", "first", "last_at", "last", "mask")
_ADDED: Final[dict[str, np.ufunc]] = {
    "count": np.add,
    "total": np.add,
    "low": np.minimum,
    "high": np.maximum,
    "mask": np.bitwise_or,
}
BITS: Final = np.zeros(256, np.uint8)
BITS[[1, 2, 3, 4, 9]] = [1, 2, 4, 8, 16]
_WORST: Final = np.array(
    [next((q for bit, q in ((8, 4), (4, 3), (1, 1), (2, 2)) if m & bit), 9) for m in range(32)], np.uint8
)


def quality_mask(qualities: Sequence[int]) -> int:
    """The bits of these flags; all when there are none."""
    return int(np.bitwise_or.reduce(BITS[list(qualities)])) if qualities else 31


def of_readings(  # noqa: PLR0913 - readings are made of these
    datastream: NDArray[np.int32],
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    quality: NDArray[np.uint8],
    every_ms: int,
    names: Sequence[str] = EVERYTHING,
) -> Partials:
    """Of readings ordered by (datastream, time), none missing."""
    start = time // every_ms * every_ms  # a third of what the remainder takes
    new = _changes(datastream, start)
    found: Partials = {"datastream": datastream[new], "start": start[new]}
    if not len(new):
        return {**found, **{name: np.empty(0, np.int64) for name in names}}
    last = np.append(new[1:], len(time)) - 1
    for name in names:
        found[name] = _column(name, time, value, quality, new, last)
    return found


def _column(  # noqa: PLR0913
    name: str,
    time: NDArray[np.int64],
    value: NDArray[np.float64],
    quality: NDArray[np.uint8],
    new: NDArray[np.intp],
    last: NDArray[np.intp],
) -> NDArray[Any]:
    if name == "count":
        return last - new + 1
    if name == "mask":
        return np.bitwise_or.reduceat(BITS[quality], new)
    if name in {"total", "low", "high"}:
        return _ADDED[name].reduceat(value, new)
    column = time if name.endswith("_at") else value
    return column[new if name.startswith("first") else last]


def added(parts: Sequence[Partials], every_ms: int) -> Partials:
    """Parts of buckets of ``every_ms``, or of shorter ones that make them up, as one row per bucket, in order."""
    parts = [part for part in parts if len(part["start"])] or list(parts[:1])
    joined = {name: np.concatenate([p[name] for p in parts]) if len(parts) > 1 else parts[0][name] for name in parts[0]}
    joined["start"] = joined["start"] // every_ms * every_ms
    if len(parts) > 1:
        order = np.lexsort((joined.get("first_at", joined["start"]), joined["start"], joined["datastream"]))
        joined = {name: column[order] for name, column in joined.items()}
    new = _changes(joined["datastream"], joined["start"])
    return joined if len(new) == len(joined["start"]) else _summed(joined, new)


def _summed(joined: Partials, new: NDArray[np.intp]) -> Partials:
    """The rows from each of these to the next as one."""
    sums: Partials = {"datastream": joined["datastream"][new], "start": joined["start"][new]}
    for name, column in joined.items():
        if name in _ADDED:
            sums[name] = _ADDED[name].reduceat(column, new)
    if "first" in joined:
        sums["first_at"], sums["first"] = joined["first_at"][new], joined["first"][new]
    if "last" in joined:
        sums["last_at"] = np.maximum.reduceat(joined["last_at"], new)
        group = np.repeat(np.arange(len(new)), np.diff(np.append(new, len(joined["start"]))))
        newest = np.flatnonzero(joined["last_at"] == sums["last_at"][group])
        sums["last"] = joined["last"][newest[np.searchsorted(group[newest], np.arange(len(new)))]]
    return sums


def finished(sums: Partials, aggregate: Aggregate) -> Buckets:
    """The answer."""
    count = sums["count"].astype(np.int64, copy=False)
    if aggregate == "mean":
        value = sums["total"] / np.maximum(count, 1)
    else:
        name = {"min": "low", "max": "high", "sum": "total"}.get(aggregate, aggregate)
        value = sums[name].astype(np.float64, copy=False)
    quality = _WORST[sums["mask"]]
    return Buckets(
        sums["datastream"].astype(np.int32, copy=False), sums["start"].astype(np.int64, copy=False),
        value, count, quality,
    )  # fmt: skip


def _changes(datastream: NDArray[Any], start: NDArray[Any]) -> NDArray[np.intp]:
    """Where a new (datastream, bucket) begins."""
    new = np.ones(len(start), np.bool_)
    new[1:] = (datastream[1:] != datastream[:-1]) | (start[1:] != start[:-1])
    return np.flatnonzero(new)

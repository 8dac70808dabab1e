"""A twin's series across sensor swaps: the time cut where bindings begin and end, the answers joined again."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cloud.api.buckets import filled, folded, without_gaps
from cloud.api.grid import Grid
from cloud.api.question import Question
from cloud.registry.bindings import Binding
from cloud.registry.datastreams import Datastream
from cloud.store.port import Aggregate, Buckets, Columns, Store
from protocols.vocabulary import Quality, worst


class Stretch(NamedTuple):
    """A time in which the same datastreams watch."""

    from_ms: int
    to_ms: int
    numbers: tuple[int, ...]


class BucketKey(NamedTuple):
    """Which bucket of which observed property."""

    start: int
    series: str
    """With the channel if there is one."""
    unit: str


@dataclass(slots=True)
class Bucket:
    """One bucket of one observed property of a twin, gathered from one or more datastreams."""

    value: float
    count: int
    quality: Quality


def stretches(
    bindings: Sequence[Binding], streams: Mapping[str, Sequence[int]], from_ms: int, to_ms: int
) -> list[Stretch]:
    """The bound times within from_ms <= time < to_ms, in their order; who watched nothing is left out.

    :param streams: neuron -> numbers of its datastreams.
    """
    edges = {from_ms, to_ms}
    for one in bindings:
        edges.update(edge for edge in (one.from_ms, one.to_ms) if edge is not None and from_ms < edge < to_ms)
    found: list[Stretch] = []
    cuts = sorted(edges)
    for start, end in pairwise(cuts):
        watching = {one.neuron for one in bindings if one.from_ms <= start and (one.to_ms is None or one.to_ms >= end)}
        numbers = tuple(sorted(number for neuron in watching for number in streams.get(neuron, ())))
        if not numbers:
            continue
        if found and found[-1].numbers == numbers and found[-1].to_ms == start:
            found[-1] = found[-1]._replace(to_ms=end)
        else:
            found.append(Stretch(start, end, numbers))
    return found


def raw(store: Store, parts: Sequence[Stretch], question: Question) -> tuple[Columns, tuple[int, int] | None]:
    """Up to ``limit`` readings ordered by (time, datastream), and behind which of them the next page starts."""
    found: list[Columns] = []
    missing = question.limit + 1
    for part in parts:
        if missing == 0:
            break
        if question.after is not None and question.after[0] >= part.to_ms:
            continue
        columns = store.raw(
            part.numbers,
            part.from_ms,
            part.to_ms,
            limit=missing,
            qualities=question.qualities,
            after=question.after,
        )
        found.append(columns)
        missing -= len(columns)
    columns = Columns.join(found)
    if missing > 0:
        return columns, None
    kept = columns.take(np.arange(question.limit))
    return kept, (int(kept.time[-1]), int(kept.datastream[-1]))


def of_one(store: Store, number: int, question: Question) -> tuple[Buckets, tuple[int, int] | None]:
    """Up to ``limit`` buckets of one datastream, and behind which of them the next page starts.

    In a bucket without values, where those are asked for, the value is NaN unless it was filled.
    """
    from_ms = question.from_ms
    if question.after is not None and question.fill == "none":
        from_ms = max(from_ms, question.after[0] + 1)  # the rest of a bucket that was answered is left out below
    found = _asked(store, (number,), from_ms, question.to_ms, question)
    found = without_gaps(found, number, question.starts, question.fill)
    if question.after is None and len(found.start) <= question.limit:
        return found, None
    begin = 0 if question.after is None else int(np.searchsorted(found.start, question.after[0], side="right"))
    end = begin + question.limit
    return found.part(begin, end), (int(found.start[end - 1]), 1) if len(found.start) > end else None


def grid(store: Store, numbers: Sequence[int], question: Question) -> Grid:
    """Buckets of many datastreams, whose numbers rise; unless gaps are filled, without those that all of them lack."""
    buckets = _asked(store, numbers, question.from_ms, question.to_ms, question)
    starts = question.starts
    if question.fill == "none":
        some = np.zeros(len(starts), np.bool_)
        some[np.searchsorted(starts, buckets.start)] = True
        starts = starts[some]
    found = Grid.of(buckets, numbers, starts)
    if question.fill in {"previous", "linear"}:
        for row in found.values:
            row[:] = filled(row, starts, question.fill)
    return found


def _asked(store: Store, numbers: Sequence[int], from_ms: int, to_ms: int, question: Question) -> Buckets:
    found = store.aggregate(
        numbers,
        from_ms,
        to_ms,
        every_ms=question.store_ms,
        aggregate=question.aggregate,
        qualities=question.qualities,
    )
    return folded(found, question.starts, question.aggregate) if question.by_calendar else found


def buckets(
    store: Store, parts: Sequence[Stretch], question: Question, streams: Mapping[int, Datastream]
) -> tuple[list[tuple[BucketKey, Bucket]], tuple[int, int] | None]:
    """Up to ``limit`` buckets in the order of their keys, and where the next page starts: (start, how many of it).

    A bucket in which the sensor was swapped holds the values of both; so does one in which two watched together.
    """
    start, seen = question.after or (None, 0)
    gathered: dict[BucketKey, Bucket] = {}
    for part in parts:
        from_ms = part.from_ms if start is None or question.fill != "none" else max(part.from_ms, start)
        if from_ms >= part.to_ms:
            continue
        answer = _asked(store, part.numbers, from_ms, part.to_ms, question)
        for number, at, new in _rows(answer):
            stream = streams[number]
            unit = "1" if question.aggregate == "count" else stream.unit
            key = BucketKey(at, stream.point.series, unit)
            known = gathered.get(key)
            gathered[key] = new if known is None else _joined(known, new, question.aggregate)
    _fill(gathered, question)
    ordered = sorted(gathered.items(), key=lambda item: item[0])
    if start is not None:
        ordered = ordered[bisect_left(ordered, start, key=lambda item: item[0].start) :]
    ordered = ordered[sum(key.start == start for key, _ in ordered[:seen]) :]
    if len(ordered) <= question.limit:
        return ordered, None
    kept = ordered[: question.limit]
    last = kept[-1][0].start
    delivered = sum(key.start == last for key, _ in kept)
    return kept, (last, delivered + (seen if last == start else 0))


def _fill(gathered: dict[BucketKey, Bucket], question: Question) -> None:
    """Every series gets a bucket at each start; of one without values the count is 0 and the quality 9."""
    if question.fill == "none":
        return
    for series, unit in {(key.series, key.unit) for key in gathered}:
        keys = [BucketKey(start, series, unit) for start in question.starts.tolist()]
        known = np.array([gathered[key].value if key in gathered else np.nan for key in keys])
        for key, value in zip(keys, filled(known, question.starts, question.fill).tolist(), strict=True):
            gathered.setdefault(key, Bucket(value, 0, Quality.MISSING))


def _rows(answer: Buckets) -> Iterator[tuple[int, int, Bucket]]:
    for number, start, value, count, quality in zip(*(column.tolist() for column in answer), strict=True):
        yield number, start, Bucket(value, count, Quality(quality))


def _joined(old: Bucket, new: Bucket, aggregate: Aggregate) -> Bucket:
    count = old.count + new.count
    value = {
        "mean": (old.value * old.count + new.value * new.count) / count,
        "min": min(old.value, new.value),
        "max": max(old.value, new.value),
        "sum": old.value + new.value,
        "count": old.value + new.value,
        "first": old.value,
        "last": new.value,
    }[aggregate]
    return Bucket(value, count, worst(old.quality, new.quality))

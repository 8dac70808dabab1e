"""Sorted files beside what is not sorted yet: the same answers as from a dictionary, whatever was moved when."""

import tempfile
from collections import defaultdict
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloud.store.blocks import StoreDamagedError
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns
from protocols.vocabulary import Quality, worst
from tests.cloud.store.columns import plain

NONE = Columns.empty()
DAY = 86_400_000
STREAMS = [1, 2, 3, 40]
Row = tuple[int, int, float, int]

instants = st.builds(
    lambda day, minute, step: day * DAY + minute * 60_000 + step * 7_001,
    st.integers(0, 9),
    st.sampled_from([0, 1, 59, 60, 61, 1439]),
    st.integers(0, 8),
)
rows = st.tuples(
    st.sampled_from(STREAMS),
    instants,
    st.sampled_from([1.5, -2.25, 3.0, 0.1, 1e17 / 3, nan]),
    st.sampled_from([1, 2, 3, 4]),
)


def columns(found: list[Row]) -> Columns:
    return Columns(
        np.array([r[0] for r in found], np.int32),
        np.array([r[1] for r in found], np.int64),
        np.array([r[2] for r in found], np.float64),
        np.array([9 if isnan(r[2]) else r[3] for r in found], np.uint8),
        np.array([r[1] % 7 for r in found], np.uint32),
    )


class AgainstADictionary(RuleBasedStateMachine):
    """Commits, sorting, merging, retention and restarts in any order."""

    @initialize(block_rows=st.sampled_from([2, 5, 2048]))
    def start(self, block_rows: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("cloud.store.segment_writer.BLOCK_ROWS", block_rows)
        self.patch.setattr("cloud.store.segment_writer._WORTH", 2)
        self.patch.setattr("cloud.store.view._SLICE_ROWS", 7)
        self.patch.setattr("cloud.store.view.MANY_BLOCKS", 3)
        self.patch.setattr("cloud.store.view._MANY", 9)
        self.patch.setattr("cloud.store.compaction._STEP_ROWS", 3)
        self.folder = tempfile.TemporaryDirectory()
        self.store = DuckDBStore(Path(self.folder.name) / "r.duckdb", memory_mb=128, threads=1, hot_rows=20)
        self.store.open()
        self.model: dict[tuple[int, int], tuple[float, int]] = {}

    @rule(found=st.lists(rows, min_size=1, max_size=30))
    def commit(self, found: list[Row]) -> None:
        batch = columns(found)
        self.store.commit(NONE, batch, [], 99)
        for d, t, v, q in zip(batch.datastream, batch.time, batch.value, batch.quality, strict=True):
            self.model.setdefault((int(d), int(t)), (float(v), int(q)))

    @rule(found=st.lists(rows, min_size=1, max_size=5))
    def commit_as_fresh_what_is_not(self, found: list[Row]) -> None:
        batch = columns(list({row[:2]: row for row in found}.values()))
        self.store.commit(batch, NONE, [], 99)
        for d, t, v, q in zip(batch.datastream, batch.time, batch.value, batch.quality, strict=True):
            self.model.setdefault((int(d), int(t)), (float(v), int(q)))

    @rule()
    def sort(self) -> None:
        self.store.sort()

    @rule(day=st.integers(0, 80))
    def tend(self, day: int) -> None:
        for _ in range(20):
            if not self.store.tend(day * DAY):
                break
        else:
            raise AssertionError("no end of it")

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store.open()

    @rule(time=instants)
    def drop(self, time: int) -> None:
        gone = [at for at in self.model if at[1] < time]
        assert self.store.drop_before(time) == len(gone)
        for at in gone:
            del self.model[at]

    @rule(
        streams=st.sets(st.sampled_from(STREAMS), min_size=1),
        span=st.tuples(instants, instants),
        every=st.sampled_from([7_000, 60_000, 120_000, 3_600_000, 7 * 3_600_000, DAY, 3 * DAY]),
        qualities=st.sets(st.sampled_from([1, 2, 3, 4])),
        aggregate=st.sampled_from(["mean", "min", "max", "sum", "count", "first", "last"]),
    )
    def ask(self, streams: set[int], span: tuple[int, int], every: int, qualities: set[int], aggregate: str) -> None:
        start, end = sorted(span)
        buckets: dict[tuple[int, int], list[tuple[int, float, int]]] = defaultdict(list)
        for (d, t), (v, q) in sorted(self.model.items()):
            if d in streams and start <= t < end and not isnan(v) and (not qualities or q in qualities):
                buckets[d, t - t % every].append((t, v, q))
        found = self.store.aggregate(
            sorted(streams),
            start,
            end,
            every_ms=every,
            aggregate=aggregate,
            qualities=sorted(qualities),  # type: ignore[arg-type]
        )
        assert list(zip(found.datastream.tolist(), found.start.tolist(), strict=True)) == list(buckets)
        assert found.values.tolist() == [len(one) for one in buckets.values()]
        worsts = [worst(*(Quality(q) for _, _, q in one)) for one in buckets.values()]
        assert found.quality.tolist() == [int(q) for q in worsts]
        how = {
            "mean": lambda one: sum(one) / len(one), "min": min, "max": max, "sum": sum, "count": len,
            "first": lambda one: one[0], "last": lambda one: one[-1],
        }[aggregate]  # fmt: skip
        expected = [how([v for _, v, _ in one]) for one in buckets.values()]
        assert found.value.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-9)

    @rule(limit=st.integers(1, 9), span=st.tuples(instants, instants), qualities=st.sets(st.sampled_from([1, 2, 9])))
    def page(self, limit: int, span: tuple[int, int], qualities: set[int]) -> None:
        start, end = sorted(span)
        expected = sorted(
            (t, d) for (d, t), (_, q) in self.model.items() if start <= t < end and (not qualities or q in qualities)
        )
        found: list[tuple[int, int]] = []
        while True:
            after = found[-1] if found else None
            page = self.store.raw(STREAMS, start, end, limit=limit, after=after, qualities=sorted(qualities))
            found += zip(page.time.tolist(), page.datastream.tolist(), strict=True)
            if len(page) < limit:
                break
        assert found == expected

    @invariant()
    def same_readings(self) -> None:
        if not hasattr(self, "store"):
            return
        found = self.store.raw(STREAMS, 0, 1 << 50, limit=10**6)
        expected = sorted((t, d, None if isnan(v) else v, q) for (d, t), (v, q) in self.model.items())
        assert [(t, d, v, q) for (d, t, v), q in zip(plain(found), found.quality.tolist(), strict=True)] == expected
        newest = dict(sorted(self.model))
        assert {d: t for d, t, _ in plain(self.store.latest())} == newest

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()
            self.patch.undo()


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)


def regular(streams: int, count: int, every_ms: int, from_ms: int = 0) -> Columns:
    times = from_ms + np.arange(count, dtype=np.int64) * every_ms
    values = np.round(20 + np.sin(np.arange(streams * count) / 50), 2)
    return Columns(
        np.repeat(np.arange(1, streams + 1, dtype=np.int32), count), np.tile(times, streams), values,
        np.ones(streams * count, np.uint8), np.zeros(streams * count, np.uint32),
    )  # fmt: skip


def test_rollups_are_read_where_the_bucket_is_a_multiple(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.commit(regular(3, 3000, 10_000), NONE, [], 1)
    store.sort()
    before = store.aggregate([1, 2, 3], 0, DAY, every_ms=3_600_000, aggregate="mean")

    def no_readings(*_: object) -> None:
        raise AssertionError("readings were read")

    monkeypatch.setattr("cloud.store.segment.Segment.readings", no_readings)
    for every in (60_000, 300_000, 3_600_000, 10 * DAY):
        assert len(store.aggregate([1, 3], 0, DAY, every_ms=every, aggregate="last").start)
    after = store.aggregate([1, 2, 3], 0, DAY, every_ms=3_600_000, aggregate="mean")
    assert after.value.tolist() == before.value.tolist()
    monkeypatch.undo()
    assert before.values.sum() == 9000


def test_files_of_closed_windows_become_one(store: DuckDBStore) -> None:
    for day in range(16):
        for part in range(3):
            store.commit(regular(5, 100, 60_000, day * DAY + part * 8_000_000), NONE, [], 1)
            store.sort()
    assert len(store._segments) == 48
    while store.tend(100 * DAY):
        pass
    assert [(one.tier, one.rows) for one in store._segments] == [(2, 16 * 3 * 500)]
    assert len(store.raw([3], 0, 100 * DAY, limit=10**6)) == 4800


def test_what_is_asked_meanwhile_is_answered_from_files_that_are_gone(store: DuckDBStore) -> None:
    store.commit(regular(2, 5000, 60_000), NONE, [], 1)
    store.sort()
    view = store._view
    store.drop_before(DAY)
    assert [not one.path.exists() for one in view.segments].count(True) >= 1
    assert len(view.raw(np.array([1], np.int32), 0, 1 << 50, limit=10**6)) == 5000


def test_with_too_much_that_is_not_sorted_a_commit_sorts_it_first(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path / "r.duckdb", memory_mb=128, most_hot_rows=1000)
    store.open()
    for n in range(5):
        store.commit(regular(2, 300, 60_000, n * 300 * 60_000), NONE, [], 1)
        assert sum(one.length for one in store._hot) <= 1200
    assert len(store.raw([1, 2], 0, 1 << 50, limit=10**6)) == 3000
    store.close()


def test_a_flipped_bit_is_told(store: DuckDBStore) -> None:
    store.commit(regular(2, 5000, 60_000), NONE, [], 1)
    store.sort()
    path = store._segments[0].path
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(StoreDamagedError, match=path.name):
        store.raw([1, 2], 0, 1 << 50, limit=10**6)
    late = regular(2, 2, 60_000, 7)
    assert store.commit(NONE, late, [], 1).stored == 4  # what comes in does not wait for that file's repair


@pytest.mark.parametrize("streams", [1, 20])
def test_a_quality_asked_for_is_counted_once_in_many_blocks(tmp_path: Path, streams: int) -> None:
    """One suspect reading at the end of days whose rollups lie in several blocks; of many streams in several pieces."""
    store = DuckDBStore(tmp_path / "r.duckdb", memory_mb=256)
    store.open()
    minutes, step = 4 * 1440, 15_000
    time = 1_699_920_000_000 + np.arange(minutes * 60_000 // step) * step
    quality = np.ones(len(time), np.uint8)
    quality[-1] = 3
    number = np.repeat(np.arange(1, streams + 1, dtype=np.int32), len(time))
    times = np.tile(time, streams)
    some = Columns(number, times, np.ones(len(times)), np.tile(quality, streams), np.zeros(len(times), np.uint32))
    store.commit(some, Columns.empty(), (), int(time[0]))

    def ask(aggregate: Any) -> list[int]:
        found = store.aggregate(range(1, streams + 1), 0, 1 << 50, every_ms=60_000, aggregate=aggregate, qualities=(1,))
        return [int(found.values.sum()), int(found.value.sum())]

    before = ask("count"), ask("sum")
    store.sort()
    while store.tend(int(time[-1]) + 100 * 86_400_000):
        pass
    assert len(store._segments) == 1
    assert len(store._segments[0].index["60000"]) > (32 if streams > 1 else 1)
    assert before == (ask("count"), ask("sum"))
    assert before[0] == [(len(time) - 1) * streams] * 2
    store.close()

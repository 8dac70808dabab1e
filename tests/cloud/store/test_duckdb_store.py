import itertools
import resource
import signal
import tempfile
import threading
from math import nan
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns
from tests.cloud.store.columns import Row, columns, key, plain, rows

NONE = Columns.empty()


class AgainstADictionary(RuleBasedStateMachine):
    """Late commits in any order, repeated, conflicting, failing and tried again; the file closed and opened."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = DuckDBStore(Path(self.folder.name) / "r.duckdb", memory_mb=128, threads=1)
        self.store.open()
        self.model: dict[tuple[int, int], float | None] = {}
        self.held: set[int] = set()

    def expected(
        self, found: list[Row]
    ) -> tuple[dict[tuple[int, int], float | None], int, list[tuple[int, int, float | None]]]:
        fresh: dict[tuple[int, int], float | None] = {}
        duplicates, conflicts = 0, []
        for row in plain(columns(found)):
            instant = row[:2]
            standing = {**self.model, **fresh}
            if instant not in standing:
                fresh[instant] = row[2]
            elif standing[instant] == row[2]:
                duplicates += 1
            else:
                conflicts.append(row)
        return fresh, duplicates, conflicts

    @rule(found=st.lists(rows, max_size=12), sequence=st.integers(0, 30), again=st.booleans())
    def commit_late(self, found: list[Row], sequence: int, again: bool) -> None:
        fresh, duplicates, conflicts = self.expected(found)
        kept: list[Columns] = []
        report = self.store.commit(NONE, columns(found), [key(sequence)], 99, again=again, keep=kept.append)
        assert (report.stored, report.duplicates) == (len(fresh), duplicates)
        assert sorted(plain(report.conflicts), key=str) == sorted(conflicts, key=str)
        assert sorted(plain(report.late), key=str) == sorted(((*i, v) for i, v in fresh.items()), key=str)
        assert [plain(one) for one in kept] == ([plain(report.conflicts)] if conflicts else [])
        self.model.update(fresh)
        self.held.add(sequence)

    @rule(datastream=st.integers(1, 3), count=st.integers(1, 4), again=st.booleans())
    def commit_fresh(self, datastream: int, count: int, again: bool) -> None:
        newest = max((t for d, t in self.model if d == datastream), default=0)
        found = [(datastream, newest + 1 + i, 0.25 * i) for i in range(count)]
        assert self.store.commit(columns(found), NONE, [], 99, again=again).stored == count
        self.model.update({row[:2]: row[2] for row in found})

    @rule(found=st.lists(rows, min_size=1, max_size=6))
    def a_commit_that_fails_leaves_nothing(self, found: list[Row]) -> None:
        def refuse(_: Columns) -> None:
            raise OSError("quarantine is full")

        conflicts = self.expected(found)[2]
        if conflicts:
            with pytest.raises(OSError, match="quarantine"):
                self.store.commit(NONE, columns(found), [key(99)], 99, keep=refuse)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store.open()

    @invariant()
    def same_readings(self) -> None:
        found = plain(self.store.raw([1, 2, 3], 0, 10**6, limit=10**6))
        assert found == sorted(((*i, v) for i, v in self.model.items()), key=lambda row: (row[1], row[0]))
        latest = {row[0]: row for row in plain(self.store.latest())}
        assert latest == {d: (d, t, self.model[d, t]) for d, t in sorted(self.model)}

    @invariant()
    def same_ledger(self) -> None:
        ranges = self.store.held().get(("gw-1", 1, 5), [])
        assert {n for first, last in ranges for n in range(first, last + 1)} == self.held
        assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(ranges))

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestAgainstADictionary = AgainstADictionary.TestCase
TestAgainstADictionary.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


def test_missing_values_stay_missing(store: DuckDBStore) -> None:
    found = [(1, 10, 5.0), (1, 20, nan), (2, 5, nan)]
    store.commit(columns(found), NONE, [], 1)
    assert plain(store.latest()) == [(1, 20, None), (2, 5, None)]
    assert store.latest().quality.tolist() == [9, 9]
    assert plain(store.raw([1, 2], 0, 99, limit=9)) == [(2, 5, None), (1, 10, 5.0), (1, 20, None)]
    report = store.commit(NONE, columns(found), [], 1)
    assert (report.stored, report.duplicates, len(report.conflicts)) == (0, 3, 0)
    buckets = store.aggregate([1, 2], 0, 99, every_ms=100, aggregate="count")
    assert (buckets.datastream.tolist(), buckets.value.tolist(), buckets.values.tolist()) == ([1], [1.0], [1])


def test_of_an_instant_the_first_stays_whatever_comes_after_it(store: DuckDBStore) -> None:
    store.commit(columns([(1, 10, 5.0)]), NONE, [], 1)
    report = store.commit(NONE, columns([(1, 10, 7.0), (1, 10, 5.0), (1, 10, 7.0)]), [], 1)
    assert (report.stored, report.duplicates, plain(report.conflicts)) == (0, 1, [(1, 10, 7.0), (1, 10, 7.0)])


def test_a_try_that_had_reached_the_disk_is_not_stored_twice(store: DuckDBStore) -> None:
    fresh, late = columns([(1, 10, 5.0), (1, 11, nan)]), columns([(2, 3, 1.0)])
    store.commit(fresh, late, [key(0)], 1)
    report = store.commit(fresh, late, [key(0)], 1, again=True)
    assert (report.stored, report.duplicates, len(report.late)) == (0, 3, 0)
    assert len(store.raw([1, 2], 0, 99, limit=9)) == 3
    assert store.held() == {("gw-1", 1, 5): [(0, 0)]}
    assert store.digest("gw-1", 1, 5, 0) == 7


def test_rows_and_ledger_are_committed_together_or_not_at_all(
    store: DuckDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr("cloud.store.catalog.Catalog.note", broken)
    with pytest.raises(OSError, match="no"):
        store.commit(columns([(1, 1, 1.0)]), columns([(2, 1, 1.0)]), [key(0)], 1)
    monkeypatch.undo()
    assert len(store.latest()) == 0
    assert store.held() == {}
    store.commit(columns([(1, 1, 1.0)]), NONE, [key(0)], 1)
    assert len(store.latest()) == 1


def test_held_ranges_are_told_apart_by_gateway_stream_and_epoch(store: DuckDBStore) -> None:
    top = 2**32 - 1
    keys = [
        key(0),
        key(1),
        key(3),
        key(top),
        key(1),
        key(0, gateway="gw-2"),
        key(7, epoch=2**63 - 1),
        key(0)._replace(stream=2),
    ]
    store.commit(NONE, NONE, keys, 1)
    assert store.held() == {
        ("gw-1", 1, 5): [(0, 1), (3, 3), (top, top)],
        ("gw-1", 1, 2**63 - 1): [(7, 7)],
        ("gw-1", 2, 5): [(0, 0)],
        ("gw-2", 1, 5): [(0, 0)],
    }
    assert store.digest("gw-1", 1, 5, 2) is None


def test_ranges_pages_and_qualities(store: DuckDBStore) -> None:
    found = [(d, t, float(d * 100 + t)) for t in range(1, 6) for d in (1, 2)]
    store.commit(columns(found), NONE, [], 1)
    store.commit(NONE, columns([(1, 9, 9.0)], quality=3), [], 1)
    assert [row[:2] for row in plain(store.raw([1, 2], 2, 4, limit=99))] == [(1, 2), (2, 2), (1, 3), (2, 3)]
    assert [row[:2] for row in plain(store.raw([2, 1], 0, 99, limit=3))] == [(1, 1), (2, 1), (1, 2)]
    assert [row[:2] for row in plain(store.raw([1, 2], 0, 99, limit=2, after=(1, 2)))] == [(1, 2), (2, 2)]
    assert [row[:2] for row in plain(store.raw([1], 0, 99, limit=9, qualities=[3]))] == [(1, 9)]
    assert plain(store.raw([], 0, 99, limit=9)) == []


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("mean", 2.0), ("min", 1.0), ("max", 4.0), ("sum", 6.0), ("count", 3.0), ("first", 4.0), ("last", 1.0)],
)
def test_aggregates(store: DuckDBStore, aggregate: str, expected: float) -> None:
    store.commit(columns([(1, 100, 4.0), (1, 101, 1.0), (1, 110, nan), (1, 120, 1.0), (1, 200, 9.0)]), NONE, [], 1)
    buckets = store.aggregate([1], 0, 999, every_ms=100, aggregate=aggregate)  # type: ignore[arg-type]
    assert buckets.start.tolist() == [100, 200]
    assert buckets.value[0] == expected
    assert buckets.values.tolist() == [3, 1]


def test_the_quality_of_a_bucket_is_the_worst_of_its_values(store: DuckDBStore) -> None:
    for time, quality in ((1, 1), (2, 2), (11, 3), (12, 1), (21, 4), (22, 3), (31, 2)):
        store.commit(columns([(1, time, 1.0)], quality=quality), NONE, [], 1)
    assert store.aggregate([1], 0, 99, every_ms=10, aggregate="mean").quality.tolist() == [1, 3, 4, 2]


def test_retention(store: DuckDBStore) -> None:
    store.commit(columns([(1, t, 1.0) for t in range(1, 11)]), NONE, [key(0)], 1)
    assert store.drop_before(4) == 3
    assert [row[1] for row in plain(store.raw([1], 0, 99, limit=99))] == list(range(4, 11))
    assert store.held() == {("gw-1", 1, 5): [(0, 0)]}


def test_queries_go_on_while_a_commit_is_written(store: DuckDBStore) -> None:
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(30):
                store.latest()
                store.digest("gw-1", 1, 5, 0)
                assert store.aggregate([1], 0, 10**9, every_ms=1000, aggregate="sum") is not None
        except BaseException as error:  # noqa: BLE001 - the test tells
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(30):
        store.commit(columns([(1, 100 * n + i + 1, 1.0) for i in range(50)]), NONE, [key(n)], 1)
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.fixture
def file_limit():
    """Files may not grow beyond so many bytes: a full disk for this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (before[0] if size is None else size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def noise(datastream: int) -> Columns:
    count = 20_000
    return Columns(
        np.full(count, datastream, np.int32), np.arange(1, count + 1, dtype=np.int64),
        np.random.default_rng(datastream).random(count), np.ones(count, np.uint8), np.zeros(count, np.uint32),
    )  # fmt: skip


def test_after_a_full_disk_it_goes_on_by_itself(store: DuckDBStore, tmp_path: Path, file_limit) -> None:
    for n in range(4):
        store.commit(noise(n), NONE, [key(n)], 1)
    file_limit(max(path.stat().st_size for path in tmp_path.iterdir()) + 100)
    for _ in range(2):
        with pytest.raises(duckdb.Error, match="File too large"):
            store.commit(noise(10), NONE, [key(10)], 1)
    file_limit(None)
    assert store.commit(noise(11), NONE, [key(11)], 1, again=True).stored == 20_000
    assert store.held() == {("gw-1", 1, 5): [(0, 3), (11, 11)]}


def test_a_checkpoint_that_failed_does_not_leave_it_dead(store: DuckDBStore, tmp_path: Path, file_limit) -> None:
    for n in range(20):
        store.commit(noise(n), NONE, [key(n)], 1)
    file_limit((tmp_path / "readings.duckdb").stat().st_size + 100)
    with pytest.raises(duckdb.FatalException):
        store._catalog.checkpoint()
    file_limit(None)
    assert store.digest("gw-1", 1, 5, 3) == 7
    assert store.commit(noise(30), NONE, [key(30)], 1).stored == 20_000
    assert store.held() == {("gw-1", 1, 5): [(0, 19), (30, 30)]}
    assert len(store.latest()) == 21


@pytest.mark.parametrize(("checkpoint", "error"), [(False, duckdb.Error), (True, OSError)])
def test_a_disk_that_is_full_while_readings_are_sorted_loses_nothing(
    store: DuckDBStore, tmp_path: Path, file_limit, checkpoint: bool, error: type[Exception]
) -> None:
    for n in range(5):
        store.commit(noise(n), NONE, [key(n)], 1)
    if checkpoint:  # the log of DuckDB is empty now, so that it is the sorted file that finds no room
        store._catalog.checkpoint()
    file_limit(10_000)
    with pytest.raises(error, match="File too large"):
        store.sort()
    file_limit(None)
    assert list((tmp_path / "readings.sorted").iterdir()) == []
    assert len(store.raw([0, 1, 2, 3, 4], 0, 10**9, limit=10**6)) == 100_000
    store.commit(noise(5), NONE, [key(5)], 1)
    store.sort()
    assert len(store.raw([0, 1, 2, 3, 4, 5], 0, 10**9, limit=10**6)) == 120_000
    assert len(store.latest()) == 6


def test_a_file_of_an_earlier_version_is_taken_over(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "r.duckdb")) as earlier:
        columns_ = "datastream INTEGER, t BIGINT, value DOUBLE, quality UTINYINT, reasons UINTEGER, stored BIGINT"
        earlier.execute(f"CREATE TABLE reading ({columns_})")
        earlier.execute("INSERT INTO reading VALUES (1, 10, 2.5, 1, 0, 20), (2, 11, NULL, 9, 0, 20)")
    store = DuckDBStore(tmp_path / "r.duckdb", memory_mb=128)
    store.open()
    store.commit(columns([(1, 12, 3.5)]), NONE, [], 1)
    for _ in range(2):
        assert plain(store.raw([1, 2], 0, 99, limit=9)) == [(1, 10, 2.5), (2, 11, None), (1, 12, 3.5)]
        store.sort()
    store.close()
    store.open()
    assert store.count() == 3
    store.close()

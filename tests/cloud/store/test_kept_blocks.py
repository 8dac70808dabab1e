from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from cloud.store.duckdb_store import DuckDBStore
from cloud.store.kept_blocks import KeptBlocks
from cloud.store.port import Columns
from tests.cloud.store.columns import columns, plain

DAY = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> DuckDBStore:
    found = DuckDBStore(tmp_path / "readings.duckdb")
    found.open()
    rows = [(number, DAY + minute * 60_000, minute / 4) for number in (1, 2) for minute in range(100)]
    found.commit(columns(rows), Columns.empty(), [], 2 * DAY)
    found.sort()
    return found


def test_what_is_kept_has_a_bound_and_the_oldest_goes(store: DuckDBStore) -> None:
    (segment,) = store._view.segments
    kept = KeptBlocks(most=2)
    block = segment._block("readings", 0)
    for number in range(3):
        kept.put(("f", "readings", number), block)
    assert [kept.get(("f", "readings", number)) is block for number in range(3)] == [False, True, True]


def test_who_has_an_answer_cannot_change_the_next(store: DuckDBStore) -> None:
    wanted = np.array([1], np.int32)
    (segment,) = store._view.segments
    for _ in range(2):
        (piece,) = segment.readings(wanted, 0, 2 * DAY)
        assert piece["value"].tolist() == [minute / 4 for minute in range(100)]
        with pytest.raises(ValueError, match="read-only"):
            piece["value"][0] = 7.0


def test_missing_ones_among_many_that_are_the_same_and_no_decimals(store: DuckDBStore) -> None:
    times = [3 * DAY + second * 1000 for second in range(4)]
    found = [1 / 3, nan, 1 / 3, nan]
    store.commit(columns([(7, *one) for one in zip(times, found, strict=True)]), Columns.empty(), [], 4 * DAY)
    store.sort()
    assert plain(store.raw((7,), 0, 4 * DAY, limit=9)) == [
        (7, time, None if isnan(value) else value) for time, value in zip(times, found, strict=True)
    ]
    buckets = store.aggregate((7,), 0, 4 * DAY, every_ms=4_000, aggregate="mean")
    assert (buckets.value.tolist(), buckets.values.tolist()) == ([1 / 3], [2])
    late = columns([(7, times[0] + 500, 9.0), (7, times[1], 8.0), (7, times[2], 1 / 3)])
    report = store.commit(Columns.empty(), late, [], 4 * DAY)
    assert (report.stored, report.duplicates, len(report.conflicts)) == (1, 1, 1)


def test_a_file_that_replaces_others_is_read_anew(store: DuckDBStore) -> None:
    before = store.raw((1,), 0, 2 * DAY, limit=1000)
    assert len(before) == 100
    store.commit(Columns.empty(), columns([(1, DAY + 30_000, 9.5)]), [], 2 * DAY)
    store.sort()
    after = store.raw((1,), 0, 2 * DAY, limit=1000)
    assert after.time.tolist() == sorted([*before.time.tolist(), DAY + 30_000])

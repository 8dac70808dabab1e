from pathlib import Path

import numpy as np
import pytest

from cloud.store.duckdb_store import DuckDBStore
from cloud.store.kept_blocks import KeptBlocks
from cloud.store.port import Columns
from tests.cloud.store.columns import columns

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


def test_a_file_that_replaces_others_is_read_anew(store: DuckDBStore) -> None:
    before = store.raw((1,), 0, 2 * DAY, limit=1000)
    assert len(before) == 100
    store.commit(Columns.empty(), columns([(1, DAY + 30_000, 9.5)]), [], 2 * DAY)
    store.sort()
    after = store.raw((1,), 0, 2 * DAY, limit=1000)
    assert after.time.tolist() == sorted([*before.time.tolist(), DAY + 30_000])

import asyncio
from pathlib import Path

import numpy as np
import pytest

from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns
from cloud.store.upkeep import FAILED_S, Upkeep
from protocols.vocabulary import ManualClock
from tests.cloud.store.columns import columns

NONE = Columns.empty()


async def until(what) -> None:
    async with asyncio.timeout(30):
        while not what():
            await asyncio.sleep(0.01)


async def test_what_waits_is_sorted_and_what_fails_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DuckDBStore(tmp_path / "r.duckdb", memory_mb=128, hot_rows=2)
    store.open()
    store.commit(columns([(1, 1, 1.0), (1, 2, 1.0)]), NONE, [], 0)
    clock = ManualClock(1_000_000)
    upkeep = Upkeep(store, clock)

    def full(*_: object) -> int:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr("cloud.store.segment_writer.SegmentWriter.finish", full)
        task = asyncio.ensure_future(upkeep.run())  # noqa: TID251 - the test ends it
        await until(lambda: upkeep.failing == "no space left")
    assert store._segments == []
    clock.advance(FAILED_S)
    await until(lambda: len(store._segments) == 1)
    await until(lambda: upkeep.failing is None)
    assert upkeep.counts.failures == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(store.raw([1], 0, 9, limit=9)) == 2
    store.close()


def test_who_is_to_rest_leaves_files_as_they_are(store: DuckDBStore) -> None:
    for n in range(3):
        store.commit(columns([(1, n * 10 + 1, 1.0), (2, n * 10 + 2, 1.0)]), NONE, [], 0)
        store.sort()
    store.rest()
    assert not store.tend(10**12)
    assert [one.rows for one in store._segments] == [2, 2, 2]
    store.close()
    store.open()
    assert store.tend(10**12)
    assert [one.rows for one in store._segments] == [6]
    assert np.array_equal(store.raw([1], 0, 99, limit=9).time, [1, 11, 21])

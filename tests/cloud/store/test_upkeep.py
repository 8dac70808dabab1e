import asyncio
from pathlib import Path

import numpy as np
import pytest

from cloud.config import Retention
from cloud.registry import neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.selection import Site
from cloud.retention import cutoffs
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


def regular(streams: range, days: int) -> Columns:
    times = np.arange(days * 24, dtype=np.int64) * 3_600_000
    count = len(times) * len(streams)
    return Columns(
        np.repeat(np.array(streams, np.int32), len(times)), np.tile(times, len(streams)), np.arange(count) / 4,
        np.ones(count, np.uint8), np.zeros(count, np.uint32),
    )  # fmt: skip


def test_of_each_datastream_what_is_too_old_for_it_goes(store: DuckDBStore) -> None:
    store.commit(regular(range(1, 5), 40), NONE, [], 0)
    store.sort()
    day = 86_400_000
    assert store.expire(np.array([0, 0, 10 * day, 0, 39 * day])) == (10 + 39) * 24
    found = [store.raw([n], 0, 1 << 50, limit=10**6).time for n in (1, 2, 3, 4)]
    assert [int(one[0]) for one in found] == [0, 10 * day, 0, 39 * day]
    assert [len(one) for one in found] == [960, 720, 960, 24]
    sums = store.aggregate([2, 4], 0, 1 << 50, every_ms=day, aggregate="count")
    assert sums.values.tolist() == [24] * 31
    assert store.expire(np.array([0, 0, 10 * day, 0, 39 * day])) == 0
    assert store.expire(np.array([0, day])) == 0  # not worth the writing
    assert store.expire(np.full(9, 50 * day)) == 2664
    assert store._segments == []


async def test_retention_by_kind_and_property(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'r.sqlite'}") as database:
        with database.begin() as tx:
            for kind in ("lamp", "weather"):
                neuron = neurons.Neuron("", kind, "", None, Site(), {})
                neurons.add(tx, neuron, [Series("illuminance", "lx"), Series("voltage", "V")], 0)
        retention = Retention(days=100, kinds={"lamp": 10}, properties={"voltage": 3, "illuminance": 0})
        found = cutoffs(Directory(database), retention)
        assert found is not None
        day = 86_400_000
        assert found(1000 * day).tolist() == [0, 0, 997 * day, 0, 997 * day]
        found = cutoffs(Directory(database), Retention(kinds={"lamp": 10}))
        assert found is not None
        assert found(1000 * day).tolist() == [0, 990 * day, 990 * day, 0, 0]
        assert cutoffs(Directory(database), Retention()) is None
        store = DuckDBStore(tmp_path / "r.duckdb", memory_mb=128, hot_rows=1)
        store.open()
        store.commit(regular(range(1, 5), 40), NONE, [], 0)
        upkeep = Upkeep(store, ManualClock(40 * day), found)
        task = asyncio.ensure_future(upkeep.run())  # noqa: TID251 - the test ends it
        await until(lambda: upkeep.counts.expired)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert upkeep.counts.expired == 2 * 30 * 24
        store.close()

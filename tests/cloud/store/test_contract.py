"""The embedded store keeps the contract of all stores, unsorted and sorted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Store
from tests.cloud.store.contract import Fixture, StoreContract


class TestEmbedded(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Fixture:
        store = DuckDBStore(tmp_path / "readings.duckdb", memory_mb=256)
        store.open()
        yield store
        store.close()

    @pytest.fixture
    def again(self, store: DuckDBStore) -> Callable[[], Store]:
        def opened() -> Store:
            store.close()
            store.open()
            return store

        return opened


class TestEmbeddedSorted(TestEmbedded):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Fixture:
        store = _Sorting(tmp_path / "readings.duckdb", memory_mb=256)
        store.open()
        yield store
        store.close()


class _Sorting(DuckDBStore):
    """Everything lies in sorted files as soon as it is committed."""

    def commit(self, *parts, **how):  # type: ignore[no-untyped-def]
        report = super().commit(*parts, **how)
        self.sort()
        return report

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.store.duckdb_store import DuckDBStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore(tmp_path / "readings.duckdb", memory_mb=256)
    store.open()
    yield store
    store.close()

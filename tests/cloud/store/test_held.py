"""The ledger of envelopes does not grow for ever: older ones are ranges (ADR 0021)."""

from pathlib import Path

import duckdb
import pytest

from cloud.store import shelf
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.held import joined, ranges_of
from cloud.store.port import Columns, EnvelopeKey
from tests.cloud.store.columns import key

NONE = Columns.empty()
TOP = 2**32 - 1


def note(store: DuckDBStore, *keys: EnvelopeKey) -> None:
    store.commit(NONE, NONE, keys, 0)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(shelf, "RECENT", 3)
    monkeypatch.setattr(shelf, "MOST_ENVELOPES", 8)
    store = DuckDBStore(tmp_path / "readings.duckdb", memory_mb=128)
    store.open()
    yield store
    store.close()


def test_older_ones_are_ranges_and_all_are_held(forgetful: DuckDBStore) -> None:
    store = forgetful
    sequences = [0, 1, 2, 5, 6, 7, 8, 9]
    note(store, *(key(n) for n in sequences[:-1]))
    assert not store.tend(0)
    note(store, key(9), key(TOP, gateway="gw-2"), key(2**20, epoch=4))
    note(store, *(key(n)._replace(stream=2) for n in range(9)))
    before = store.held()
    assert before["gw-1", 1, 5] == [(0, 2), (5, 9)]
    assert store.tend(0)
    assert not store.tend(0)
    for _ in range(2):
        assert store.held() == before
        assert [n for n in sequences if store.digest("gw-1", 1, 5, n) is not None] == [7, 8, 9]
        assert store.digest("gw-2", 1, 5, TOP) == 7
        assert [store.digest("gw-1", 2, 5, n) for n in range(9)] == [7] * 9, "events are known by their numbers only"
        assert store.digest("gw-1", 1, 4, 2**20) is None, "epochs follow one another"
        store.close()
        store.open()


def test_nothing_is_done_for_little(forgetful: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store = forgetful
    folds = []
    monkeypatch.setattr(store._catalog, "fold", folds.append)
    note(store, *(key(n, gateway=f"gw-{n % 10}") for n in range(20)))
    assert not store.tend(0)
    assert folds == []
    assert store._fold_at == 28


def test_many_ranges_are_written_at_once(forgetful: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one they would take half a millisecond each, while commits wait."""
    store = forgetful
    note(store, *(key(n) for n in range(0, 60_000, 2)))
    written: list[tuple[str, int]] = []
    real = store._catalog._insert_all

    def noted(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[int]]) -> None:
        written.append((table, len(columns["first"])))
        real(connection, table, columns)

    monkeypatch.setattr(store._catalog, "_insert_all", noted)
    assert store.tend(0)
    assert written == [("held_range", 29_997)]
    assert len(store.held()["gw-1", 1, 5]) == 30_000


def test_it_goes_on_as_more_come(forgetful: DuckDBStore) -> None:
    store = forgetful
    expected: list[int] = []
    for begin in range(0, 90, 9):
        numbers = [n for n in range(begin, begin + 9) if n != 31]
        note(store, *map(key, numbers))
        expected += numbers
        while store.tend(0):
            pass
        assert store._catalog.envelopes() < 40
    note(store, key(31))
    assert store.held() == {("gw-1", 1, 5): [(0, 89)]}


def test_an_epoch_for_every_start_of_an_agent(forgetful: DuckDBStore) -> None:
    store = forgetful
    for epoch in range(1, 41):
        note(store, *(key(n, epoch=2**62 + epoch) for n in range(2)))
        while store.tend(0):
            pass
    assert store._catalog.envelopes() < 40
    assert store.held() == {("gw-1", 1, 2**62 + epoch): [(0, 1)] for epoch in range(1, 41)}
    assert store.digest("gw-1", 1, 2**62 + 40, 0) == 7


def test_a_process_killed_meanwhile_has_it_as_before(forgetful: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store = forgetful
    note(store, *map(key, range(9)))
    before = store.held()
    real = store._catalog.transaction

    class Broken:
        def __init__(self) -> None:
            self.whole = real()

        def __enter__(self):
            connection = self.whole.__enter__()
            self.connection = connection
            return self

        def execute(self, sql: str, *more: object) -> object:
            if sql.startswith("DROP TABLE envelope"):
                raise duckdb.IOException("no space left")
            return self.connection.execute(sql, *more)

        def __getattr__(self, name: str) -> object:
            return getattr(self.connection, name)

        def __exit__(self, *error: object) -> object:
            return self.whole.__exit__(*error)

    with monkeypatch.context() as broken:
        broken.setattr(store._catalog, "transaction", Broken)
        with pytest.raises(duckdb.IOException, match="no space left"):
            store.tend(0)
    assert store.held() == before
    assert store.digest("gw-1", 1, 5, 0) == 7
    assert store.tend(0)
    assert store.held() == before


def test_ranges_touch_and_overlap() -> None:
    ranges = [("b", 1, 1, 4, 9), ("a", 1, 1, 5, 5), ("b", 1, 1, 0, 3), ("a", 1, 1, 0, 2), ("b", 1, 1, 9, 12)]
    found = joined(ranges)
    assert list(found.items()) == [(("a", 1, 1), [(0, 2), (5, 5)]), (("b", 1, 1), [(0, 12)])]
    assert joined(ranges_of(found)) == found

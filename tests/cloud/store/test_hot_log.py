"""What is committed and not sorted yet, as it lies in DuckDB."""

from math import nan
from pathlib import Path
from unittest.mock import Mock

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.store.blocks import StoreDamagedError
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.hot_log import HotLog, unpacked
from cloud.store.port import Columns
from cloud.store.tables import Readings
from tests.cloud.store.columns import columns, key, plain

rows = st.tuples(
    st.integers(0, 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.sampled_from([1, 2, 3, 4, 9]),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**62),
)
KINDS = (np.int32, np.int64, np.float64, np.uint8, np.uint32, np.int64)


def readings(found: list[tuple[int | float, ...]]) -> Readings:
    return Readings(*(np.array([row[n] for row in found], kind) for n, kind in enumerate(KINDS)))  # type: ignore[arg-type]


@given(st.lists(rows, max_size=20))
def test_every_bit_comes_back(found: list[tuple[int | float, ...]]) -> None:
    before = readings(found)
    after = unpacked(HotLog().packed(before), len(found))
    assert [(c.dtype, c.tobytes()) for c in after] == [(c.dtype, c.tobytes()) for c in before]


def test_what_is_not_whole_is_told() -> None:
    packed = HotLog().packed(readings([(1, 1000, 7.5, 1, 0, 2000)] * 3))
    for data, count in ((packed[:-1], 3), (packed + b"\0", 3), (packed, 2), (packed, 4), (b"", 0), (b"\xff" * 40, 3)):
        with pytest.raises(StoreDamagedError, match="not sorted"):
            unpacked(data, count)


def test_columns_of_other_lengths_are_refused() -> None:
    rows = readings([(1, 1000, 7.5, 1, 0, 2000)] * 2)
    with pytest.raises(ValueError, match="columns of 2, 2, 2, 1, 2, 2 readings"):
        HotLog().packed(rows._replace(quality=rows.quality[:1]))


class _Broken(Exception):
    """In place of whatever may come."""


@pytest.mark.parametrize("then", ["sort", "snapshot"])
def test_a_commit_that_reached_the_disk_and_failed_is_neither_lost_nor_doubled(
    tmp_path: Path, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DuckDBStore(tmp_path / "r.duckdb")
    store.open()
    store.commit(columns([(1, 1000, 1.0)]), Columns.empty(), [], 5000)
    with monkeypatch.context() as patch:
        patch.setattr("cloud.store.hot.Hot.append", Mock(side_effect=_Broken))
        with pytest.raises(_Broken):
            store.commit(columns([(1, 2000, 2.0)]), Columns.empty(), [key(1)], 5000)
    if then == "sort":
        store.sort()
    else:
        (tmp_path / "copy").mkdir()
        assert store.snapshot(tmp_path / "copy") == 2
    report = store.commit(columns([(1, 2000, 2.0)]), Columns.empty(), [], 5000, again=True)
    assert (report.stored, report.duplicates) == (0, 1)
    for _ in range(2):
        assert plain(store.raw([1], 0, 10_000, limit=9)) == [(1, 1000, 1.0), (1, 2000, 2.0)]
        assert store.held() == {("gw-1", 1, 5): [(1, 1)]}
        store.close()
        store.open()


@pytest.mark.parametrize("names", [("reading",), ("reading_3", "reading_12")])
def test_rows_of_an_earlier_version_are_taken_over(tmp_path: Path, names: tuple[str, ...]) -> None:
    path, found = tmp_path / "r.duckdb", []
    with duckdb.connect(str(path)) as old:
        old.execute("CREATE SEQUENCE made START 20")
        for number, name in enumerate(names):
            old.execute(
                f"CREATE TABLE {name} (datastream INTEGER, t BIGINT, value DOUBLE, quality UTINYINT, reasons UINTEGER, "
                "stored BIGINT)"
            )
            for row in [(number + 1, 1000, 7.5, 1, 3, 1500), (number + 1, 2000, None, 9, 0, 2500)]:
                old.execute(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?)", list(row))
                found.append(row[:3])
    for _ in range(2):
        store = DuckDBStore(path)
        store.open()
        assert plain(store.raw([1, 2], 0, 10_000, limit=9)) == sorted(found, key=lambda row: row[1:2] + row[:1])
        store.close()
    with duckdb.connect(str(path)) as new:
        tables = new.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'reading%'").fetchall()
    assert not {name for (name,) in tables} & set(names)


def test_many_small_commits_are_there_after_a_restart(tmp_path: Path) -> None:
    store = DuckDBStore(tmp_path / "r.duckdb")
    store.open()
    values = [1.5, nan, 1e300, -0.0]
    for number in range(250):
        store.commit(columns([(1, 1000 + number, values[number % 4])]), Columns.empty(), [], 5000)
    before = plain(store.raw([1], 0, 10_000, limit=999))
    store.close()
    store.open()
    assert plain(store.raw([1], 0, 10_000, limit=999)) == before
    assert len(before) == 250
    store.close()

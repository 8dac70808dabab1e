"""F36: a restore drill, twenty fixed questions before and after; F27: what a backup of an hour ago does not know."""

import io
import json
import tarfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from cloud import backup
from cloud.api.context import BackupSource
from cloud.registry.database import Database
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns
from tests.cloud.api.conftest import Desk, admin, desk  # noqa: F401 - fixtures
from tests.cloud.store.columns import key
from yingzhou.__main__ import main

NONE = Columns.empty()
HOUR = 3_600_000
START = 1_767_225_600_000


def readings(hour: int, streams: int = 20, count: int = 60) -> Columns:
    times = START + hour * HOUR + np.arange(count, dtype=np.int64) * 60_000
    rng = np.random.default_rng(hour)
    return Columns(
        np.repeat(np.arange(1, streams + 1, dtype=np.int32), count), np.tile(times, streams),
        np.round(rng.uniform(0, 30, streams * count), 2), np.ones(streams * count, np.uint8),
        np.zeros(streams * count, np.uint32),
    )  # fmt: skip


def twenty(store: DuckDBStore) -> list[object]:
    """Twenty fixed questions; what is answered, as it can be compared."""
    answers: list[object] = []
    for n in range(5):
        found = store.raw([n + 1, n + 7], START + n * HOUR, START + (n + 9) * HOUR, limit=500)
        answers.append([column.tolist() for column in (found.datastream, found.time, found.value, found.quality)])
    for n, aggregate in enumerate(["mean", "min", "max", "sum", "count", "first", "last"] * 2):
        sums = store.aggregate(
            range(1, 15), START, START + 99 * HOUR, every_ms=[60_000, 7 * 60_000, HOUR, 24 * HOUR][n % 4],
            aggregate=aggregate,  # type: ignore[arg-type]
        )  # fmt: skip
        answers.append([column.tolist() for column in sums])
    answers.append([column.tolist() for column in (store.latest().datastream, store.latest().value)])
    return answers


def filled(data: Path, hours: int) -> DuckDBStore:
    store = DuckDBStore(data / backup.STORE, memory_mb=128)
    store.open()
    for hour in range(hours):
        store.commit(readings(hour), NONE, [key(hour)], 0)
        if hour % 5 == 4:
            store.sort()
    return store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A cloud's folder with 30 hours in it."""
    data = tmp_path / "data"
    (data / "secrets").mkdir(parents=True, mode=0o700)
    (data / "secrets" / "master-key").write_text("ab" * 32)
    (data / "pictures").mkdir()
    (data / "pictures" / "one.jpg").write_bytes(b"picture")
    with Database(f"sqlite:///{data / 'registry.sqlite'}"):
        pass
    filled(data, 30).close()
    return data


@pytest.mark.parametrize("name", ["b.tar", "b"])
def test_drill(data: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = DuckDBStore(data / backup.STORE, memory_mb=128)
    store.open()
    before, held = twenty(store), store.held()
    assert len(before) == 20
    store.close()
    assert main(["backup", "-o", str(tmp_path / name), "--data", str(data)]) == 0
    assert main(["restore", str(tmp_path / name), "--check"]) == 0
    new = tmp_path / "new"
    assert main(["restore", str(tmp_path / name), "--data", str(new), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["readings"] == 30 * 1200
    store = DuckDBStore(new / backup.STORE, memory_mb=128)
    store.open()
    assert twenty(store) == before
    assert store.held() == held
    store.commit(readings(30), NONE, [key(30)], 0)
    assert store.count() == 31 * 1200
    store.close()
    assert (new / "pictures" / "one.jpg").read_bytes() == b"picture"
    assert (new / "secrets").stat().st_mode & 0o777 == 0o700
    assert (new / "secrets" / "master-key").stat().st_mode & 0o777 == 0o600
    assert [one for one in data.iterdir() if one.suffix == ".tmp"] == []
    assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_what_is_damaged_is_named_and_not_brought_back(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "b"
    assert main(["backup", "-o", str(whole), "--data", str(data)]) == 0
    victim = next((whole / "readings.sorted").iterdir())
    original = victim.read_bytes()
    for damaged in (original[:-1], original[:500] + bytes([original[500] ^ 1]) + original[501:], None):
        victim.unlink()
        if damaged is not None:
            victim.write_bytes(damaged)
        assert main(["restore", str(whole), "--data", str(tmp_path / "new")]) == 1
        assert victim.name in capsys.readouterr().err
        assert not (tmp_path / "new" / backup.STORE).exists()
    victim.write_bytes(original)
    assert main(["restore", str(whole), "--data", str(data)]) == 1
    assert "expected an empty folder" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "none"), "--check"]) == 2
    assert main(["backup", "-o", str(whole), "--data", str(data)]) == 2
    packed = b"".join(backup.packed(whole))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        names = tar.getnames()
    assert names[0] == backup.MANIFEST
    assert sorted(names) == sorted({str(one.relative_to(whole)) for one in whole.rglob("*") if one.is_file()})
    (tmp_path / "cut.tar").write_bytes(packed[:5000])
    assert main(["restore", str(tmp_path / "cut.tar"), "--check"]) == 1


def test_while_readings_come_in_and_are_sorted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    store = filled(data, 3)
    with Database(f"sqlite:///{data / 'registry.sqlite'}"):
        pass
    ending = threading.Event()
    errors: list[BaseException] = []

    def ingest() -> None:
        try:
            hour = 3
            while not ending.is_set():
                store.commit(readings(hour), NONE, [key(hour)], 0)
                if hour % 3 == 0:
                    store.sort()
                store.tend(START + hour * HOUR)
                hour += 1
        except BaseException as error:  # noqa: BLE001 - the test tells
            errors.append(error)

    thread = threading.Thread(target=ingest)
    thread.start()
    try:
        for n in range(4):
            folder = tmp_path / f"backup-{n}"
            folder.mkdir()
            told = backup.make(data, store, f"sqlite:///{data / 'registry.sqlite'}", 5, folder)
            backup.check(folder)
            copy = DuckDBStore(folder / backup.STORE, memory_mb=128)
            copy.open()
            ((first, last),) = copy.held()["gw-1", 1, 5]
            assert (first, copy.count()) == (0, (last + 1) * 1200)
            assert copy.count() == told["readings"]
            copy.close()
            time.sleep(0.05)
    finally:
        ending.set()
        thread.join()
        store.close()
    assert errors == []


async def test_a_running_cloud_sends_its_backup_and_names_holes(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    for n in (0, 1, 4, 5):
        desk.store.commit(NONE, NONE, [key(n)], 0)
    desk.store.commit(NONE, NONE, [key(3, gateway="gw-2")], 0)
    source = BackupSource(desk.folder, desk.store, f"sqlite:///{desk.folder / 'registry.sqlite'}")
    desk.app.state.context = replace(desk.context, backup=source)
    reader, owner = await desk.client(desk.key("read")), await desk.client(desk.key("admin"))
    assert (await reader.get("/api/v1/backup")).status_code == 403
    for _ in range(2):
        answer: httpx.Response = await owner.get("/api/v1/backup")
        assert answer.status_code == 200
    (tmp_path / "b.tar").write_bytes(answer.content)
    assert main(["restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "new")]) == 0
    assert [one for one in desk.folder.iterdir() if one.suffix == ".tmp"] == []
    holes = (await owner.get("/api/v1/holes")).json()["items"]
    assert [(one["gateway"], one["first"], one["last"], one["envelopes"]) for one in holes] == [
        ("gw-1", 2, 3, 2),
        ("gw-2", 0, 2, 3),
    ]

"""What the cloud has stays for a while: should it be restored from a backup, it is sent again."""

import errno
from pathlib import Path

import pytest

from edge.spool.record import OVERHEAD, RecordKey
from edge.spool.spool import Spool
from protocols.vocabulary.ranges import RangeSet
from tests.edge.spool.disk import FailingDisk, abandon, drain, opened, write

RECORD = OVERHEAD + 60
SEGMENT = 3 * RECORD
LARGE = 1 << 20


def acknowledge(spool: Spool, keys: list[RecordKey]) -> None:
    for key in keys:
        spool.retire(key.stream, key.epoch, [(key.sequence, key.sequence)])


def held(keys: list[RecordKey]) -> dict[tuple[int, int], RangeSet]:
    found: dict[tuple[int, int], RangeSet] = {}
    for key in keys:
        found.setdefault((key.stream, key.epoch), RangeSet()).add(key.sequence)
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.seg"))


def acknowledged(folder: Path, **how: int) -> tuple[Spool, list[RecordKey]]:
    """Seven files, the last of them still written to, of which the cloud has everything."""
    spool = opened(folder, segment_bytes=SEGMENT, **how)
    keys = [key for _ in range(6) for key in write(spool, 3)] + write(spool, 2)
    assert drain(spool) == keys
    acknowledge(spool, keys)
    return spool, keys


def test_the_last_files_stay(tmp_path: Path) -> None:
    spool, _ = acknowledged(tmp_path, keep_bytes=2 * 4096 + 1)
    assert names(tmp_path / "kept") == [f"{number:016d}.seg" for number in (5, 6)]
    assert names(tmp_path) == [f"{7:016d}.seg"]
    assert spool.size == 2 * RECORD
    spool.__exit__()


@pytest.mark.parametrize("how", [{}, {"keep_bytes": 4095}, {"keep_bytes": LARGE, "max_bytes": 8 * SEGMENT - 8}])
def test_what_has_no_room_goes(tmp_path: Path, how: dict[str, int]) -> None:
    spool, _ = acknowledged(tmp_path, **how)
    assert not names(tmp_path / "kept")
    spool.__exit__()


@pytest.mark.parametrize("restarts", [0, 1, 2])
@pytest.mark.parametrize("forgotten", [False, True])
def test_what_the_cloud_does_not_hold_is_sent_again(tmp_path: Path, restarts: int, forgotten: bool) -> None:
    spool, keys = acknowledged(tmp_path, keep_bytes=LARGE)
    for _ in range(restarts):
        spool.__exit__()
        if forgotten:
            (tmp_path / "retired").unlink()
        spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
        if forgotten:
            drain(spool)  # all again, and the cloud has it already
            acknowledge(spool, keys)
    there = [key for key in keys if key.sequence in {0, 1, 2, 3, 4, 10, 19}]
    lost = [key for key in keys if key not in there]
    assert drain(spool) == []
    assert spool.send_again(held(there)) == len(lost)
    spool.rewind()
    assert drain(spool) == lost
    new = write(spool, 4)
    assert drain(spool) == new
    acknowledge(spool, [*lost, *new])
    spool.rewind()
    assert drain(spool) == []
    assert names(tmp_path / "kept")[:6] == [f"{number:016d}.seg" for number in range(1, 7)]
    spool.__exit__()


def test_a_kill_in_between_forgets_nothing(tmp_path: Path) -> None:
    spool, keys = acknowledged(tmp_path, keep_bytes=LARGE)
    spool.save()
    assert spool.send_again({}) == len(keys)
    abandon(spool)
    spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
    assert drain(spool) == keys
    acknowledge(spool, keys)
    abandon(spool)  # before it could say so: it comes once more
    spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
    assert set(drain(spool)) <= set(keys)
    spool.__exit__()


def test_new_files_have_new_names(tmp_path: Path) -> None:
    spool, _ = acknowledged(tmp_path, keep_bytes=LARGE)
    spool.__exit__()
    spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
    drain(spool)
    spool.__exit__()
    assert not names(tmp_path)
    spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
    write(spool, 1)
    assert names(tmp_path) == [f"{8:016d}.seg"]
    spool.__exit__()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """An agent that knows nothing of kept files, and counted from 1 again, was here in between."""
    spool, keys = acknowledged(tmp_path, keep_bytes=LARGE)
    spool.__exit__()
    (tmp_path / "kept").rename(tmp_path / "away")
    for path in tmp_path.glob("*.seg"):
        path.unlink()
    older = opened(tmp_path, segment_bytes=SEGMENT)
    new = write(older, 2)
    assert names(tmp_path) == [f"{1:016d}.seg"]
    older.__exit__()
    (tmp_path / "away").rename(tmp_path / "kept")
    (tmp_path / "kept" / "none.seg").touch()
    spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
    assert spool.send_again({}) == 2 + len(keys) - 2 - 3
    spool.rewind()
    assert drain(spool) == [*new, *keys[3:-2]]
    spool.__exit__()


def test_a_full_disk_has_no_room_for_what_the_cloud_has(tmp_path: Path) -> None:
    disk = FailingDisk()
    spool, keys = acknowledged(tmp_path, keep_bytes=LARGE, files=disk)  # type: ignore[arg-type]
    kept = names(tmp_path / "kept")
    disk.errors["append"] = (errno.ENOSPC, 2)
    write(spool, 1)
    assert names(tmp_path / "kept") == kept[2:]
    assert spool.counts.dropped_records == 0
    assert spool.send_again({}) == len(keys) - 6 + 1
    spool.__exit__()


def test_a_file_that_is_acknowledged_meanwhile_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = opened(tmp_path, segment_bytes=SEGMENT, keep_bytes=LARGE)
    keys = [key for _ in range(3) for key in write(spool, 3)]
    assert drain(spool) == keys
    acknowledge(spool, keys[:5])  # before the cloud was restored
    unretire = spool._unretire

    def meanwhile(*args: object) -> object:
        acknowledge(spool, keys[5:6])  # what it brings now completes the second file
        return unretire(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(spool, "_unretire", meanwhile)
    assert spool.send_again(held(keys[5:6])) == 8
    spool.rewind()
    assert drain(spool) == [*keys[:5], *keys[6:]]
    spool.__exit__()


def test_what_is_acknowledged_while_it_makes_room_is_gone_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FailingDisk()
    spool = opened(tmp_path, segment_bytes=SEGMENT, max_bytes=4 * SEGMENT, files=disk)
    keys = [key for _ in range(4) for key in write(spool, 3)]
    assert drain(spool) == keys
    datasync = disk.datasync

    def acknowledged_meanwhile(descriptor: int) -> None:
        datasync(descriptor)
        acknowledge(spool, keys[:6])

    monkeypatch.setattr(disk, "datasync", acknowledged_meanwhile)
    new = write(spool, 3)
    spool.rewind()
    assert drain(spool) == [*keys[6:], *new]
    spool.__exit__()


def test_what_cannot_be_read_or_moved_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FailingDisk()
    spool, keys = acknowledged(tmp_path, keep_bytes=LARGE, files=disk)  # type: ignore[arg-type]
    rename = disk.rename

    def once(source: Path, target: Path) -> None:
        if source.name.endswith("3.seg"):
            monkeypatch.setattr(disk, "rename", rename)
            raise OSError(errno.EIO, "no")
        rename(source, target)

    monkeypatch.setattr(disk, "rename", once)
    with pytest.raises(OSError, match="no"):
        spool.send_again({})
    disk.errors["read"] = (errno.EIO, 1)
    with pytest.raises(OSError, match="1 files could not be read"):
        spool.send_again({})
    assert spool.send_again({}) == len(keys)
    spool.rewind()
    assert drain(spool) == keys
    spool.__exit__()


def test_where_the_folder_cannot_be_made_there_is_room_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    spool, _ = acknowledged(tmp_path, keep_bytes=LARGE)
    assert names(tmp_path) == [f"{7:016d}.seg"]
    spool.__exit__()


def test_of_many_small_ones_as_many_go_as_a_file_is_long(tmp_path: Path) -> None:
    """An agent that starts again and again leaves files of a few bytes: one each is no room."""
    for _ in range(5):
        spool = opened(tmp_path, keep_bytes=LARGE)
        acknowledge(spool, write(spool, 1))
        spool.__exit__()
    disk = FailingDisk()
    spool = opened(tmp_path, segment_bytes=2 * 4096, keep_bytes=LARGE, files=disk)
    drain(spool)
    assert len(names(tmp_path / "kept")) == 5
    disk.errors["append"] = (errno.ENOSPC, 1)
    write(spool, 1)
    assert len(names(tmp_path / "kept")) == 3
    spool.__exit__()


def test_that_it_cannot_be_written_down_is_said(tmp_path: Path) -> None:
    disk = FailingDisk()
    spool, _ = acknowledged(tmp_path, keep_bytes=LARGE, files=disk)  # type: ignore[arg-type]
    disk.errors["replace"] = (errno.EROFS, 1)
    with pytest.raises(OSError, match="cannot be written down"):
        spool.send_again({})
    assert spool.send_again({}) == 20
    spool.__exit__()

"""F07, F08: a full disk, a disk that cannot sync, one that was remounted read-only."""

import errno
import os
from pathlib import Path

import pytest

from edge.spool.files import FileOps
from edge.spool.record import OVERHEAD
from edge.spool.spool import Spool
from tests.edge.spool.disk import FailingDisk, drain, opened, write

RECORD = OVERHEAD + 60


@pytest.fixture
def disk() -> FailingDisk:
    return FailingDisk()


@pytest.fixture
def spool(tmp_path: Path, disk: FailingDisk) -> Spool:
    return opened(tmp_path, segment_bytes=3 * RECORD, files=disk)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_sync_that_fails_once_costs_nothing(spool: Spool, disk: FailingDisk) -> None:
    keys = write(spool, 1)
    disk.errors["datasync"] = (errno.EIO, 1)
    keys += write(spool, 1)
    keys += write(spool, 1)
    assert drain(spool) == keys
    assert spool.segments == 2  # the file whose sync failed is never written again
    assert spool.counts.write_errors == 1
    disk.calls.clear()
    keys = write(spool, 1)
    assert disk.calls.count("datasync") == 1
    spool.__exit__()
    again = opened(spool.directory)  # the failed file may hold the record too: it comes twice at the most, and equal
    assert set(drain(again)) >= set(keys)
    again.__exit__()


@pytest.mark.parametrize("call", ["create", "append", "datasync"])
@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.ENOSPC])
def test_a_disk_that_goes_on_failing_is_told_and_leaves_no_heap(
    spool: Spool, disk: FailingDisk, call: str, number: int
) -> None:
    (first,) = write(spool, 1)
    disk.errors[call] = (number, None)
    if call == "create":
        spool._close_active()
    open_before = descriptors()
    for _ in range(50):
        with pytest.raises(OSError, match=os.strerror(number)):
            write(spool, 1)
    assert spool.segments <= 1
    assert len(list(spool.directory.glob("*.seg"))) <= 2
    assert descriptors() <= open_before
    assert spool.counts.synced == 1
    disk.errors.clear()
    (last,) = write(spool, 1)
    assert drain(spool) == ([last] if number == errno.ENOSPC else [first, last])
    spool.__exit__()


def test_a_full_disk_gives_up_the_oldest(spool: Spool, disk: FailingDisk) -> None:
    keys = [key for _ in range(4) for key in write(spool, 3)]
    disk.errors["append"] = (errno.ENOSPC, 1)
    keys += write(spool, 3)
    assert drain(spool) == keys[3:]
    assert (spool.counts.dropped_segments, spool.counts.dropped_records) == (1, 3)
    spool.__exit__()


def test_a_full_disk_still_takes_acknowledgements(spool: Spool, disk: FailingDisk) -> None:
    for _ in range(4):
        write(spool, 3)
    disk.errors = {"append": (errno.ENOSPC, None), "replace": (errno.ENOSPC, None), "create": (errno.ENOSPC, None)}
    spool.retire(1, spool.epoch, [(0, 8)])
    assert spool.segments == 1
    spool.save()
    disk.errors.clear()
    spool.save()  # what could not be written down is, when there is room again
    spool.retire(1, spool.epoch, [(9, 11)])
    spool.__exit__()
    again = opened(spool.directory)
    assert drain(again) == []
    again.__exit__()


def test_a_file_that_cannot_be_removed_ends_nothing(spool: Spool, disk: FailingDisk) -> None:
    keys = [key for _ in range(2) for key in write(spool, 3)]
    disk.errors["unlink"] = (errno.EROFS, None)
    spool.retire(1, spool.epoch, [(0, 2)])
    assert drain(spool) == keys[3:]
    assert spool.counts.write_errors == 1
    spool.__exit__()


def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(spool: Spool, disk: FailingDisk) -> None:
    keys = [key for _ in range(3) for key in write(spool, 3)]
    disk.errors["read"] = (errno.EIO, 1)
    assert drain(spool) == keys[3:]
    assert spool.counts.read_errors == 1
    spool.__exit__()
    again = opened(spool.directory)
    assert drain(again) == keys
    again.__exit__()


def test_it_opens_although_nothing_can_be_read_or_saved(tmp_path: Path, disk: FailingDisk) -> None:
    spool = opened(tmp_path)
    write(spool, 1)
    spool.__exit__()
    disk.errors = {"read": (errno.EIO, None), "replace": (errno.EROFS, None)}
    spool = opened(tmp_path, files=disk)
    (key,) = write(spool, 1)
    assert drain(spool) == []
    disk.errors.clear()
    spool.__exit__()
    assert key.epoch == spool.epoch
    again = opened(tmp_path)
    assert len(drain(again)) == 2
    again.__exit__()


def test_the_machine_is_asked_in_the_order_that_survives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("fsync", "fdatasync", "ftruncate"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, real=real, name=name: (calls.append(name), real(*a))[1])
    rename = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, target: (calls.append("rename"), rename(self, target))[1])
    files = FileOps()
    files.replace(tmp_path / "state", b"new")
    assert calls == ["fsync", "rename", "fsync"]
    calls.clear()
    descriptor = files.create(tmp_path / "1.seg")
    files.append(descriptor, b"data")
    files.datasync(descriptor)
    assert calls == ["fsync", "fdatasync"]
    calls.clear()
    files.truncate(tmp_path / "1.seg", 2)
    assert calls == ["ftruncate", "fsync"]
    files.close(descriptor)
    assert (files.read(tmp_path / "1.seg"), files.read(tmp_path / "state")) == (b"da", b"new")

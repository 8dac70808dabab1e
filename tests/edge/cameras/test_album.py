import asyncio
import errno
from hashlib import sha256
from pathlib import Path

import pytest

from edge.cameras.album import Album, Snapshot
from edge.spool.files import FileOps
from protocols.vocabulary import ManualClock

HOUR = 3_600_000
NOW = 1_767_225_600_000


def album(
    folder: Path, clock: ManualClock | None = None, *, max_bytes: int = 10_000, files: FileOps | None = None
) -> Album:
    made = Album(folder, clock or ManualClock(NOW), max_bytes=max_bytes, max_age_ms=24 * HOUR, files=files)
    made.open()
    return made


async def fill(
    one: Album, count: int, reasons: tuple[str, ...] = (), *, begin: int = 0, size: int = 1000
) -> list[Snapshot]:
    found = [
        await one.add("serial:cam", NOW - HOUR + begin + n, bytes([n, begin % 250]) * (size // 2), reasons)
        for n in range(count)
    ]
    return [snapshot for snapshot in found if snapshot]


async def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    one = album(tmp_path)
    kept, wanted = await fill(one, 2), await fill(one, 3, ("birds", "people"), begin=100)
    again = album(tmp_path)
    assert again.counted == (len(kept), len(wanted)) == (2, 3)
    assert again.size == one.size == 5000
    assert again.waiting() == wanted
    jpeg = again.read(wanted[0])
    assert jpeg is not None
    assert sha256(jpeg).hexdigest() == wanted[0].sha256
    assert oct((tmp_path / f"{wanted[0].name}.wanted").stat().st_mode & 0o777) == "0o600"


async def test_a_full_album_drops_the_oldest_and_what_nobody_wants_first(tmp_path: Path) -> None:
    one = album(tmp_path)
    await fill(one, 6)
    wanted = await fill(one, 8, ("birds",), begin=-500)  # older than what is kept
    assert one.counted == (2, 8)
    more = await fill(one, 5, ("birds",), begin=200)
    assert one.counted == (0, 10)
    assert one.waiting() == wanted[3:] + more
    assert (one.counts["dropped_kept"], one.counts["dropped_wanted"]) == (6, 3)
    assert one.size == 10_000 == sum(len(p.read_bytes().partition(b"\n")[2]) for p in tmp_path.iterdir())


async def test_a_smaller_bound_counts_from_the_start(tmp_path: Path) -> None:
    await fill(album(tmp_path), 8)
    assert album(tmp_path, max_bytes=3000).counted == (3, 0)


async def test_the_day_comes_for_every_picture(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    one = album(tmp_path, clock)
    await fill(one, 2)
    await fill(one, 2, ("dark",), begin=HOUR // 2)
    clock.advance(23.2 * 3600)
    one.expire()
    assert one.counted == (0, 2)
    clock.advance(3600)
    assert one.waiting() == []
    assert list(tmp_path.iterdir()) == []
    assert one.counts["expired"] == 4


async def test_who_asks_later_gets_the_nearest(tmp_path: Path) -> None:
    one = album(tmp_path)
    kept = await fill(one, 5)
    assert one.want_nearest("serial:other", NOW) is None
    assert one.want_nearest("serial:cam", NOW - HOUR + 3) == kept[3]
    assert one.waiting() == album(tmp_path).waiting() == [kept[3]]
    assert one.counted == (4, 1)


async def test_damage_is_thrown_away_and_counted(tmp_path: Path) -> None:
    one = album(tmp_path)
    wanted = await fill(one, 4, ("birds",))
    files = [tmp_path / f"{snapshot.name}.wanted" for snapshot in wanted]
    files[0].write_bytes(files[0].read_bytes()[:-1])
    files[1].write_bytes(b"")
    files[2].write_bytes(files[2].read_bytes()[:-1] + b"?")  # only its hash tells
    (tmp_path / "draft.new").write_bytes(b"half")
    again = album(tmp_path)
    assert again.counted == (0, 2)
    assert again.counts["unreadable"] == 2
    assert again.read(wanted[2]) is None
    assert again.read(wanted[3]) is not None
    assert again.counted == (0, 1)
    assert not (tmp_path / "draft.new").exists()


class FullDisk(FileOps):
    full = True

    def replace(self, path: Path, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().replace(path, data)


async def test_a_full_disk_costs_pictures_and_nothing_else(tmp_path: Path) -> None:
    disk = FullDisk()
    one = album(tmp_path, files=disk)
    assert await fill(one, 2, ("birds",)) == []
    assert (one.counts["not_kept"], one.size) == (2, 0)
    disk.full = False
    assert len(await fill(one, 2, ("birds",))) == 2


async def test_more_tells_of_wanted_pictures_only(tmp_path: Path) -> None:
    one = album(tmp_path)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(one.more())
        await asyncio.sleep(0)
        await fill(one, 1)
        assert not waiting.done()
        await fill(one, 1, ("asked",), begin=5)
        async with asyncio.timeout(5):
            await waiting


async def test_the_same_picture_of_the_same_instant_is_one(tmp_path: Path) -> None:
    one = album(tmp_path)
    for reasons in ((), ("birds",)):
        await one.add("serial:cam", NOW, b"same" * 100, reasons)
    assert one.size == 400
    again = album(tmp_path)
    assert (again.size, again.counted) == (400, (0, 1))


@pytest.mark.parametrize("head", [b"", b"{}\n", b'{"source":1}\n', b"[]\n", b"\xff\xfe\n", b"x" * 2000])
def test_foreign_files_are_no_pictures(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "12-ab.wanted").write_bytes(head)
    assert album(tmp_path).counts["unreadable"] == 1

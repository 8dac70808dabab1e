from pathlib import Path

import pytest

from edge.status.spool_room import SpoolRoom
from protocols.vocabulary import ManualClock
from tests.edge.spool.disk import opened, write


def test_the_rate_of_the_last_ten_minutes_tells_how_many_hours_fit(tmp_path: Path) -> None:
    clock = ManualClock()
    spool = opened(tmp_path, clock, max_bytes=10 << 20)
    room = SpoolRoom(spool, clock)
    room.look()
    assert (room.bytes_per_s, room.room_h, room.status()["oldest_h"]) == (None, None, None)
    for length in (1000, 4000):
        for _ in range(700):
            write(spool, 1, length)
            clock.advance(1)
            room.look()
    assert room.bytes_per_s == pytest.approx(4000 + 28, rel=0.02)
    status = room.status()
    assert status["oldest_h"] == pytest.approx(1400 / 3600, abs=0.01)
    assert status["room_h"] == pytest.approx(((10 << 20) - spool.size) / 4028 / 3600, abs=0.06)
    for _ in range(61):
        clock.advance(10)
        room.look()
    assert (room.bytes_per_s, room.room_h) == (0, None)
    spool.__exit__()


def test_a_disk_that_is_nearly_full_has_less_room_than_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(tmp_path, max_bytes=1 << 40)
    room = SpoolRoom(spool, ManualClock())
    free = room.free_bytes
    assert free < 1 << 40
    monkeypatch.setattr("os.statvfs", lambda _: (_ for _ in ()).throw(OSError()))
    room.look()
    assert room.room_h is None
    spool.__exit__()

"""A restore of the cloud is answered once: what it does not hold goes out again."""

import asyncio
import errno
from pathlib import Path

from edge.uplink.resender import Resender
from edge.uplink.window import Window
from protocols.uplink import Kind, Resend, Signed
from protocols.vocabulary.ranges import RangeSet
from tests.edge.links.running import until
from tests.edge.spool.disk import FailingDisk, opened, write
from tests.edge.uplink.test_window import sealed

KEY = b"k" * 32


def asked(restored: int, held: dict[tuple[int, int], RangeSet], gateway: str = "gw-1", key: bytes = KEY) -> bytes:
    return Signed(Kind.RESEND, gateway, Resend(restored, held).body()).encode(key)


async def test_each_restore_is_answered_once(tmp_path: Path) -> None:
    spool = opened(tmp_path, keep_bytes=1 << 20)
    window = Window(spool)
    keys = write(spool, 5)
    for key in keys:
        window.offer(sealed(key))
        window.next(0)
    window.acknowledged(1, spool.epoch, [(0, 4)])
    assert window.next(0) is None
    disk = FailingDisk()
    woken: list[int] = []
    resender = Resender("gw-1", KEY, spool, window, lambda: woken.append(1), disk)
    resender.load()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(resender.run())
        resender.hear(asked(7, {}, key=b"another"))
        resender.hear(asked(7, {}, gateway="gw-2"))
        assert resender.status() == {"restored": None, "envelopes": 0, "refused": 2}
        disk.errors["replace"] = (errno.EROFS, 1)
        there = {(1, spool.epoch): RangeSet([(0, 1)])}
        resender.hear(asked(7, there))
        await until(lambda: "replace" in disk.calls)
        assert resender.status()["restored"] is None, "who cannot write it down is asked again"
        resender.hear(asked(7, there))
        await until(lambda: resender.status()["restored"] == 7)
        assert (resender.status()["envelopes"], len(woken)) == (3, 2)
        sent = [window.next(1) for _ in range(4)]
        assert [out and (out.key, out.late) for out in sent] == [*((key, True) for key in keys[2:]), None]
        window.acknowledged(1, spool.epoch, [(0, 4)])
        resender.hear(asked(7, {}))
        await asyncio.sleep(0.05)
        assert window.next(2) is None
        running.cancel()
    again = Resender("gw-1", KEY, spool, window, lambda: None, disk)
    again.load()
    assert again.status()["restored"] == 7
    async with asyncio.TaskGroup() as group:
        running = group.create_task(again.run())
        again.hear(asked(7, {}))
        again.hear(asked(6, {}))  # the cloud was restored once more, from an older one
        await until(lambda: again.status()["restored"] == 6)
        assert again.status()["envelopes"] == 5
        running.cancel()
    spool.__exit__()

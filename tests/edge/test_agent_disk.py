"""F08 through the whole agent: while the disk refuses, no device is told that its data is kept, and it is seen."""

import asyncio
import errno
import json
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.config import load
from edge.status.life import lives
from protocols.vocabulary import SystemClock
from tests.edge.spool.disk import FailingDisk
from tests.system.oracle import Oracle
from tests.system.processes import free_ports, now_ms
from tests.system.station import Station

MN = "310151ORACLE0001"


def agent(folder: Path, port: int, disk: FailingDisk) -> Agent:
    key = folder / "hmac_key"
    key.touch(mode=0o600)
    key.write_text("00" * 32)
    path = folder / "gateway.toml"
    path.write_text(
        f'[gateway]\nid = "gw-1"\ndata = "{folder}"\n[uplink]\nurl = "mqtt://127.0.0.1:1"\nhmac_key_file = "{key}"\n'
        f'[[link]]\nkind = "hj212-tcp"\nname = "stations"\nhost = "127.0.0.1"\nport = {port}\n'
    )
    one = Agent(load(path), SystemClock())
    one.spool._files = disk
    return one


async def test_f08_nothing_is_acknowledged_while_the_disk_refuses(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    disk = FailingDisk()
    one = agent(tmp_path, port, disk)
    oracle = Oracle((now_ms() // 1000 - 10_000) * 1000)
    station = Station(MN, port, oracle)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        sending = group.create_task(station.run(1 << 40))
        while len(oracle.acked) < 20:
            await asyncio.sleep(0.02)
        disk.errors["datasync"] = (errno.EIO, None)
        while "disk_failing" not in one.ailments.active:
            await asyncio.sleep(0.02)
        refused_from = len(oracle.acked)
        syncs, errors = one.spool.counts.syncs, one.spool.counts.write_errors
        sending.cancel()
        sending = group.create_task(station.run(1 << 40))  # it dials in again, and sends again what has no answer
        while one.spool.counts.write_errors < errors + 3:
            await asyncio.sleep(0.02)
        assert len(oracle.acked) == refused_from, "it claims no durability"
        assert one.status()["disk_failing"]
        assert one.spool.segments <= 2, "no heap of files"
        disk.errors.clear()
        sending.cancel()
        sending = group.create_task(station.run(1 << 40))
        while one.ailments.active:
            await asyncio.sleep(0.02)
        sending.cancel()
        running.cancel()
    status = json.loads((tmp_path / "status.json").read_text())
    figures = {"fault": "F08", "acked": len(oracle.acked), "syncs": one.spool.counts.syncs - syncs}
    print(json.dumps(figures | {"write_errors": status["spool"]["write_errors"]}))
    assert status["ailments"] == []


async def test_a_disk_that_takes_no_status_ails_the_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.agent._SAVE_S", 0.01)
    (port,) = free_ports(1)
    one = agent(tmp_path, port, FailingDisk())
    path, draft = tmp_path / "status.json", tmp_path / "status.new"
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        while not path.exists():
            await asyncio.sleep(0.01)
        told = json.loads(path.read_text())
        assert lives(told["life"])
        assert (told["life"]["pid"], told["disk_failing"], told["ailments"]) == (told["process"], False, [])
        draft.symlink_to("/dev/full")
        while "disk_failing" not in one.ailments.active:
            await asyncio.sleep(0.01)
        assert one.status()["disk_failing"]
        assert json.loads(path.read_text())["ailments"] == [], "the old one stays"
        draft.unlink()
        while json.loads(path.read_text())["ailments"] != ["disk_failing"]:
            await asyncio.sleep(0.01)
        running.cancel()

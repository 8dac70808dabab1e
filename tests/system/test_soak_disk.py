"""F07 and F26 with a real file system that is full; needs root for the mount (``make soak``)."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.system.gauges import peak_rss_mb
from tests.system.processes import Installation
from tests.system.run import GATEWAY, Run, assert_nothing_lost

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root"),
]
SEED = 1
FULL_S = float(os.environ.get("SOAK_FULL_S", "120"))


@pytest.fixture
def disk(installation: Installation) -> Iterator[Path]:
    """4 MiB under the agent's spool; unmounted once the agent has ended."""
    folder = installation.folder / GATEWAY / "spool"
    folder.mkdir(parents=True, mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", folder], check=True)
    try:
        yield folder
    finally:
        for process in installation.edges.values():
            if process.alive:
                process.stop()
        subprocess.run(["umount", folder], check=True)


def ails(name: str) -> Callable[[dict[str, Any]], bool]:
    return lambda status: name in status["ailments"]


async def test_f07_a_full_disk(installation: Installation, disk: Path) -> None:
    run = await Run.prepare(installation, ids=20_000, seed=SEED, start=False)
    installation.cloud.kill()
    installation.kill_broker()
    run.edge.start()
    recovered_s: dict[str, float] = {}

    async def fill() -> None:
        await run.acknowledged(200)
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        await run.until_status(ails("dropping"))
        assert run.edge.alive
        ballast.unlink()
        began = time.monotonic()
        await run.acknowledged(len(run.oracle.acked))
        recovered_s["full"] = time.monotonic() - began

    await run.upload_during(fill, patience_s=120)
    dropped = (await run.until_status(lambda status: status["dropped"] > 0))["dropped"]
    await installation.start_cloud()
    await run.settled(360)
    verdict = await run.verdict()
    verdict.t_recover_s = max(recovered_s.values())
    verdict.notes = {"seed": SEED, "dropped_envelopes": dropped, "recovered_s": recovered_s}
    print(json.dumps({"fault": "F07", **json.loads(verdict.told())}))
    assert verdict.t_recover_s <= 10
    assert verdict.mismatches == verdict.duplicates_stored == verdict.invented == 0
    assert dropped > 0, "each is told, those too that memory still held and sent later"
    assert verdict.lost <= 3 * 8 * dropped, "no more than what was told; up to 8 uploads in an envelope"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Installation]:
    """A cloud whose folder is 128 MiB of its own; the gateway has its spool elsewhere."""
    folder, spool = tmp_path / "cloud", tmp_path / "gateway"
    folder.mkdir()
    spool.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m,mode=700", "none", folder], check=True)
    (folder / GATEWAY).symlink_to(spool)
    one = Installation(folder)
    try:
        yield one
    finally:
        one.close()
        subprocess.run(["umount", folder], check=True)


async def test_f26_a_full_disk_under_the_cloud(small: Installation) -> None:
    run = await Run.prepare(small, ids=40_000, seed=SEED)
    told: dict[str, Any] = {"fault": "F26", "full_s": FULL_S}

    async def fill() -> None:
        await run.acknowledged(200)
        stored = await small.metric("yz_ingest_readings_stored_total")
        ballast = small.folder / "ballast"
        until = time.monotonic() + FULL_S
        with ballast.open("wb", buffering=0) as file:
            while time.monotonic() < until:  # whatever is given back is taken again
                with suppress(OSError):
                    while file.write(bytes(4096)):
                        pass
                await asyncio.sleep(0.2)
                assert small.cloud.alive
        told["why"] = (await ready(small))[1]
        told["stored_meanwhile"] = await small.metric("yz_ingest_readings_stored_total") - stored
        assert small.cloud.running
        told["rss_mb"] = round(peak_rss_mb(small.cloud.running.pid))
        ballast.unlink()
        began = time.monotonic()
        while not (await ready(small))[0]:
            await asyncio.sleep(0.1)
            assert time.monotonic() - began < 300, small.cloud.tail()
        told["ready_again_s"] = round(time.monotonic() - began, 1)

    await run.upload_during(fill, patience_s=FULL_S + 600)
    told["drained_s"] = round(await run.settled(360), 1)
    verdict = await run.verdict()
    verdict.notes = told
    assert_nothing_lost(verdict)
    assert "left on its disk" in told["why"]


async def ready(installation: Installation) -> tuple[bool, str]:
    """Whether the cloud says that it is, and what it says."""
    async with installation.api() as api:
        answer = await api.get("/readyz")
    return answer.status_code == 200, answer.text

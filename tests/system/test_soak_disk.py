"""F07 with a real file system that is full; needs root for the mount (``make soak``)."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.system.processes import Installation
from tests.system.run import GATEWAY, Run

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root"),
]
SEED = 1


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

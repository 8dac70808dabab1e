"""What a field engineer sees: `yingzhou edge status` beside a real agent and a real cloud."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.system.processes import REPOSITORY, Installation
from tests.system.run import GATEWAY, Run

SEED = 5


def asked(installation: Installation, *options: str) -> "subprocess.CompletedProcess[str]":
    file = installation.folder / GATEWAY / "gateway.toml"
    command = [sys.executable, "-m", "yingzhou", "edge", "status", "-c", str(file), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=60)


async def told(installation: Installation, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The agent's own words, once they are so."""
    async with asyncio.timeout(120):
        while not (
            (installation.folder / GATEWAY / "status.json").exists() and right(installation.edge_status(GATEWAY))
        ):
            await asyncio.sleep(0.1)
    return installation.edge_status(GATEWAY)


async def test_status_from_the_first_start_to_the_end(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=60, seed=SEED)
    clock = (await told(installation, lambda status: status["clock"]["ahead_s"] is not None))["clock"]
    assert abs(clock["ahead_s"]) <= clock["uncertain_s"] + 0.1, "one machine has one clock"
    assert clock["refused"] == 0
    await run.upload(20)
    await run.settled()
    await told(installation, lambda status: status["spool"]["oldest_h"] is None)

    installation.cloud.kill()  # from now on everything stays in the spool
    await run.upload(60)
    status = await told(installation, lambda status: status["spool"]["oldest_h"] is not None)
    assert status["spool"]["oldest_h"] < 1
    said = asked(installation)
    assert (said.returncode, said.stderr) == (0, "")
    assert f"gateway {GATEWAY}, running: process " in said.stdout
    assert " h wait, " in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 80
    as_json = json.loads(asked(installation, "--json").stdout)
    (device,) = as_json["links"][0]["devices"]
    assert as_json["running"]
    assert device["readings"] > 0
    assert device["last_seen_ms"] > 0

    assert run.edge.stop() == 0
    said = asked(installation)
    assert said.returncode == 1
    assert "no agent runs: it was stopped " in said.stderr
    assert f"gateway {GATEWAY}, NOT RUNNING" in said.stdout

"""The registry on Debian's PostgreSQL: its tests again, and the cloud from a gateway's envelope to the API."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.registry.place import SERVER
from tests.peers.postgresql import PostgreSQL
from tests.system.processes import REPOSITORY, Installation
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with PostgreSQL() as running:
        yield running


LONG = ("alarms", "api", "ingest")
"""Minutes each: with the soak."""


@pytest.mark.parametrize(
    "part", ["registry", "commands", "pictures", *(pytest.param(part, marks=pytest.mark.soak) for part in LONG)]
)
def test_the_same_tests_pass_on_postgresql(part: str, server: PostgreSQL) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/cloud/{part}"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, SERVER: server.url}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.fixture
def durable() -> Iterator[PostgreSQL]:
    with PostgreSQL(durable=True) as running:
        yield running


@pytest.fixture
def installation(tmp_path: Path, durable: PostgreSQL) -> Iterator[Installation]:
    installation = Installation(tmp_path)
    (tmp_path / "registry-password").write_text("a word that the server does not ask for\n")
    with (tmp_path / "cloud.toml").open("a") as file:
        file.write(f'[registry]\nurl = "{durable.url}"\npassword_file = "registry-password"\n')
    try:
        yield installation
    finally:
        installation.close()


async def test_from_a_station_to_the_api_through_restarts_of_the_registry(
    installation: Installation, durable: PostgreSQL
) -> None:
    run = await Run.prepare(installation, ids=300, seed=6)
    assert not list(installation.folder.glob("registry.sqlite*"))

    async def restart() -> None:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(durable.stop)
        await asyncio.to_thread(durable.start)
        await asyncio.sleep(0.5)
        installation.cloud.kill()
        await installation.start_cloud()

    await run.upload_during(restart, patience_s=120)
    await run.settled()
    assert_nothing_lost(await run.verdict())
    assert len(await installation.stored(run.keys[0])) > 0

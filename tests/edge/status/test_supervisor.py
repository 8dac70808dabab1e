"""Against a socket as systemd opens it."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.status.supervisor import READY, Supervisor
from tests.edge.test_agent import agent


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@yingzhou-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(name.replace("@", "\0"))
        line.settimeout(30)
        yield name, line


def test_it_is_told(listener: tuple[str, socket.socket]) -> None:
    name, line = listener
    Supervisor(name).say(READY, "STATUS=all is well")
    assert line.recv(4096) == b"READY=1\nSTATUS=all is well"


@pytest.mark.parametrize("address", [None, ""])
def test_without_one_nothing_is_said(address: str | None) -> None:
    Supervisor(address).say(READY)


def test_one_that_does_not_listen_is_complained_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor(str(tmp_path / "nobody"))
    with caplog.at_level(logging.WARNING):
        supervisor.say(READY)
        supervisor.say(READY)
    assert len(caplog.records) == 1


async def test_the_agent_says_that_it_is_ready_that_it_lives_and_that_it_ends(
    listener: tuple[str, socket.socket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, line = listener
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    one = agent(tmp_path)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        assert await asyncio.to_thread(line.recv, 4096) == b"READY=1"
        assert [await asyncio.to_thread(line.recv, 4096) for _ in range(2)] == [b"WATCHDOG=1"] * 2
        running.cancel()
    assert await asyncio.to_thread(line.recv, 4096) == b"STOPPING=1"

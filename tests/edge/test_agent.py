"""The agent as a whole, without a cloud: who owns a spool, what it tells of itself, how it ends."""

import asyncio
import json
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.config import load
from protocols.vocabulary import ConfigError, SystemClock


def agent(folder: Path, gateway: str = "gw-1") -> Agent:
    for name, text in (("password", "p"), ("hmac_key", "00" * 32)):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
    config = folder / "gateway.toml"
    config.write_text(
        f'[gateway]\nid = "{gateway}"\ndata = "{folder}"\n[uplink]\nurl = "mqtt://127.0.0.1:1"\nusername = "u"\n'
        f'password_file = "{folder}/password"\nhmac_key_file = "{folder}/hmac_key"\n'
    )
    return Agent(load(config), SystemClock())


async def test_it_ends_when_asked_and_leaves_its_status(tmp_path: Path) -> None:
    one = agent(tmp_path)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        async with asyncio.timeout(10):
            while not (tmp_path / "status.json").exists():
                await asyncio.sleep(0.01)
        running.cancel()
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["gateway"], status["epoch"], status["taken"]) == ("gw-1", one.spool.epoch, 0)
    assert not status["uplink"]["connected"]


async def test_a_spool_of_another_gateway_is_refused(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(agent(tmp_path).run())
        async with asyncio.timeout(10):
            while not (tmp_path / "status.json").exists():
                await asyncio.sleep(0.01)
        running.cancel()
    with pytest.raises(ConfigError, match=r"gateway\.id: 'gw-2': the spool .* belongs to 'gw-1'"):
        await agent(tmp_path, "gw-2").run()


def test_a_key_that_is_no_hexadecimal_is_named(tmp_path: Path) -> None:
    agent(tmp_path)
    (tmp_path / "hmac_key").write_text("not hexadecimal")
    with pytest.raises(ConfigError, match="hmac_key: expected the key in hexadecimal"):
        Agent(load(tmp_path / "gateway.toml"), SystemClock())

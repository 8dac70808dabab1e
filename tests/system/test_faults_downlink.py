"""F33: the line is cut before and after a command's result, commands come twice and late, the cloud falls silent."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.system.processes import Installation
from tests.system.proxy import Proxy
from tests.system.test_commands import GATEWAY, Street

RESULT = f"yz/v1/{GATEWAY}/up/result".encode()
COMMAND = f"yz/v1/{GATEWAY}/down/command".encode()


class Times:
    """True so many times, for packets on a topic."""

    def __init__(self, leaf: bytes, times: int) -> None:
        self._leaf = leaf
        self.left = times

    def __call__(self, packet: bytes) -> bool:
        if self._leaf not in packet[:100] or not self.left:
            return False
        self.left -= 1
        return True


async def _street(installation: Installation, mqtt_port: int | None = None) -> Street:
    street = await Street(installation).open(2, mqtt_port=mqtt_port)
    async with asyncio.timeout(30):
        while await street.level(0) is None:
            await asyncio.sleep(0.2)
    return street


@pytest.mark.parametrize("when", ["before", "after"])
async def test_f33_the_line_is_cut_at_the_result(installation: Installation, when: str) -> None:
    cut = Times(RESULT, 2)
    cuts = {"cut_before_publish": cut} if when == "before" else {"cut_after_publish": cut}
    async with Proxy(installation.mqtt_port, **cuts) as proxy:  # type: ignore[arg-type] # by name
        street = await _street(installation, proxy.port)
        found = await street.ended((await street.command(0, 37))["id"], 60)
        assert (found["state"], found["items"][0]["value"]) == ("applied", 37.0)
        assert street.obeyed(0) == [37.0]
        async with asyncio.timeout(30):
            while cut.left:  # it comes again until its PUBACK is there
                await asyncio.sleep(0.1)
        found = await street.ended((await street.command(0, 38))["id"], 60)
        assert found["state"] == "applied"
        assert street.obeyed(0) == [37.0, 38.0], "each once"
        await street.until_level(0, 38.0)
        print(json.dumps({"fault": "F33", "cut": when, "cuts": proxy.cuts, "obeyed": street.obeyed(0)}))


async def test_f33_a_command_comes_three_times_and_one_comes_late(installation: Installation) -> None:
    late = Times(COMMAND, 0)

    def down(packet: bytes) -> tuple[int, float]:
        if COMMAND not in packet[:100]:
            return 1, 0.0
        return 3, 3.0 if late(packet) else 0.0

    async with Proxy(installation.mqtt_port, down=down) as proxy:
        street = await _street(installation, proxy.port)
        found = await street.ended((await street.command(0, 41))["id"])
        assert found["state"] == "applied"
        late.left = 1
        over = await street.command(1, 99, expires=1)
        found = await street.ended(over["id"], 60)
        assert (found["state"], found["items"][0]["value"]) == ("expired", None)
        found = await street.ended((await street.command(1, 42))["id"], 60)
        assert found["state"] == "applied"
        assert (street.obeyed(0), street.obeyed(1)) == ([41.0], [42.0]), "the expired one touched nothing"
        status = installation.edge_status(GATEWAY)["commands"]
        print(json.dumps({"fault": "F33", "commands": 3, "delivered": 9, "agent": status}))


LIGHTS = """
[[lights]]
name = "street"
targets = [{targets}]
latitude = 31.6
longitude = 121.5
fallback_after_h = 0.003
plan = [{{ switches = [{switches}] }}]
"""
ALWAYS_63 = ", ".join(f'["{hour:02}:00", 63]' for hour in (*range(12, 24), *range(12)))


async def test_f33_without_the_cloud_a_lamp_falls_back_to_its_schedule(installation: Installation) -> None:
    street = await _street(installation)
    assert street.edge.stop() == 0
    path: Path = installation.folder / GATEWAY / "gateway.toml"
    targets = ", ".join(f'"{neuron}/lamp_level"' for neuron in street.neurons)
    path.write_text(path.read_text() + LIGHTS.format(targets=targets, switches=ALWAYS_63))
    street.edge.start()
    found = await street.ended((await street.command(0, 20))["id"])
    assert found["state"] == "applied"
    assert 63.0 not in street.obeyed(0), "while the cloud speaks, the schedule is silent"
    installation.cloud.kill()
    installation.kill_broker()
    async with asyncio.timeout(60):
        while not (street.obeyed(0)[-1:] == street.obeyed(1)[-1:] == [63.0]):
            await asyncio.sleep(0.1)
    assert street.obeyed(0) == [20.0, 63.0]

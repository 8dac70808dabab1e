"""docs/integrating.md is true: every command in it is run, in its order, against `yingzhou up`."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.peers.guide import GUIDE, runnable
from tests.peers.programs import installed, talking, until
from tests.system.processes import free_ports

pytestmark = pytest.mark.peers


@dataclass(frozen=True)
class House:
    """``yingzhou up`` in a folder of its own."""

    folder: Path
    ports: dict[str, int]

    @property
    def variables(self) -> dict[str, str]:
        """What a reader with other ports than the usual ones would set."""
        found = {"API": f"http://127.0.0.1:{self.ports['api']}", "MQTT_PORT": str(self.ports["mqtt"])}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, **found, "PATH": path, "PYTHONWARNINGS": "error"}

    async def get(self, path: str, **parameters: str) -> Any:
        key = (self.folder / "data" / "secrets" / "admin-api-key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=self.variables["API"], headers=headers) as api:
            answer = await api.get(path, params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    async def values(self, name: str) -> dict[str, list[float]]:
        """All that is stored of the neuron of that name: observed property -> values in the order of their times."""
        [neuron] = [one for one in (await self.get("/api/v1/neurons", limit="1000"))["items"] if one["name"] == name]
        found = {}
        for stream in neuron["datastreams"]:
            path = f"/api/v1/datastreams/{stream['key'].replace('/', '%2F')}/readings"
            items = (await self.get(path, **{"from": "2020-01-01T00:00:00Z"}))["items"]
            found[stream["property"]] = [item["value"] for item in items]
        return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    api, mqtt = free_ports(2)
    ports = ("--port", str(api), "--mqtt-port", str(mqtt))
    command = [sys.executable, "-m", "yingzhou", "up", *ports, "--data", "data", "--neurons", "3"]
    with talking(command, cwd=folder) as up:
        up.hear("Ctrl-C stops everything", 60)
        yield House(folder, json.loads((folder / "data" / "ports.json").read_text()))
        up.end(60)
        assert up.process.returncode == 0, up.said


def script() -> str:
    """All of the guide's commands as one; the shell stops at the first that fails."""
    parts = ["set -euo pipefail"]
    for language, text in runnable(GUIDE):
        parts.append(text if language == "sh" else f"{language} - <<'END'\n{text}END")
    return "\n".join(parts)


async def test_every_command_of_the_guide(house: House) -> None:
    commands = script()
    for tool in ("curl", "jq", "mosquitto_pub", "coap-client-notls"):
        assert tool in commands
        installed(tool)
    await until(lambda: _listening(house.ports["coap"]), bool, 30)
    done = subprocess.run(
        ["bash", "-c", commands],
        cwd=house.folder,
        env=house.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    assert "c:2.04" in done.stdout, told
    assert '"imei:867997030009901"' in done.stdout, told

    gauge = await until(lambda: house.values("gauge at the north pier"), lambda found: all(found.values()))
    assert gauge == {"water_level": [3.12], "water_temperature": [20.5]}
    assert await house.values("the stranger") == {"water_level": [3.5], "water_temperature": [20.0]}
    assert await house.values("well 2") == {"water_depth": [0.8]}
    soil = await until(lambda: house.values("soil probe 3"), lambda found: all(found.values()))
    assert soil == {"soil_temperature": [14.5]}
    assert await house.values("pump 4") == {"current": [3.5, 3.25], "voltage": [229.5]}
    waiting = (await house.get("/api/v1/quarantine", gateway="gw-mine"))["items"]
    assert [one["replayed"] is not None for one in waiting] == [True]


async def _listening(port: int) -> bool:
    process = await asyncio.create_subprocess_exec(
        installed("coap-client-notls"),
        "-B",
        "1",
        f"coap://127.0.0.1:{port}/.well-known/core",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    return b"senml" in out


def test_the_guide_names_every_reason_of_quarantine() -> None:
    """Whoever adds a reason says there what mends it; what only an envelope can have is in docs/uplink.md."""
    text = GUIDE.read_text()
    reasons = "unknown_neuron other_gateway unknown_datastream unknown_name unit future past malformed conflict"
    for reason in reasons.split():
        assert f"`{reason}`" in text

"""The doors with others' clients: the guide's commands, and pysparkplug's edge node on Debian's Mosquitto."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.guide import GUIDE, block, blocks
from tests.peers.mosquitto import InstallationWithMosquitto, Mosquitto
from tests.peers.programs import installed, run, talking, until
from tests.system.processes import Installation

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden" / "sparkplug" / "other_writers.json"
GROUP, EDGE = "Sparkplug B Devices", "Raspberry Pi"


def pip_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or f"{os.environ['HOME']}/.cache"
    folder = Path(os.environ.get("YINGZHOU_PIP_DIR") or f"{cache}/yingzhou/peers-pip")
    assert (folder / "pysparkplug").is_dir(), "pysparkplug is not installed: run tests/peers/install"
    return folder


def open_doors(installation: Installation) -> None:
    """As the guide says it."""
    config = installation.folder / "cloud.toml"
    [(_, text)] = [found for found in blocks(GUIDE, "doors") if found[0] == "toml"]
    config.write_text(config.read_text() + text)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path)
    open_doors(installation)
    try:
        yield installation
    finally:
        installation.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with Mosquitto(folder) as broker:
        broker.start()
        yield broker


@pytest.fixture
def site(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[InstallationWithMosquitto]:
    installation = InstallationWithMosquitto(tmp_path, mosquitto=mosquitto)
    open_doors(installation)
    try:
        yield installation
    finally:
        installation.close()


async def discovered(cloud: Installation, count: int) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await cloud.get("/api/v1/discovered"))["items"]
        return found

    return await until(ask, lambda found: len(found) == count, 30)


async def test_the_guides_commands_with_doors_open(house: Installation) -> None:
    await house.start_cloud()
    key = (house.folder / "secrets" / "admin-api-key").read_text().strip()
    prelude = next(text for _, text in blocks(GUIDE, "test")).splitlines()[-1]  # how the guide asks the API
    commands = [text for language, text in blocks(GUIDE, "doors") if language == "sh"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -euo pipefail", prelude, *commands])],
        cwd=house.folder,
        env={
            **os.environ,
            "API": f"http://127.0.0.1:{house.api_port}",
            "MQTT_PORT": str(house.mqtt_port),
            "KEY": key,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    assert '"Station A"' in done.stdout, told
    neurons = {one["name"]: one["id"] for one in (await house.get("/api/v1/neurons"))["items"]}
    assert await house.stored(f"{neurons['Station A']}/air_temperature") == [(1_795_000_000_000, 21.5)]
    assert await house.stored(f"{neurons['Station A']}/relative_humidity") == [(1_795_000_000_000, 80.0)]
    assert await house.stored(f"{neurons['gw-lone']}/noise") == [(1_795_000_000_000, 51.0)]


async def test_an_edge_node_of_pysparkplug(site: InstallationWithMosquitto) -> None:
    """With spaces in its names, on somebody's own broker; adopted while it is there, and killed at last."""
    await site.start_cloud()
    account = await site.add_gateway("gw-scada")
    who = [str(site.mqtt_port), account["username"], account["password"]]
    theirs = f"PYTHONPATH={pip_folder()}"
    with talking(["env", theirs, sys.executable, str(HERE / "sparkplug_node.py"), *who, GROUP, EDGE]) as node:
        node.hear("told", 30)
        device, edge = await discovered(site, 2)
        assert [one["identity"] for one in (edge, device)] == [
            "sparkplug:Sparkplug~20B~20Devices:Raspberry~20Pi",
            "sparkplug:Sparkplug~20B~20Devices:Raspberry~20Pi:Pibrella~201",
        ]
        adopted = {}
        for one in (edge, device):
            made = await site.post(f"/api/v1/discovered/{one['id']}/adopt", {"kind": "water_quality"})
            adopted[one["label"]] = made["neuron"]["id"]
            assert made["replayed"]["refused"] == 0
        own, probe = adopted[f"{GROUP}/{EDGE}"], adopted[f"{GROUP}/{EDGE}/Pibrella 1"]
        rows = await until(lambda: site.stored(f"{probe}/ph/tank_1"), lambda found: len(found) == 2)
        assert [value for _, value in rows] == [7.0, 7.25]
        assert [value for _, value in await site.stored(f"{own}/water_temperature")] == [20.5, 21.5]
        node.process.kill()  # its will; the NDEATH of its farewell has the next connection's bdSeq and counts as stale

    async def events() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await site.get("/api/v1/events", kind="device"))["items"]
        return found

    gone = await until(events, lambda found: len(found) == 2, 30)
    assert {(one["neuron"], one["kind"]) for one in gone} == {
        (own, "device.disconnected"),
        (probe, "device.disconnected"),
    }


async def test_frames_of_other_writers(site: InstallationWithMosquitto, tmp_path: Path) -> None:
    """As they were written by Tahu and others, through mosquitto_pub: what is a number of them waits under its name."""
    await site.start_cloud()
    account = await site.add_gateway("gw-scada")
    frames = json.loads(GOLDEN.read_text())
    for number, frame in enumerate(frames):
        file = tmp_path / f"frame-{number}"
        file.write_bytes(base64.b64decode(frame["frame"]))
        who = ["-u", account["username"], "-P", account["password"]]
        topic = f"spBv1.0/golden/NDATA/{frame['id']}"
        sent = run("mosquitto_pub", "-p", str(site.mqtt_port), *who, "-q", "1", "-t", topic, "-f", str(file))
        assert sent.returncode == 0, sent.stderr

    async def identities() -> set[str]:
        return {one["identity"] for one in (await site.get("/api/v1/discovered"))["items"]}

    await until(identities, lambda found: "sparkplug:golden:tahu-js-scalars" in found, 30)
    scalars = next(
        one
        for one in (await site.get("/api/v1/discovered"))["items"]
        if one["identity"] == "sparkplug:golden:tahu-js-scalars"
    )
    values = {metric["name"]: metric["value"] for metric in scalars["metrics"]}
    assert (values["i8"], values["u32"], values["f"], values["yes"]) == (-1.0, 4294967295.0, 0.5, 1.0)


def test_the_guide_is_read() -> None:
    assert "spBv1.0" in block("mosquitto-acl")
    assert installed("mosquitto_pub")

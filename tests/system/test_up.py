"""``yingzhou up`` as a newcomer uses it: start, look, kill, start again."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.system.processes import REPOSITORY, free_ports
from yingzhou.__main__ import main


class Running:
    """One ``yingzhou up``."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.output = folder.parent / f"up-{time.monotonic_ns()}.log"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yingzhou", "up", "--data", str(folder), "--neurons", "22", *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
            )

    def said(self) -> str:
        return self.output.read_text()

    async def wait_for(self, pattern: str, patience_s: float = 60) -> "re.Match[str]":
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            if found := re.search(pattern, self.said()):
                return found
            assert self.process.poll() is None, self.said()
            await asyncio.sleep(0.1)
        raise AssertionError(f"no {pattern!r} in {self.said()}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


async def _stored(folder: Path, port: int) -> float:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return float(next(line for line in text.splitlines() if line.startswith("yz_latest_datastreams ")).split()[1])


async def _picture(folder: Path, port: int) -> bytes:
    """The newest of the camera at the wetland; none at first: it learns what stands still."""
    key = (folder / "secrets" / "admin-api-key").read_text().strip()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": key}, timeout=30) as api:
        items = (await api.get("/api/v1/pictures")).json()["items"]
        return (await api.get(items[0]["href"])).content if items else b""


async def _readings(folder: Path, port: int) -> int:
    key = (folder / "secrets" / "admin-api-key").read_text().strip()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": key}, timeout=30) as api:
        stream = (await api.get("/api/v1/datastreams", params={"limit": 1})).json()["items"][0]["key"]
        path = f"/api/v1/datastreams/{httpx.URL(stream)}/readings"
        answer = await api.get(
            path, params={"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "limit": 10000}
        )
    return len(answer.json()["items"])


async def test_up_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    port, mqtt_port = free_ports(2)
    options = ("--port", str(port), "--mqtt-port", str(mqtt_port))
    first = Running(folder, *options)
    link = (await first.wait_for(r"console\s+(http\S+)"))[1]
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(link)
        assert page.status_code == 200
        assert "<svg" in page.text or "<script" in page.text
        assert (await browser.get(f"http://127.0.0.1:{port}/api/v1/neurons")).status_code == 200
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(link)).status_code == 401, "the link opens once"
    async with asyncio.timeout(180):
        while await _stored(folder, port) < 50:
            await asyncio.sleep(0.3)
    async with asyncio.timeout(120):
        while not await _picture(folder, port):
            await asyncio.sleep(0.5)
    before = await _readings(folder, port)
    first.end(signal.SIGKILL)  # its children end by themselves

    second = Running(folder, *options)
    await second.wait_for(r"22 neurons in 18 towns and 3 cameras, ready")
    assert "entered" not in second.said(), "everything was registered already"
    after = await _readings(folder, port)
    assert after >= before
    state = json.loads((folder / "ports.json").read_text())
    assert (state["api"], state["mqtt"]) == (port, mqtt_port)
    async with asyncio.timeout(90):
        while await _readings(folder, port) <= after:
            await asyncio.sleep(0.3)
    kept = {name: (folder / name).read_bytes() for name in ("ports.json", "cloud.toml", "island.toml")}
    code, said = await asyncio.to_thread(_refused, folder, "--port", "0", "--mqtt-port", "0")
    assert (code, said) == (2, f"yingzhou up: {folder}: another up is running in this folder\n")
    assert kept == {name: (folder / name).read_bytes() for name in kept}, "the first one would restart with these"
    code, said = await asyncio.to_thread(_second_cloud, folder)
    assert (code, said) == (2, f"yingzhou cloud: {folder}: another cloud is running in this folder\n")
    assert second.end(signal.SIGTERM) == 0
    assert "stopped" in second.said()


def _refused(folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and complaint of a start that cannot be."""
    return _failed("up", "--data", str(folder), *options)


def _second_cloud(folder: Path) -> tuple[int, str]:
    config = folder.parent / "cloud.toml"
    config.write_text(f"[data]\ndir = {json.dumps(str(folder))}\n[api]\nport = 0\n[broker]\nmqtt_port = 0\n")
    return _failed("cloud", "-c", str(config))


def _failed(*arguments: str) -> tuple[int, str]:
    failed = subprocess.run(
        [sys.executable, "-m", "yingzhou", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=REPOSITORY,
    )
    return failed.returncode, failed.stderr


async def test_up_names_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = _refused(tmp_path / "d", "--port", str(port))
    assert code == 2
    assert f"--port {port}" in said


def test_up_names_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = _refused(tmp_path / "file" / "d", "--port", "0", "--mqtt-port", "0")
    assert (code, said) == (2, f"yingzhou up: {tmp_path}/file/d: Not a directory\n")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--speed", "nan"),
        ("--speed", "0"),
        ("--neurons", "0"),
        ("--neurons", "1000000"),
        ("--port", "65536"),
        ("--seed", "-1"),
    ],
)
def test_up_names_an_option_that_is_out_of_bounds(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--data", str(tmp_path / "d"), f"{option}={value}"]) == 2
    assert f"yingzhou up: {option} " in capsys.readouterr().err
    assert not (tmp_path / "d").exists()

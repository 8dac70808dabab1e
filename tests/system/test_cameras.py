"""From a camera to the API and back: readings, events, pictures on an occasion and on request, through a kill -9."""

import asyncio
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from protocols.vocabulary import SystemClock
from simulators.devices.snapshot_camera import CameraSettings, SnapshotCamera
from simulators.devices.wetland import HEIGHT, WIDTH
from tests.edge.cameras.drawn import bird, wetland
from tests.system.processes import Installation, now_ms

GATEWAY = "gw-wetland"
OBSERVED = ["image_brightness", "image_sharpness", "image_occlusion", "motion_share", "scene_shift",
            "object_count/people", "object_count/birds", "picture_wanted"]  # fmt: skip
ZONE = (slice(int(0.05 * HEIGHT), int(0.45 * HEIGHT)), slice(int(0.05 * WIDTH), int(0.35 * WIDTH)))


async def opened(one: Installation, url: str, rate: int) -> str:
    """A cloud and an agent with a camera; gives the neuron."""
    await one.start_cloud()
    credentials = await one.add_gateway(GATEWAY)
    body = {"kind": "camera", "gateway": GATEWAY, "observed_properties": OBSERVED, "town": "310151101"}
    neuron: str = (await one.post("/api/v1/neurons", body))["id"]
    pictures = f'[pictures]\nurl = "http://127.0.0.1:{one.api_port}"\npiece_bytes = 4096\nrate_bytes_per_s = {rate}\n'
    link = f"""
[[link]]
kind = "camera"
name = "wetland"
[[link.device]]
neuron = "{neuron}"
url = "{url}"
username = "admin"
password_file = "camera"
period_s = 1
zones = [[[0.05, 0.05], [0.35, 0.05], [0.35, 0.45], [0.05, 0.45]]]
send = ["birds"]
send_gap_s = 3600
"""
    folder = one.write_gateway(GATEWAY, credentials, link, extra=pictures).parent
    (folder / "camera").touch(mode=0o600)
    (folder / "camera").write_text("geheim")
    one.edge(GATEWAY).start()
    return neuron


async def listed(one: Installation, at_least: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(120):
        while True:
            items: list[dict[str, Any]] = (await one.get("/api/v1/pictures"))["items"]
            if len(items) >= at_least:
                return items
            await asyncio.sleep(0.1)


async def shown(one: Installation, picture: dict[str, Any]) -> bytes:
    async with one.api() as api:
        answer = await api.get(picture["href"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert sha256(answer.content).hexdigest() == picture["sha256"]
    return answer.content


def blackest(file: bytes) -> int:
    """The brightest value within the zone."""
    with Image.open(BytesIO(file)) as image:
        return int(np.asarray(image.convert("RGB"))[ZONE].max())


async def test_what_a_camera_sees_arrives_and_a_picture_only_when_there_is_a_reason(installation: Installation) -> None:
    one, scene = installation, wetland()
    settings = CameraSettings(username="admin", password="geheim")
    async with SnapshotCamera(scene, settings, SystemClock()) as camera:
        neuron = await opened(one, camera.url, 10_000_000)
        async with asyncio.timeout(120):
            while not (rows := await one.stored(f"{neuron}/object_count/birds")):
                await asyncio.sleep(0.2)
        assert rows[-1][1] == 0
        assert (await one.get("/api/v1/pictures"))["items"] == []
        scene.actors.append(bird(0.05, 0.7))
        (picture,) = await listed(one, 1)
        assert picture["neuron"] == neuron
        async with asyncio.timeout(60):
            while not (events := (await one.get("/api/v1/events", kind="picture"))["items"]):
                await asyncio.sleep(0.1)
        assert events[0]["data"]["sha256"] == picture["sha256"]
        assert (events[0]["time"], events[0]["data"]["reason"]) == (picture["time"], "birds")
        asked = await one.post(f"/api/v1/neurons/{neuron}/desired", {"desired": {"picture_wanted": now_ms() + 5000}})
        newest, _ = await listed(one, 2)
        assert newest["time"] > picture["time"]
        async with asyncio.timeout(60):
            while (command := await one.get(f"/api/v1/commands/{asked['id']}"))["state"] in {"pending", "sent"}:
                await asyncio.sleep(0.1)
        assert command["state"] == "applied"
        for each in (newest, picture):
            assert blackest(await shown(one, each)) == 0
        assert await one.metric("yz_picture_rows") == 2


async def test_an_agent_that_is_killed_while_it_sends_goes_on_where_it_was(installation: Installation) -> None:
    one, scene = installation, wetland()
    settings = CameraSettings(username="admin", password="geheim")
    async with SnapshotCamera(scene, settings, SystemClock()) as camera:
        await opened(one, camera.url, 30_000)  # a picture takes some five seconds
        edge, album = one.edges[GATEWAY], one.folder / GATEWAY / "pictures"
        async with asyncio.timeout(120):
            while camera.answered[200] < 7:
                await asyncio.sleep(0.1)
            scene.actors.append(bird(0.05, 0.7))
            while not list(album.glob("*.wanted")):
                await asyncio.sleep(0.05)
        scene.actors.clear()
        (kept,) = list(album.glob("*.wanted"))
        assert blackest(kept.read_bytes().partition(b"\n")[2]) == 0
        for _ in range(3):
            await asyncio.sleep(1.2)
            edge.kill()
            edge.start()
        one.cloud.kill()
        await one.start_cloud()
        (picture,) = await listed(one, 1)
        assert picture["sha256"] == sha256(await shown(one, picture)).hexdigest()
        async with asyncio.timeout(60):
            while list(album.glob("*.wanted")):
                await asyncio.sleep(0.1)
        assert len((await one.get("/api/v1/pictures"))["items"]) == 1

"""Pictures brought to the real API: torn anywhere, refused, killed, with a wrong clock."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from cloud.pictures.files import Upload
from edge.backoff import Backoff
from edge.cameras.album import Album
from edge.cameras.courier import ASIDE_S, Courier, Errand
from edge.cameras.http import Server
from protocols.vocabulary import Clock, SystemClock
from tests.cloud.api.conftest import NOW, Desk
from tests.cloud.api.server import serving
from tests.edge.cameras import test_http
from tests.edge.cameras.drawn import HastyClock
from tests.edge.links.running import until


def picture(number: int, size: int = 40_000) -> bytes:
    return b"\xff\xd8\xff" + random.Random(number).randbytes(size - 5) + b"\xff\xd9"


class Proxy:
    """Between gateway and cloud; tears each connection after so many bytes up, or down."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cuts: list[tuple[int | None, int | None]] = []
        """Per connection, in turn: bytes to the cloud, bytes back; None: all."""
        self.up = 0
        self.connections = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = self.cuts.pop(0) if self.cuts else (None, None)
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.TaskGroup() as group:
                back = group.create_task(self._carry(far_reader, writer, cut[1]))
                forth = group.create_task(self._carry(reader, far_writer, cut[0], counted=True))
                await asyncio.wait([back, forth], return_when=asyncio.FIRST_COMPLETED)
                back.cancel()
                forth.cancel()
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None, *, counted: bool = False
    ) -> None:
        try:
            while most is None or most > 0:
                data = await reader.read(65_536 if most is None else min(65_536, most))
                if not data:
                    return
                self.up += len(data) if counted else 0
                most = None if most is None else most - len(data)
                writer.write(data)
                await writer.drain()
            await asyncio.sleep(0.02)  # what was let through arrives before the line is cut
        except OSError:
            return


class Scene(NamedTuple):
    desk: Desk
    admin: httpx.AsyncClient
    url: str
    neuron: str
    key: bytes
    key_id: int
    folder: Path

    def album(self, clock: Clock) -> Album:
        made = Album(self.folder / "album", clock, max_bytes=10**7, max_age_ms=86_400_000)
        made.open()
        return made

    def courier(self, album: Album, clock: Clock, url: str = "", **options: int) -> Courier:
        server = Server.of(url or self.url)
        errand = Errand(server, "gw-1", self.key, self.key_id, **{"piece_bytes": 10_000, **options})
        return Courier(errand, album, clock, Backoff(random_source=random.Random(1)))

    async def listed(self) -> list[str]:
        items = (await self.admin.get("/api/v1/pictures")).json()["items"]
        return [one["sha256"] for one in items]


@pytest.fixture
async def scene(desk: Desk, admin: httpx.AsyncClient, tmp_path: Path) -> AsyncIterator[Scene]:
    desk.pictures.max_age_ms = 3650 * 86_400_000
    await admin.post("/api/v1/gateways", json={"id": "gw-1"})
    given = (await admin.post("/api/v1/gateways/gw-1/credentials", json={})).json()
    body = {"name": "cam", "kind": "camera", "gateway": "gw-1", "observed_properties": ["motion_share"]}
    neuron = (await admin.post("/api/v1/neurons", json=body)).json()["id"]
    async with serving(desk.front) as served:
        yield Scene(desk, admin, served.url, neuron, bytes.fromhex(given["hmac_key"]), given["key_id"], tmp_path)


async def run_until_empty(courier: Courier, album: Album) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(courier.run())
        async with asyncio.timeout(30):
            while album.waiting():
                await asyncio.sleep(0.002)
        task.cancel()


async def test_what_is_wanted_arrives_oldest_first_and_is_kept_no_longer(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    for number in (3, 1, 2):
        await album.add(scene.neuron, NOW - 10 + number, picture(number), ("birds",))
    await album.add(scene.neuron, NOW, picture(4), ())
    courier = scene.courier(album, clock)
    await run_until_empty(courier, album)
    assert await scene.listed() == [sha256(picture(number)).hexdigest() for number in (3, 2, 1)]
    assert album.counted == (1, 0)
    assert courier.counts == {"pieces": 12, "bytes": 120_000}
    assert clock.monotonic_s() == pytest.approx(120_000 / 65_536, rel=0.3)  # at its rate, not faster


@pytest.mark.parametrize("seed", range(6))
async def test_torn_at_any_byte_it_goes_on_where_it_was(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    clock = HastyClock(NOW)
    album, proxy = scene.album(clock), Proxy(int(scene.url.rpartition(":")[2]))
    proxy.cuts = [
        (chance.randrange(12_000), None) if chance.random() < 0.6 else (None, chance.randrange(300)) for _ in range(12)
    ]
    whole = picture(seed)
    await album.add(scene.neuron, NOW, whole, ("birds",))
    async with proxy() as url:
        courier = scene.courier(album, clock, url)
        await run_until_empty(courier, album)
    assert await scene.listed() == [sha256(whole).hexdigest()]
    assert (await scene.admin.get(f"/api/v1/pictures/{sha256(whole).hexdigest()}")).content == whole
    assert courier.counts["link_down"] > 0
    assert not proxy.cuts
    assert proxy.up < len(whole) + 12 * 12_000 + proxy.connections * 1500


async def test_an_answer_that_is_lost_costs_no_second_copy(scene: Scene) -> None:
    """Cut between the cloud's commit and its answer, at every piece."""
    clock = HastyClock(NOW)
    album, proxy = scene.album(clock), Proxy(int(scene.url.rpartition(":")[2]))
    proxy.cuts = [(None, None), (None, 0)] * 4
    await album.add(scene.neuron, NOW, picture(1), ("birds",))
    async with proxy() as url:
        courier = scene.courier(album, clock, url)
        await run_until_empty(courier, album)
    assert len(await scene.listed()) == 1
    assert scene.desk.pictures.counts["stored"] == 1
    assert proxy.up < 40_000 + proxy.connections * 1500  # no byte twice


async def test_killed_at_any_moment_it_goes_on(scene: Scene) -> None:
    """kill -9 of the process, again and again, until the picture is there."""
    clock = SystemClock()
    whole = picture(1, 60_000)
    album = scene.album(clock)
    scene.desk.clock.step_wall((clock.now_ms() - NOW) / 1000)
    await album.add(scene.neuron, clock.now_ms(), whole, ("birds",))
    command = [sys.executable, "-m", "tests.edge.cameras.victim", str(scene.folder / "album"), scene.url,
               scene.key.hex(), str(scene.key_id)]  # fmt: skip
    kills = 0
    chance = random.Random(7)
    async with asyncio.timeout(60):
        while not await scene.listed():
            child = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
            assert child.stdout is not None
            await child.stdout.readline()
            await asyncio.sleep(chance.uniform(0.02, 0.25))
            child.send_signal(signal.SIGKILL)
            await child.communicate()
            kills += 1
    assert kills > 1
    digest = sha256(whole).hexdigest()
    assert (await scene.admin.get(f"/api/v1/pictures/{digest}")).content == whole
    assert scene.desk.pictures.counts["stored"] == 1
    last = scene.album(clock)
    await run_until_empty(scene.courier(last, clock), last)
    assert len(await scene.listed()) == 1


async def test_a_picture_the_cloud_does_not_take_now_does_not_stop_the_others(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    await album.add("serial:unknown", NOW - 5, picture(1), ("birds",))
    await album.add(scene.neuron, NOW, picture(2), ("birds",))
    courier = scene.courier(album, clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(courier.run())
        await until(lambda: album.counts["sent"] == 1 and courier.counts["aside"] == 1)
        assert [one.source for one in album.waiting()] == ["serial:unknown"]
        tried = courier.counts["aside"]
        await asyncio.sleep(0.05)
        assert courier.counts["aside"] == tried
        task.cancel()
    clock.advance(ASIDE_S)
    scene.desk.clock.step_wall((clock.now_ms() - scene.desk.clock.now_ms()) / 1000)
    change = {"hardware": [{"scheme": "serial", "value": "unknown"}]}
    assert (await scene.admin.patch(f"/api/v1/neurons/{scene.neuron}", json=change)).status_code == 200
    await run_until_empty(courier, album)
    assert len(await scene.listed()) == 2


async def test_what_the_cloud_never_takes_is_given_up_and_counted(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    await album.add(scene.neuron, NOW - 2, picture(1, 100_001), ("birds",))  # too large
    await album.add(scene.neuron, NOW - 1, b"no JPEG at all" * 100, ("birds",))
    await album.add(scene.neuron, NOW, picture(2), ("birds",))
    await run_until_empty(scene.courier(album, clock), album)
    assert (album.counts["refused"], album.counts["sent"]) == (2, 1)


async def test_what_the_cloud_lost_in_a_power_cut_is_sent_once_more(scene: Scene) -> None:
    clock, whole = HastyClock(NOW), picture(1)
    album = scene.album(clock)
    taken = await album.add(scene.neuron, NOW, whole, ("birds",))
    assert taken is not None
    upload = Upload("gw-1", scene.neuron, taken.sha256, NOW, len(whole))
    scene.desk.pictures.take(upload, 0, bytes(1000))  # of the right length, and never written
    await run_until_empty(scene.courier(album, clock), album)
    assert (album.counts["refused"], album.counts["sent"]) == (0, 1)
    assert scene.desk.pictures.counts["wrong_hash"] == 1


async def test_a_gateway_whose_clock_is_wrong_takes_the_clouds(scene: Scene) -> None:
    """It booted in 1970: what it signs carries the cloud's time, out of the Date of the refusal."""
    real = SystemClock()
    scene.desk.clock.step_wall((real.now_ms() - NOW) / 1000)  # uvicorn's Date is the machine's
    clock = HastyClock(1_000_000_000_000)
    album = scene.album(clock)
    await album.add(scene.neuron, clock.now_ms(), picture(1), ("birds",))
    courier = scene.courier(album, clock)
    scene.desk.pictures.max_age_ms = 100 * 365 * 86_400_000
    await run_until_empty(courier, album)
    assert courier.counts["clock_corrected"] == 1
    assert len(await scene.listed()) == 1


async def test_a_wrong_key_backs_off_for_long(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    await album.add(scene.neuron, NOW, picture(1), ("birds",))
    courier = scene._replace(key=bytes(32)).courier(album, clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(courier.run())
        await until(lambda: courier.counts["unauthorized"] >= 5)
        assert clock.monotonic_s() >= 4 * 30
        task.cancel()
    assert album.counted == (0, 1)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
     b"HTTP/1.1 202 Yes\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 202 Yes\r\nUpload-Offset: 99999999\r\n\r\n",
     b"HTTP/1.1 202 Yes\r\nContent-Length: 0\r\nUpload-Offset: " + b"1" * 5000 + b"\r\n\r\n",
     b"HTTP/1.1 302 There\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", b"nonsense\r\n\r\n"],
)  # fmt: skip
async def test_a_cloud_that_is_none_costs_nothing_but_time(scene: Scene, answer: bytes) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    await album.add(scene.neuron, NOW, picture(1), ("birds",))
    async with test_http.serving(test_http.saying(answer)) as url:
        courier = scene.courier(album, clock, url.removesuffix("/snapshot.jpg"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(courier.run())
            await until(lambda: courier.counts["link_down"] >= 6)
            task.cancel()
    assert clock.monotonic_s() > 1
    assert album.counted == (0, 1)


async def test_a_date_that_is_none_corrects_no_clock(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    await album.add(scene.neuron, NOW, picture(1), ("birds",))
    answer = b"HTTP/1.1 401 No\r\nDate: 1 Jan 99999999999999999999 00:00:00 +0000\r\nContent-Length: 0\r\n\r\n"
    async with test_http.serving(test_http.saying(answer)) as url:
        courier = scene.courier(album, clock, url.removesuffix("/snapshot.jpg"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(courier.run())
            await until(lambda: courier.counts["unauthorized"] >= 2)
            task.cancel()
    assert courier.counts["clock_corrected"] == 0


async def test_a_cloud_that_forgets_what_it_had_is_left_for_later(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    await album.add(scene.neuron, NOW, picture(1), ("birds",))
    answer = b"HTTP/1.1 409 No\r\nUpload-Offset: 0\r\nContent-Length: 0\r\n\r\n"
    async with test_http.serving(test_http.saying(answer)) as url:
        courier = scene.courier(album, clock, url.removesuffix("/snapshot.jpg"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(courier.run())
            await until(lambda: courier.counts["aside"] == 1)
            task.cancel()
    assert courier.counts["pieces"] == 3


async def test_the_wait_for_pictures_costs_nothing(scene: Scene) -> None:
    clock = HastyClock(NOW)
    album = scene.album(clock)
    courier = scene.courier(album, clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(courier.run())
        began = time.process_time()
        await asyncio.sleep(0.5)
        assert time.process_time() - began < 0.4  # it does not turn in a loop
        await album.add(scene.neuron, NOW, picture(1), ("birds",))
        await until(lambda: album.counts["sent"] == 1)
        task.cancel()

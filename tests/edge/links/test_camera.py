"""Cameras as a link: readings, events and pictures from a real HTTP server; what faults cost."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.cameras.album import Album
from edge.cameras.background import WARM_UP
from edge.cameras.config import CameraLinkConfig
from edge.config import load
from edge.links.camera import LOCKOUT_S, PICTURE_WANTED, CameraLink
from protocols.vocabulary import ConfigError, Event, LinkDown, ManualClock, SystemClock
from simulators.devices.snapshot_camera import CameraSettings, SnapshotCamera
from tests.edge.cameras.drawn import T0, bird, person, wetland
from tests.edge.cameras.test_http import picture, saying, serving
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import asleep, running, until

MINUTE = 60.0


class Notes:
    """Implements edge.intake.EventSink."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(self, event: Event) -> "asyncio.Future[None]":
        self.events.append(event)
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        taken.set_result(None)
        return taken


class Post:
    """A gateway with one link of cameras, on a clock that is turned by hand."""

    def __init__(self, folder: Path, *devices: dict[str, object]) -> None:
        self.clock = ManualClock(T0)
        (folder / "password").touch(mode=0o600)
        (folder / "password").write_text("geheim\n")
        common = {"username": "admin", "password_file": folder / "password", "period_s": MINUTE, "timeout_s": 5.0}
        section = {"kind": "camera", "name": "wetland", "device": tuple(common | device for device in devices)}
        self.link = CameraLink(CameraLinkConfig.model_validate(section), self.clock)
        self.album = Album(folder / "pictures", self.clock, max_bytes=10**7, max_age_ms=86_400_000)
        self.album.open()
        self.notes, self.intake = Notes(), Recorder()
        self.link.equip(self.album, self.notes)

    @property
    def device(self):
        return self.link.status().devices[0]

    async def minutes(self, count: int) -> None:
        """So many pictures of the first camera, whatever becomes of them."""
        for _ in range(count):
            before, cadence = self.tried, next(iter(self.link._eyes.values())).cadence
            due_s = cadence.due_s
            async with asyncio.timeout(30):
                while self.tried == before:
                    if self.clock._sleepers and cadence.due_s == due_s:  # once it looks, it has all the time it wants
                        self.clock.advance(1)
                    await asyncio.sleep(0.002)

    @property
    def tried(self) -> int:
        return len([b for b in self.intake.batches if b.points[0].source == self.device.source]) + sum(
            count for kind, count in self.device.errors.items() if kind != "missed_tick"
        )


@asynccontextmanager
async def camera_of(scene: object, **settings: object) -> AsyncIterator[SnapshotCamera]:
    given = CameraSettings(**{"username": "admin", "password": "geheim", **settings})
    async with SnapshotCamera(scene, given, ManualClock(T0)) as one:
        yield one


async def test_readings_of_each_picture(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url})
        async with running(post.link, post.intake):
            await post.minutes(WARM_UP + 1)
            cam.wetland.actors += [person(0.25, 0.3), bird(0.05, 0.7)]
            await post.minutes(1)
        batch = post.intake.batches[-1]
        told = {r.point.series: r.value for r in batch.readings()}
        assert (told["object_count/people"], told["object_count/birds"]) == (1, 1)
        assert {r.time for r in batch.readings()} == {post.device.last_seen_ms}
        assert post.device.state == "up"
        assert post.device.answer_s is not None
        assert post.album.counted == (0, 0)
        assert list((tmp_path / "pictures").iterdir()) == []  # nobody wanted one: none is kept
        del cam.answered[0]  # the next one, if it had begun when the link was ended
        assert cam.answered == {200: WARM_UP + 2, 401: 1}


async def test_a_picture_on_an_occasion_with_its_event(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url, "send": frozenset({"birds"})})
        async with running(post.link, post.intake):
            await post.minutes(WARM_UP + 1)
            cam.wetland.actors.append(bird(0.05, 0.7))
            await post.minutes(1)
            await until(lambda: post.notes.events)
        (event,) = post.notes.events
        (sent,) = post.album.waiting()
        assert (event.kind, event.source, event.time) == ("picture.taken", "serial:a", sent.time_ms)
        assert event.data == {
            "sha256": sent.sha256,
            "bytes": sent.size,
            "width": 1280,
            "height": 720,
            "reason": "birds",
        }


async def test_conditions_become_events(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url})
        async with running(post.link, post.intake):
            await post.minutes(WARM_UP + 2)
            cam.wetland.weather.turned = (30, 0)
            await post.minutes(2)
            await until(lambda: post.notes.events)
            cam.wetland.weather.daylight = 0.0
            await post.minutes(2)
            await until(lambda: len(post.notes.events) == 2)
        assert [(e.kind, e.data["active"]) for e in post.notes.events] == [
            ("camera.shifted", True),
            ("camera.dark", True),
        ]


async def test_who_asks_gets_a_picture_now(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url, "period_s": 86_400.0})
        async with running(post.link, post.intake):
            await asleep(post.clock)
            async with asyncio.timeout(10):
                await asyncio.gather(*[post.link.ask("serial:a") for _ in range(3)])  # noqa: TID251 - a test
        assert post.album.counted == (0, 1)
        assert [e.data["reason"] for e in post.notes.events] == ["asked"]


async def test_commands_ask_by_time(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url, "keep_every_s": 50.0})
        link = post.link
        assert link.fit("serial:a", PICTURE_WANTED, "", 5.0) == 5.0
        assert link.fit("serial:b", PICTURE_WANTED, "", 5.0) is None
        assert link.fit("serial:a", "lamp_level", "", 5.0) is None
        async with running(link, post.intake):
            with pytest.raises(LinkDown, match="no picture is kept"):
                await link.write("serial:a", PICTURE_WANTED, "", 5.0)
            await post.minutes(4)
            await until(lambda: post.album.counted[0] >= 3)
            assert await link.write("serial:a", PICTURE_WANTED, "", float(T0)) == T0
            oldest = post.album.waiting()[0]
            assert post.album.counted[1] == 1
            async with asyncio.timeout(10):
                now = float(post.clock.now_ms())
                assert await link.write("serial:a", PICTURE_WANTED, "", now) == now
            assert await link.read("serial:a", PICTURE_WANTED, "") == now
        assert post.album.waiting()[0] == oldest
        assert post.album.counted[1] == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (picture(b"<html>" * 100, b"text/html"), "content_type"),
        (picture(b"\xff\xd8\xff" + bytes(1000)), "not_a_picture"),
        (picture(b"\xff\xd8\xff" + bytes(1000), status=b"503 Busy"), "http_503"),
        (b"\x00" * 100, "not_http"),
    ],
)
async def test_a_camera_that_gives_nonsense_is_counted_and_left_alone_for_longer(
    tmp_path: Path, answer: bytes, kind: str
) -> None:
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await saying(answer)(reader, writer)

    async with serving(serve) as url:
        post = Post(tmp_path, {"neuron": "serial:a", "url": url})
        async with running(post.link, post.intake):
            await post.minutes(5)
        assert post.device.errors == {kind: 5}
        assert post.device.state == "silent"
        assert asked == 5
        assert post.clock.monotonic_s() > 10 * MINUTE  # 2 + 4 + 5 + 5 of them passed
        assert not post.link.status().up


async def test_a_camera_that_does_not_know_us_is_not_asked_until_it_locks_us_out(tmp_path: Path) -> None:
    async with camera_of(wetland(), password="anders") as cam:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url})
        async with running(post.link, post.intake):
            await post.minutes(3)
        assert post.device.errors == {"unauthorized": 3}
        assert post.clock.monotonic_s() >= 2 * LOCKOUT_S


async def test_a_dead_camera_does_not_hold_its_neighbour_up(tmp_path: Path) -> None:
    hung = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await hung.wait()

    async with camera_of(wetland()) as cam, serving(hang) as url:
        post = Post(tmp_path, {"neuron": "serial:a", "url": cam.url}, {"neuron": "serial:b", "url": url})
        async with running(post.link, post.intake):
            await post.minutes(5)
        alive, dead = post.link.status().devices
        assert set(alive.errors) <= {"missed_tick"}, "which a busy machine costs"
        assert alive.state == "up"
        assert dead.readings == 0
        hung.set()


async def test_a_camera_that_comes_back_is_up_again(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        port, url = cam.port, cam.url
    post = Post(tmp_path, {"neuron": "serial:a", "url": url})
    async with running(post.link, post.intake):
        await post.minutes(2)
        assert (post.device.errors, post.device.state) == ({"silence": 2}, "silent")
        assert post.link.status().trouble
        async with camera_of(wetland(), port=port):
            await post.minutes(1)
        assert post.device.state == "up"


async def test_who_asked_a_dead_camera_is_told(tmp_path: Path) -> None:
    post = Post(tmp_path, {"neuron": "serial:a", "url": "http://127.0.0.1:1/", "period_s": 86_400.0})
    async with running(post.link, post.intake):
        await asleep(post.clock)
        with pytest.raises(LinkDown, match="no picture"):
            await post.link.ask("serial:a")


async def test_a_password_that_others_may_read_stops_the_agent(tmp_path: Path) -> None:
    post = Post(tmp_path, {"neuron": "serial:a", "url": "http://127.0.0.1:1/"})
    (tmp_path / "password").chmod(0o644)
    with pytest.raises(ExceptionGroup) as caught:
        await post.link.run(post.intake)
    assert caught.group_contains(ConfigError, match="0600")


CONFIG = """
[gateway]
id = "gw-1"
data = "data"
[uplink]
url = "mqtt://127.0.0.1:1"
hmac_key_file = "key"
[pictures]
url = "http://127.0.0.1:1"
max_age_h = 24
[[link]]
kind = "camera"
name = "wetland"
[[link.device]]
neuron = "serial:a"
url = "{url}"
username = "admin"
password_file = "password"
period_s = 1
zones = [[[0.0, 0.0], [0.3, 0], [0.3, 0.2]]]
send = ["birds", "dark"]
sizes = {{ bird_min = 0.01, bird_max = 0.05, person_min = 0.06, person_max = 0.9 }}
scene = {{ confirm = 3 }}
"""


def configured(folder: Path, text: str) -> Path:
    for name, secret in (("key", "00" * 32), ("password", "geheim")):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(secret)
    (folder / "gateway.toml").write_text(text)
    return folder / "gateway.toml"


async def test_the_agent_with_a_camera(tmp_path: Path) -> None:
    async with camera_of(wetland()) as cam:
        agent = Agent(load(configured(tmp_path, CONFIG.format(url=cam.url))), SystemClock())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(agent.run())
            async with asyncio.timeout(20):
                while agent.gatherer.taken == 0:
                    await asyncio.sleep(0.05)
            task.cancel()
    status = json.loads((tmp_path / "data/status.json").read_text())
    assert status["pictures"] == {
        "kept": 0, "waiting": 0, "bytes": 0, "max_bytes": 268_435_456, "counts": {}, "sending": {},
    }  # fmt: skip
    assert status["links"][0]["devices"][0]["state"] == "up"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("zones = [[[0.0, 0.0], [1.3, 0], [0.3, 0.2]]]", r"link\.0\.device\.0\.zones"),
        ("zones = [[[0.0, 0.0], [0.3, 0]]]", "zones"),
        ('send = ["faces"]', "send"),
        ('url = "ftp://x/"', "url"),
        ('url = "http://admin:geheim@x/"', "url"),
        ('url = "http://a..b/"', r"link\.0\.device\.0\.url: 'http://a\.\.b/': 'a\.\.b' is no host name"),
        ("sizes = { bird_max = 0.2 }", "bird_min < bird_max <= person_min"),
        ("period_s = 0.1", "period_s"),
        ('ca_file = "x"', "https"),
        ("face_recognition = true", "face_recognition"),
    ],
)
def test_faults_of_the_configuration_are_named(tmp_path: Path, line: str, fault: str) -> None:
    key = line.partition(" ")[0]
    kept = [
        text for text in CONFIG.format(url="http://x/").splitlines() if not text.startswith(f"{key} ") or "127" in text
    ]
    with pytest.raises(ConfigError, match=fault):
        load(configured(tmp_path, "\n".join([*kept, line])))


def test_a_camera_belongs_to_one_link(tmp_path: Path) -> None:
    text = CONFIG.format(url="http://x/")
    again = '[[link]]\nkind = "camera"\nname = "again"\n[[link.device]]\nneuron = "serial:a"\nurl = "http://y/"\n'
    with pytest.raises(ConfigError, match="'serial:a': camera given already"):
        load(configured(tmp_path, text + again))


def test_an_agent_without_cameras_imports_nothing_of_theirs() -> None:
    script = (
        "import sys, edge.agent, edge.config\nprint([name for name in ('numpy', 'PIL', 'h11') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_extra_the_configuration_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    for name in [name for name in sys.modules if name.startswith(("edge.cameras.", "edge.links.camera"))]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigError, match=r'pip install "yingzhou\[camera\]"'):
        Agent(load(configured(tmp_path, CONFIG.format(url="http://x/"))), SystemClock())

"""The simulated camera: deterministic, and strict about who asks."""

import asyncio

import httpx
import numpy as np
import pytest
import requests
from requests.auth import HTTPDigestAuth

from edge.cameras.http import BadAnswer
from edge.cameras.snapshot import SnapshotSource
from protocols.vocabulary import ManualClock
from simulators.devices.snapshot_camera import Algorithm, CameraSettings, SnapshotCamera
from simulators.devices.wetland import Wetland
from simulators.environment import Site
from tests.edge.cameras.drawn import T0, camera, pixels, wetland
from tests.edge.cameras.test_http import saying, serving

BOTH: tuple[Algorithm, ...] = ("MD5", "SHA-256")


def one(**settings: object) -> SnapshotCamera:
    given = {"username": "admin", "password": "geheim", **settings}
    return SnapshotCamera(wetland(birds=2, people=1), CameraSettings(**given), ManualClock(T0))


def source(url: str, tmp_path: object, password: str = "geheim", **options: object) -> SnapshotSource:
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(password)
    made = SnapshotSource(camera(**{"url": url, "username": "admin", "password_file": file, **options}))
    made.open()
    return made


def test_the_same_seed_and_time_are_the_same_picture() -> None:
    a, b = (Wetland(3, Site("cam"), birds=3, people=2) for _ in range(2))
    assert (a.draw(T0) == b.draw(T0)).all()
    assert (a.draw(T0) != a.draw(T0 + 60_000)).any()
    assert (Wetland(4, Site("cam")).draw(T0) != a.draw(T0)).any()


def test_it_is_day_and_night() -> None:
    scene = Wetland(3, Site("cam"))
    hours = [scene.draw(T0 + hour * 3_600_000).mean() for hour in range(24)]  # T0 is 8 in the morning in China
    assert hours.index(max(hours)) in range(2, 7)
    assert min(hours) < 5


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), BOTH])
async def test_three_clients_get_the_same_picture(algorithms: tuple[Algorithm, ...], tmp_path: object) -> None:
    async with one(algorithms=algorithms) as cam:
        ours = await source(cam.url, tmp_path).fetch()
        async with httpx.AsyncClient(auth=httpx.DigestAuth("admin", "geheim")) as client:
            theirs = await client.get(cam.url)
        auth = HTTPDigestAuth("admin", "geheim")
        others = await asyncio.to_thread(requests.get, cam.url, auth=auth, timeout=10)
        assert (theirs.status_code, others.status_code) == (200, 200)
        assert ours == theirs.content == others.content
    assert np.abs(pixels(ours).astype(int) - wetland(birds=2, people=1).draw(T0)).mean() < 6


async def test_a_nonce_is_used_until_it_is_stale(tmp_path: object) -> None:
    async with one(nonce_uses=3) as cam:
        ours = source(cam.url, tmp_path)
        for _ in range(7):
            await ours.fetch()
        assert cam.answered == {200: 7, 401: 3}  # first without, then twice stale


@pytest.mark.parametrize("auth", ["digest", "basic"])
async def test_the_wrong_password_is_tried_once(auth: str, tmp_path: object) -> None:
    async with one() as cam:
        with pytest.raises(BadAnswer) as caught:
            await source(cam.url, tmp_path, "falsch", auth=auth).fetch()
        assert caught.value.kind == "unauthorized"
        assert cam.answered[401] == {"digest": 2, "basic": 1}[auth]


async def test_basic_is_sent_only_where_it_is_configured(tmp_path: object) -> None:
    """A server that asks for Basic, as one that stands between us and the camera might, does not get the password."""
    asks = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="cam"\r\nContent-Length: 0\r\n\r\n'
    async with serving(saying(asks)) as url:
        with pytest.raises(BadAnswer, match="does not take"):
            await source(url, tmp_path).fetch()


async def test_replayed_and_malformed_answers_are_refused() -> None:
    async with one() as cam, httpx.AsyncClient() as client:
        first = await client.get(cam.url, auth=httpx.DigestAuth("admin", "geheim"))
        again = await client.get(cam.url, headers={"Authorization": first.request.headers["Authorization"]})
        assert (again.status_code, "stale=true" in again.headers["www-authenticate"]) == (401, True)
        for text in ("", "Digest", "Basic YTpi", 'Digest username="admin", nc=zz, qop=auth, uri="/snapshot.jpg"'):
            assert (await client.get(cam.url, headers={"Authorization": text})).status_code == 401
        assert (await client.get(cam.url + "x")).status_code == 404
        assert (await client.put(cam.url)).status_code == 405


async def test_an_open_camera_lets_everybody_in() -> None:
    async with one(username=None) as cam, httpx.AsyncClient() as client:
        answer = await client.get(cam.url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")

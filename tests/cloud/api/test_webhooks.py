import re
from base64 import b64decode

import httpx
import pytest

from cloud.alarms.target import Targets
from cloud.registry import deliveries
from cloud.registry.deliveries import Attempt
from tests.cloud.api.conftest import NOW, Desk
from tests.cloud.registry.place import sqlite_only

URL = "https://desk.example:8443/hook"


@pytest.fixture
async def public(desk: Desk) -> httpx.AsyncClient:
    """An admin of an installation whose name server knows desk.example and inside.example."""
    known = {"desk.example": ["93.184.215.14"], "inside.example": ["93.184.215.14", "10.0.0.1"]}
    targets = Targets(("10.1.0.0/16", "localhost:9000"), lambda host, _port: known.get(host, [host]))
    desk.build(targets=targets)
    return await desk.client(desk.key("admin"))


@sqlite_only
async def test_secret_is_shown_once(public: httpx.AsyncClient, desk: Desk) -> None:
    made = await public.post("/api/v1/webhooks", json={"url": URL})
    assert made.status_code == 201
    form = made.json()
    secret = form.pop("secret")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert len(b64decode(secret.removeprefix("whsec_"))) == 32
    assert form["events"] == ["alarm.raised", "alarm.cleared", "alarm.acknowledged"]
    assert (await public.get(made.headers["location"])).json() == form
    assert (await public.get("/api/v1/webhooks")).json() == {"items": [form], "next": None}
    other = (await public.post("/api/v1/webhooks", json={"url": URL, "events": ["alarm.raised"]})).json()
    assert other["secret"] != secret
    assert other["events"] == ["alarm.raised"]
    stored = (desk.folder / "registry.sqlite").read_bytes() + (desk.folder / "registry.sqlite-wal").read_bytes()
    assert secret.removeprefix("whsec_").encode() not in stored


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://desk.example/", "https"),
        ("https://desk.example:22/", "port 22"),
        ("https://inside.example/", "10.0.0.1"),
        ("https://127.0.0.1/", "loopback"),
        ("https://169.254.169.254/latest/meta-data", "link-local"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://0x7f000001/", "192.0.2.1"),
        ("https://a:b@desk.example/", "user name"),
        ("file:///etc/passwd", "https"),
        ("", "https"),
        ("https://desk.example/" + "x" * 2000, "2000"),
    ],
)
async def test_targets_are_refused_with_the_reason(public: httpx.AsyncClient, url: str, why: str) -> None:
    answer = await public.post("/api/v1/webhooks", json={"url": url})
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["pointer"] == "#/url"
    assert why in error["detail"]
    assert (await public.get("/api/v1/webhooks")).json()["items"] == []


async def test_internal_targets_are_accepted_as_far_as_listed(public: httpx.AsyncClient) -> None:
    for url in ("http://10.1.2.3:8080/", "http://localhost:9000/hook"):
        assert (await public.post("/api/v1/webhooks", json={"url": url})).status_code == 201


async def test_without_configuration_everything_internal_is_refused(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v1/webhooks", json={"url": "https://10.1.2.3/"})
    assert answer.status_code == 422


@pytest.mark.parametrize("body", [{}, {"url": 1}, {"url": URL, "events": []}, {"url": URL, "secret": "x"}])
async def test_wrong_bodies(public: httpx.AsyncClient, body: dict[str, object]) -> None:
    assert (await public.post("/api/v1/webhooks", json=body)).status_code == 422
    assert (await public.post("/api/v1/webhooks", json={"url": URL, "events": ["case.closed"]})).status_code == 422


async def test_deliveries_with_every_attempt_newest_first(public: httpx.AsyncClient, desk: Desk) -> None:
    name = (await public.post("/api/v1/webhooks", json={"url": URL})).json()["id"]
    with desk.database.begin() as tx:
        for _ in range(3):
            deliveries.enqueue(tx, name, None, "alarm.raised", b"{}", NOW)
        [first, second, _] = deliveries.due(tx, name, NOW, 10).now
        deliveries.record(tx, first, Attempt(1, NOW, 12, 500, "answered 500"), NOW + 5000)
        deliveries.record(tx, first, Attempt(2, NOW + 5000, 9, 204, ""), None)
        deliveries.record(tx, second, Attempt(1, NOW, 15_000, None, "no answer within 15 s"), NOW + 5000)
    page = (await public.get(f"/api/v1/webhooks/{name}/deliveries?limit=2")).json()
    rest = (await public.get(f"/api/v1/webhooks/{name}/deliveries", params={"cursor": page["next"]})).json()
    assert [one["state"] for one in page["items"]] == ["pending", "pending"]
    assert page["items"][1]["next_attempt"] == "2026-01-01T00:00:05.000Z"
    assert page["items"][1]["attempts"][0]["error"] == "no answer within 15 s"
    [oldest] = rest["items"]
    assert rest["next"] is None
    assert (oldest["id"], oldest["state"], oldest["next_attempt"]) == (first.id, "delivered", None)
    assert oldest["attempts"] == [
        {"at": "2026-01-01T00:00:00.000Z", "duration_ms": 12, "status": 500, "error": "answered 500"},
        {"at": "2026-01-01T00:00:05.000Z", "duration_ms": 9, "status": 204, "error": None},
    ]
    assert (await public.delete(f"/api/v1/webhooks/{name}")).status_code == 204
    for path in ("", "/deliveries"):
        assert (await public.get(f"/api/v1/webhooks/{name}{path}")).status_code == 404


async def test_only_admins_see_or_make_them(public: httpx.AsyncClient, desk: Desk) -> None:
    name = (await public.post("/api/v1/webhooks", json={"url": URL})).json()["id"]
    writer = await desk.client(desk.key("read", "write"))
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{name}"), ("DELETE", f"/{name}")):
        assert (await writer.request(method, f"/api/v1/webhooks{path}", json={"url": URL})).status_code == 403
    assert (await writer.get(f"/api/v1/webhooks/{name}/deliveries")).status_code == 403


async def test_number_is_bounded(public: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.registry.webhooks.MOST", 2)
    answers = [(await public.post("/api/v1/webhooks", json={"url": URL})).status_code for _ in range(3)]
    assert answers == [201, 201, 409]

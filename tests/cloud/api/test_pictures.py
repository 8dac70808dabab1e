"""Pictures over the API: signed pieces in, pictures out."""

from hashlib import sha256
from secrets import token_hex
from typing import Any

import httpx
import pytest

from protocols.uplink.signed_request import WINDOW_MS, Request, Signature
from tests.cloud.api.conftest import NOW, Desk

TOWN, ELSEWHERE = "310151101", "310151102"
TIME = "2026-01-01T00:00:00.000Z"


def picture(number: int = 1, size: int = 3000) -> bytes:
    return b"\xff\xd8\xff" + bytes([number]) * (size - 5) + b"\xff\xd9"


class Gateway:
    """Signs as docs/edge/cameras.md says."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient, name: str, key: bytes, key_id: int) -> None:
        self.desk, self.client, self.name, self.key, self.key_id = desk, client, name, key, key_id

    def signed(self, method: str, target: str, where: str, body: bytes, **changes: Any) -> dict[str, str]:
        time_ms, nonce = changes.get("time_ms", self.desk.clock.now_ms()), changes.get("nonce", token_hex(16))
        signature = Signature.of(body, changes.get("gateway", self.name), self.key_id, time_ms, nonce)
        made = signature.signed(Request(method, target, where), changes.get("key", self.key))
        return {"Authorization": made.authorization(), "Content-Range": where}

    async def put(
        self, neuron: str, whole: bytes, start: int = 0, end: int | None = None, *, time: str = TIME, **changes: Any
    ) -> httpx.Response:
        piece = whole[start:end]
        where = f"bytes {start}-{start + len(piece) - 1}/{len(whole)}" if end != start else f"bytes */{len(whole)}"
        target = f"/api/v1/pictures/{sha256(whole).hexdigest()}?neuron={neuron}&time={time}"
        return await self.client.put(target, headers=self.signed("PUT", target, where, piece, **changes), content=piece)

    async def ask(self, neuron: str, whole: bytes) -> httpx.Response:
        return await self.put(neuron, whole, 0, 0)


@pytest.fixture
async def neuron(admin: httpx.AsyncClient) -> str:
    await admin.post("/api/v1/gateways", json={"id": "gw-1"})
    body = {"name": "cam", "kind": "camera", "gateway": "gw-1", "observed_properties": ["motion_share"], "town": TOWN,
            "hardware": [{"scheme": "serial", "value": "CAM-7"}]}  # fmt: skip
    made: str = (await admin.post("/api/v1/neurons", json=body)).json()["id"]
    return made


@pytest.fixture
async def gateway(desk: Desk, admin: httpx.AsyncClient, neuron: str) -> Gateway:
    assert neuron
    given = (await admin.post("/api/v1/gateways/gw-1/credentials", json={})).json()
    return Gateway(desk, await desk.client(), "gw-1", bytes.fromhex(given["hmac_key"]), given["key_id"])


async def test_in_pieces_and_back(gateway: Gateway, admin: httpx.AsyncClient, neuron: str) -> None:
    whole = picture()
    asked = await gateway.ask(neuron, whole)
    assert (asked.status_code, asked.headers["upload-offset"]) == (202, "0")
    first = await gateway.put(neuron, whole, 0, 1000)
    assert (first.status_code, first.headers["upload-offset"], first.json()["complete"]) == (202, "1000", False)
    wrong = await gateway.put(neuron, whole, 500, 1500)
    assert (wrong.status_code, wrong.headers["upload-offset"]) == (409, "1000")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert (await gateway.ask(neuron, whole)).headers["upload-offset"] == "1000"
    last = await gateway.put(neuron, whole, 1000)
    assert (last.status_code, last.json()["complete"]) == (201, True)
    assert (await gateway.put(neuron, whole, 1000)).status_code == 200
    (listed,) = (await admin.get("/api/v1/pictures")).json()["items"]
    assert listed == {
        "sha256": sha256(whole).hexdigest(),
        "neuron": neuron,
        "gateway": "gw-1",
        "time": TIME,
        "received": TIME,
        "bytes": 3000,
        "deleted": "2026-01-31T00:00:00.000Z",
        "href": f"/api/v1/pictures/{sha256(whole).hexdigest()}",
    }
    shown = await admin.get(listed["href"])
    assert (shown.content, shown.headers["content-type"]) == (whole, "image/jpeg")
    assert shown.headers["cache-control"] == "private, max-age=86400, immutable"
    assert shown.headers["x-content-type-options"] == "nosniff"
    again = await admin.get(listed["href"], headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_camera_may_be_named_by_its_hardware(gateway: Gateway, admin: httpx.AsyncClient, neuron: str) -> None:
    assert (await gateway.put("serial%3ACAM-7", picture())).status_code == 201
    assert (await admin.get("/api/v1/pictures", params={"neuron": neuron})).json()["items"]


@pytest.mark.parametrize(
    "changes",
    [{"key": bytes(32)}, {"gateway": "gw-2"}, {"time_ms": NOW - WINDOW_MS - 1}, {"time_ms": NOW + WINDOW_MS + 1}],
    ids=["key", "gateway", "early", "late"],
)
async def test_a_signature_that_does_not_count(gateway: Gateway, neuron: str, changes: dict[str, Any]) -> None:
    answer = await gateway.put(neuron, picture(), **changes)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_what_is_signed_is_all_of_the_request(gateway: Gateway, neuron: str) -> None:
    whole = picture()
    target = f"/api/v1/pictures/{sha256(whole).hexdigest()}?neuron={neuron}&time={TIME}"
    where = f"bytes 0-2999/{len(whole)}"

    def headers() -> dict[str, str]:
        return gateway.signed("PUT", target, where, whole)

    client = gateway.client
    other = target.replace("2026-01-01", "2026-01-02")
    assert (await client.put(other, headers=headers(), content=whole)).status_code == 401
    shifted = headers() | {"Content-Range": "bytes 0-2999/3001"}
    assert (await client.put(target, headers=shifted, content=whole)).status_code == 401
    altered = await client.put(target, headers=headers(), content=whole[:-1] + b"?")
    assert (altered.status_code, "signed" in altered.json()["detail"]) == (400, True)
    for method in ("GET", "DELETE", "POST"):
        assert (await client.request(method, target, headers=headers())).status_code == 401
    for path in ("/api/v1/pictures", "/api/v1/neurons", "/api/v1/gateways/gw-1"):
        assert (await client.get(path, headers=gateway.signed("GET", path, "", b""))).status_code == 401
        assert (await client.put(path, headers=gateway.signed("PUT", path, "", b""))).status_code == 401


async def test_a_request_counts_once(gateway: Gateway, neuron: str) -> None:
    whole, nonce = picture(), "ab" * 16
    assert (await gateway.put(neuron, whole, 0, 1000, nonce=nonce)).status_code == 202
    again = await gateway.put(neuron, whole, 0, 1000, nonce=nonce)
    assert (again.status_code, "before" in again.json()["detail"]) == (401, True)
    gateway.desk.clock.advance(2 * WINDOW_MS / 1000 + 1)
    assert (await gateway.put(neuron, whole, 1000, nonce=nonce)).status_code == 201  # a new time: a new request
    assert gateway.desk.context.signatures.counts == {"replayed": 1}


@pytest.mark.parametrize(
    "header",
    ["", "gateway=gw-1", "a" * 100_000, "gateway=gw-1, key=1, time=1, nonce=" + "0" * 32, "gateway=\u00e9"],
)
async def test_a_signature_that_is_none(gateway: Gateway, neuron: str, header: str) -> None:
    headers = {"Authorization": f"YZ-HMAC-SHA256 {header}".encode("latin-1")}
    answer = await gateway.client.put(f"/api/v1/pictures/{'0' * 64}?neuron={neuron}&time={TIME}", headers=headers)
    assert answer.status_code == 401


async def test_a_key_of_the_api_brings_no_picture(admin: httpx.AsyncClient, neuron: str) -> None:
    answer = await admin.put(f"/api/v1/pictures/{'0' * 64}", params={"neuron": neuron, "time": TIME}, content=b"x")
    assert answer.status_code == 403


async def test_the_previous_key_counts_for_a_day(gateway: Gateway, admin: httpx.AsyncClient, neuron: str) -> None:
    await admin.post("/api/v1/gateways/gw-1/credentials", json={})
    assert (await gateway.put(neuron, picture(1))).status_code == 201
    gateway.desk.clock.advance(25 * 3600)
    assert (await gateway.put(neuron, picture(2))).status_code == 401


async def test_a_neuron_of_another_gateway_is_unknown(gateway: Gateway, admin: httpx.AsyncClient, neuron: str) -> None:
    await admin.post("/api/v1/gateways", json={"id": "gw-2"})
    given = (await admin.post("/api/v1/gateways/gw-2/credentials", json={})).json()
    other = Gateway(gateway.desk, gateway.client, "gw-2", bytes.fromhex(given["hmac_key"]), given["key_id"])
    assert (await other.put(neuron, picture())).status_code == 404
    assert (await gateway.put("nrn-00000000y", picture())).status_code == 404
    assert (await gateway.put("mn%3AX", picture())).status_code == 404


async def test_wrong_hash_is_refused_and_forgotten(gateway: Gateway, admin: httpx.AsyncClient, neuron: str) -> None:
    whole, other = picture(1), picture(2)
    target = f"/api/v1/pictures/{sha256(whole).hexdigest()}?neuron={neuron}&time={TIME}"
    where = f"bytes 0-2999/{len(whole)}"
    answer = await gateway.client.put(target, headers=gateway.signed("PUT", target, where, other), content=other)
    assert (answer.status_code, "hash" in answer.json()["detail"]) == (422, True)
    assert (await gateway.ask(neuron, whole)).headers["upload-offset"] == "0"
    assert (await admin.get("/api/v1/pictures")).json()["items"] == []


@pytest.mark.parametrize(
    ("where", "length", "status"),
    [
        ("bytes 0-99999/100001", 100, 413),
        ("bytes 0-999/999999999", 1000, 413),
        ("bytes 0-999/3000", 100, 400),
        ("bytes 0-99/99", 100, 400),
        ("bytes 5-4/3000", 0, 400),
        ("bytes */3000", 100, 400),
        ("bytes 0-99/*", 100, 400),
        ("bytes */10", 0, 400),
        ("items 0-99/3000", 100, 400),
        ("", 100, 400),
        ("bytes 0-69999/70000", 70_000, 413),
    ],
)
async def test_ranges_that_do_not_go_together(
    gateway: Gateway, neuron: str, where: str, length: int, status: int
) -> None:
    body = bytes(length)
    target = f"/api/v1/pictures/{'1' * 64}?neuron={neuron}&time={TIME}"
    answer = await gateway.client.put(target, headers=gateway.signed("PUT", target, where, body), content=body)
    assert answer.status_code == status
    assert gateway.desk.pictures.counts == {}


async def test_times_that_cannot_be(gateway: Gateway, neuron: str) -> None:
    for time in ("2026-01-01T00:11:00Z", "2025-11-30T00:00:00Z", "yesterday"):
        assert (await gateway.put(neuron, picture(), time=time)).status_code == 422
    assert (await gateway.put(neuron, picture(), time="2025-12-05T00:00:00Z")).status_code == 201


async def test_pictures_are_those_of_the_askers_towns(gateway: Gateway, desk: Desk, neuron: str) -> None:
    await gateway.put(neuron, picture())
    path = f"/api/v1/pictures/{sha256(picture()).hexdigest()}"
    here, there = [await desk.client(desk.key("read", towns=(town,))) for town in (TOWN, ELSEWHERE)]
    assert len((await here.get("/api/v1/pictures")).json()["items"]) == 1
    assert (await here.get(path)).status_code == 200
    assert (await there.get("/api/v1/pictures")).json()["items"] == []
    assert (await there.get(path)).status_code == 404
    assert (await there.get(path, headers={"If-None-Match": "*"})).status_code == 404


async def test_a_list_in_pages_and_spans(gateway: Gateway, admin: httpx.AsyncClient, neuron: str) -> None:
    for number in range(7):
        await gateway.put(neuron, picture(number), time=f"2025-12-31T0{number}:00:00Z")
    seen, cursor = [], ""
    while cursor is not None:
        page = (await admin.get("/api/v1/pictures", params={"limit": 3, "cursor": cursor})).json()
        seen += [one["time"][11:13] for one in page["items"]]
        cursor = page["next"]
    assert seen == ["06", "05", "04", "03", "02", "01", "00"]
    span = {"from": "2025-12-31T02:00:00Z", "to": "2025-12-31T04:00:00Z"}
    assert [one["time"][11:13] for one in (await admin.get("/api/v1/pictures", params=span)).json()["items"]] == [
        "03",
        "02",
    ]


async def test_on_its_day_a_picture_is_not_shown_although_it_was_not_swept(
    gateway: Gateway, admin: httpx.AsyncClient, neuron: str
) -> None:
    await gateway.put(neuron, picture())
    path = f"/api/v1/pictures/{sha256(picture()).hexdigest()}"
    gateway.desk.clock.advance(30 * 86_400 - 10)
    assert (await admin.get(path)).headers["cache-control"] == "private, max-age=10, immutable"
    gateway.desk.clock.advance(11)
    assert (await admin.get(path)).status_code == 404
    assert (await admin.get("/api/v1/pictures")).json()["items"] == []


@pytest.mark.parametrize("digest", ["x", "A" * 64, "0" * 63, "..%2f..%2fsecrets%2fmaster-key", "0" * 64 + ".jpg"])
async def test_what_is_no_hash(admin: httpx.AsyncClient, digest: str) -> None:
    assert (await admin.get(f"/api/v1/pictures/{digest}")).status_code in {404, 422}

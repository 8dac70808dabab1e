import httpx
import pytest

from tests.cloud.api.conftest import Desk

TWIN = {
    "kind": "streetlight",
    "name": "灯 1",
    "town": "310151101",
    "location": {"type": "Point", "coordinates": [121.39, 31.63]},
    "attributes": {"height_m": 8, "tags": ["a"]},
}


async def test_mints_the_kinds_category(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/v1/twins", json=TWIN)
    assert made.status_code == 201
    body = made.json()
    assert body["id"].startswith("310151-0118-000001-")
    assert made.headers["location"] == f"/api/v1/twins/{body['id']}"
    assert {name: body[name] for name in TWIN} == TWIN
    assert body["created"] == body["updated"] == "2026-01-01T00:00:00.000Z"
    assert body["bindings"] == []
    for form in (body["id"], body["id"].replace("-", "")):
        assert (await admin.get(f"/api/v1/twins/{form}")).json() == body
    sluice = (await admin.post("/api/v1/twins", json={"kind": "sluice", "category": "0216"})).json()
    assert sluice["id"].startswith("310151-0216-000001-")


async def test_adopts_a_code_once(admin: httpx.AsyncClient) -> None:
    code = "3205080101000001"
    made = await admin.post("/api/v1/twins", json={"kind": "manhole_water", "code": code})
    assert made.json()["code"] == code
    assert made.json()["location"] is None
    again = await admin.post("/api/v1/twins", json={"kind": "manhole_water", "code": code})
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "Street Light"}, "#/kind"),
        ({"kind": None}, "#/kind"),
        ({"name": "a\nb"}, "#/name"),
        ({"name": "x" * 201}, "#/name"),
        ({"name": 5}, "#/name"),
        ({"town": "310151999"}, "#/town"),
        ({"town": "310115001"}, "#/town"),
        ({"location": {"type": "Point", "coordinates": [31.6, 121.4]}}, "#/location"),
        ({"location": {"type": "Polygon", "coordinates": [1, 2]}}, "#/location/type"),
        ({"location": {"type": "Point", "coordinates": [1]}}, "#/location/coordinates"),
        ({"code": "123"}, "#/code"),
        ({"code": "３２０５０８０１０１０００００１"}, "#/code"),
        ({"category": "18"}, "#/category"),
        ({"code": "3205080101000001", "category": "0118"}, "#/category"),
        ({"attributes": []}, "#/attributes"),
        ({"attributes": {"a": "x" * 20_000}}, "#/attributes"),
        ({"attributes": {"a": [[[[[[[[1]]]]]]]]}}, "#/attributes"),
        ({"attributes": {"a": 2**64}}, "#/attributes"),
        ({"id": "mine"}, "#/id"),
        ({"created": "2020"}, "#/created"),
    ],
)
async def test_wrong_member_is_pointed_at(admin: httpx.AsyncClient, change: dict, pointer: str) -> None:
    refused = await admin.post("/api/v1/twins", json={**TWIN, **change})
    assert refused.status_code == 422
    body = refused.json()
    assert (body["status"], body["title"]) == (422, "Unprocessable Content")
    assert pointer in [error["pointer"] for error in body["errors"]]
    assert (await admin.get("/api/v1/twins")).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"kind": "k", "attributes": {"a": NaN}}',
        b'{"kind": "k", "attributes": {"a": 1e999}}',
        b'{"kind": "k", "attributes": {"a": "\\ud800"}}',
        b'{"kind": "k", "name": "\\ud800"}',
        b'{"kind": "k", "attributes": {"\\u0000": 1}}',
        b'{"kind": "k", "attributes": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
        b'{"kind": "k", "attributes": {"a": ' + b"9" * 5000 + b"}}",
        b"[" * 20_000,
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b'"x"',
    ],
)
async def test_nasty_bodies_are_refused(admin: httpx.AsyncClient, raw: bytes) -> None:
    refused = await admin.post("/api/v1/twins", content=raw, headers={"content-type": "application/json"})
    assert refused.status_code in {400, 422}
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("raw", [b"{", b'{"kind": "k",}', b'{"kind": NaN0}', b"[" * 20_000, b"\xff\xfe"])
async def test_body_that_is_no_json_is_a_bad_request(admin: httpx.AsyncClient, raw: bytes) -> None:
    refused = await admin.post("/api/v1/twins", content=raw, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["status"]) == (400, 400)
    assert "errors" not in refused.json(), "there is no member to point at"
    if raw == b"{":
        assert refused.json()["detail"].endswith("at character 1")


async def test_change_writes_what_is_given(admin: httpx.AsyncClient, desk: Desk) -> None:
    made = (await admin.post("/api/v1/twins", json=TWIN)).json()
    desk.clock.advance(5)
    path = f"/api/v1/twins/{made['id']}"
    changed = (await admin.patch(path, json={"name": "new", "location": None})).json()
    assert changed == {**made, "name": "new", "location": None, "updated": "2026-01-01T00:00:05.000Z"}
    assert (await admin.patch(path, json={"kind": "sluice"})).status_code == 422
    assert (await admin.patch(path, json={"attributes": {"b": 1}})).json()["attributes"] == {"b": 1}


async def test_unknown_twins(admin: httpx.AsyncClient) -> None:
    for name in ("310151-0118-000001-X", "nonsense", "310151-0118-000009-0"):
        missing = await admin.get(f"/api/v1/twins/{name}")
        assert missing.status_code == 404
        assert missing.json()["title"] == "Not Found"
    assert "is right" in (await admin.get("/api/v1/twins/310151-0118-000001-0")).json()["detail"]


async def test_pages_follow_one_another(admin: httpx.AsyncClient) -> None:
    for n in range(7):
        await admin.post("/api/v1/twins", json={**TWIN, "name": str(n)})
    names, cursor = [], ""
    while cursor is not None:
        page = (await admin.get("/api/v1/twins", params={"limit": 3, "cursor": cursor})).json()
        assert len(page["items"]) <= 3
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert names == list("0123456")


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"town": "310151101"}, 1),
        ({"town": "310151102"}, 0),
        ({"kind": "streetlight"}, 1),
        ({"kind": "sluice"}, 0),
        ({"bbox": "121,31,122,32"}, 1),
        ({"bbox": "120,31,121,32"}, 0),
    ],
)
async def test_filters(admin: httpx.AsyncClient, params: dict, found: int) -> None:
    await admin.post("/api/v1/twins", json=TWIN)
    assert len((await admin.get("/api/v1/twins", params=params)).json()["items"]) == found


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 10**9},
        {"limit": "x"},
        {"cursor": "!!"},
        {"cursor": "w6k"},
        {"bbox": "1,2,3"},
        {"bbox": "nan,0,1,1"},
        {"bbox": "3,0,1,1"},
        {"town": "'; DROP TABLE twin"},
        {"kind": "x" * 50},
    ],
)
async def test_wrong_parameters_are_named(admin: httpx.AsyncClient, params: dict) -> None:
    refused = await admin.get("/api/v1/twins", params=params)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == next(iter(params))

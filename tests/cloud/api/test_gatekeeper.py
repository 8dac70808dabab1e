import re

import httpx
import pytest

from tests.cloud.api.conftest import NOW, Desk

OPEN = {"/healthz", "/readyz", "/login"}
TOWN, ELSEWHERE = "310151101", "310151102"


def routes(desk: Desk) -> list[tuple[str, str]]:
    paths = desk.app.openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


async def test_every_route_but_the_open_ones_needs_a_key(desk: Desk) -> None:
    walked = [(method, path) for method, path in routes(desk) if path not in OPEN]
    assert len(walked) > 25
    for key in (None, "yz_00000000_" + "0" * 32, "x" * 10_000, "", "\u00ff"):
        client = await desk.client()
        headers = {} if key is None else {"Authorization": f"Bearer {key}".encode()}
        for method, path in walked:
            answer = await client.request(method, re.sub(r"\{.*?\}", "1", path), headers=headers, content=b"{}")
            assert answer.status_code == 401, (method, path)
            if path.startswith("/api/v2/"):
                assert answer.json() == {"code": "unauthorized", "message": "unauthorized access"}
            else:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"] == "Bearer"


async def test_open_routes_are_open_and_nothing_else(desk: Desk) -> None:
    client = await desk.client()
    for path in ("/healthz", "/readyz", "/docs", "/redoc", "/openapi.json", "/static-offline-docs/swagger-ui.css"):
        assert (await client.get(path)).status_code == 200, path
    for path in ("/metrics", "/api/v1/twins/", "/api/v1/nothing", "/nothing", "//api/v1/twins", "/API/v1/twins"):
        assert (await client.get(path)).status_code == 401, path


async def test_unknown_path_with_a_key_is_a_problem(admin: httpx.AsyncClient) -> None:
    missing = await admin.get("/api/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    wrong = await admin.delete("/api/v1/twins")
    assert (wrong.status_code, wrong.json()["title"]) == (405, "Method Not Allowed")


@pytest.mark.parametrize("form", ["Bearer {}", "Token {}", "token {}", "BEARER  {}"])
async def test_forms_of_authorization(desk: Desk, form: str) -> None:
    client = await desk.client()
    key = desk.key("read")
    assert (await client.get("/api/v1/towns", headers={"Authorization": form.format(key)})).status_code == 200
    assert (await client.get("/api/v1/towns", headers={"X-API-Key": key})).status_code == 200
    assert (await client.get("/api/v1/towns", headers={"Authorization": f"Basic {key}"})).status_code == 401
    assert (await client.get("/api/v1/towns", params={"api_key": key})).status_code == 401


async def test_scopes(desk: Desk) -> None:
    reader, writer = await desk.client(desk.key("read")), await desk.client(desk.key("write"))
    for method, template in routes(desk):
        if not template.startswith("/api/v1/"):
            continue
        path = re.sub(r"\{.*?\}", "1", template)
        if method == "GET" and "keys" not in path:
            assert (await writer.get(path)).status_code == 403, path
        elif method != "GET":
            body = {"headers": {"content-type": "application/json"}, "content": b"{}"}
            refused = await reader.request(method, path, **body)
            assert refused.status_code == 403, path
            assert "lacks the scope" in refused.json()["detail"]
    twin = {"kind": "streetlight"}
    assert (await reader.post("/api/v1/twins", json=twin)).status_code == 403
    assert (await writer.post("/api/v1/twins", json=twin)).status_code == 201
    assert (await reader.post("/api/v2/write", content=b"m f=1")).status_code == 403
    both = await desk.client(desk.key("read", "write"))
    for method, path, json in (
        ("GET", "/api/v1/keys", None),
        ("POST", "/api/v1/keys", {"name": "x", "scopes": ["admin"]}),
        ("POST", "/api/v1/gateways", {"id": "gw-9"}),
        ("POST", "/api/v1/gateways/gw-9/credentials", {}),
        ("POST", "/api/v1/tickets", None),
    ):
        assert (await both.request(method, path, json=json)).status_code == 403, path


async def test_key_of_a_town_sees_that_town_only(admin: httpx.AsyncClient, desk: Desk) -> None:
    scoped = await desk.client(desk.key("read", "write", towns=(TOWN,)))
    ids: dict[str, dict[str, str]] = {}
    for town in (TOWN, ELSEWHERE):
        gateway = f"gw-{town}"
        await admin.post("/api/v1/gateways", json={"id": gateway})
        body = {"kind": "water_quality", "town": town, "observed_properties": ["ph"], "gateway": gateway}
        neuron = (await admin.post("/api/v1/neurons", json=body)).json()["id"]
        twin = (await admin.post("/api/v1/twins", json={"kind": "sluice", "town": town})).json()["id"]
        bound = {"twin": twin, "from": "2025-01-01T00:00:00Z"}
        assert (await admin.post(f"/api/v1/neurons/{neuron}/bindings", json=bound)).status_code == 201
        desk.take(f"{neuron}/ph", [(NOW - 1, 7.0, 1, 0)])
        ids[town] = {"neuron": neuron, "twin": twin, "gateway": gateway}
    await admin.post("/api/v1/neurons", json={"kind": "water_quality", "observed_properties": ["ph"]})
    mine, others = ids[TOWN], ids[ELSEWHERE]
    for path in (
        "/api/v1/twins/{twin}",
        "/api/v1/twins/{twin}/readings",
        "/api/v1/twins/{twin}/readings?format=csv",
        "/api/v1/neurons/{neuron}",
        "/api/v1/datastreams/{neuron}/ph/readings",
        "/api/v1/datastreams/{neuron}/ph/readings?every=1h&format=csv",
        "/api/v1/gateways/{gateway}",
    ):
        assert (await scoped.get(path.format(**mine))).status_code == 200, path
        assert (await scoped.get(path.format(**others))).status_code == 404, path
        assert (await admin.get(path.format(**others))).status_code == 200, path
    for path in ("twins", "neurons", "datastreams", "latest", "gateways"):
        text = (await scoped.get(f"/api/v1/{path}")).text
        assert len((await scoped.get(f"/api/v1/{path}")).json()["items"]) == 1, path
        assert not any(name in text for name in others.values()), path
        assert (await scoped.get(f"/api/v1/{path}", params={"town": ELSEWHERE})).text.find(others["neuron"]) < 0
    for method, path, json in (
        ("PATCH", "/api/v1/twins/{twin}", {"name": "x"}),
        ("PATCH", "/api/v1/neurons/{neuron}", {"name": "x"}),
        ("POST", "/api/v1/neurons/{neuron}/bindings", {"twin": mine["twin"]}),
    ):
        assert (await scoped.request(method, path.format(**others), json=json)).status_code == 404, path
    foreign = await scoped.post(f"/api/v1/neurons/{mine['neuron']}/bindings", json={"twin": others["twin"]})
    assert foreign.status_code == 422
    for path, body in (("twins", {"kind": "sluice"}), ("neurons", {"kind": "camera"})):
        for town in (ELSEWHERE, None):
            assert (await scoped.post(f"/api/v1/{path}", json={**body, "town": town})).status_code == 403
    for path in (f"/api/v1/twins/{mine['twin']}", f"/api/v1/neurons/{mine['neuron']}"):
        assert (await scoped.patch(path, json={"town": ELSEWHERE})).status_code == 403
        assert (await scoped.patch(path, json={"town": None})).status_code == 403
        assert (await scoped.patch(path, json={"name": "mine"})).status_code == 200
    assert len((await scoped.get("/api/v1/towns")).json()["items"]) == 18


async def test_keys_are_made_shown_once_and_revoked(admin: httpx.AsyncClient, desk: Desk) -> None:
    body = {"name": "script", "scopes": ["read"], "towns": [TOWN], "expires": "2026-01-01T01:00:00Z"}
    made = (await admin.post("/api/v1/keys", json=body)).json()
    client = await desk.client(made["key"])
    assert (await client.get("/api/v1/twins")).status_code == 200
    listed = await admin.get("/api/v1/keys")
    assert made["key"] not in listed.text
    assert {"id": made["id"], "name": "script", "scopes": ["read"], "towns": [TOWN]}.items() <= next(
        one for one in listed.json()["items"] if one["id"] == made["id"]
    ).items()
    desk.clock.advance(3600)
    assert (await client.get("/api/v1/twins")).status_code == 401
    other = (await admin.post("/api/v1/keys", json={"name": "x", "scopes": ["read"]})).json()
    client = await desk.client(other["key"])
    assert (await client.get("/api/v1/twins")).status_code == 200
    assert (await admin.delete(f"/api/v1/keys/{other['id']}")).status_code == 204
    assert (await client.get("/api/v1/twins")).status_code == 401
    assert (await admin.delete("/api/v1/keys/00000000")).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": []},
        {"scopes": ["root"]},
        {"scopes": ["admin"], "towns": [TOWN]},
        {"towns": ["310115001"]},
        {"towns": [TOWN + "001"]},
        {"expires": "2025-01-01T00:00:00Z"},
        {"expires": "tomorrow"},
        {"key": "yz_mine"},
    ],
)
async def test_wrong_keys_are_not_made(admin: httpx.AsyncClient, change: dict) -> None:
    refused = await admin.post("/api/v1/keys", json={"name": "x", "scopes": ["read"], **change})
    assert refused.status_code == 422
    assert len((await admin.get("/api/v1/keys")).json()["items"]) == 1


async def test_foreign_origin_gets_nothing(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/api/v1/towns", headers={"Origin": "https://evil.example"})
    assert not any(name.startswith("access-control") for name in answer.headers)
    preflight = await admin.options("/api/v1/towns", headers={"Origin": "https://evil.example"})
    assert not any(name.startswith("access-control") for name in preflight.headers)

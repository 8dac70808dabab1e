import re
from http.cookies import SimpleCookie

import httpx
import pytest

from cloud.registry.sessions import LIFETIME_MS
from tests.cloud.api.conftest import Desk

CSRF = {"X-Requested-With": "yingzhou"}


async def logged_in(desk: Desk) -> httpx.AsyncClient:
    client = await desk.client()
    answer = await client.get("/login", params={"ticket": desk.context.tickets.issue()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return client


async def test_ticket_opens_a_session_once(desk: Desk) -> None:
    ticket = desk.context.tickets.issue()
    client = await desk.client()
    assert (await client.get("/api/v1/twins")).status_code == 401
    answer = await client.get("/login", params={"ticket": ticket})
    cookie = SimpleCookie(answer.headers["set-cookie"])["yz_session"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("strict", "/", "43200")
    assert (await client.get("/api/v1/twins")).status_code == 200
    assert cookie.value.encode() not in b"".join(p.read_bytes() for p in desk.folder.glob("registry.sqlite*"))
    again = await (await desk.client()).get("/login", params={"ticket": ticket})
    assert again.status_code == 401
    assert "set-cookie" not in again.headers


async def test_ticket_and_session_end(desk: Desk) -> None:
    ticket = desk.context.tickets.issue()
    desk.clock.advance(600)
    assert (await (await desk.client()).get("/login", params={"ticket": ticket})).status_code == 401
    client = await logged_in(desk)
    desk.clock.advance(LIFETIME_MS / 1000 - 1)
    assert (await client.get("/api/v1/twins")).status_code == 200
    desk.clock.advance(1)
    assert (await client.get("/api/v1/twins")).status_code == 401


async def test_session_needs_the_csrf_header_to_change_anything(desk: Desk) -> None:
    client = await logged_in(desk)
    body = {"kind": "streetlight"}
    assert (await client.post("/api/v1/twins", json=body)).status_code == 403
    assert (await client.post("/api/v1/twins", json=body, headers={"X-Requested-With": "x"})).status_code == 403
    assert (await client.post("/api/v1/twins", json=body, headers=CSRF)).status_code == 201
    assert (await client.delete("/api/v1/session", headers=CSRF)).status_code == 204
    client.cookies.clear()
    assert (await client.get("/api/v1/twins")).status_code == 401


async def test_ended_session_is_of_no_use(desk: Desk) -> None:
    client = await logged_in(desk)
    token = client.cookies["yz_session"]
    await client.delete("/api/v1/session", headers=CSRF)
    thief = await desk.client()
    assert (await thief.get("/api/v1/twins", headers={"Cookie": f"yz_session={token}"})).status_code == 401


async def test_wrong_key_is_not_saved_by_a_cookie(desk: Desk) -> None:
    client = await logged_in(desk)
    assert (await client.get("/api/v1/twins", headers={"Authorization": "Bearer yz_x"})).status_code == 401


@pytest.mark.parametrize(
    "cookie", ["yz_session=", "yz_session=\xff", "a=b; yz_session=x; c", "=", ";;;", "yz_session=" + "x" * 9999]
)
async def test_garbage_cookies(desk: Desk, cookie: str) -> None:
    client = await desk.client()
    answer = await client.get("/api/v1/twins", headers={"Cookie": cookie.encode("latin-1")})
    assert answer.status_code == 401


async def test_ticket_by_the_api(admin: httpx.AsyncClient, desk: Desk) -> None:
    made = (await admin.post("/api/v1/tickets")).json()
    assert made["expires"] == "2026-01-01T00:10:00.000Z"
    assert (await (await desk.client()).get(made["path"])).status_code == 303


async def test_tickets_are_bounded(desk: Desk) -> None:
    tickets = [desk.context.tickets.issue() for _ in range(101)]
    assert not desk.context.tickets.redeem(tickets[0])
    assert desk.context.tickets.redeem(tickets[1])


async def test_console_files(desk: Desk) -> None:
    client = await desk.client()
    assert (await client.get("/")).status_code == 404
    folder = desk.folder / "console"
    folder.mkdir()
    (folder / "index.html").write_text("<h1>瀛洲</h1>", encoding="utf-8")
    (folder / "app.js").write_text("1", encoding="utf-8")
    (folder / "__init__.py").write_text("secret", encoding="utf-8")
    page = await client.get("/")
    assert (page.status_code, page.text) == (200, "<h1>瀛洲</h1>")
    assert (await client.get("/console/app.js")).headers["content-type"].startswith("text/javascript")
    for path in ("__init__.py", "", "../registry.sqlite", "%2e%2e/registry.sqlite", "../secrets/master-key", "none.js"):
        assert (await client.get(f"/console/{path}")).status_code in {401, 404}, path


async def test_every_answer_has_safe_headers(admin: httpx.AsyncClient, desk: Desk) -> None:
    anybody = await desk.client()
    for client, path in (
        (admin, "/api/v1/twins"),
        (anybody, "/api/v1/twins"),
        (admin, "/nothing"),
        (anybody, "/healthz"),
        (anybody, "/docs"),
        (anybody, "/login?ticket=x"),
        (anybody, "/"),
    ):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert ("'unsafe-inline'" in policy) == (path == "/docs")
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        if path.startswith("/api/"):
            assert headers["cache-control"] == "no-store"


async def test_docs_load_nothing_from_elsewhere(desk: Desk) -> None:
    client = await desk.client()
    for path in ("/docs", "/redoc"):
        text = (await client.get(path)).text
        found = re.findall(r"(?:src|href)=\"([^\"]+)\"", text) + re.findall(r"https?://[^\s\"']+", text)
        assert found
        assert all(link.startswith("/") for link in found), found
        for link in found:
            assert (await client.get(link)).status_code == 200, link

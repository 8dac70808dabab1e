import asyncio

import httpx
import pytest

from tests.cloud.api.conftest import Desk
from tests.cloud.api.server import serving


async def test_announced_length_is_refused_unread(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v1/twins", content=b" " * 65_537, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["title"] == "Content Too Large"


@pytest.mark.parametrize(("path", "size"), [("/api/v1/twins", 70_000), ("/api/v2/write", 300_000)])
async def test_chunked_body_is_refused_as_it_grows(desk: Desk, path: str, size: int) -> None:
    sent = 0

    async def endless():
        nonlocal sent
        while sent < 50_000_000:
            sent += 10_000
            yield b" " * 10_000

    client = await desk.client(desk.key("admin"))
    answer = await client.post(path, content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert sent <= size + 10_000


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"x", b"9" * 5000])
async def test_nonsense_lengths(desk: Desk, length: bytes) -> None:
    client = await desk.client(desk.key("admin"))
    request = client.build_request("POST", "/api/v1/twins", headers={"content-type": "application/json"})
    request.headers["content-length"] = length.decode()
    assert (await client.send(request)).status_code == 413


async def test_server_lives_on_after_large_bodies_over_a_real_socket(desk: Desk) -> None:
    key = desk.key("admin")
    async with serving(desk.front) as server:
        for head in (
            "Content-Length: 100000000000",
            "Transfer-Encoding: chunked",
        ):
            reader, writer = await asyncio.open_connection(server.host, server.port)
            request = f"POST /api/v1/twins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            writer.write(f"{request}Content-Type: application/json\r\n{head}\r\n\r\n".encode())
            if "chunked" in head:
                writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n" + b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            assert (await reader.readline()).split()[1] == b"413"
            writer.close()
        async with httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": key}) as client:
            assert (await client.get("/api/v1/twins")).status_code == 200

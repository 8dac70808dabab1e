import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from cloud.api.head import MAX_HEAD
from tests.cloud.api.conftest import Desk
from tests.cloud.api.server import Served, serving

LINE = b"X-Padding: " + b"y" * 1000 + b"\r\n"


@asynccontextmanager
async def connection(server: Served) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    yield reader, writer
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("piece", [LINE, b"y" * 1000, b"X-A:\r\n" * 200], ids=["long", "endless", "many"])
async def test_a_head_without_end_is_cut_off(desk: Desk, piece: bytes) -> None:
    async with serving(desk.front) as server:
        async with connection(server) as (reader, writer):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-B: ")
            sent = 0
            with suppress(ConnectionError):
                while not reader.at_eof() and sent < 20 << 20:
                    writer.write(piece)
                    await writer.drain()
                    sent += len(piece)
                    await asyncio.sleep(0)
            assert MAX_HEAD <= sent < 10 << 20
        async with httpx.AsyncClient(base_url=server.url) as other:
            assert (await other.get("/healthz")).status_code == 200


async def test_heads_within_the_bound_and_long_bodies_pass(desk: Desk) -> None:
    headers = {"X-A": "y" * (MAX_HEAD // 2), "Authorization": f"Bearer {desk.key('admin')}"}
    async with serving(desk.front) as server, httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        for _ in range(3):  # on one connection: each head counts for itself
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.post("/api/v2/write", content=b"#" * 200_000)).status_code == 204


async def test_who_is_cut_off_is_told(desk: Desk) -> None:
    async with serving(desk.front) as server, connection(server) as (reader, writer), asyncio.timeout(20):
        told = asyncio.ensure_future(reader.readline())  # noqa: TID251 - it is awaited below
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        while not told.done():
            writer.write(LINE)
            await asyncio.sleep(0.002)
        assert (await told).startswith(b"HTTP/1.1 400 ")

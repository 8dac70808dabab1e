import asyncio
import gzip
import zlib
from dataclasses import replace
from threading import Event
from unittest.mock import Mock

import httpx
import pytest
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from cloud.ingest.line_writer import LineReport
from protocols.vocabulary import LinkDown
from tests.cloud.api.conftest import NOW, Desk
from tests.cloud.api.server import serving

PATH = "/api/v2/write?org=o&bucket=b&precision=ms"


@pytest.fixture
async def neuron(admin: httpx.AsyncClient) -> str:
    body = {
        "kind": "water_quality",
        "town": "310151101",
        "observed_properties": ["ph", "orp/2"],
        "hardware": [{"scheme": "mn", "value": "A1"}],
    }
    return (await admin.post("/api/v1/neurons", json=body)).json()["id"]


async def values(admin: httpx.AsyncClient, key: str) -> list[float]:
    found = (await admin.get(f"/api/v1/datastreams/{key}/readings", params={"from": "2020-01-01T00:00:00Z"})).json()
    return [item["value"] for item in found["items"]]


async def test_all_of_it_stored_is_204(admin: httpx.AsyncClient, neuron: str) -> None:
    body = f"water,mn=A1 ph=7.5,orp/2=200i {NOW - 2}\n{neuron} ph=7.6 {NOW - 1}".encode()
    for content, headers in ((body, {}), (gzip.compress(body), {"Content-Encoding": "gzip"})):
        answer = await admin.post(PATH, content=content, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await values(admin, f"{neuron}/ph") == [7.5, 7.6]
    assert await values(admin, f"{neuron}/orp/2") == [200]
    latest = (await admin.get("/api/v1/latest", params={"property": "ph"})).json()["items"]
    assert [item["value"] for item in latest] == [7.6]


async def test_partial_write_names_what_was_dropped(admin: httpx.AsyncClient, neuron: str) -> None:
    answer = await admin.post(PATH, content=f"{neuron} ph=7.5 {NOW}\nnonsense\nm,mn=B ph=1 {NOW}\n".encode())
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["code"] == "invalid"
    assert told["message"].startswith(
        "partial write: line 2: unable to parse 'nonsense': missing fields; line 3: field 'ph': no such neuron"
    )
    assert told["message"].endswith("dropped=2")
    assert told["line"] == 2, "the first that was not taken"
    assert await values(admin, f"{neuron}/ph") == [7.5]


async def test_nothing_stored_is_no_partial_write(admin: httpx.AsyncClient) -> None:
    told = (await admin.post(PATH, content=b"nonsense")).json()
    assert told["message"].startswith("line 1: unable to parse")
    assert (await admin.post(PATH, content=b"\xff")).status_code == 400
    assert (await admin.post(PATH, content=b"")).status_code == 204


async def test_many_faults_are_told_shortly(admin: httpx.AsyncClient) -> None:
    told = (await admin.post(PATH, content=b"x\n" * 50_000)).json()
    assert told["message"].endswith("dropped=50000")
    assert len(told["message"]) < 1000


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (gzip.compress(b"\n" * 300_000), "gzip", 413),
        (gzip.compress(bytes(50_000_000)), "gzip", 413),
        (gzip.compress(b"m f=1\n" * 10_000) * 5, "gzip", 413),
        (gzip.compress(b"m f=1", mtime=0)[:-1], "gzip", 400),
        (gzip.compress(b"m f=1", mtime=0) + b"x", "gzip", 400),
        (b"m f=1", "gzip", 400),
        (zlib.compress(b"m f=1"), "deflate", 415),
        (b"#" * 262_145, "identity", 413),
    ],
)
async def test_bombs_and_broken_packing(admin: httpx.AsyncClient, content: bytes, encoding: str, status: int) -> None:
    answer = await admin.post(PATH, content=content, headers={"Content-Encoding": encoding})
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
    assert (answer.json()["code"] == "request too large") == (status == 413)


async def test_two_gzip_members_are_one_body(admin: httpx.AsyncClient, neuron: str) -> None:
    body = gzip.compress(f"{neuron} ph=1 {NOW - 5}\n".encode()) + gzip.compress(f"{neuron} ph=2 {NOW - 4}\n".encode())
    assert (await admin.post(PATH, content=body, headers={"Content-Encoding": "gzip"})).status_code == 204
    assert await values(admin, f"{neuron}/ph") == [1, 2]


async def test_precision_is_checked(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/v2/write?precision=h", content=b"m f=1")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "ns, us, ms, and s" in answer.json()["message"]


async def test_key_of_another_town_finds_no_neuron(desk: Desk, admin: httpx.AsyncClient, neuron: str) -> None:
    client = await desk.client(desk.key("write", towns=("310151102",)))
    answer = await client.post(PATH, content=f"{neuron} ph=7.5 {NOW}".encode())
    assert answer.status_code == 400
    assert "no such neuron" in answer.json()["message"]
    assert await values(admin, f"{neuron}/ph") == []


async def test_influxdb_client_writes_here(desk: Desk, admin: httpx.AsyncClient, neuron: str) -> None:
    def write(url: str, key: str, *points: Point) -> None:
        with (
            InfluxDBClient(url, token=key, org="o", enable_gzip=True) as client,
            client.write_api(write_options=SYNCHRONOUS) as api,
        ):
            api.write("b", record=list(points), write_precision=WritePrecision.MS)

    good = Point("water").tag("mn", "A1").field("ph", 7.25).time(NOW - 9, WritePrecision.MS)
    bad = Point("water").tag("mn", "A1").field("ph", "high").time(NOW - 8, WritePrecision.MS)
    key = desk.key("write")
    async with serving(desk.front) as server:
        await server.in_thread(write, server.url, key, good)
        with pytest.raises(ApiException) as refused:
            await server.in_thread(write, server.url, key, bad)
        with pytest.raises(ApiException) as stranger:
            await server.in_thread(write, server.url, "yz_wrong", good)
    assert await values(admin, f"{neuron}/ph") == [7.25]
    assert refused.value.status == 400
    assert "a string is an event" in refused.value.message
    assert stranger.value.status == 401


async def test_store_that_does_not_commit_is_503(desk: Desk, admin: httpx.AsyncClient, neuron: str) -> None:
    down = Mock(side_effect=LinkDown("the store does not commit: no space left"))
    desk.app.state.context = replace(desk.context, write_lines=down, replay=down)
    refused = await admin.post(PATH, content=f"{neuron} ph=7 {NOW}".encode())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json() == {"code": "unavailable", "message": "the store does not commit: no space left"}


async def test_writers_that_wait_leave_threads_to_those_who_ask(
    desk: Desk, admin: httpx.AsyncClient, neuron: str
) -> None:
    go_on = Event()

    def stuck(*_: object) -> LineReport:
        go_on.wait(30)
        return LineReport(1, 0, [])

    desk.app.state.context = replace(desk.context, write_lines=stuck)
    async with asyncio.TaskGroup() as group:
        writing = [group.create_task(admin.post(PATH, content=b"x")) for _ in range(60)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(10):
                for path in ("/readyz", "/metrics", f"/api/v1/neurons/{neuron}"):
                    assert (await admin.get(path)).status_code == 200
        finally:
            go_on.set()
    assert {task.result().status_code for task in writing} == {204}

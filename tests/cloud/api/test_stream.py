"""The stream behind a real uvicorn, followed by a real client."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import pytest

from cloud.api import event_stream, stream
from cloud.api.feed import Feed, Mark
from cloud.store.port import Columns
from protocols.vocabulary import ManualClock
from tests.cloud.api.conftest import NOW, Desk
from tests.cloud.api.server import Served, serving

NEURON = {"kind": "soil", "observed_properties": ["soil_moisture", "soil_temperature"], "town": "310151101"}
Event = tuple[str, str, Any]


@pytest.fixture
async def served(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(stream, "PAUSE_S", 0.0)
    async with serving(desk.front) as served:
        try:
            yield served
        finally:
            desk.feed.close()


@pytest.fixture
async def keys(admin: httpx.AsyncClient) -> list[str]:
    made = (await admin.post("/api/v1/neurons", json=NEURON)).json()
    return [one["key"] for one in made["datastreams"]]


async def events_of(answer: httpx.Response) -> AsyncIterator[Event]:
    """(event, id, data); of a comment or the opening the event is empty."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            data = json.loads(fields["data"]) if "data" in fields else None
            yield fields.get("event", ""), fields.get("id", ""), data
            fields = {}


@asynccontextmanager
async def following(desk: Desk, served: Served, last: str = "", **query: str) -> AsyncIterator[AsyncIterator[Event]]:
    headers = {"Authorization": f"Bearer {desk.key('read')}", **({"Last-Event-ID": last} if last else {})}
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"{served.url}/api/v1/stream", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        yield events_of(answer)


def items(event: Event) -> list[tuple[str, float | None]]:
    assert event[0] == "readings"
    return [(one["datastream"], one["value"]) for one in event[2]["items"]]


async def test_readings_come_as_they_are_stored(desk: Desk, served: Served, keys: list[str]) -> None:
    async with following(desk, served) as events:
        assert (await anext(events))[0] == ""
        desk.take(keys[0], [(NOW, 21.5, 1, 0), (NOW + 1000, None, 9, 0)])
        event = await anext(events)
        assert event[2]["items"] == [
            {"time": "2026-01-01T00:00:00.000Z", "value": 21.5, "quality": 1, "reasons": [], "datastream": keys[0],
             "unit": "%"},
            {"time": "2026-01-01T00:00:01.000Z", "value": None, "quality": 9, "reasons": [], "datastream": keys[0],
             "unit": "%"},
        ]  # fmt: skip
        assert desk.feed.counts.following == 1


async def test_who_comes_again_misses_nothing(desk: Desk, served: Served, keys: list[str]) -> None:
    async with following(desk, served) as events:
        opened = await anext(events)
        desk.take(keys[0], [(NOW, 1.0, 1, 0)])
        first = await anext(events)
    desk.take(keys[0], [(NOW + 1, 2.0, 1, 0)])
    desk.take(keys[1], [(NOW + 2, 3.0, 1, 0)])
    async with following(desk, served, first[1]) as events:
        assert (await anext(events))[1] == first[1]
        assert items(await anext(events)) == [(keys[0], 2.0), (keys[1], 3.0)]
    async with following(desk, served, opened[1]) as events:
        await anext(events)
        assert items(await anext(events)) == [(keys[0], 1.0), (keys[0], 2.0), (keys[1], 3.0)]
    assert desk.feed.counts.gaps == 0


async def test_a_gap_is_never_silent(desk: Desk, served: Served, keys: list[str]) -> None:
    old = str(Mark("0000abcd", 7, NOW - 60_000))  # of a process that is no more
    async with following(desk, served, old) as events:
        name, mark, data = await anext(events)
        assert (name, data) == ("missed", {"since": "2025-12-31T23:59:00.000Z", "until": "2026-01-01T00:00:00.000Z"})
        assert (await anext(events))[1] == mark
        desk.take(keys[0], [(NOW, 1.0, 1, 0)])
        assert items(await anext(events)) == [(keys[0], 1.0)]
    assert desk.feed.counts.gaps == 1


async def test_filters_and_towns(desk: Desk, served: Served, admin: httpx.AsyncClient, keys: list[str]) -> None:
    other = (await admin.post("/api/v1/neurons", json={**NEURON, "kind": "noise", "town": "310151102"})).json()
    elsewhere = other["datastreams"][0]["key"]
    twin = (await admin.post("/api/v1/twins", json={"kind": "farmland", "town": "310151102"})).json()["id"]
    desk.clock.advance(-10)
    await admin.post(f"/api/v1/neurons/{other['id']}/bindings", json={"twin": twin})
    desk.clock.advance(10)
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({}, [keys[0], keys[1], elsewhere]),
        ({"property": "soil_temperature"}, [keys[1]]),
        ({"kind": "noise"}, [elsewhere]),
        ({"town": "310151101"}, keys),
        ({"neuron": keys[0].split("/")[0]}, keys),
        ({"twin": twin}, [elsewhere]),
    ]
    for query, expected in cases:
        async with following(desk, served, **query) as events:
            await anext(events)
            for key in (keys[0], keys[1], elsewhere):
                desk.take(key, [(desk.clock.now_ms(), 5.0, 1, 0)])
            found: list[str] = []
            while len(found) < len(expected):
                found += [key for key, _ in items(await anext(events))]
            assert found == expected, query
        desk.clock.advance(1)
    limited = desk.key("read", towns=("310151102",))
    async with (
        httpx.AsyncClient(timeout=30, headers={"Authorization": f"Bearer {limited}"}) as client,
        client.stream("GET", f"{served.url}/api/v1/stream") as answer,
    ):
        events = events_of(answer)
        await anext(events)
        for key in (keys[0], elsewhere):
            desk.take(key, [(desk.clock.now_ms(), 6.0, 1, 0)])
        assert items(await anext(events)) == [(elsewhere, 6.0)]


async def test_a_neuron_that_is_registered_meanwhile_is_followed(
    desk: Desk, served: Served, admin: httpx.AsyncClient
) -> None:
    async with following(desk, served) as events:
        await anext(events)
        made = (await admin.post("/api/v1/neurons", json=NEURON)).json()
        desk.take(made["datastreams"][0]["key"], [(NOW, 7.0, 1, 0)])
        assert items(await anext(events)) == [(made["datastreams"][0]["key"], 7.0)]


async def test_alarms_come_as_they_change(
    desk: Desk, served: Served, admin: httpx.AsyncClient, keys: list[str]
) -> None:
    from cloud.registry import alarms  # noqa: PLC0415 - only here

    rule = {"name": "wet", "property": "soil_moisture", "comparison": "gt", "threshold": 40.0, "priority": "low"}
    number = (await admin.post("/api/v1/rules", json=rule)).json()["id"]
    async with asyncio.TaskGroup() as group, following(desk, served, only="alarms") as events:
        looking = group.create_task(desk.feed.run())
        await anext(events)
        await asyncio.sleep(0)
        stream_number = next(one.number for one in desk.directory.datastreams(_all()) if str(one.point) == keys[0])
        desk.take(keys[0], [(NOW, 50.0, 1, 0)])  # not asked for
        with desk.database.begin() as tx:
            alarms.take(tx, number, stream_number, desk.clock.now_ms(), make=True)
        while not desk.feed._told:
            desk.clock.advance(1)
            await asyncio.sleep(0.01)
        name, _, data = await anext(events)
        assert (name, data["datastream"], data["rule"]["name"]) == ("alarm", keys[0], "wet")
        looking.cancel()


def _all() -> Any:
    from cloud.registry.selection import Selection  # noqa: PLC0415 - only here

    return Selection()


async def test_streams_are_bounded_in_number(desk: Desk, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_OF_ONE", 1)
    async with following(desk, served) as events:
        await anext(events)
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {desk.key('read')}"}) as client:
            refused = await client.get(f"{served.url}/api/v1/stream")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert desk.feed.counts.refused == 1
    async with asyncio.timeout(10):
        while desk.feed.counts.following:
            await asyncio.sleep(0.01)
    assert desk.context.following == {}


@pytest.mark.parametrize("last", ["x", "a-b-c", "abc-1", "1-²-3"])
async def test_an_id_that_is_none(admin: httpx.AsyncClient, last: str) -> None:
    refused = await admin.get("/api/v1/stream", headers={"Last-Event-ID": last.encode()})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "Last-Event-ID"


async def test_f29_who_does_not_read_is_let_go_and_costs_nobody_anything(
    desk: Desk, served: Served, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads nothing: the kernel's buffers fill, then ours, which is one event; then it is gone."""
    monkeypatch.setattr(event_stream, "STUCK_S", 0.5)
    number = next(one.number for one in desk.directory.datastreams(_all()) if str(one.point) == keys[0])
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((served.host, served.port))
        slow.sendall(
            f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {desk.key('read')}\r\n\r\n".encode()
        )
        async with asyncio.timeout(60):
            while not desk.feed.counts.following:
                await asyncio.sleep(0.01)
            n = 0
            while not desk.feed.counts.dropped:
                n += 1
                desk.feed.stored(
                    Columns(
                        np.full(2000, number, np.int32),
                        NOW + np.arange(2000, dtype=np.int64),
                        np.zeros(2000),
                        np.ones(2000, np.uint8),
                        np.zeros(2000, np.uint32),
                    )
                )
                await asyncio.sleep(0.01)
            while desk.feed.counts.following:
                await asyncio.sleep(0.01)
        slow.settimeout(30)
        with pytest.raises(ConnectionResetError):  # at once, not when all that was on its way has been read
            await served.in_thread(_read_all, slow)


def _read_all(client: socket.socket) -> None:
    while client.recv(1 << 16):
        pass


async def test_others_readings_do_not_keep_a_narrow_stream_silent(
    desk: Desk, served: Served, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets heartbeats, whose ids move on, and ends when its time is over."""
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(event_stream, "LASTS_S", 0.3)
    monkeypatch.setattr(stream, "PAUSE_S", 0.01)
    async with (
        following(desk, served, property="soil_moisture") as events,
        asyncio.timeout(30),
        asyncio.TaskGroup() as group,
    ):
        others = group.create_task(_others(desk, keys[1]))
        got = [event async for event in events]
        others.cancel()
    numbers = [mark.number for _, text, _ in got if (mark := Mark.parse(text))]
    assert len(numbers) == len(got) > 1
    assert numbers == sorted(numbers)
    assert numbers[-1] > numbers[0]


async def _others(desk: Desk, key: str) -> None:
    while True:
        desk.take(key, [(NOW, 1.0, 1, 0)])
        await asyncio.sleep(0.01)


async def test_it_says_good_bye(desk: Desk, served: Served) -> None:
    async with following(desk, served) as events:
        await anext(events)
        desk.feed.close()
        assert (await anext(events))[0] == "bye"
        with pytest.raises(StopAsyncIteration):
            await anext(events)


def block(rows: int) -> Columns:
    return Columns(
        np.ones(rows, np.int32), np.arange(rows, dtype=np.int64), np.zeros(rows), np.ones(rows, np.uint8),
        np.zeros(rows, np.uint32),
    )  # fmt: skip


def test_the_ring_is_bounded_by_readings(desk: Desk) -> None:
    feed = Feed(desk.database, ManualClock(), most_rows=1000)
    begin = feed.mark()
    for _ in range(30):
        feed.stored(block(100))
    assert not feed.knows(begin)
    assert feed.knows(Mark(feed.boot, 20, 0))
    assert [one.number for one in feed.after(20, 250)] == [21, 22, 23]
    assert [one.number for one in feed.after(30, 250)] == []
    feed.stored(block(5000))  # one that is too large by itself is kept until the next
    assert [one.number for one in feed.after(30, 1)] == [31]

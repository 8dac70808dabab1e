"""The three forms of an answer say the same, and what is too long for one piece is streamed."""

import csv
import json
from datetime import datetime
from io import StringIO
from threading import Timer

import httpx
import nanoarrow as na
import numpy as np
import pytest

from cloud.api import readings, tables
from cloud.api.times import format_time
from cloud.store.port import Buckets, Columns, StoreError
from tests.cloud.api.conftest import NOW, Desk
from tests.cloud.api.server import serving

MINUTE = 60_000
NEURON = {"kind": "soil", "observed_properties": ["soil_moisture"], "town": "310151101"}
AWKWARD = ['=1+1"', "a,b", "°C", "nrn-1/ph"]


def columns(count: int, *, mixed: bool, streams: int = 1) -> Columns:
    rng = np.random.default_rng(count)
    value = np.round(rng.uniform(-50, 50, count), 2)
    quality, reasons = np.ones(count, np.uint8), np.zeros(count, np.uint32)
    if mixed:
        value[::7], quality[::7], reasons[::7] = np.nan, 9, 1 << 4
        quality[3::11], reasons[3::11] = 3, (1 << 1) | (1 << 2)
    number = rng.integers(0, streams, count).astype(np.int32)
    return Columns(number, NOW + np.arange(count) * 77_777_777, value, quality, reasons)


def told(table: tables.Table) -> list[list[dict]]:
    """The rows of each form."""
    head = {"unit": "Cel"}
    plain = tables.respond(head, table, None, "json")
    beside = json.loads(bytes(tables.respond(head, table, None, "columns").body))
    assert (beside["unit"], beside["next"]) == ("Cel", None)
    arrow = tables.respond(head, table, None, "arrow")
    sheet = tables.respond(head, table, None, "csv")
    batches = na.ArrayStream.from_readable(arrow.body)
    rows = [row for batch in batches for row in batch.to_pylist()]
    cells = list(csv.DictReader(StringIO(bytes(sheet.body).decode(), newline="")))
    for row in rows:
        row["time"] = row["time"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for cell in cells:
        cell["value"] = None if cell["value"] == "" else float(cell["value"])
        cell["quality"] = int(cell["quality"])
        if "reasons" in cell:
            cell["reasons"] = cell["reasons"].split()
        if "count" in cell:
            cell["count"] = int(cell["count"])
        for name in table.names:
            cell[name] = cell[name].removeprefix("'")
    columns = {"time": list(map(format_time, beside["columns"].pop("time_ms"))), **beside["columns"]}
    by_column = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [json.loads(bytes(plain.body))["items"], rows, cells, by_column]


@pytest.mark.parametrize("count", [0, 1, 64, 65, 500])
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_readings_in_all_forms(count: int, mixed: bool, named: bool) -> None:
    found = columns(count, mixed=mixed, streams=4 if named else 1)
    names = {number: (text, text.upper()) for number, text in enumerate(AWKWARD)} if named else None
    table = tables.of_readings(found, names)
    plain, arrow, sheet, by_column = told(table)
    assert len(plain) == count
    assert plain == arrow == sheet == by_column
    if count > 64:
        assert [row["value"] for row in plain] == [None if v != v else v for v in found.value.tolist()]
        assert {tuple(row["reasons"]) for row in plain} == ({(), ("gap",), ("spike", "rate")} if mixed else {()})
        assert not named or {row["unit"] for row in plain} == {text.upper() for text in AWKWARD}


@pytest.mark.parametrize("count", [0, 3, 200])
def test_buckets_in_all_forms(count: int) -> None:
    rng = np.random.default_rng(1)
    found = Buckets(
        np.zeros(count, np.int32),
        NOW + np.arange(count) * 3_600_000,
        rng.normal(0, 1, count),
        rng.integers(0, 10**12, count),
        np.ones(count, np.uint8),
    )
    table = tables.of_buckets(found, {"property": tables.Named(AWKWARD, np.arange(count) % 4)})
    plain, arrow, sheet, by_column = told(table)
    assert plain == arrow == sheet == by_column
    assert [row["count"] for row in plain] == found.values.tolist()


@pytest.fixture
async def key(admin: httpx.AsyncClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(readings, "MOST_READINGS", 40)
    found: str = (await admin.post("/api/v1/neurons", json=NEURON)).json()["datastreams"][0]["key"]
    desk.take(found, [(NOW - MINUTE * n, n / 10, 1, 0) for n in range(100, 0, -1)])
    return found


@pytest.mark.parametrize(("limit", "pieces"), [("100", 3), ("41", 2), ("80", 2), ("1000000", 3)])
async def test_what_is_long_is_streamed(
    admin: httpx.AsyncClient, key: str, limit: str, pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/datastreams/{key}/readings"
    whole = [(format_time(NOW - MINUTE * n), n / 10) for n in range(100, 0, -1)][: int(limit)]
    asked = []
    raw = readings.series.raw

    def counted(*given: object) -> object:
        asked.append(given)
        return raw(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(readings.series, "raw", counted)
    sheet = await admin.get(path, params={"format": "csv", "limit": limit})
    assert len(asked) == pieces
    assert [(row["time"], float(row["value"])) for row in csv.DictReader(StringIO(sheet.text))] == whole
    assert sheet.text.count("time,value") == 1
    assert not {"etag", "x-next", "content-length"} & sheet.headers.keys()
    arrow = await admin.get(path, params={"format": "arrow", "limit": limit})
    rows = [row for batch in na.ArrayStream.from_readable(arrow.content) for row in batch.to_pylist()]
    assert [(row["time"], row["value"]) for row in rows] == [(datetime.fromisoformat(t), v) for t, v in whole]


async def test_a_twins_readings_are_streamed_too(admin: httpx.AsyncClient, key: str) -> None:
    twin = (await admin.post("/api/v1/twins", json={"kind": "field", "town": "310151101"})).json()["id"]
    bound = {"twin": twin, "from": "2025-01-01T00:00:00Z"}
    assert (
        await admin.post(f"/api/v1/neurons/{key.split('/', maxsplit=1)[0]}/bindings", json=bound)
    ).status_code == 201
    sheet = await admin.get(f"/api/v1/twins/{twin}/readings", params={"format": "csv", "limit": "1000"})
    rows = list(csv.DictReader(StringIO(sheet.text)))
    assert ({row["datastream"] for row in rows}, len(rows)) == ({key}, 100)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": "50001"}, 422),
        ({"limit": "50001", "format": "csv", "every": "1m"}, 422),
        ({"limit": "50001", "format": "arrow"}, 200),
        ({"limit": "100000001", "format": "csv"}, 422),
    ],
)
async def test_not_all_of_it_is_streamed(admin: httpx.AsyncClient, key: str, params: dict, status: int) -> None:
    params |= {"from": "2025-12-31T00:00:00Z"}
    assert (await admin.get(f"/api/v1/datastreams/{key}/readings", params=params)).status_code == status


async def test_a_store_that_fails_on_the_way_cuts_the_answer_short(
    desk: Desk, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/datastreams/{key}/readings?format=csv&limit=100"
    raw, calls = readings.series.raw, []

    def failing(*given: object) -> object:
        calls.append(given)
        if len(calls) in {1, 3}:
            raise StoreError("away")
        return raw(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(readings.series, "raw", failing)
    headers = {"Authorization": f"Bearer {desk.key('read')}"}
    async with serving(desk.front) as server, httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        assert (await client.get(path)).status_code == 503
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(path)


async def test_so_many_long_answers_at_a_time(admin: httpx.AsyncClient, desk: Desk, key: str) -> None:
    path = f"/api/v1/datastreams/{key}/readings?format=csv&limit=100"
    while desk.context.exports.acquire(blocking=False):
        pass
    refused = await admin.get(path)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    desk.context.exports.release()
    for _ in range(2):  # and it is given back
        assert (await admin.get(path)).status_code == 200


async def test_who_has_begun_is_not_turned_away(
    admin: httpx.AsyncClient, desk: Desk, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = desk.context.turns
    raw, taken = readings.series.raw, []

    def all_take_turns(*given: object) -> object:
        """After the first piece nobody else comes for a while."""
        found = raw(*given)  # type: ignore[arg-type]
        if not taken:
            taken.append(True)
            monkeypatch.setattr(turns, "_most_waiting", 0)
            free = turns._free
            while free.acquire(blocking=False):
                taken.append(True)
            Timer(0.3, lambda: [free.release() for _ in taken[1:]]).start()
        return found

    monkeypatch.setattr(readings.series, "raw", all_take_turns)
    whole = await admin.get(f"/api/v1/datastreams/{key}/readings?format=csv&limit=100")
    assert len(whole.text.splitlines()) == 101
    assert len(taken) > 1


def test_infinity_is_told_by_nobody() -> None:
    found = Buckets.of([(0, NOW, float("inf"), 2, 1), (0, NOW + 1, 1.0, 1, 1)])
    plain, arrow, sheet, by_column = told(tables.of_buckets(found))
    assert plain == arrow == sheet == by_column
    assert plain[0]["value"] is None

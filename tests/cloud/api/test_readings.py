import csv
from datetime import datetime
from io import StringIO
from urllib.parse import quote

import httpx
import nanoarrow as na
import pytest

from tests.cloud.api.conftest import NOW, Desk

MINUTE = 60_000


def path_of(key: str) -> str:
    return f"/api/v1/datastreams/{quote(key, safe='')}/readings"


async def neuron(admin: httpx.AsyncClient, *properties: str, **change: object) -> str:
    body = {"kind": "water_quality", "observed_properties": properties, "town": "310151101", **change}
    made = await admin.post("/api/v1/neurons", json=body)
    assert made.status_code == 201
    return made.json()["id"]


@pytest.fixture
async def key(admin: httpx.AsyncClient, desk: Desk) -> str:
    """Ten readings of one minute each, the newest at NOW - 1 min; the fifth is missing, the sixth suspect."""
    key = f"{await neuron(admin, 'water_temperature', 'ph/2')}/water_temperature"
    rows = [(NOW - (10 - n) * MINUTE, float(n), 1, 0) for n in range(10)]
    rows[4] = (rows[4][0], None, 9, 1 << 4)
    rows[5] = (rows[5][0], 5.0, 3, (1 << 1) | (1 << 2))
    desk.take(key, rows)
    return key


async def test_raw_readings_have_the_promised_form(admin: httpx.AsyncClient, key: str) -> None:
    found = (await admin.get(path_of(key))).json()
    assert {name: found[name] for name in ("datastream", "unit", "next")} == {
        "datastream": key,
        "unit": "Cel",
        "next": None,
    }
    assert found["items"][0] == {"time": "2025-12-31T23:50:00.000Z", "value": 0.0, "quality": 1, "reasons": []}
    assert found["items"][4]["value"] is None
    assert found["items"][4]["reasons"] == ["gap"]
    assert found["items"][5]["reasons"] == ["spike", "rate"]
    assert len(found["items"]) == 10


async def test_key_with_a_channel_and_a_plain_slash(admin: httpx.AsyncClient, desk: Desk, key: str) -> None:
    channel = key.replace("water_temperature", "ph/2")
    desk.take(channel, [(NOW - 1, 7.0, 2, 0)])
    for path in (path_of(channel), f"/api/v1/datastreams/{channel}/readings"):
        found = (await admin.get(path)).json()
        assert (found["datastream"], found["items"][0]["value"]) == (channel, 7.0)


@pytest.mark.parametrize(
    ("params", "values"),
    [
        ({"from": "2025-12-31T23:55:00Z"}, [5, 6, 7, 8, 9]),
        ({"from": "2026-01-01T07:57:00+08:00", "to": "2025-12-31T23:59:00Z"}, [7, 8]),
        ({"to": "2025-12-31T23:50:00.001Z"}, [0]),
        ({"quality": "3"}, [5]),
        ({"quality": "3,9"}, [None, 5]),
        ({"to": "2025-12-30T00:00:00Z"}, []),
        ({"from": "2026-01-01T00:00:00Z"}, []),
    ],
)
async def test_ranges_and_qualities(admin: httpx.AsyncClient, key: str, params: dict, values: list) -> None:
    found = (await admin.get(path_of(key), params=params)).json()
    assert [item["value"] for item in found["items"]] == values


async def test_pages_follow_one_another(admin: httpx.AsyncClient, key: str) -> None:
    times, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(path_of(key), params={"limit": 4, "cursor": cursor})).json()
        times += [item["time"] for item in page["items"]]
        cursor = page["next"]
    assert len(times) == len(set(times)) == 10
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("agg", "values"),
    [
        ("mean", [1.5, 7.0]),
        ("min", [0, 5]),
        ("max", [3, 9]),
        ("sum", [6, 35]),
        ("count", [4, 5]),
        ("first", [0, 5]),
        ("last", [3, 9]),
    ],
)
async def test_aggregates(admin: httpx.AsyncClient, key: str, agg: str, values: list) -> None:
    found = (await admin.get(path_of(key), params={"every": "5m", "agg": agg})).json()
    assert [item["value"] for item in found["items"]] == values
    assert [item["time"] for item in found["items"]] == ["2025-12-31T23:50:00.000Z", "2025-12-31T23:55:00.000Z"]
    assert [(item["count"], item["quality"]) for item in found["items"]] == [(4, 1), (5, 3)]
    assert found["unit"] == ("1" if agg == "count" else "Cel")


async def test_buckets_come_in_pages(admin: httpx.AsyncClient, key: str) -> None:
    whole = (await admin.get(path_of(key), params={"every": "2m"})).json()["items"]
    items, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(path_of(key), params={"every": "2m", "limit": 2, "cursor": cursor})).json()
        assert len(page["items"]) <= 2
        items += page["items"]
        cursor = page["next"]
    assert items == whole
    assert len(whole) == 5


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv, */*"}}])
async def test_csv(admin: httpx.AsyncClient, key: str, how: dict) -> None:
    answer = await admin.get(path_of(key), **how)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(StringIO(answer.text)))
    assert lines[0] == ["time", "value", "quality", "reasons"]
    assert lines[5] == ["2025-12-31T23:54:00.000Z", "", "9", "gap"]
    assert lines[6] == ["2025-12-31T23:55:00.000Z", "5.0", "3", "spike rate"]
    page = await admin.get(path_of(key), params={"format": "csv", "limit": 9})
    rest = await admin.get(path_of(key), params={"format": "csv", "cursor": page.headers["x-next"]})
    assert rest.text.splitlines() == ["time,value,quality,reasons", "2025-12-31T23:59:00.000Z,9.0,1,"]
    empty = await admin.get(path_of(key), params={"format": "csv", "to": "2025-01-01T00:00:00Z"})
    assert empty.text.splitlines() == ["time,value,quality,reasons"]


@pytest.mark.parametrize(
    "how", [{"params": {"format": "arrow"}}, {"headers": {"Accept": "application/vnd.apache.arrow.stream, */*;q=0.1"}}]
)
async def test_arrow(admin: httpx.AsyncClient, key: str, how: dict) -> None:
    answer = await admin.get(path_of(key), **how)
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    stream = na.ArrayStream.from_readable(answer.content)
    assert dict(stream.schema.metadata.items()) == {b"datastream": key.encode(), b"unit": b"Cel"}
    types = {field.name: str(field.type) for field in stream.schema.fields}
    assert types == {"time": "Type.TIMESTAMP", "value": "Type.DOUBLE", "quality": "Type.UINT8", "reasons": "Type.LIST"}
    rows = [row for batch in stream for row in batch.to_pylist()]
    told = (await admin.get(path_of(key))).json()["items"]
    for row, item in zip(rows, told, strict=True):
        assert row.pop("time") == datetime.fromisoformat(item.pop("time"))
        assert row == item


async def test_arrow_comes_in_pages_and_empty(admin: httpx.AsyncClient, key: str) -> None:
    page = await admin.get(path_of(key), params={"format": "arrow", "limit": 9})
    rest = await admin.get(path_of(key), params={"format": "arrow", "cursor": page.headers["x-next"]})
    empty = await admin.get(path_of(key), params={"format": "arrow", "to": "2025-01-01T00:00:00Z"})
    assert "x-next" not in rest.headers
    assert [len(na.ArrayStream.from_readable(one.content).read_all()) for one in (page, rest, empty)] == [9, 1, 0]


async def test_arrow_of_a_twin_and_of_buckets(admin: httpx.AsyncClient, desk: Desk) -> None:
    twin, _, _ = await swapped(admin, desk)
    for params in ({}, {"every": "5m"}):
        path = f"/api/v1/twins/{twin}/readings"
        answer = await admin.get(path, params={"format": "arrow", **params})
        rows = na.ArrayStream.from_readable(answer.content).read_all().to_pylist()
        told = (await admin.get(path, params=params)).json()["items"]
        assert [{**row, "time": 0} for row in rows] == [{**item, "time": 0} for item in told]


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-01-01T00:00:00"}, "from"),
        ({"from": "2026-02-30T00:00:00Z"}, "from"),
        ({"to": "2026-01-01T24:00:00Z"}, "to"),
        ({"to": "20260101T000000Z"}, "to"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from"),
        ({"every": "0m"}, "every"),
        ({"every": "5 minutes"}, "every"),
        ({"every": "1ms", "from": "2016-01-01T00:00:00Z"}, "every"),
        ({"every": "5m", "agg": "median"}, "agg"),
        ({"agg": "mean"}, "agg"),
        ({"quality": "5"}, "quality"),
        ({"quality": "1;2"}, "quality"),
        ({"quality": ""}, "quality"),
        ({"limit": 10**9}, "limit"),
        ({"cursor": "MQ"}, "cursor"),
        ({"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTox"}, "cursor"),
        ({"format": "parquet"}, "format"),
    ],
)
async def test_wrong_parameters_are_named(admin: httpx.AsyncClient, key: str, params: dict, name: str) -> None:
    refused = await admin.get(path_of(key), params=params)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == name


@pytest.mark.parametrize("key", ["x", "nrn-00000000y/ph", "mn:A1/ph", "nrn-00000000y/ph/2/3", "nrn-00000000y"])
async def test_unknown_datastream(admin: httpx.AsyncClient, key: str) -> None:
    assert (await admin.get(path_of(key))).status_code == 404


async def swapped(admin: httpx.AsyncClient, desk: Desk) -> tuple[str, str, str]:
    """A twin whose sensor was swapped six minutes before NOW; both report all ten minutes, each its own value."""
    old, new = await neuron(admin, "water_temperature"), await neuron(admin, "water_temperature", "ph")
    twin = (await admin.post("/api/v1/twins", json={"kind": "river_section", "town": "310151101"})).json()["id"]
    for name, value in ((old, 1.0), (new, 2.0)):
        desk.take(f"{name}/water_temperature", [(NOW - n * MINUTE, value, 1, 0) for n in range(10, 0, -1)])
    desk.take(f"{new}/ph", [(NOW - 2 * MINUTE, 7.0, 3, 0)])
    await admin.post(f"/api/v1/neurons/{old}/bindings", json={"twin": twin, "from": "2025-12-31T23:52:00Z"})
    swap = {"twin": twin, "from": "2025-12-31T23:54:00Z", "replaces": old}
    assert (await admin.post(f"/api/v1/neurons/{new}/bindings", json=swap)).status_code == 201
    return twin, old, new


async def test_twins_series_goes_on_across_a_swap(admin: httpx.AsyncClient, desk: Desk) -> None:
    twin, old, new = await swapped(admin, desk)
    path = f"/api/v1/twins/{twin}/readings"
    found = (await admin.get(path, params={"property": "water_temperature"})).json()
    assert found["twin"] == twin
    assert [(item["time"][14:16], item["datastream"], item["value"]) for item in found["items"]] == [
        *((f"{n}", f"{old}/water_temperature", 1.0) for n in (52, 53)),
        *((f"{n}", f"{new}/water_temperature", 2.0) for n in range(54, 60)),
    ]
    assert found["items"][0]["unit"] == "Cel"
    everything = (await admin.get(path)).json()["items"]
    assert len(everything) == 9
    pages, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(path, params={"limit": 2, "cursor": cursor})).json()
        pages += page["items"]
        cursor = page["next"]
    assert pages == everything


async def test_twins_buckets_join_both_sensors(admin: httpx.AsyncClient, desk: Desk) -> None:
    twin, _, _ = await swapped(admin, desk)
    path = f"/api/v1/twins/{twin}/readings"

    async def ask(**params: object) -> list:
        found = (await admin.get(path, params={"every": "10m", **params})).json()
        return [(item["property"], item["value"], item["count"], item["quality"]) for item in found["items"]]

    assert await ask() == [("ph", 7.0, 1, 3), ("water_temperature", (2 * 1 + 6 * 2) / 8, 8, 1)]
    for agg, value in (("min", 1), ("max", 2), ("sum", 14), ("count", 8), ("first", 1), ("last", 2)):
        assert await ask(agg=agg, property="water_temperature") == [("water_temperature", value, 8, 1)]
    pages, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(path, params={"every": "2m", "limit": 1, "cursor": cursor})).json()
        pages += page["items"]
        cursor = page["next"]
    assert pages == (await admin.get(path, params={"every": "2m"})).json()["items"]
    assert len(pages) == 5


async def test_twin_nobody_watches(admin: httpx.AsyncClient) -> None:
    twin = (await admin.post("/api/v1/twins", json={"kind": "sluice"})).json()["id"]
    for params in ({}, {"every": "1h"}):
        assert (await admin.get(f"/api/v1/twins/{twin}/readings", params=params)).json()["items"] == []
    assert (await admin.get("/api/v1/twins/310151-0118-000001-0/readings")).status_code == 404


async def test_latest(admin: httpx.AsyncClient, desk: Desk, key: str) -> None:
    place = {"type": "Point", "coordinates": [121.6, 31.5]}
    other = await neuron(admin, "ph", kind="camera", name="c", town="310151102", location=place)
    desk.take(f"{other}/ph", [(NOW, None, 9, 0)])
    everything = (await admin.get("/api/v1/latest")).json()
    assert everything["next"] is None
    first, second = everything["items"]  # ph/2 of the first neuron is silent
    assert (first["datastream"], first["value"], first["time"]) == (key, 9.0, "2025-12-31T23:59:00.000Z")
    assert second == {
        "time": "2026-01-01T00:00:00.000Z",
        "value": None,
        "quality": 9,
        "reasons": [],
        "datastream": f"{other}/ph",
        "neuron": other,
        "name": "c",
        "kind": "camera",
        "property": "ph",
        "channel": None,
        "unit": "[pH]",
        "town": "310151102",
        "location": place,
    }
    for params, found in (
        ({"town": "310151101"}, [key]),
        ({"kind": "camera"}, [f"{other}/ph"]),
        ({"property": "water_temperature"}, [key]),
        ({"bbox": "121.5,31,122,32"}, [f"{other}/ph"]),
        ({"kind": "sluice"}, []),
    ):
        assert [i["datastream"] for i in (await admin.get("/api/v1/latest", params=params)).json()["items"]] == found
    keys, cursor = [], ""
    while cursor is not None:
        page = (await admin.get("/api/v1/latest", params={"limit": 1, "cursor": cursor})).json()
        keys += [item["datastream"] for item in page["items"]]
        cursor = page["next"]
    assert keys == [key, f"{other}/ph"]


async def test_without_a_beginning_nothing_is_hidden(admin: httpx.AsyncClient, desk: Desk) -> None:
    key = f"{await neuron(admin, 'ph')}/ph"
    desk.take(key, [(NOW - 400 * 86_400_000, 1.0, 1, 0), (NOW - 1000, 2.0, 1, 0)])
    for params, values in (
        ({}, [1.0, 2.0]),
        ({"every": "1h", "agg": "max"}, [1.0, 2.0]),
        ({"every": "1s"}, [2.0]),  # as many buckets as one question may have
    ):
        found = (await admin.get(path_of(key), params=params)).json()["items"]
        assert [item["value"] for item in found] == values


async def test_buckets_by_the_days_of_a_zone(admin: httpx.AsyncClient, desk: Desk) -> None:
    key = f"{await neuron(admin, 'water_temperature')}/water_temperature"
    hours = range(-72, 0)
    desk.take(key, [(NOW + hour * 60 * MINUTE, float(hour), 1, 0) for hour in hours if not -40 <= hour < -14])
    asked = {"from": "2025-12-28T16:00:00Z", "to": "2026-01-01T00:00:00Z", "every": "1d", "tz": "Asia/Shanghai"}
    found = (await admin.get(path_of(key), params={**asked, "agg": "count"})).json()
    assert (found["every"], found["tz"], found["agg"]) == ("1d", "Asia/Shanghai", "count")
    assert [(one["time"], one["value"]) for one in found["items"]] == [
        ("2025-12-28T16:00:00.000Z", 16),
        ("2025-12-29T16:00:00.000Z", 16),
        ("2025-12-30T16:00:00.000Z", 6),
        ("2025-12-31T16:00:00.000Z", 8),
    ]
    pages, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(path_of(key), params={**asked, "agg": "last", "limit": 3, "cursor": cursor})).json()
        pages += [one["value"] for one in page["items"]]
        cursor = page["next"]
    assert pages == [-57.0, -41.0, -9.0, -1.0]


@pytest.mark.parametrize(
    ("fill", "values"),
    [
        ("none", [0, 3]),
        ("null", [0, None, None, 3, None]),
        ("previous", [0, 0, 0, 3, 3]),
        ("linear", [0, 1, 2, 3, None]),
    ],
)
@pytest.mark.parametrize("limit", [2, 1000])
async def test_gaps_are_filled(admin: httpx.AsyncClient, desk: Desk, fill: str, values: list, limit: int) -> None:
    named = await neuron(admin, "water_temperature")
    key = f"{named}/water_temperature"
    desk.take(key, [(NOW - 5 * MINUTE, 0.0, 1, 0), (NOW - 2 * MINUTE + 1, 3.0, 3, 0)])
    asked = {"from": "2025-12-31T23:55:00Z", "to": "2026-01-01T00:00:00Z", "every": "1m", "fill": fill}
    items, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(path_of(key), params={**asked, "limit": limit, "cursor": cursor})).json()
        items += page["items"]
        cursor = page["next"]
    assert [one["value"] for one in items] == values
    assert {(one["count"], one["quality"]) for one in items} == {(1, 1), (1, 3)} | (
        {(0, 9)} if fill != "none" else set()
    )
    many = (await admin.get("/api/v1/readings", params={**asked, "neuron": named})).json()
    assert many["series"][0]["values"] == values
    assert many["series"][0]["counts"] == ([1, 0, 0, 1, 0] if fill != "none" else [1, 1])
    assert many["times"] == list(dict.fromkeys(one["time"] for one in items))


async def test_of_many_only_the_times_that_all_of_them_lack_are_left_out(admin: httpx.AsyncClient, desk: Desk) -> None:
    names = [await neuron(admin, "water_temperature") for _ in range(2)]
    for name, minutes in zip(names, (5, 2), strict=True):
        desk.take(f"{name}/water_temperature", [(NOW - minutes * MINUTE, float(minutes), 1, 0)])
    asked = {"from": "2025-12-31T23:55:00Z", "to": "2026-01-01T00:00:00Z", "every": "1m", "neuron": names}
    many = (await admin.get("/api/v1/readings", params=asked)).json()
    assert many["times"] == ["2025-12-31T23:55:00.000Z", "2025-12-31T23:58:00.000Z"]
    assert [one["values"] for one in many["series"]] == [[5.0, None], [None, 2.0]]
    assert [one["counts"] for one in many["series"]] == [[1, 0], [0, 1]]


async def test_gaps_of_a_twin_are_filled(admin: httpx.AsyncClient, desk: Desk) -> None:
    named = await neuron(admin, "water_temperature")
    twin = (await admin.post("/api/v1/twins", json={"kind": "river", "name": "r", "town": "310151101"})).json()["id"]
    bound = {"twin": twin, "from": "2025-01-01T00:00:00Z"}
    assert (await admin.post(f"/api/v1/neurons/{named}/bindings", json=bound)).status_code == 201
    desk.take(f"{named}/water_temperature", [(NOW - 5 * MINUTE, 0.0, 1, 0), (NOW - 2 * MINUTE, 3.0, 1, 0)])
    asked = {"from": "2025-12-31T23:55:00Z", "to": "2026-01-01T00:00:00Z", "every": "1m", "fill": "linear", "limit": 2}
    values, cursor = [], ""
    while cursor is not None:
        page = (await admin.get(f"/api/v1/twins/{twin}/readings", params={**asked, "cursor": cursor})).json()
        values += [one["value"] for one in page["items"]]
        cursor = page["next"]
    assert values == [0, 1, 2, 3, None]


async def test_many_datastreams_at_once(admin: httpx.AsyncClient, desk: Desk) -> None:
    names = [await neuron(admin, "water_temperature", "ph") for _ in range(3)]
    for n, name in enumerate(names):
        desk.take(f"{name}/water_temperature", [(NOW - 10 * MINUTE + m * MINUTE, n + m / 10, 1, 0) for m in range(10)])
    asked = {"property": "water_temperature", "from": "2025-12-31T23:50:00Z", "to": "2026-01-01T00:00:00Z"}
    found = (await admin.get("/api/v1/readings", params={**asked, "every": "5m", "agg": "max"})).json()
    assert found["times"] == ["2025-12-31T23:50:00.000Z", "2025-12-31T23:55:00.000Z"]
    assert [one["datastream"] for one in found["series"]] == [f"{name}/water_temperature" for name in names]
    assert [one["values"] for one in found["series"]] == [[n + 0.4, n + 0.9] for n in range(3)]
    assert [one["qualities"] for one in found["series"]] == [[1, 1]] * 3
    for wrong in ({}, {"every": "1ms", "from": "2020-01-01T00:00:00Z"}, {"every": "5m", "tz": "Mars/Phobos"}):
        assert (await admin.get("/api/v1/readings", params={**asked, **wrong})).status_code == 422
    elsewhere = await desk.client(desk.key("read", towns=("310151102",)))
    assert (await elsewhere.get("/api/v1/readings", params={**asked, "every": "5m"})).json()["series"] == []


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"every": "1h", "tz": "Nowhere"}, "tz"),
        ({"tz": "Asia/Shanghai"}, "tz"),
        ({"fill": "null"}, "fill"),
        ({"every": "1h", "fill": "maybe"}, "fill"),
        ({"every": "7h", "tz": "Asia/Shanghai"}, "every"),
        ({"every": "1ms", "tz": "../../etc/passwd"}, "tz"),
    ],
)
async def test_wrong_zones_and_fills_are_named(admin: httpx.AsyncClient, key: str, params: dict, name: str) -> None:
    refused = await admin.get(path_of(key), params=params)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == name

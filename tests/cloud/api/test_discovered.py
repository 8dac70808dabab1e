from typing import Any

import cbor2
import httpx
import pytest

from cloud.registry import quarantine
from tests.cloud.api.conftest import NOW, Desk

JSON, CBOR = {"Content-Type": "application/senml+json"}, {"Content-Type": "application/senml+cbor"}
S = NOW // 1000


def pack(*records: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"t": S + place - 100, **record} for place, record in enumerate(records)]


async def stored(admin: httpx.AsyncClient, key: str) -> list[tuple[str, float]]:
    found = await admin.get(f"/api/v1/datastreams/{key.replace('/', '%2F')}/readings?from=2020-01-01T00:00:00Z")
    return [(item["time"], item["value"]) for item in found.json()["items"]]


async def discovered(admin: httpx.AsyncClient, **narrowed: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await admin.get("/api/v1/discovered", params=narrowed)).json()["items"]
    return items


async def adopt(admin: httpx.AsyncClient, number: int, body: dict[str, Any]) -> dict[str, Any]:
    answer = await admin.post(f"/api/v1/discovered/{number}/adopt", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/neurons/{made['neuron']['id']}"
    return made


async def test_an_unknown_device_is_listed_adopted_and_loses_nothing(admin: httpx.AsyncClient) -> None:
    records = pack(
        {"bn": "serial:X-1/", "n": "water_level", "u": "cm", "v": 312},
        {"n": "water_level", "u": "cm", "v": 313},
        {"n": "Temp", "u": "K", "v": 293.15},
        {"n": "rssi", "v": -70},
    )
    sent = await admin.post("/api/v1/senml", json=records, headers=JSON)
    assert (sent.status_code, sent.json()["waiting"], sent.json()["stored"]) == (202, 4, 0)
    assert (await admin.post("/api/v1/senml", json=records, headers=JSON)).status_code == 202

    [one] = await discovered(admin)
    assert {name: one[name] for name in ("door", "gateway", "identity", "neuron", "messages", "readings")} == {
        "door": "senml",
        "gateway": None,
        "identity": "serial:X-1",
        "neuron": None,
        "messages": 2,
        "readings": 8,
    }
    level, temp, rssi = one["metrics"]
    assert level == {
        "name": "water_level",
        "property": "water_level",
        "unit": "cm",
        "readings": 4,
        "value": 313.0,
        "time": "2025-12-31T23:58:21.000Z",
    }
    assert [(metric["name"], metric["property"], metric["unit"]) for metric in (temp, rssi)] == [
        ("Temp", None, "K"),
        ("rssi", "rssi", None),
    ]

    body = {"kind": "water_level", "town": "310151101", "metrics": {"Temp": {"property": "water_temperature"}}}
    made = await adopt(admin, one["id"], body)
    neuron = made["neuron"]
    assert neuron["hardware"] == [{"scheme": "serial", "value": "X-1"}]
    assert [stream["property"] for stream in neuron["datastreams"]] == ["water_level", "water_temperature"]
    assert made["replayed"] == {"messages": 1, "stored": 3, "duplicates": 0, "refused": 1}
    assert [value for _, value in await stored(admin, f"{neuron['id']}/water_level")] == [3.12, 3.13]
    assert [value for _, value in await stored(admin, f"{neuron['id']}/water_temperature")] == [20.0]

    [rest] = await discovered(admin)
    assert (rest["neuron"], [metric["name"] for metric in rest["metrics"]]) == (neuron["id"], ["rssi"])
    again = await adopt(
        admin, rest["id"], {"metrics": {"rssi": {"property": {"name": "signal_strength"}, "unit": "dBm"}}}
    )
    assert again["neuron"]["id"] == neuron["id"]
    assert again["replayed"]["stored"] == 1
    assert await discovered(admin) == []
    assert [value for _, value in await stored(admin, f"{neuron['id']}/signal_strength")] == [-70.0]
    assert (await admin.post("/api/v1/senml", json=records, headers=JSON)).json()["duplicates"] == 4


async def test_line_protocol_of_an_unknown_device_waits_too(admin: httpx.AsyncClient) -> None:
    body = f"cpu,host=pi\\ 4,cpu=total usage_idle=97.5,n=3i {S}\nweather,host=pi\\ 4 air_temperature=21 {S}"
    refused = await admin.post("/api/v2/write", params={"precision": "s"}, content=body)
    assert refused.status_code == 400
    assert "no such neuron" in refused.json()["message"]
    [one] = await discovered(admin, door="line-protocol")
    assert one["identity"] == "host:pi~204"
    names = [(metric["name"], metric["property"]) for metric in one["metrics"]]
    assert names == [("cpu.usage_idle", "usage_idle"), ("cpu.n", "n"), ("air_temperature", "air_temperature")]
    meanings = {"cpu.usage_idle": {"property": {"name": "cpu_idle", "unit": "%"}}, "cpu.n": None}
    made = await adopt(admin, one["id"], {"kind": "weather", "metrics": meanings})
    assert made["replayed"] == {"messages": 1, "stored": 2, "duplicates": 0, "refused": 0}
    assert {metric["name"]: metric["property"] for metric in made["metrics"]} == {
        "cpu.usage_idle": "cpu_idle",
        "cpu.n": None,
    }
    later = body.replace(str(S), str(S + 1))
    assert (await admin.post("/api/v2/write", params={"precision": "s"}, content=later)).status_code == 204
    assert len(await stored(admin, f"{made['neuron']['id']}/cpu_idle")) == 2


async def test_an_existing_neuron_takes_a_device_over(admin: httpx.AsyncClient) -> None:
    old = (
        await admin.post(
            "/api/v1/neurons",
            json={"kind": "weather", "observed_properties": ["ph"], "hardware": [{"scheme": "mn", "value": "1"}]},
        )
    ).json()
    await admin.post("/api/v1/senml", json=pack({"n": "serial:NEW/ph", "v": 7}), headers=JSON)
    [one] = await discovered(admin)
    made = await adopt(admin, one["id"], {"neuron": old["id"]})
    assert made["neuron"]["hardware"] == [{"scheme": "mn", "value": "1"}, {"scheme": "serial", "value": "NEW"}]
    assert made["replayed"]["stored"] == 1


async def test_a_list_shows_some_metrics_and_a_device_all(admin: httpx.AsyncClient) -> None:
    records = pack({"bn": "serial:X/", "n": "n0", "v": 1}, *({"n": f"n{number}", "v": 1} for number in range(1, 25)))
    await admin.post("/api/v1/senml", json=records, headers=JSON)
    [one] = await discovered(admin)
    assert (len(one["metrics"]), one["metrics_more"]) == (20, 5)
    alone = (await admin.get(f"/api/v1/discovered/{one['id']}")).json()
    assert (len(alone["metrics"]), alone["metrics_more"]) == (25, 0)


async def test_cbor_and_what_is_no_pack(admin: httpx.AsyncClient, desk: Desk) -> None:
    made = await admin.post("/api/v1/neurons", json={"kind": "weather", "observed_properties": ["ph"]})
    name = f"{made.json()['id']}/ph"
    sent = await admin.post("/api/v1/senml", content=cbor2.dumps([{0: name, 6: S, 2: 7}]), headers=CBOR)
    assert (sent.status_code, sent.json()) == (
        200,
        {"stored": 1, "duplicates": 0, "conflicts": 0, "waiting": 0, "detail": []},
    )
    for content, headers, status in (
        (b"[{}]", JSON, 400),
        (b"\xff", CBOR, 400),
        (b"[]", {"Content-Type": "text/plain"}, 415),
        (b'[{"n": "nonsense", "v": 1}]', JSON, 422),
    ):
        assert (await admin.post("/api/v1/senml", content=content, headers=headers)).status_code == status, content
    reader = await desk.client(desk.key("read"))
    assert (await reader.post("/api/v1/senml", json=[], headers=JSON)).status_code == 403


async def test_who_may_write_to_some_towns_leaves_nothing_behind(admin: httpx.AsyncClient, desk: Desk) -> None:
    scoped = await desk.client(desk.key("read", "write", towns=("310151101",)))
    sent = await scoped.post("/api/v1/senml", json=pack({"n": "serial:X/ph", "v": 7}), headers=JSON)
    assert (sent.status_code, "unknown_neuron" in sent.json()["detail"]) == (422, True)
    assert (await scoped.post("/api/v2/write", content=f"w,serial=X ph=7 {NOW}000000")).status_code == 400
    assert await discovered(admin) == []
    with desk.database.read() as tx:
        assert quarantine.page(tx, 10).items == []
    await admin.post("/api/v1/senml", json=pack({"n": "serial:X/ph", "v": 7}), headers=JSON)
    [one] = await discovered(admin)
    assert await discovered(scoped) == []
    assert (await scoped.get(f"/api/v1/discovered/{one['id']}")).status_code == 404
    assert (await scoped.post(f"/api/v1/discovered/{one['id']}/adopt", json={"kind": "x"})).status_code == 404
    assert (await admin.delete(f"/api/v1/discovered/{one['id']}")).status_code == 204
    assert await discovered(admin) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({}, "a new neuron has a kind"),
        ({"kind": "k", "metrics": {"a": {"property": "ph", "unit": "Cel"}}}, "no way from Cel to [pH]"),
        ({"kind": "k", "metrics": {"a": {"property": "nonsense"}}}, "give its unit"),
        ({"kind": "k", "gateway": "gw-none"}, "no gateway"),
    ],
)
async def test_an_adoption_that_cannot_be(admin: httpx.AsyncClient, body: dict[str, Any], what: str) -> None:
    await admin.post("/api/v1/senml", json=pack({"n": "serial:X/ph", "v": 7}), headers=JSON)
    [one] = await discovered(admin)
    refused = await admin.post(f"/api/v1/discovered/{one['id']}/adopt", json=body)
    assert refused.status_code == 422
    assert what in refused.text
    assert len(await discovered(admin)) == 1


async def test_the_names_of_a_known_device_are_mended(admin: httpx.AsyncClient) -> None:
    made = await admin.post(
        "/api/v1/neurons",
        json={"kind": "weather", "observed_properties": ["ph"], "hardware": [{"scheme": "serial", "value": "K"}]},
    )
    path = f"/api/v1/neurons/{made.json()['id']}"
    await admin.post("/api/v1/senml", json=pack({"n": "serial:K/Acidity", "v": 7}), headers=JSON)
    [one] = await discovered(admin)
    assert (one["neuron"], one["metrics"][0]["property"]) == (made.json()["id"], None)
    put = await admin.put(f"{path}/metrics", json={"metrics": {"Acidity": {"property": "ph"}, "x": None}})
    assert put.json() == {
        "metrics": [
            {"name": "Acidity", "property": "ph", "unit": None},
            {"name": "x", "property": None, "unit": None},
        ]
    }
    assert (await admin.post(f"{path}/replay")).json()["stored"] == 1
    assert await discovered(admin) == []
    assert (await admin.put(f"{path}/metrics", json={"metrics": {}})).json() == {"metrics": []}
    assert (await admin.get(f"{path}/metrics")).json() == {"metrics": []}

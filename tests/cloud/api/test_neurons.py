import httpx
import pytest

from tests.cloud.api.conftest import Desk

NEURON = {
    "name": "buoy",
    "kind": "water_quality",
    "gateway": "gw-1",
    "observed_properties": ["water_temperature", "ph/2", {"name": "sap_flow", "unit": "g/h"}],
    "hardware": [{"scheme": "mn", "value": "A1"}],
    "location": {"type": "Point", "coordinates": [121.39, 31.63]},
    "town": "310151101",
    "attributes": {"depth_m": 2},
}


@pytest.fixture
async def gateway(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/api/v1/gateways", json={"id": "gw-1", "name": "one"})).status_code == 201


async def register(client: httpx.AsyncClient, **change: object) -> dict:
    made = await client.post("/api/v1/neurons", json={**NEURON, **change})
    assert made.status_code == 201, made.text
    return made.json()


async def test_registered_neuron_has_datastreams(admin: httpx.AsyncClient, gateway: None) -> None:
    made = await register(admin)
    name = made["id"]
    assert [(stream["key"], stream["unit"]) for stream in made["datastreams"]] == [
        (f"{name}/water_temperature", "Cel"),
        (f"{name}/ph/2", "[pH]"),
        (f"{name}/sap_flow", "g/h"),
    ]
    for member in ("name", "kind", "gateway", "hardware", "location", "town", "attributes"):
        assert made[member] == NEURON[member]
    assert (await admin.get(f"/api/v1/neurons/{name}")).json() == made
    listed = (await admin.get("/api/v1/neurons", params={"gateway": "gw-1"})).json()
    assert listed == {"items": [{k: v for k, v in made.items() if k != "bindings"}], "next": None}
    assert (await admin.get("/api/v1/neurons", params={"gateway": "gw-2"})).json()["items"] == []


async def test_village_is_a_place(admin: httpx.AsyncClient, gateway: None) -> None:
    made = await register(admin, town="310151101012", hardware=[])
    assert made["town"] == "310151101012"
    for town, found in (("310151101", 1), ("310151101012", 1), ("310151101013", 0), ("310151101000", 1)):
        assert len((await admin.get("/api/v1/neurons", params={"town": town})).json()["items"]) == found


@pytest.mark.parametrize(
    ("change", "pointer", "message"),
    [
        ({"observed_properties": ["ph", "magic"]}, "#/observed_properties/1", "unknown observed property 'magic'"),
        ({"observed_properties": [{"name": "ph", "unit": "V"}]}, "#/observed_properties/0", "is in [pH], not in V"),
        ({"observed_properties": [{"name": "a b", "unit": "V"}]}, "#/observed_properties/0", "expected a-z"),
        ({"observed_properties": [5]}, "#/observed_properties/0", ""),
        ({"observed_properties": [{"name": "x", "unit": "a b"}]}, "#/observed_properties/0/unit", ""),
        ({"hardware": [{"scheme": "MN", "value": "1"}]}, "#/hardware/0", "scheme"),
        ({"hardware": [{"scheme": "mn", "value": "a b"}]}, "#/hardware/0", "value"),
        ({"gateway": "gw-none"}, "#/gateway", "no gateway gw-none"),
        ({"gateway": "GW"}, "#/gateway", "expected gw-"),
        ({"town": "310115001"}, "#/town", "18 towns"),
    ],
)
async def test_wrong_member_is_pointed_at(
    admin: httpx.AsyncClient, gateway: None, change: dict, pointer: str, message: str
) -> None:
    refused = await admin.post("/api/v1/neurons", json={**NEURON, **change})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["pointer"] == pointer
    assert message in error["detail"]


async def test_hardware_of_another_neuron(admin: httpx.AsyncClient, gateway: None) -> None:
    await register(admin)
    refused = await admin.post("/api/v1/neurons", json=NEURON)
    assert refused.status_code == 409
    assert refused.json()["errors"] == [
        {"detail": "hardware identity mn:A1 belongs to another neuron", "pointer": "#/hardware"}
    ]


async def test_change_keeps_what_is_not_given(admin: httpx.AsyncClient, gateway: None) -> None:
    made = await register(admin)
    path = f"/api/v1/neurons/{made['id']}"
    changed = (await admin.patch(path, json={"name": "b", "observed_properties": ["orp"]})).json()
    assert changed["name"] == "b"
    assert [s["property"] for s in changed["datastreams"]] == ["water_temperature", "ph", "sap_flow", "orp"]
    for member in ("gateway", "hardware", "location", "town", "attributes"):
        assert changed[member] == NEURON[member]
    freed = (await admin.patch(path, json={"gateway": None, "hardware": []})).json()
    assert (freed["gateway"], freed["hardware"]) == (None, [])
    assert (await admin.patch(path, json={"kind": "camera"})).status_code == 422
    unit = {"observed_properties": [{"name": "sap_flow", "unit": "kg/h"}]}
    assert (await admin.patch(path, json=unit)).status_code == 409


async def test_unknown_neuron(admin: httpx.AsyncClient) -> None:
    for name in ("nrn-00000000y", "x"):
        assert (await admin.get(f"/api/v1/neurons/{name}")).status_code == 404
        assert (await admin.patch(f"/api/v1/neurons/{name}", json={})).status_code == 404


async def test_bindings(admin: httpx.AsyncClient, gateway: None, desk: Desk) -> None:
    old, new = await register(admin), await register(admin, hardware=[])
    twin = (await admin.post("/api/v1/twins", json={"kind": "river_section", "town": "310151101"})).json()["id"]
    path = f"/api/v1/neurons/{old['id']}/bindings"
    first = await admin.post(path, json={"twin": twin, "from": "2025-12-01T08:00:00+08:00"})
    assert first.status_code == 201
    assert first.json()["from"] == "2025-12-01T00:00:00.000Z"
    assert (await admin.post(path, json={"twin": twin})).status_code == 409
    swap = await admin.post(f"/api/v1/neurons/{new['id']}/bindings", json={"twin": twin, "replaces": old["id"]})
    assert swap.status_code == 201
    assert [
        (b["neuron"], b["from"], b["to"]) for b in (await admin.get(f"/api/v1/twins/{twin}")).json()["bindings"]
    ] == [
        (old["id"], "2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        (new["id"], "2026-01-01T00:00:00.000Z", None),
    ]
    ended = await admin.patch(
        f"/api/v1/neurons/{new['id']}/bindings/{swap.json()['id']}", json={"to": "2026-02-01T00:00:00Z"}
    )
    assert ended.json()["to"] == "2026-02-01T00:00:00.000Z"
    wrong = await admin.post(path, json={"twin": "310151-0118-000001-0"})
    assert wrong.json()["errors"][0]["pointer"] == "#/twin"
    missing = await admin.post(path, json={"twin": twin.replace("000001", "000009")[:-1] + "0"})
    assert missing.status_code == 422
    for body in ({"twin": twin, "from": "2025-12-01"}, {"twin": twin, "to": "2020-01-01T00:00:00Z"}):
        assert (await admin.post(path, json=body)).status_code == 422
    for number in (0, 99, 2**40):
        answer = await admin.patch(f"{path}/{number}", json={"to": "2026-02-01T00:00:00Z"})
        assert answer.status_code in {404, 422}


async def test_datastreams_are_listed_and_filtered(admin: httpx.AsyncClient, gateway: None) -> None:
    first, second = await register(admin), await register(admin, hardware=[], kind="camera", gateway=None)
    everything = (await admin.get("/api/v1/datastreams")).json()["items"]
    assert [s["key"] for s in everything] == [s["key"] for n in (first, second) for s in n["datastreams"]]
    assert everything[0]["location"] == NEURON["location"]
    for params, found in (
        ({"property": "ph"}, 2),
        ({"neuron": first["id"]}, 3),
        ({"gateway": "gw-1"}, 3),
        ({"kind": "camera", "property": "ph"}, 1),
        ({"town": "310151102"}, 0),
        ({"bbox": "121.39,31.63,121.39,31.63"}, 6),
    ):
        assert len((await admin.get("/api/v1/datastreams", params=params)).json()["items"]) == found
    keys, cursor = [], ""
    while cursor is not None:
        page = (await admin.get("/api/v1/datastreams", params={"limit": 2, "cursor": cursor})).json()
        keys += [s["key"] for s in page["items"]]
        cursor = page["next"]
    assert keys == [s["key"] for s in everything]

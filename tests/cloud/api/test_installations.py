from typing import Any

import httpx
import pytest

from protocols.vocabulary import TwinId
from tests.cloud.api.conftest import Desk

TOWN = "310151101"


def installation(number: int, **change: Any) -> dict[str, Any]:
    neuron = {"kind": "noise", "gateway": "gw-1", "observed_properties": ["noise"], "town": TOWN}
    hardware = {"hardware": [{"scheme": "serial", "value": f"N{number}"}]}
    return {
        "neuron": {**neuron, **hardware},
        "twin": {"kind": "pole", "name": f"pole {number}", "town": TOWN},
        **change,
    }


@pytest.fixture
async def gateway(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/api/v1/gateways", json={"id": "gw-1", "name": "one"})).status_code == 201


async def count(admin: httpx.AsyncClient) -> tuple[int, int]:
    neurons, twins = [len((await admin.get(f"/api/v1/{what}")).json()["items"]) for what in ("neurons", "twins")]
    return neurons, twins


async def test_neurons_come_with_the_twins_they_watch(admin: httpx.AsyncClient, desk: Desk, gateway: None) -> None:
    await admin.post("/api/v1/twins", json={"kind": "pole", "code": "3101510117000077", "town": TOWN})
    alone = installation(2)
    del alone["twin"]
    items = [
        installation(1),
        alone,
        {**installation(3), "twin": None, "watches": str(TwinId.from_code("3101510117000077"))},
    ]
    items[2]["from"] = "2025-12-01T00:00:00Z"
    before = desk.database.commits
    answer = await admin.post("/api/v1/installations", json={"items": items})
    assert answer.status_code == 201, answer.text
    assert desk.database.commits == before + 1
    made = answer.json()["items"]
    assert [one["twin"] and one["twin"][7:18] for one in made] == ["0117-000001", None, "0117-000077"]
    first = (await admin.get(f"/api/v1/neurons/{made[0]['neuron']}")).json()
    assert first["hardware"] == [{"scheme": "serial", "value": "N1"}]
    assert [one["twin"] for one in first["bindings"]] == [made[0]["twin"]]
    last = (await admin.get(f"/api/v1/twins/{made[2]['twin']}")).json()
    assert [(one["neuron"], one["from"]) for one in last["bindings"]] == [
        (made[2]["neuron"], "2025-12-01T00:00:00.000Z")
    ]


@pytest.mark.parametrize(
    ("change", "status", "pointer", "message"),
    [
        ({"neuron": {"kind": "Noise"}}, 422, "#/items/1/neuron/kind", "match"),
        ({"neuron": {"kind": "noise", "gateway": "gw-9"}}, 422, "#/items/1/neuron/gateway", "no gateway gw-9"),
        (
            {"neuron": {"kind": "noise", "hardware": [{"scheme": "serial", "value": "N0"}]}},
            409,
            "#/items/1/neuron/hardware",
            "belongs to another neuron",
        ),
        ({"twin": {"kind": "pole", "code": "3101510117000077"}}, 409, "#/items/1/twin/code", "exists already"),
        (
            {"twin": {"kind": "pole", "code": "3101510117000078", "category": "0118"}},
            422,
            "#/items/1/twin/category",
            "is of category 0117",
        ),
        (
            {"twin": None, "watches": str(TwinId.from_code("3101510117000099"))},
            422,
            "#/items/1/watches",
            "no twin 310151-0117-000099",
        ),
        ({"watches": str(TwinId.from_code("3101510117000077"))}, 422, "#/items/1", "either twin or watches"),
    ],
)
async def test_one_that_is_refused_leaves_nothing_of_the_others(
    admin: httpx.AsyncClient, gateway: None, change: dict[str, Any], status: int, pointer: str, message: str
) -> None:
    await admin.post("/api/v1/twins", json={"kind": "pole", "code": "3101510117000077", "town": TOWN})
    refused = await admin.post("/api/v1/installations", json={"items": [installation(0), installation(1, **change)]})
    assert refused.status_code == status, refused.text
    (error,) = refused.json()["errors"]
    assert error["pointer"] == pointer
    assert message in error["detail"]
    assert await count(admin) == (0, 1)
    assert (await admin.post("/api/v1/installations", json={"items": [installation(0)]})).status_code == 201


async def test_who_is_limited_to_towns_enters_nothing_elsewhere(
    admin: httpx.AsyncClient, desk: Desk, gateway: None
) -> None:
    limited = await desk.client(desk.key("write", towns=("310151102",)))
    for part in ("neuron", "twin"):
        one = installation(1)
        del one["twin"]
        one[part] = {"kind": "noise", "town": TOWN}
        if part == "twin":
            one["neuron"]["town"] = "310151102"
        refused = await limited.post("/api/v1/installations", json={"items": [one]})
        assert refused.status_code == 403
        assert refused.json()["errors"][0]["pointer"] == f"#/items/0/{part}"
    assert await count(admin) == (0, 0)


async def test_number_is_bounded(admin: httpx.AsyncClient) -> None:
    for items in ([], [{"neuron": {"kind": "noise"}}] * 1001):
        assert (await admin.post("/api/v1/installations", json={"items": items})).status_code == 422

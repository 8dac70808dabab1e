import httpx
import pytest

from tests.cloud.api.conftest import Desk

TOWN, ELSEWHERE = "310151101", "310151102"
RULE = {"name": "warm water", "property": "water_temperature", "comparison": "gt", "threshold": 30, "deadband": 0.5}


async def neuron(admin: httpx.AsyncClient, town: str) -> str:
    body = {"name": "buoy", "kind": "water_quality", "observed_properties": ["water_temperature"], "town": town}
    made = await admin.post("/api/v1/neurons", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_made_shown_changed_listed_and_retired(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/v1/rules", json={**RULE, "priority": "high", "town": TOWN})
    assert made.status_code == 201
    rule = made.json()
    assert made.headers["location"] == f"/api/v1/rules/{rule['id']}"
    assert (await admin.get(made.headers["location"])).json() == rule
    assert rule | {"kind": None, "neuron": None, "enabled": True, "threshold": 30.0, "priority": "high"} == rule
    changed = await admin.patch(made.headers["location"], json={"threshold": 28, "town": None, "enabled": False})
    assert changed.json() == rule | {"threshold": 28.0, "town": None, "enabled": False}
    second = (await admin.post("/api/v1/rules", json=RULE)).json()
    page = (await admin.get("/api/v1/rules?limit=1")).json()
    assert [one["id"] for one in page["items"]] == [rule["id"]]
    rest = (await admin.get("/api/v1/rules", params={"cursor": page["next"]})).json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([second["id"]], None)
    assert (await admin.delete(made.headers["location"])).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        gone = await admin.request(method, made.headers["location"], json={} if method == "PATCH" else None)
        assert gone.status_code == 404, method
    assert [one["id"] for one in (await admin.get("/api/v1/rules")).json()["items"]] == [second["id"]]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "#/name"),
        ({"name": "\x07"}, "#/name"),
        ({"property": "Water"}, "#/property"),
        ({"comparison": "ge"}, "#/comparison"),
        ({"threshold": "30"}, "#/threshold"),
        ({"threshold": None}, "#/threshold"),
        ({"threshold": True}, "#/threshold"),
        ({"deadband": -0.1}, "#/deadband"),
        ({"threshold": -1e308, "deadband": 1.7e308}, "#/deadband"),
        ({"priority": "urgent"}, "#/priority"),
        ({"kind": "Water Quality"}, "#/kind"),
        ({"town": "110000000"}, "#/town"),
        ({"town": TOWN + "001"}, "#/town"),
        ({"neuron": "nrn-0"}, "#/neuron"),
        ({"neuron": "nrn-000000000"}, "#/neuron"),
        ({"enabled": 1}, "#/enabled"),
        ({"id": 7}, "#/id"),
    ],
)
async def test_wrong_bodies_name_the_member(admin: httpx.AsyncClient, change: dict[str, object], pointer: str) -> None:
    answer = await admin.post("/api/v1/rules", json={**RULE, **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    made = (await admin.post("/api/v1/rules", json=RULE)).json()
    answer = await admin.patch(f"/api/v1/rules/{made['id']}", json=change)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await admin.get(f"/api/v1/rules/{made['id']}")).json() == made


async def test_unknown_number_is_not_found_and_absurd_one_refused(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/api/v1/rules/7")).status_code == 404
    assert (await admin.get(f"/api/v1/rules/{10**30}")).status_code == 422


async def test_key_limited_to_a_town_rules_there_only(desk: Desk, admin: httpx.AsyncClient) -> None:
    limited = await desk.client(desk.key("read", "write", towns=(TOWN,)))
    here, there = await neuron(admin, TOWN), await neuron(admin, ELSEWHERE)
    whole = (await admin.post("/api/v1/rules", json=RULE)).json()["id"]
    elsewhere = (await admin.post("/api/v1/rules", json={**RULE, "town": ELSEWHERE})).json()["id"]
    of_there = (await admin.post("/api/v1/rules", json={**RULE, "neuron": there})).json()["id"]

    own = [await limited.post("/api/v1/rules", json={**RULE, **part}) for part in ({"town": TOWN}, {"neuron": here})]
    assert [answer.status_code for answer in own] == [201, 201]
    seen = [one["id"] for one in (await limited.get("/api/v1/rules")).json()["items"]]
    assert seen == [whole, *(answer.json()["id"] for answer in own)]
    for number in (elsewhere, of_there):
        assert (await limited.get(f"/api/v1/rules/{number}")).status_code == 404
        assert (await limited.delete(f"/api/v1/rules/{number}")).status_code == 404
    for refused in ({}, {"town": ELSEWHERE}, {"town": ELSEWHERE, "neuron": here}):
        assert (await limited.post("/api/v1/rules", json={**RULE, **refused})).status_code == 403
    assert (await limited.post("/api/v1/rules", json={**RULE, "neuron": there})).status_code == 422
    assert (await limited.patch(f"/api/v1/rules/{whole}", json={"town": TOWN})).status_code == 403
    assert (await limited.delete(f"/api/v1/rules/{whole}")).status_code == 403
    assert (await limited.patch(own[0].headers["location"], json={"town": None})).status_code == 403
    assert (await limited.patch(own[0].headers["location"], json={"threshold": 1})).status_code == 200

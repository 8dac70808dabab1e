import httpx
import pytest

from cloud.alarms import journal
from cloud.alarms.engine import Change, Transition
from cloud.alarms.plan import Key
from cloud.registry import deliveries, webhooks
from cloud.registry.selection import Selection
from tests.cloud.api.conftest import NOW, Desk
from tests.cloud.api.test_rules import ELSEWHERE, RULE, TOWN, neuron


async def alarm(desk: Desk, admin: httpx.AsyncClient, town: str = TOWN, priority: str = "high") -> int:
    """One that is active; returns its number."""
    made = await neuron(admin, town)
    rule = (await admin.post("/api/v1/rules", json={**RULE, "neuron": made, "priority": priority})).json()["id"]
    streams = desk.directory.datastreams(Selection())
    number = next(one.number for one in streams if one.point.source == made)
    with desk.database.begin() as tx:
        journal.record(tx, [Transition(Key(rule, number), Change.RAISED, NOW - 1000, 31.5, True, True)], NOW)
    return int((await admin.get("/api/v1/alarms", params={"neuron": made})).json()["items"][0]["id"])


async def test_alarm_says_what_where_and_since_when(desk: Desk, admin: httpx.AsyncClient) -> None:
    number = await alarm(desk, admin)
    found = (await admin.get(f"/api/v1/alarms/{number}")).json()
    assert found["state"] == "active_unacked"
    assert (found["count"], found["value"], found["unit"]) == (1, 31.5, "Cel")
    assert found["raised"] == found["observed"] == "2025-12-31T23:59:59.000Z"
    assert (
        found["rule"] | {"name": "warm water", "threshold": 30.0, "comparison": "gt", "deadband": 0.5} == found["rule"]
    )
    assert found["datastream"] == f"{found['neuron']['id']}/water_temperature"
    assert (found["town"], found["twin"], found["priority"], found["shelved"]) == (TOWN, None, "high", None)


async def test_acknowledged_once_by_somebody_and_told(desk: Desk, admin: httpx.AsyncClient) -> None:
    with desk.database.begin() as tx:
        hook = webhooks.add(tx, "https://hook.example/", ("alarm.acknowledged",), NOW)
    number = await alarm(desk, admin)
    answer = await admin.post(f"/api/v1/alarms/{number}/acknowledge")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["state"], found["acknowledged_by"]) == ("active_acked", "test")
    assert found["acknowledged"] == "2026-01-01T00:00:00.000Z"
    again = await admin.post(f"/api/v1/alarms/{number}/acknowledge")
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    with desk.database.read() as tx:
        [told] = deliveries.page(tx, hook.id, 10).items
    assert (told.event, told.alarm, told.state) == ("alarm.acknowledged", number, "pending")


async def test_filters_and_cursor(desk: Desk, admin: httpx.AsyncClient) -> None:
    first = await alarm(desk, admin, TOWN, "high")
    second = await alarm(desk, admin, ELSEWHERE, "low")
    third = await alarm(desk, admin, TOWN, "low")
    await admin.post(f"/api/v1/alarms/{third}/acknowledge")

    async def numbers(query: str) -> list[int]:
        return [one["id"] for one in (await admin.get(f"/api/v1/alarms?{query}")).json()["items"]]

    assert await numbers("") == [first, second, third]
    assert await numbers(f"town={TOWN}") == [first, third]
    assert await numbers("priority=low") == [second, third]
    assert await numbers("state=active_acked") == [third]
    assert await numbers("state=active_acked&state=active_unacked&priority=high") == [first]
    assert await numbers("state=normal") == []
    page = (await admin.get("/api/v1/alarms?limit=2")).json()
    rest = (await admin.get("/api/v1/alarms", params={"cursor": page["next"]})).json()
    assert [one["id"] for one in rest["items"]] == [third]
    for wrong in ("state=open", "priority=urgent", "cursor=x", "limit=0"):
        assert (await admin.get(f"/api/v1/alarms?{wrong}")).status_code == 422


async def test_another_towns_alarm_does_not_exist(desk: Desk, admin: httpx.AsyncClient) -> None:
    mine, other = await alarm(desk, admin, TOWN), await alarm(desk, admin, ELSEWHERE)
    limited = await desk.client(desk.key("read", "write", towns=(TOWN,)))
    assert [one["id"] for one in (await limited.get("/api/v1/alarms")).json()["items"]] == [mine]
    assert (await limited.get(f"/api/v1/alarms?town={ELSEWHERE}")).json()["items"] == []
    shelving = {"until": "2026-01-01T01:00:00Z", "reason": "maintenance"}
    assert (await limited.get(f"/api/v1/alarms/{other}")).status_code == 404
    assert (await limited.post(f"/api/v1/alarms/{other}/acknowledge")).status_code == 404
    assert (await limited.post(f"/api/v1/alarms/{other}/shelve", json=shelving)).status_code == 404
    assert (await admin.get(f"/api/v1/alarms/{other}")).json()["state"] == "active_unacked"
    reader = await desk.client(desk.key("read"))
    assert (await reader.post(f"/api/v1/alarms/{mine}/acknowledge")).status_code == 403


async def test_shelved_with_a_reason_for_at_most_eight_hours(desk: Desk, admin: httpx.AsyncClient) -> None:
    number = await alarm(desk, admin)
    path = f"/api/v1/alarms/{number}/shelve"
    answer = await admin.post(path, json={"until": "2026-01-01T08:00:00Z", "reason": "sluice in repair"})
    assert answer.status_code == 200
    assert answer.json()["shelved"] == {"until": "2026-01-01T08:00:00.000Z", "by": "test", "reason": "sluice in repair"}
    for until in ("2026-01-01T08:00:00.001Z", "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z", "tomorrow"):
        refused = await admin.post(path, json={"until": until, "reason": "x"})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/until")
    assert (await admin.post(path, json={"until": "2026-01-01T01:00:00Z", "reason": ""})).status_code == 422
    desk.clock.advance(8 * 3600)
    assert (await admin.get(f"/api/v1/alarms/{number}")).json()["shelved"] is None


@pytest.mark.parametrize("action", ["acknowledge", "shelve"])
async def test_unknown_alarm(admin: httpx.AsyncClient, action: str) -> None:
    body = {"until": "2026-01-01T01:00:00Z", "reason": "x"} if action == "shelve" else None
    assert (await admin.post(f"/api/v1/alarms/99/{action}", json=body)).status_code == 404

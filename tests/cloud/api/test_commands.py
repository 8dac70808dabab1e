"""Desired states over the API: who may, for what, and what is answered."""

from typing import Any

import httpx
import pytest

from cloud.registry import commands, events
from cloud.registry.events import Arrived
from protocols.uplink import Item, Result
from protocols.vocabulary import Event
from tests.cloud.api.conftest import NOW, Desk

HERE, THERE = "310151101", "310151102"
WISH: dict[str, Any] = {"desired": {"lamp_level": 40}, "expires": 60}


class Lamps:
    """Made over the API as a client does."""

    def __init__(self, admin: httpx.AsyncClient) -> None:
        self.admin = admin

    async def open(self, gateway: str = "gw-1") -> "Lamps":
        await self.admin.post("/api/v1/gateways", json={"id": gateway})
        await self.admin.post(f"/api/v1/gateways/{gateway}/credentials", json={})
        return self

    async def lamp(self, town: str = HERE, gateway: str | None = "gw-1") -> tuple[str, str]:
        """(twin, neuron)."""
        place = {"kind": "streetlight", "town": town}
        body = {**place, "gateway": gateway, "observed_properties": ["lamp_level", "voltage", "lamp_level/2"]}
        neuron = (await self.admin.post("/api/v1/neurons", json=body)).json()["id"]
        twin = (await self.admin.post("/api/v1/twins", json=place)).json()["id"]
        bound = await self.admin.post(f"/api/v1/neurons/{neuron}/bindings", json={"twin": twin})
        assert bound.status_code == 201
        return twin, neuron


@pytest.fixture
async def lamps(admin: httpx.AsyncClient) -> Lamps:
    return await Lamps(admin).open()


async def test_a_twin_is_told_what_to_be(admin: httpx.AsyncClient, lamps: Lamps, desk: Desk) -> None:
    twin, neuron = await lamps.lamp()
    made = await admin.post(f"/api/v1/twins/{twin}/desired", json=WISH)
    assert made.status_code == 202
    body = made.json()
    assert body["id"].startswith("cmd-")
    assert body == {
        "id": body["id"],
        "group": None,
        "twin": twin,
        "neuron": neuron,
        "gateway": "gw-1",
        "version": NOW,
        "desired": {"lamp_level": 40.0},
        "state": "pending",
        "by": "test",
        "created": "2026-01-01T00:00:00.000Z",
        "due": "2026-01-01T00:00:00.000Z",
        "expires": "2026-01-01T00:01:00.000Z",
        "sent": None,
        "attempts": 0,
        "ended": None,
        "told": None,
        "items": [{"property": "lamp_level", "desired": 40.0, "state": "pending", "value": None, "reason": ""}],
        "reason": "",
    }
    assert (await admin.get(f"/api/v1/commands/{body['id']}")).json() == body
    result = Result(body["id"], NOW, "failed", NOW + 9, (Item("lamp_level", "failed", 39.0, "the device says 39"),))
    with desk.database.begin() as tx:
        commands.heed(tx, "gw-1", result, NOW + 50)
    found = (await admin.get(f"/api/v1/commands/{body['id']}")).json()
    assert (found["state"], found["ended"], found["told"]) == (
        "failed",
        "2026-01-01T00:00:00.050Z",
        "2026-01-01T00:00:00.009Z",
    )
    assert found["items"] == [
        {
            "property": "lamp_level",
            "desired": 40.0,
            "state": "failed",
            "value": 39.0,
            "reason": "the device says 39",
        }
    ]


async def test_a_neuron_can_be_told_itself(admin: httpx.AsyncClient, lamps: Lamps) -> None:
    _, neuron = await lamps.lamp()
    wish = {"desired": {"lamp_level/2": 7.5}, "expires": "2026-01-01T01:00:00Z", "version": 9}
    made = (await admin.post(f"/api/v1/neurons/{neuron}/desired", json=wish)).json()
    assert (made["twin"], made["neuron"], made["version"], made["expires"]) == (
        None,
        neuron,
        9,
        "2026-01-01T01:00:00.000Z",
    )
    again = await admin.post(f"/api/v1/neurons/{neuron}/desired", json=wish)
    assert again.status_code == 409
    assert again.json()["errors"][0]["pointer"] == "#/version"
    default = (await admin.post(f"/api/v1/neurons/{neuron}/desired", json={"desired": {"lamp_level": 1}})).json()
    assert default["expires"] == "2026-01-01T00:05:00.000Z"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"desired": {}}, "#/desired"),
        ({"desired": {"lamp_level": "40"}}, "#/desired/lamp_level"),
        ({"desired": {"lamp_level": None}}, "#/desired/lamp_level"),
        ({"desired": {"lamp_level": True}}, "#/desired/lamp_level"),
        ({"desired": {"lamp_level": 101}}, "#/desired"),
        ({"desired": {"Lamp": 1}}, "#/desired"),
        ({"desired": {"lamp_level/": 1}}, "#/desired"),
        ({"desired": {f"lamp_level/{n}": 1 for n in range(65)}}, "#/desired"),
        ({"desired": {"ph": 7}}, "#/desired"),
        ({"expires": 0}, "#/expires"),
        ({"expires": -5}, "#/expires"),
        ({"expires": 604_801}, "#/expires"),
        ({"expires": "2025-12-31T23:59:59Z"}, "#/expires"),
        ({"expires": "2026-02-01T00:00:00Z"}, "#/expires"),
        ({"expires": "soon"}, "#/expires"),
        ({"version": -1}, "#/version"),
        ({"version": 1.5}, "#/version"),
        ({"by": "me"}, "#/by"),
        ({"state": "applied"}, "#/state"),
    ],
)
async def test_wrong_wishes_are_pointed_at(
    admin: httpx.AsyncClient, lamps: Lamps, change: dict[str, Any], pointer: str
) -> None:
    twin, _ = await lamps.lamp()
    refused = await admin.post(f"/api/v1/twins/{twin}/desired", json={**WISH, **change})
    assert refused.status_code == 422, refused.text
    assert pointer in {error["pointer"] for error in refused.json()["errors"]}
    assert (await admin.get("/api/v1/commands")).json()["items"] == []


async def test_who_is_not_there_cannot_be_told(admin: httpx.AsyncClient, lamps: Lamps) -> None:
    for path in ("twins/310151-0118-000009-0", "twins/x", "neurons/nrn-00000000y", "neurons/x"):
        assert (await admin.post(f"/api/v1/{path}/desired", json=WISH)).status_code == 404
    twin, _ = await lamps.lamp(gateway=None)
    refused = await admin.post(f"/api/v1/twins/{twin}/desired", json=WISH)
    assert (refused.status_code, refused.json()["detail"].split(" ")[-2:]) == (422, ["no", "gateway"])
    for path in ("commands/cmd-00000000", "command-groups/grp-0"):
        assert (await admin.get(f"/api/v1/{path}")).status_code == 404


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 403), (["command"], 202), (["write"], 202)])
async def test_commanding_is_a_right_of_its_own(desk: Desk, lamps: Lamps, scopes: list[str], status: int) -> None:
    twin, neuron = await lamps.lamp()
    client = await desk.client(desk.key(*scopes))
    assert (await client.post(f"/api/v1/twins/{twin}/desired", json=WISH)).status_code == status
    assert (await client.post(f"/api/v1/neurons/{neuron}/desired", json=WISH)).status_code == status
    body = {"desired": {"lamp_level": 1}, "twins": [twin]}
    assert (await client.post("/api/v1/commands", json=body)).status_code == status
    if scopes == ["command"]:
        assert (await client.post("/api/v1/twins", json={"kind": "streetlight"})).status_code == 403


async def test_a_key_commands_its_towns_only(desk: Desk, lamps: Lamps) -> None:
    twin, neuron = await lamps.lamp(HERE)
    here = await desk.client(desk.key("read", "command", towns=(HERE,)))
    there = await desk.client(desk.key("read", "command", towns=(THERE,)))
    assert (await there.post(f"/api/v1/twins/{twin}/desired", json=WISH)).status_code == 404
    assert (await there.post(f"/api/v1/neurons/{neuron}/desired", json=WISH)).status_code == 404
    group = (await there.post("/api/v1/commands", json={"desired": {"lamp_level": 1}, "twins": [twin]})).json()
    assert (group["count"], [one["reason"] for one in group["unmet"]]) == (0, [f"no twin {twin}"])
    made = (await here.post(f"/api/v1/twins/{twin}/desired", json=WISH)).json()
    assert (await there.get(f"/api/v1/commands/{made['id']}")).status_code == 404
    assert (await there.get("/api/v1/commands")).json()["items"] == []
    assert len((await here.get("/api/v1/commands")).json()["items"]) == 1


async def test_a_group_is_staggered_and_told_apart(admin: httpx.AsyncClient, lamps: Lamps) -> None:
    made = [await lamps.lamp() for _ in range(4)]
    bare, _ = await lamps.lamp(gateway=None)
    body = {"desired": {"lamp_level": 0}, "twins": [twin for twin, _ in made] + [bare], "per_s": 2, "expires": 30}
    group = (await admin.post("/api/v1/commands", json=body)).json()
    assert (group["count"], len(group["commands"])) == (4, 4)
    assert [one["id"] for one in group["unmet"]] == [bare]
    assert group["last_due"] == "2026-01-01T00:00:01.500Z"
    listed = (await admin.get("/api/v1/commands", params={"group": group["id"]})).json()["items"][::-1]
    assert [one["id"] for one in listed] == group["commands"]
    assert [one["twin"] for one in listed] == [twin for twin, _ in made]
    assert [one["due"][-7:] for one in listed] == ["00.000Z", "00.500Z", "01.000Z", "01.500Z"]
    assert [one["expires"][-7:] for one in listed] == ["30.000Z", "30.500Z", "31.000Z", "31.500Z"]
    told = (await admin.get(f"/api/v1/command-groups/{group['id']}")).json()
    assert told == {"id": group["id"], "total": 4, "states": {"pending": 4}, "applied_share": 0.0}


async def test_a_group_by_kind_and_town_or_by_neurons(admin: httpx.AsyncClient, lamps: Lamps) -> None:
    here, there = await lamps.lamp(HERE), await lamps.lamp(THERE)
    wish = {"desired": {"lamp_level": 0}}

    async def commanded(more: dict[str, Any]) -> set[str]:
        group = (await admin.post("/api/v1/commands", json=wish | more)).json()
        found = (await admin.get("/api/v1/commands", params={"group": group["id"]})).json()["items"]
        return {one["neuron"] for one in found}

    assert await commanded({"where": {"kind": "streetlight"}}) == {here[1], there[1]}
    assert await commanded({"where": {"kind": "streetlight", "town": THERE}}) == {there[1]}
    assert await commanded({"neurons": [here[1], here[1]]}) == {here[1]}
    assert (await admin.post("/api/v1/commands", json=wish | {"where": {"kind": "sluice"}})).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"twins": []},
        {"twins": ["x"]},
        {"neurons": ["x"]},
        {"where": {}},
        {"where": {"town": "1"}},
        {"twins": ["310151-0118-000001-0"], "neurons": ["nrn-00000000y"]},
        {"where": {"kind": "streetlight"}, "per_s": 0},
        {"neurons": ["nrn-00000000y"] * 10_001},
    ],
)
async def test_wrong_groups_are_refused(admin: httpx.AsyncClient, lamps: Lamps, change: dict[str, Any]) -> None:
    refused = await admin.post("/api/v1/commands", json={"desired": {"lamp_level": 0}} | change)
    assert refused.status_code in {413, 422}


async def test_a_group_does_not_outlast_its_time(admin: httpx.AsyncClient, lamps: Lamps) -> None:
    twins = [(await lamps.lamp())[0] for _ in range(3)]
    body = {"desired": {"lamp_level": 0}, "twins": twins, "per_s": 1, "expires": "2026-01-01T00:00:02Z"}
    refused = await admin.post("/api/v1/commands", json=body)
    assert refused.status_code == 422
    assert "before the last of them" in refused.json()["detail"]
    assert (await admin.get("/api/v1/commands")).json()["items"] == []


async def test_lists_are_narrowed(admin: httpx.AsyncClient, lamps: Lamps) -> None:
    twin, neuron = await lamps.lamp()
    first = (await admin.post(f"/api/v1/twins/{twin}/desired", json=WISH)).json()["id"]
    second = (await admin.post(f"/api/v1/twins/{twin}/desired", json=WISH)).json()["id"]
    for params, found in (
        ({}, [second, first]),
        ({"state": "superseded"}, [first]),
        ({"state": ["superseded", "pending"]}, [second, first]),
        ({"twin": twin.replace("-", "")}, [second, first]),
        ({"neuron": neuron, "limit": 1}, [second]),
        ({"gateway": "gw-2"}, []),
    ):
        answer = await admin.get("/api/v1/commands", params=params)  # type: ignore[arg-type]
        assert [one["id"] for one in answer.json()["items"]] == found
    gone = (await admin.get(f"/api/v1/commands/{first}")).json()
    assert (gone["reason"], gone["items"][0]["state"]) == ("a newer command for the same points", "superseded")
    for params in ({"state": "done"}, {"twin": "x"}, {"cursor": "!"}):
        assert (await admin.get("/api/v1/commands", params=params)).status_code == 422


async def test_an_event_of_a_command_is_an_event_of_its_neuron(
    admin: httpx.AsyncClient, lamps: Lamps, desk: Desk
) -> None:
    twin, neuron = await lamps.lamp()
    name = (await admin.post(f"/api/v1/twins/{twin}/desired", json=WISH)).json()["id"]
    event = Event(neuron, "command.applied", NOW, {"command": name, "lamp_level": 40.0})
    with desk.database.begin() as tx:
        fresh = events.add(tx, [Arrived("gw-1", 1, 0, 0, NOW, late=False, neuron=neuron, event=event)])
        commands.heed_events(tx, fresh, NOW)
    assert (await admin.get(f"/api/v1/commands/{name}")).json()["state"] == "applied"


async def test_what_is_given_goes_out_before_the_answer(admin: httpx.AsyncClient, lamps: Lamps, desk: Desk) -> None:
    sent: list[int] = []
    object.__setattr__(desk.context, "commands_given", lambda: sent.append(1))
    twin, _ = await lamps.lamp()
    await admin.post(f"/api/v1/twins/{twin}/desired", json=WISH)
    await admin.post("/api/v1/commands", json={"desired": {"lamp_level": 1}, "twins": [twin]})
    assert len(sent) == 2

import httpx
import pytest

from cloud.registry import events
from cloud.registry.events import Arrived
from protocols.vocabulary import Event
from tests.cloud.api.conftest import NOW, Desk

URL = "/api/v1/events"


@pytest.fixture
async def neuron(admin: httpx.AsyncClient) -> str:
    body = {"name": "", "kind": "door", "observed_properties": ["ph"], "town": "310151101"}
    return str((await admin.post("/api/v1/neurons", json=body)).json()["id"])


@pytest.fixture
def _happened(desk: Desk, neuron: str) -> None:
    kinds = ["alarm.raised", "alarm.cleared", "alarms", "door_1.opened", "door.opened"]
    with desk.database.begin() as tx:
        events.add(
            tx,
            [
                Arrived("gw-1", 5, 0, place, NOW + place, place == 1, neuron if place % 2 else None, event)
                for place, event in enumerate(
                    Event(neuron if place % 2 else "gw-1", kind, NOW - place * 1000, {"place": place, "open": None})
                    for place, kind in enumerate(kinds)
                )
            ],
        )


@pytest.mark.usefixtures("_happened")
async def test_newest_first_page_by_page(admin: httpx.AsyncClient, neuron: str) -> None:
    first = (await admin.get(URL, params={"limit": 2})).json()
    second = (await admin.get(URL, params={"limit": 3, "cursor": first["next"]})).json()
    found = first["items"] + second["items"]
    assert [item["data"]["place"] for item in found] == [4, 3, 2, 1, 0]
    assert second["next"] is None
    assert found[3] == {
        "id": 2,
        "time": "2025-12-31T23:59:59.000Z",
        "received": "2026-01-01T00:00:00.001Z",
        "kind": "alarm.cleared",
        "gateway": "gw-1",
        "source": neuron,
        "neuron": neuron,
        "late": True,
        "data": {"place": 1, "open": None},
    }


@pytest.mark.usefixtures("_happened")
@pytest.mark.parametrize(
    ("params", "places"),
    [
        ({"kind": "alarm"}, [1, 0]),
        ({"kind": "alarm.raised"}, [0]),
        ({"kind": "door_1"}, [3]),
        ({"kind": "door"}, [4]),
        ({"kind": "%"}, []),
        ({"gateway": "gw-2"}, []),
        ({"from": "2025-12-31T23:59:58Z"}, [2, 1, 0]),
        ({"to": "2025-12-31T23:59:58Z"}, [4, 3]),
    ],
)
async def test_a_list_is_narrowed(admin: httpx.AsyncClient, params: dict[str, str], places: list[int]) -> None:
    found = (await admin.get(URL, params=params)).json()["items"]
    assert [item["data"]["place"] for item in found] == places


@pytest.mark.usefixtures("_happened")
async def test_a_key_sees_the_events_of_its_towns(desk: Desk, neuron: str) -> None:
    here = await desk.client(desk.key("read", towns=("310151101",)))
    there = await desk.client(desk.key("read", towns=("310151102",)))
    assert {item["neuron"] for item in (await here.get(URL)).json()["items"]} == {neuron}
    assert (await there.get(URL)).json()["items"] == []
    assert len((await here.get(URL, params={"neuron": neuron})).json()["items"]) == 2


@pytest.mark.parametrize("params", [{"from": "yesterday"}, {"cursor": "x"}, {"limit": 0}])
async def test_wrong_parameters(admin: httpx.AsyncClient, params: dict[str, str]) -> None:
    answer = await admin.get(URL, params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"

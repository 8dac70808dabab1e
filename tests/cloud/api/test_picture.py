from math import sin

import httpx
import pytest

from cloud.api import picture
from tests.cloud.api.conftest import NOW, Desk

NEURON = {"kind": "soil", "observed_properties": ["soil_moisture"], "town": "310151101"}
SECONDS = 20_000


@pytest.fixture
async def key(admin: httpx.AsyncClient, desk: Desk) -> str:
    made: str = (await admin.post("/api/v1/neurons", json=NEURON)).json()["datastreams"][0]["key"]
    rows = [(NOW - 1000 * n, None if n == 7 else 40 + sin(n / 700), 9 if n == 7 else 1, 0) for n in range(SECONDS)]
    rows[SECONDS // 2] = (rows[SECONDS // 2][0], 99.0, 3, 1)
    desk.take(made, rows)
    return made


async def test_a_spike_is_not_lost_in_a_picture(admin: httpx.AsyncClient, key: str) -> None:
    answer = await admin.get(f"/api/v1/datastreams/{key}/readings?points=500")
    items = answer.json()["items"]
    assert 400 <= len(items) <= 500
    times = [one["time"] for one in items]
    assert times == sorted(times)
    assert {one["quality"] for one in items if one["value"] == 99.0} == {3}
    assert max(one["value"] for one in items) == 99.0
    assert min(one["value"] for one in items) == pytest.approx(39.0, abs=1e-4)
    assert answer.json()["next"] is None


async def test_few_readings_are_all_there(admin: httpx.AsyncClient, key: str) -> None:
    answer = await admin.get(f"/api/v1/datastreams/{key}/readings?points=500&from=2025-12-31T23:59:00Z")
    assert len(answer.json()["items"]) == 60  # and not the missing one


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("points=3", "from 4 to 10000"),
        ("points=10001", "from 4 to 10000"),
        ("points=%C2%B2", "from 4 to 10000"),
        ("points=500&every=1h", "without `every`"),
        ("points=500&limit=5", "without `every`, `limit`"),
    ],
)
async def test_what_goes_with_it(admin: httpx.AsyncClient, key: str, query: str, says: str) -> None:
    refused = await admin.get(f"/api/v1/datastreams/{key}/readings?{query}")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "points"
    assert says in refused.json()["detail"]


async def test_too_many_to_look_at(admin: httpx.AsyncClient, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MOST_LOOKED_AT", 1000)
    refused = await admin.get(f"/api/v1/datastreams/{key}/readings?points=500")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "points")


async def test_of_a_twin_there_is_no_picture(admin: httpx.AsyncClient) -> None:
    twin = (await admin.post("/api/v1/twins", json={"kind": "farmland", "town": "310151102"})).json()["id"]
    assert (await admin.get(f"/api/v1/twins/{twin}/readings?points=500")).status_code == 422

import httpx
import pytest

from tests.cloud.api.conftest import NOW, Desk

NEURON = {"kind": "soil", "observed_properties": ["soil_moisture"], "town": "310151101"}


@pytest.fixture
async def path(admin: httpx.AsyncClient, desk: Desk) -> str:
    key = (await admin.post("/api/v1/neurons", json=NEURON)).json()["datastreams"][0]["key"]
    desk.take(key, [(NOW - 60_000, 21.5, 1, 0), (NOW, 22.0, 1, 0)])
    return f"/api/v1/datastreams/{key}/readings?to=2026-01-01T00:00:00Z"


@pytest.mark.parametrize("form", ["json", "csv", "arrow"])
@pytest.mark.parametrize("every", ["", "&every=1m"])
async def test_who_has_it_already_is_told_so(admin: httpx.AsyncClient, path: str, form: str, every: str) -> None:
    url = f"{path}&format={form}{every}"
    first = await admin.get(url)
    tag = first.headers["etag"]
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    for known in (tag, f'W/{tag}, "x"', "*"):
        again = await admin.get(url, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "content-type" not in again.headers
    assert (await admin.get(url, headers={"If-None-Match": '"other"'})).content == first.content


async def test_late_data_makes_it_another(admin: httpx.AsyncClient, desk: Desk, path: str) -> None:
    tag = (await admin.get(path)).headers["etag"]
    desk.take(path.split("/")[4] + "/soil_moisture", [(NOW - 3_600_000, 9.0, 1, 0)])
    again = await admin.get(path, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert len(again.json()["items"]) == 2
    assert again.headers["etag"] != tag


async def test_errors_and_other_paths_have_none(admin: httpx.AsyncClient, path: str) -> None:
    for url in (f"{path}&limit=0", "/api/v1/datastreams/nrn-x/readings", "/api/v1/neurons"):
        answer = await admin.get(url)
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
    for url in ("/api/v1/latest", "/api/v1/readings?every=1h&from=2025-12-31T00:00:00Z"):
        assert "etag" in (await admin.get(url)).headers

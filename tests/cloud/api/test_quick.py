"""The way past FastAPI says the same as the way through it."""

from contextlib import ExitStack
from typing import get_args

import httpx
import pytest

from cloud.api import quick
from cloud.api.question import Format
from cloud.api.turns import AT_ONCE
from cloud.store.duckdb_store import DuckDBStore
from tests.cloud.api.conftest import NOW, Desk

MINUTE = 60_000
NEURON = {"kind": "soil", "observed_properties": ["soil_moisture"], "town": "310151101"}
SAME = ("content-type", "etag", "cache-control", "content-security-policy", "x-content-type-options")


@pytest.fixture
async def key(admin: httpx.AsyncClient, desk: Desk) -> str:
    found: str = (await admin.post("/api/v1/neurons", json=NEURON)).json()["datastreams"][0]["key"]
    rows = [(NOW - MINUTE * n, n / 10, 1, 0) for n in range(9, 0, -1)]
    desk.take(found, [*rows[:4], (rows[4][0], float("nan"), 9, 0), (rows[5][0], 5.0, 4, 1 << 3), *rows[6:]])
    return found


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request was answered on the short way."""
    found: list[bool] = []
    whole = quick.Quick._answer

    def noted(self: quick.Quick, *args: object) -> object:
        answer = whole(self, *args)  # type: ignore[arg-type]
        found.append(answer is not None)
        return answer

    monkeypatch.setattr(quick.Quick, "_answer", noted)
    return found


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"limit": "3"},
        {"quality": "1"},
        {"points": "4"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        {"format": "csv"},
        {"format": "columns", "limit": "4"},
        {"format": "columns", "every": "5m", "from": "2025-12-31T00:00:00Z"},
        {"format": "arrow", "limit": "3"},
        {"every": "5m", "agg": "max", "from": "2025-12-31T00:00:00Z"},
        {"every": "1m", "fill": "null", "from": "2025-12-31T23:50:00Z"},
        {"every": "1d", "tz": "Asia/Shanghai", "from": "2025-12-01T00:00:00Z"},
    ],
)
async def test_both_ways_say_the_same(
    admin: httpx.AsyncClient, key: str, answers: list[bool], asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, params = f"/api/v1/datastreams/{key}/readings", {"to": "2026-01-01T00:00:00Z", **asked}
    short = await admin.get(path, params=params)
    monkeypatch.setattr(quick, "_is_plain", lambda *_: False)
    whole = await admin.get(path, params=params)
    assert answers == [True, False]
    assert (short.status_code, short.content) == (200, whole.content) == (whole.status_code, short.content)
    assert {name: short.headers[name] for name in SAME} == {name: whole.headers[name] for name in SAME}


@pytest.mark.parametrize(
    ("ending", "status"),
    [("?limit=0", 422), ("?every=1x", 422), ("?format=csv&limit=50001", 200), ("?every=1s", 200)],
)
async def test_what_is_not_simple_goes_the_whole_way(
    admin: httpx.AsyncClient, key: str, answers: list[bool], ending: str, status: int
) -> None:
    answer = await admin.get(f"/api/v1/datastreams/{key}/readings{ending}")
    assert answer.status_code == status
    assert not any(answers)


@pytest.mark.parametrize("ending", ["", "x", "/ph", "/soil_moisture/", "/soil_moisture/1", "/Soil_moisture"])
async def test_what_no_datastream_is_called_is_not_found(admin: httpx.AsyncClient, key: str, ending: str) -> None:
    found = key + ending if ending in {"", "x"} else key.partition("/")[0] + ending
    assert (await admin.get(f"/api/v1/datastreams/{found}/readings")).status_code == (404 if ending else 200)


async def test_a_hardware_identity_is_no_name_of_a_datastream(admin: httpx.AsyncClient, answers: list[bool]) -> None:
    hardware = [{"scheme": "serial", "value": "A-1"}]
    await admin.post("/api/v1/neurons", json={**NEURON, "hardware": hardware})
    answer = await admin.get("/api/v1/datastreams/serial:A-1/soil_moisture/readings")
    assert (answer.status_code, answers) == (404, [False])


async def test_what_is_sorted_is_told_in_the_same_words(
    admin: httpx.AsyncClient, desk: Desk, key: str, answers: list[bool]
) -> None:
    paths = [f"/api/v1/datastreams/{key}/readings?to=2026-01-01T00:00:00Z&format={form}" for form in get_args(Format)]
    paths += [f"{path}&every=1h&from=2025-12-31T00:00:00Z" for path in paths]
    before = [(await admin.get(path)).content for path in paths]
    assert isinstance(desk.context.store, DuckDBStore)
    desk.context.store.sort()
    assert [(await admin.get(path)).content for path in paths] == before
    assert all(answers)


async def test_a_few_readings_wait_for_no_turn(
    admin: httpx.AsyncClient, desk: Desk, key: str, answers: list[bool]
) -> None:
    path = f"/api/v1/datastreams/{key}/readings"
    with ExitStack() as stack:
        for _ in range(AT_ONCE):
            stack.enter_context(desk.context.turns.taken())
        assert (await admin.get(path)).status_code == 200
    assert answers == [True]


async def test_nobody_sees_more_on_the_short_way(desk: Desk, key: str, answers: list[bool]) -> None:
    path = f"/api/v1/datastreams/{key}/readings"
    for who, status in ((desk.key("write"), 403), (desk.key("read", towns=("310151102",)), 404), ("yz_no", 401)):
        assert (await (await desk.client(who)).get(path)).status_code == status
    assert not any(answers)
    assert (await (await desk.client(desk.key("read", towns=("310151101",)))).get(path)).status_code == 200
    assert answers[-1]


async def test_a_request_with_a_body_goes_the_whole_way(
    admin: httpx.AsyncClient, key: str, answers: list[bool]
) -> None:
    path = f"/api/v1/datastreams/{key}/readings"
    assert (await admin.request("GET", path, content=b"x")).status_code == 200
    assert (await admin.request("GET", path, content=b"x" * 100_000)).status_code == 413
    assert not any(answers)


async def test_the_short_way_is_counted_and_revalidated(
    admin: httpx.AsyncClient, desk: Desk, key: str, answers: list[bool]
) -> None:
    path = f"/api/v1/datastreams/{key}/readings?to=2026-01-01T00:00:00Z"
    tag = (await admin.get(path)).headers["etag"]
    again = await admin.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, answers) == (304, b"", [True, True])
    labels = {"method": "GET", "route": quick.READINGS_ROUTE}
    for status in ("200", "304"):
        counted = desk.context.metrics.get_sample_value("yz_http_requests_total", {**labels, "status": status})
        assert counted == 1

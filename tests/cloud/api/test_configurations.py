import httpx
import pytest

from cloud.api.configurations import MAX_TOML
from cloud.registry import configurations, gateways
from protocols.uplink import Configuration, Kind, Result, Signed
from tests.cloud.api.conftest import NOW, Desk

URL = "/api/v1/gateways/gw-1/config"
TOML = '[[link]]\nkind = "coap"\nname = "nodes"\n'


@pytest.fixture
async def gateway(admin: httpx.AsyncClient) -> str:
    await admin.post("/api/v1/gateways", json={"id": "gw-1"})
    return "gw-1"


async def test_what_was_given_and_what_became_of_it(admin: httpx.AsyncClient, gateway: str, desk: Desk) -> None:
    assert (await admin.get(URL)).json() == {
        "gateway": gateway,
        "running": None,
        "toml": None,
        "newest": None,
        "applied": None,
        "items": [],
    }
    made = await admin.post(URL, json={"toml": TOML})
    assert made.status_code == 202
    body = made.json()
    assert body == {
        "id": body["id"],
        "gateway": gateway,
        "version": NOW,
        "state": "pending",
        "by": "test",
        "created": "2026-01-01T00:00:00.000Z",
        "sent": None,
        "attempts": 0,
        "ended": None,
        "reason": "",
    }
    with desk.database.begin() as tx:
        configurations.heed(tx, gateway, Result(body["id"], NOW, "applied", NOW), NOW + 5)
        gateways.note_status(tx, gateway, {"config": {"version": NOW}}, NOW)
    second = (await admin.post(URL, json={"toml": "# none", "version": NOW + 5})).json()
    found = (await admin.get(URL)).json()
    assert (found["running"], found["toml"]) == (NOW, "# none")
    assert found["newest"] == second
    assert found["applied"]["id"] == body["id"]
    assert [one["state"] for one in found["items"]] == ["pending", "applied"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"toml": "x"}, "#/toml"),
        ({"toml": "x" * (MAX_TOML + 1)}, None),
        ({"toml": "# 灯" * (MAX_TOML // 4)}, None),
        ({"toml": 5}, "#/toml"),
        ({}, "#/toml"),
        ({"toml": "", "version": -1}, "#/version"),
        ({"toml": "", "state": "applied"}, "#/state"),
        ({"toml": "a = " + "[" * 5000}, "#/toml"),
    ],
)
async def test_wrong_ones_are_refused(
    admin: httpx.AsyncClient, gateway: str, body: dict[str, object], pointer: str | None
) -> None:
    refused = await admin.post(URL, json=body)
    if pointer is None:
        assert refused.status_code == 413  # this desk takes 64 kB
    else:
        assert refused.status_code == 422
        assert pointer in {error["pointer"] for error in refused.json()["errors"]}
    assert (await admin.get(URL)).json()["newest"] is None


async def test_versions_rise(admin: httpx.AsyncClient, gateway: str) -> None:
    await admin.post(URL, json={"toml": "", "version": 5})
    again = await admin.post(URL, json={"toml": "", "version": 5})
    assert again.status_code == 409
    assert again.json()["errors"][0]["pointer"] == "#/version"


@pytest.mark.parametrize("scope", ["read", "write", "command"])
async def test_only_an_admin_configures(desk: Desk, gateway: str, scope: str) -> None:
    client = await desk.client(desk.key(scope))
    assert (await client.get(URL)).status_code == 403
    assert (await client.post(URL, json={"toml": ""})).status_code == 403


async def test_a_gateway_that_is_not_there(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(URL)).status_code == 404
    assert (await admin.post(URL, json={"toml": ""})).status_code == 404


def test_the_longest_text_fits_a_message() -> None:
    longest = Configuration("cfg-" + "0" * 16, 2**62, NOW, '"' * MAX_TOML)
    Signed(Kind.CONFIGURATION, "gw-1", longest.body()).encode(b"k" * 32)

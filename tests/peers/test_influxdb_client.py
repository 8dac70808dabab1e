"""Whatever writes to InfluxDB can write here: InfluxData's own Python client, and bodies as curl sends them."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point as InfluxPoint
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from tests.system.processes import Installation

pytestmark = pytest.mark.peers

BASE_S = 1_795_000_000
OBSERVED = ("water_level", "water_temperature")
Point: Any = InfluxPoint  # the client's types are not those of its documentation


def client(cloud: Installation, token: str, *, packed: bool = False) -> Any:
    return InfluxDBClient(f"http://127.0.0.1:{cloud.api_port}", token, org="any", enable_gzip=packed, timeout=10_000)


def admin_key(cloud: Installation) -> str:
    return (cloud.folder / "secrets" / "admin-api-key").read_text().strip()


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def writer(request: pytest.FixtureRequest, cloud: Installation) -> Iterator[Any]:
    with client(cloud, admin_key(cloud), packed=request.param) as opened:
        api = opened.write_api(write_options=SYNCHRONOUS)
        yield api
        api.close()


async def neuron(cloud: Installation, serial: str) -> str:
    """A neuron that speaks for itself, by HTTP and through no gateway."""
    hardware = [{"scheme": "serial", "value": serial}]
    body = {"kind": "water_quality", "observed_properties": list(OBSERVED), "hardware": hardware}
    made = await cloud.post("/api/v1/neurons", body)
    identifier: str = made["id"]
    return identifier


@pytest.mark.parametrize("precision", ["s", "ms", "us", "ns"])
async def test_line_protocol_at_every_precision(
    cloud: Installation, writer: Any, precision: str, request: pytest.FixtureRequest
) -> None:
    who = await neuron(cloud, f"LINE-{request.node.callspec.id}")
    per_s = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[precision]
    lines = [f"water,neuron={who} water_level={number / 4} {(BASE_S + number) * per_s}" for number in range(100)]
    writer.write("any", record=lines, write_precision=precision)
    rows = await cloud.stored(f"{who}/water_level")
    assert rows == [((BASE_S + number) * 1000, number / 4) for number in range(100)]


async def test_points_by_neuron_and_by_hardware(
    cloud: Installation, writer: Any, request: pytest.FixtureRequest
) -> None:
    serial = f"POINT-{request.node.callspec.id}"
    who = await neuron(cloud, serial)
    at = datetime(2026, 11, 18, 11, 6, 40, 125_000, UTC)
    points = [
        Point("water").tag("neuron", who).field("water_level", 3.125).field("water_temperature", 20).time(at),
        Point("water").tag("serial", serial).tag("pier", "东滩 3").field("water_level", 3.25).time(BASE_S, "s"),
        Point(who).field("water_temperature", -1.5).time((BASE_S + 1) * 1000, "ms"),
    ]
    writer.write("any", record=points)
    assert await cloud.stored(f"{who}/water_level") == [(BASE_S * 1000, 3.25), (BASE_S * 1000 + 125, 3.125)]
    assert await cloud.stored(f"{who}/water_temperature") == [(BASE_S * 1000 + 125, 20.0), (BASE_S * 1000 + 1000, -1.5)]


async def test_what_is_refused_of_a_body_is_named_and_the_rest_is_stored(cloud: Installation, writer: Any) -> None:
    who = await neuron(cloud, f"PARTIAL-{id(writer)}")
    lines = [
        f"water,neuron={who} water_level=1 {BASE_S}",
        f"water,neuron={who} turbidity=2 {BASE_S}",
        f'water,neuron={who} water_level="high" {BASE_S + 1}',
        f"water,neuron=nrn-000000000 water_level=3 {BASE_S}",
        "this is no line protocol",
        f"water,neuron={who} water_level=4 {BASE_S + 2}",
    ]
    with pytest.raises(ApiException) as refused:
        writer.write("any", record=lines, write_precision="s")
    assert refused.value.status == 400
    message = refused.value.message
    assert message.startswith("partial write")
    assert message.endswith("dropped=4")
    for number in (2, 3, 4, 5):
        assert f"line {number}: " in message
    assert await cloud.stored(f"{who}/water_level") == [(BASE_S * 1000, 1.0), ((BASE_S + 2) * 1000, 4.0)]

    with pytest.raises(ApiException) as again:
        writer.write("any", record=f"water,neuron={who} water_level=9 {BASE_S}", write_precision="s")
    assert again.value.status == 400
    assert "differ from what is stored" in again.value.message
    writer.write(
        "any", record=f"water,neuron={who} water_level=1 {BASE_S}", write_precision="s"
    )  # a repetition is fine


def test_its_ping_is_answered(cloud: Installation) -> None:
    with client(cloud, "") as opened:
        assert opened.ping()


async def test_telegrafs_requests(cloud: Installation) -> None:
    """As telegraf's outputs.influxdb_v2 makes them: gzip, nanoseconds, its host tag, many metrics of one host."""
    made = await cloud.post(
        "/api/v1/neurons",
        {
            "kind": "computer",
            "observed_properties": [{"name": "cpu_idle", "unit": "%"}, "air_temperature"],
            "hardware": [{"scheme": "host", "value": "edge-7"}],
        },
    )
    metrics = {"metrics": {"cpu.usage_idle": {"property": {"name": "cpu_idle", "unit": "%"}}, "cpu.usage_user": None}}
    async with cloud.api() as api:
        assert (await api.put(f"/api/v1/neurons/{made['id']}/metrics", json=metrics)).is_success
    lines = [
        f"cpu,cpu=cpu-total,host=edge-7 usage_idle={90 + number / 8},usage_user=3 {(BASE_S + number) * 10**9}\n"
        f"room,host=edge-7 air_temperature=21i {(BASE_S + number) * 10**9}\n"
        for number in range(100)
    ]
    headers = {
        "Authorization": f"Token {admin_key(cloud)}",
        "Content-Encoding": "gzip",
        "Content-Type": "text/plain; charset=utf-8",
        "User-Agent": "Telegraf",
    }
    url = f"http://127.0.0.1:{cloud.api_port}/api/v2/write"
    async with httpx.AsyncClient(headers=headers) as http:
        sent = await http.post(
            url, params={"bucket": "telegraf", "org": "o"}, content=gzip.compress("".join(lines).encode())
        )
    assert sent.status_code == 204, sent.text
    rows = await cloud.stored(f"{made['id']}/cpu_idle")
    assert rows == [((BASE_S + number) * 1000, 90 + number / 8) for number in range(100)]
    assert len(await cloud.stored(f"{made['id']}/air_temperature")) == 100


@pytest.mark.parametrize("token", ["", "wrong", "yz_00000000_" + "0" * 40])
async def test_a_wrong_token_stores_nothing(cloud: Installation, token: str) -> None:
    who = await neuron(cloud, f"TOKEN-{token}")
    with client(cloud, token) as opened, opened.write_api(write_options=SYNCHRONOUS) as api:
        with pytest.raises(ApiException) as refused:
            api.write("any", record=f"{who} water_level=1 {BASE_S}", write_precision="s")
        assert refused.value.status == 401
        assert refused.value.message == "unauthorized access"
    assert await cloud.stored(f"{who}/water_level") == []


async def test_a_key_that_may_only_read(cloud: Installation) -> None:
    who = await neuron(cloud, "READER")
    key = (await cloud.post("/api/v1/keys", {"name": "reader", "scopes": ["read"]}))["key"]
    with client(cloud, key) as opened, opened.write_api(write_options=SYNCHRONOUS) as api:
        with pytest.raises(ApiException) as refused:
            api.write("any", record=f"{who} water_level=1 {BASE_S}", write_precision="s")
        assert refused.value.status == 403
    assert await cloud.stored(f"{who}/water_level") == []


async def test_bodies_as_curl_sends_them(cloud: Installation) -> None:
    """``--data-binary`` says that a body is a form; Telegraf and others leave org and bucket out or name their own."""
    who = await neuron(cloud, "CURL")
    url = f"http://127.0.0.1:{cloud.api_port}/api/v2/write"
    body = f"# a comment\r\n{who} water_level=1i {BASE_S}\r\n\n{who} water_level=2u {BASE_S + 1}\n".encode()
    token = {"Authorization": f"Token {admin_key(cloud)}"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(headers=token) as http:
        sent = await http.post(url, params={"precision": "s"}, headers=form, content=body)
        packed = {"Content-Encoding": "gzip"}
        again = await http.post(
            url, params={"org": "o", "bucket": "b", "precision": "s"}, headers=packed, content=gzip.compress(body)
        )
        cut = await http.post(url, headers=packed, content=gzip.compress(body)[:-4])
        stranger = await http.post(url, params={"precision": "h"}, content=body)
    assert (sent.status_code, sent.content) == (204, b"")
    assert again.status_code == 204
    assert (cut.status_code, cut.json()["code"]) == (400, "invalid")
    assert stranger.status_code == 400
    assert await cloud.stored(f"{who}/water_level") == [(BASE_S * 1000, 1.0), ((BASE_S + 1) * 1000, 2.0)]

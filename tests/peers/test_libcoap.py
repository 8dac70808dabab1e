"""Devices that speak CoAP, by libcoap's client: SenML to an edge agent, through broker and cloud, to the API."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cbor2
import pytest

from tests.peers.programs import run, until
from tests.system.processes import Installation, free_ports

pytestmark = pytest.mark.peers

GATEWAY = "gw-coap"
OBSERVED = ("water_level", "water_temperature")
BASE_S = 1_795_000_000
JSON, CBOR, OTHER_JSON, TEXT = "110", "112", "50", "0"
"""Content formats (RFC 8428 §12.3.2, RFC 7252 §12.3)."""


@dataclass(frozen=True)
class Edge:
    """A gateway's agent with a CoAP link."""

    cloud: Installation
    port: int

    @property
    def uri(self) -> str:
        return f"coap://127.0.0.1:{self.port}/senml"

    def post(self, content_format: str, *payload: str, uri: str | None = None) -> tuple[str, str]:
        """The response code that libcoap's client saw (``2.04``), and the diagnostic payload."""
        done = run(
            "coap-client-notls", "-v", "6", "-B", "9", "-m", "post", "-t", content_format, *payload, uri or self.uri
        )
        answers = [
            line for line in done.stdout.splitlines() if " c:2.04 " in line or " c:4." in line or " c:5." in line
        ]
        assert len(answers) == 1, (done.stdout, done.stderr)
        head, _, text = answers[0].partition(" :: ")
        return head.split(" c:", 1)[1][:4], text.strip("'")


@pytest.fixture(scope="module")
def edge(cloud: Installation) -> Iterator[Edge]:
    (port,) = free_ports(1)
    credentials = asyncio.run(cloud.add_gateway(GATEWAY))
    link = f'[[link]]\nkind = "coap"\nname = "nodes"\nhost = "127.0.0.1"\nport = {port}\n'
    cloud.write_gateway(GATEWAY, credentials, link)
    agent = cloud.edge(GATEWAY)
    agent.start()

    async def listening() -> bool:
        return (
            run("coap-client-notls", "-B", "1", f"coap://127.0.0.1:{port}/.well-known/core").stdout.count("senml") > 0
        )

    try:
        asyncio.run(until(listening, bool, 30))
        yield Edge(cloud, port)
    finally:
        if agent.alive:
            assert agent.stop() == 0


async def test_json(cloud: Installation, edge: Edge) -> None:
    neuron = await cloud.add_neuron(GATEWAY, OBSERVED, "imei", "867997030001007")
    pack = [
        {"bn": "imei:867997030001007/", "bt": BASE_S, "n": "water_level", "u": "cm", "v": 312},
        {"n": "water_temperature", "u": "Cel", "v": 20.5, "t": 1},
    ]
    assert edge.post(JSON, "-e", json.dumps(pack)) == ("2.04", "")
    level, temperature = (f"{neuron['id']}/{observed}" for observed in OBSERVED)
    assert await until(lambda: cloud.stored(level), bool) == [(BASE_S * 1000, 3.12)]
    assert await until(lambda: cloud.stored(temperature), bool) == [(BASE_S * 1000 + 1000, 20.5)]


@pytest.mark.parametrize("block", ["16", "1024"])
async def test_cbor_in_blocks(cloud: Installation, edge: Edge, tmp_path: Path, block: str) -> None:
    neuron = await cloud.add_neuron(GATEWAY, OBSERVED, "serial", f"BLOCK-{block}")
    values = [(BASE_S + index, index / 8) for index in range(200)]
    pack = [{-2: f"serial:BLOCK-{block}/water_level", -4: "m"}, *({6: time, 2: value} for time, value in values)]
    path = tmp_path / "pack.cbor"
    path.write_bytes(cbor2.dumps(pack))
    assert path.stat().st_size > 2048
    assert edge.post(CBOR, "-b", block, "-f", str(path)) == ("2.04", "")
    rows = await until(lambda: cloud.stored(f"{neuron['id']}/water_level"), lambda found: len(found) == len(values))
    assert rows == [(time * 1000, value) for time, value in values]


async def test_a_lost_datagram_is_sent_again_and_stored_once(cloud: Installation, edge: Edge) -> None:
    neuron = await cloud.add_neuron(GATEWAY, OBSERVED, "serial", "LOSSY")
    pack = json.dumps([{"n": "serial:LOSSY/water_level", "t": BASE_S, "u": "m", "v": 1}])
    assert edge.post(JSON, "-l", "1", "-e", pack) == ("2.04", "")
    assert edge.post(JSON, "-e", pack) == ("2.04", "")
    assert await until(lambda: cloud.stored(f"{neuron['id']}/water_level"), bool) == [(BASE_S * 1000, 1.0)]


@pytest.mark.parametrize(
    ("content_format", "payload", "code", "told"),
    [
        (JSON, '[{"n": "serial:X/water_level", "v": 1}', "4.00", "SenML"),
        (JSON, '[{"n": "serial:X/water_level", "v": NaN}]', "4.00", "SenML"),
        (JSON, '[{"n": "no place at all", "v": 1}]', "4.00", "name"),
        (CBOR, "no CBOR", "4.00", ""),
        (OTHER_JSON, '[{"n": "serial:X/water_level", "v": 1}]', "4.15", "110 or 112"),
        (TEXT, "hello", "4.15", "110 or 112"),
    ],
)
async def test_what_is_wrong_is_refused_by_its_name(
    edge: Edge, content_format: str, payload: str, code: str, told: str
) -> None:
    answered, diagnostic = edge.post(content_format, "-e", payload)
    assert answered == code
    assert told in diagnostic


async def test_another_resource(edge: Edge) -> None:
    assert edge.post(JSON, "-e", "[]", uri=edge.uri.replace("/senml", "/other"))[0] == "4.04"
    done = run("coap-client-notls", "-B", "9", "-m", "get", edge.uri)
    assert "4.05" in done.stderr

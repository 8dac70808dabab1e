"""ThingsBoard's topics against our own broker: who may speak there, and what becomes of it."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiomqtt
import pytest

from cloud.config import Doors, ThingsBoardDoor
from cloud.ingest.parcel import Parcel, Source
from cloud.registry import events
from tests.cloud.ingest.doors.town import Town, running, until

TS = 1_790_000_000_000
TELEMETRY = "v1/gateway/telemetry"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    doors = Doors(thingsboard=ThingsBoardDoor(open=True, accounts=("gw-tb",), device="gw-lone"))
    async with running(tmp_path, doors, "gw-tb", "gw-lone", "gw-other") as town:
        yield town


def telemetry(**devices: float) -> bytes:
    told = {name.replace("_", " "): [{"ts": TS, "values": {"airTemperature": v}}] for name, v in devices.items()}
    return json.dumps(told).encode()


async def test_devices_behind_a_gateway(town: Town) -> None:
    known = town.neuron("thingsboard:Station~20A", "air_temperature")
    async with town.device("gw-tb") as gateway:
        await gateway.publish("v1/gateway/connect", b'{"device": "Station A", "type": "weather"}', qos=1)
        await gateway.publish(TELEMETRY, b"no json", qos=1)
        await gateway.publish(TELEMETRY, telemetry(Station_A=20.5, Station_B=21), qos=1)
        await gateway.publish("v1/gateway/attributes", b'{"Station A": {"firmware": "1.2", "on": true}}', qos=1)
        await gateway.publish("v1/gateway/disconnect", b'{"device": "Station A"}', qos=1)
        await until(lambda: town.stored(known, "air_temperature") == [(TS, 20.5)])
        await until(lambda: town.core.pipeline.counts.events_stored == 3)
    with town.core.registry.read() as tx:
        found = events.page(tx, events.Filters(neuron=known), 10).items
    assert [(one.arrived.event.kind, dict(one.arrived.event.data)) for one in reversed(found)] == [
        ("device.connected", {"type": "weather"}),
        ("device.attributes", {"firmware": "1.2", "on": True}),
        ("device.disconnected", {}),
    ]
    [one] = town.discovered()
    assert (one.door, one.gateway, one.subject, one.label) == (
        "thingsboard",
        "",
        "thingsboard:Station~20B",
        "Station B",
    )
    assert [(seen.name, seen.series, seen.value) for seen in one.names] == [("airTemperature", "air_temperature", 21.0)]
    assert len(town.quarantined("malformed")) == 1

    adopted = town.neuron("thingsboard:Station~20B", "air_temperature")
    assert (await town.replayed(one.subject))[:3] == (1, 1, 0)
    assert town.stored(adopted, "air_temperature") == [(TS, 21.0)]
    assert (await town.replayed(one.subject))[:3] == (0, 0, 0)


async def test_a_device_is_its_account(town: Town) -> None:
    lone = town.neuron("thingsboard:gw-lone", "air_temperature")
    other = town.neuron("thingsboard:gw-other", "air_temperature", gateway="gw-other")
    async with town.device("gw-lone") as one, town.device("gw-other") as two:
        await one.publish("v1/devices/me/telemetry", b'{"air_temperature": 1, "note": "x", "o": {}}', qos=1)
        await two.publish(
            "yz/v1/gw-other/v1/devices/me/telemetry",
            b'[{"ts": 1790000000000, "values": {"air_temperature": 2}}]',
            qos=1,
        )
        await until(lambda: town.stored(lone, "air_temperature") and town.stored(other, "air_temperature"))
    assert [value for _, value in town.stored(lone, "air_temperature")] == [1.0]
    assert town.stored(other, "air_temperature") == [(TS, 2.0)]
    assert town.core.doors.thingsboard.ignored["not_a_number"] == 2


@pytest.mark.parametrize(
    ("account", "topic"),
    [
        ("gw-other", TELEMETRY),
        ("gw-tb", "v1/devices/me/telemetry"),
        ("gw-other", "yz/v1/gw-tb/v1/gateway/telemetry"),
        ("gw-tb", "spBv1.0/G/NBIRTH/E"),
    ],
)
async def test_nobody_speaks_where_he_was_not_let_in(town: Town, account: str, topic: str) -> None:
    async with town.device("gw-tb") as listening:
        granted = await listening.subscribe("v1/gateway/telemetry")
        assert granted[0].is_failure
    parcels = town.core.pipeline.counts.parcels
    with suppress(aiomqtt.MqttError):  # nats-server answers with nothing, or drops it
        async with town.device(account) as device:
            await device.publish(topic, telemetry(X=1), qos=1, timeout=1)
    assert town.core.pipeline.counts.parcels == parcels


async def test_a_neuron_of_a_gateway_is_that_gateways(town: Town) -> None:
    theirs = town.neuron("thingsboard:D", "air_temperature", gateway="gw-other")
    async with town.device("gw-lone") as one:
        await one.publish("yz/v1/gw-lone/v1/gateway/telemetry", telemetry(D=1), qos=1)
        await until(lambda: town.quarantined("other_gateway"))
    assert town.stored(theirs, "air_temperature") == []
    assert town.discovered() == []


async def test_a_retained_copy_without_a_time_is_no_reading(town: Town) -> None:
    known = town.neuron("thingsboard:D", "air_temperature")
    for retained in (False, True):
        pack = b'{"D": [{"air_temperature": 1}]}'
        town.core.pipeline.receive(Parcel(Source.THINGSBOARD, "", TELEMETRY, pack, lambda: None, None, retained))
    await until(lambda: town.core.doors.thingsboard.ignored["retained_without_time"] == 1)
    await until(lambda: town.stored(known, "air_temperature"))
    assert len(town.stored(known, "air_temperature")) == 1

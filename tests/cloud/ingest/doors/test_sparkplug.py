"""A Sparkplug edge node against our own broker: births, aliases, gaps, deaths, rebirths and our state."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from cloud.config import Doors, SparkplugDoor
from cloud.registry import events
from protocols.sparkplug import DataType, Descriptor, EdgeNode, Published, Tag
from tests.cloud.ingest.doors.town import Town, running, until

NODE = Descriptor("chongming", "sluice-3")
STATE = "spBv1.0/STATE/yingzhou"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    doors = Doors(sparkplug=SparkplugDoor(open=True, accounts=("gw-scada",)))
    async with running(tmp_path, doors, "gw-scada", "gw-other") as town:
        yield town


class Sluice:
    """An edge node with a device, over MQTT."""

    def __init__(self, town: Town, client: aiomqtt.Client, node: EdgeNode) -> None:
        self.commands: list[str] = []
        self._town = town
        self._client = client
        self._node = node

    def now(self) -> int:
        return self._town.clock.now_ms()

    async def say(self, *messages: Published) -> None:
        for one in messages:
            await self._client.publish(one.topic, one.payload, qos=one.qos)

    async def obey(self) -> None:
        """Be born again when asked."""
        async for message in self._client.messages:
            self.commands.append(str(message.topic))
            command = Published(str(message.topic), bytes(message.payload))
            await self.say(*self._node.receive(command, self.now()))

    async def data(self, device: str = "", **changes: Any) -> None:
        names = {name.replace("_", " "): value for name, value in changes.items()}
        await self.say(self._node.data(names, self.now(), device=device))


@asynccontextmanager
async def sluice(town: Town, node: EdgeNode) -> AsyncIterator[Sluice]:
    death = node.connect(town.clock.now_ms())
    async with (
        town.device("gw-scada", aiomqtt.Will(death.topic, death.payload, qos=1)) as client,
        asyncio.TaskGroup() as group,
    ):
        await client.subscribe("spBv1.0/chongming/NCMD/sluice-3/#", qos=1)
        one = Sluice(town, client, node)
        obeying = group.create_task(one.obey())
        yield one
        obeying.cancel()


def values(town: Town, neuron: str, series: str) -> list[float]:
    return [value for _, value in town.stored(neuron, series)]


async def test_from_birth_to_death(town: Town) -> None:
    own = town.neuron("sparkplug:chongming:sluice-3", "water_temperature")
    gauge = town.neuron("sparkplug:chongming:sluice-3:gauge", "water_temperature", "water_temperature/tank_1")
    node = EdgeNode(NODE, [Tag("Water Temperature", DataType.Float, 20.5)])
    now = town.clock.now_ms()
    node.add_device(
        "gauge",
        [Tag("waterTemperature", DataType.Double, 1.0), Tag("Tank 1/Water Temperature", DataType.Int16, 2)],
        now,
    )
    async with sluice(town, node) as one:
        await one.say(*node.birth(one.now()))
        await until(lambda: values(town, gauge, "water_temperature/tank_1") == [2.0])
        await one.data(Water_Temperature=21.5)
        await one.data("gauge", waterTemperature=1.5)
        await until(lambda: values(town, gauge, "water_temperature") == [1.0, 1.5])
        assert values(town, own, "water_temperature") == [20.5, 21.5]
        assert one.commands == []
        await one.say(node.device_death("gauge", one.now()))
        await one.say(node.death(one.now()))
        await until(lambda: town.core.pipeline.counts.events_stored == 4)
    with town.core.registry.read() as tx:
        told = [one.arrived for one in events.page(tx, events.Filters(), 10).items]
    assert [(one.neuron, one.event.kind) for one in reversed(told)] == [
        (own, "device.connected"),
        (gauge, "device.connected"),
        (gauge, "device.disconnected"),
        (own, "device.disconnected"),
    ]


async def test_who_speaks_before_its_birth_is_asked_for_it(town: Town) -> None:
    own = town.neuron("sparkplug:chongming:sluice-3", "water_temperature")
    node = EdgeNode(NODE, [Tag("Water Temperature", DataType.Float, 20.5)])
    node.birth(0)
    async with sluice(town, node) as one:
        await one.data(Water_Temperature=1.0)
        await until(lambda: one.commands == ["spBv1.0/chongming/NCMD/sluice-3"])
        await until(lambda: 1.0 in values(town, own, "water_temperature"))
        await one.data(Water_Temperature=2.0)
        await until(lambda: 2.0 in values(town, own, "water_temperature"))


async def test_an_unknown_device_waits_under_its_names(town: Town) -> None:
    node = EdgeNode(NODE, [Tag("T", DataType.Float, 20.5), Tag("on", DataType.Boolean, True)])
    async with sluice(town, node) as one:
        await one.say(*node.birth(one.now()))
        await one.data(T=21.5)
        await until(lambda: town.discovered() and town.discovered()[0].readings == 3)
    [found] = town.discovered()
    assert (found.door, found.subject, found.label) == (
        "sparkplug",
        "sparkplug:chongming:sluice-3",
        "chongming/sluice-3",
    )
    assert [(seen.name, seen.series, seen.value) for seen in found.names] == [("T", "", 21.5), ("on", "", 1.0)]
    assert len(town.quarantined("unknown_neuron")) == 2


async def test_our_state_is_told_and_taken_back(tmp_path: Path) -> None:
    doors = Doors(sparkplug=SparkplugDoor(open=True, accounts=("gw-scada",)))
    heard: list[dict[str, Any]] = []
    async with running(tmp_path, doors, "gw-scada") as town, town.device("gw-scada") as client, asyncio.timeout(60):
        await client.subscribe(STATE, qos=1)
        async for message in client.messages:
            if not message.retain:  # we were here before it was said: what is kept of it comes to who asks now
                await client.subscribe(STATE, qos=1)
                continue
            heard.append(json.loads(message.payload))
            break
    assert [one["online"] for one in heard] == [True]


async def test_malformed_ones_stop_nobody(town: Town) -> None:
    own = town.neuron("sparkplug:chongming:sluice-3", "water_temperature")
    node = EdgeNode(NODE, [Tag("Water Temperature", DataType.Float, 20.5)])
    async with sluice(town, node) as one:
        await one.say(
            Published("spBv1.0/chongming/NDATA/sluice-3", b"\xff\xff", qos=1),
            Published("spBv1.0/chongming/NBIRTH/sluice-3/x", b"", qos=1),
            *node.birth(one.now()),
        )
        await until(lambda: values(town, own, "water_temperature") == [20.5])
    assert len(town.quarantined("malformed")) == 2


async def test_a_gateway_that_was_not_let_in_hears_and_says_nothing(town: Town) -> None:
    async with town.device("gw-other") as other:
        granted = await other.subscribe("spBv1.0/chongming/NCMD/sluice-3")
        assert granted[0].is_failure
        with suppress(aiomqtt.MqttError):  # nats-server answers with nothing, or drops it
            await other.publish("spBv1.0/chongming/NBIRTH/sluice-3", b"", qos=1, timeout=1)
    assert town.core.doors.sparkplug.host.nodes == {}

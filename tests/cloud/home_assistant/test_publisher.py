"""Home Assistant's end: a client on a real broker that hears what is announced."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import numpy as np
import pytest

from cloud.broker.embedded import CLOUD_USER, EmbeddedBroker
from cloud.broker.line import Endpoint
from cloud.config import HomeAssistant as Settings
from cloud.geo.towns import Place
from cloud.home_assistant.publisher import HomeAssistant
from cloud.home_assistant.sensor import CLASSES, UNITS
from cloud.ingest.latest import Latest
from cloud.registry import datastreams, neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from cloud.store.port import Columns
from protocols.vocabulary import unit_of
from tests.cloud.broker.conftest import PASSWORD, HastyClock, broker, port

__all__ = ["broker", "port"]
NOW = 1_795_000_000_000


class Home:
    """A publisher, and all that was heard of it."""

    def __init__(self, folder: Path, port: int, **settings: Any) -> None:
        self.database = Database(f"sqlite:///{folder}/registry.sqlite")
        self.latest = Latest()
        self.heard: dict[str, Any] = {}
        self.count = 0
        self._port = port
        config = Settings(url=f"mqtt://127.0.0.1:{port}", **settings)
        endpoint = Endpoint("127.0.0.1", port, CLOUD_USER, PASSWORD)
        self.publisher = HomeAssistant(config, endpoint, Directory(self.database), self.latest, HastyClock())

    def neuron(self, kind: str, *series: Series, town: str = "310151101") -> tuple[str, list[int]]:
        with self.database.begin() as tx:
            made = neurons.add(tx, Neuron("", kind, "north pier", None, Site(Place(town)), {}), series, 1)
            return made.id, [one.number for one in datastreams.of_neurons(tx, [made.id])]

    def commit(self, number: int, time: int, value: float) -> None:
        columns = Columns(
            np.array([number], np.int32),
            np.array([time]),
            np.array([value]),
            np.array([3], np.uint8),
            np.array([2], np.uint32),
        )
        self.latest.take(columns)
        self.publisher.watch(columns)

    def client(self, name: str) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self._port, username=CLOUD_USER, password=PASSWORD, identifier=name)

    async def listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = bytes(message.payload)
            self.heard[str(message.topic)] = json.loads(payload) if payload[:1] == b"{" else payload.decode()
            self.count += 1

    async def until_heard(self, topic: str, value: Any = None) -> Any:
        async with asyncio.timeout(30):
            while topic not in self.heard or (value is not None and self.heard[topic].get("value") != value):
                await asyncio.sleep(0.01)
        return self.heard[topic]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        with self.database:
            async with self.client("home") as client, asyncio.TaskGroup() as group:
                await client.subscribe([("homeassistant/#", 1), ("yingzhou/#", 1)])
                tasks = [group.create_task(self.listen(client)), group.create_task(self.publisher.run())]
                yield
                for task in tasks:
                    task.cancel()


async def test_a_datastream_is_a_sensor(tmp_path: Path, broker: EmbeddedBroker, port: int) -> None:
    home = Home(tmp_path, port)
    async with home.running():
        neuron, [water, tank] = home.neuron(
            "water_level", Series("water_temperature", "Cel"), Series("ph", "[pH]", "tank.1")
        )
        home.commit(water, NOW, 20.5)
        config = await home.until_heard(f"homeassistant/sensor/{neuron}/water_temperature/config")
        state = await home.until_heard(f"yingzhou/{neuron}/water_temperature")
        assert config["device"]["name"] == "north pier"
        assert (config["device_class"], config["unit_of_measurement"], config["state_class"]) == (
            "temperature",
            "°C",
            "measurement",
        )
        assert config["state_topic"] == f"yingzhou/{neuron}/water_temperature"
        assert state == {"value": 20.5, "time": "2026-11-18T11:06:40.000Z", "quality": 3, "reasons": ["spike"]}
        other = await home.until_heard(f"homeassistant/sensor/{neuron}/ph__tank-dot-1/config")
        assert "unit_of_measurement" not in other
        assert other["name"] == "ph tank.1"
        home.commit(tank, NOW, 7)
        home.commit(water, NOW + 1000, float("nan"))
        assert (await home.until_heard(f"yingzhou/{neuron}/ph__tank-dot-1", 7))["value"] == 7.0
        async with asyncio.timeout(30):
            while home.heard[f"yingzhou/{neuron}/water_temperature"]["value"] is not None:
                await asyncio.sleep(0.01)
        later, _ = home.neuron("weather", Series("noise", "dB"))
        await home.until_heard(f"homeassistant/sensor/{later}/noise/config")
        assert home.heard["yingzhou/status"] == "online"
    async with home.client("after") as client, asyncio.timeout(30):
        await client.subscribe("yingzhou/status")
        async for message in client.messages:
            if message.payload == b"offline":
                break


async def test_home_assistants_start_hears_all_again(tmp_path: Path, broker: EmbeddedBroker, port: int) -> None:
    home = Home(tmp_path, port)
    async with home.running(), home.client("started") as client:
        neuron, _ = home.neuron("weather", Series("noise", "dB"))
        topic = f"homeassistant/sensor/{neuron}/noise/config"
        await home.until_heard(topic)
        home.heard.clear()
        await client.publish("homeassistant/status", "online")
        await home.until_heard(topic)


async def test_only_what_is_wanted_and_bounded(tmp_path: Path, broker: EmbeddedBroker, port: int) -> None:
    home = Home(tmp_path, port, kinds=("weather",), towns=("310151101",), most=2)
    async with home.running():
        home.neuron("pump", Series("noise", "dB"))
        home.neuron("weather", Series("noise", "dB"), town="310151102")
        neuron, numbers = home.neuron("weather", Series("noise", "dB"), Series("ph", "[pH]"), Series("orp", "mV"))
        for number in range(1, 6):
            home.commit(number, NOW, 1)
        for topic in (f"yingzhou/{neuron}/ph", *(f"homeassistant/sensor/{neuron}/{n}/config" for n in ("noise", "ph"))):
            await home.until_heard(topic)
        assert home.publisher.left_out == 1
        assert sorted(topic for topic in home.heard if topic.endswith("config")) == [
            f"homeassistant/sensor/{neuron}/{name}/config" for name in ("noise", "ph")
        ]
        assert len(numbers) == 3


@pytest.mark.parametrize("observed", ["water_temperature", "active_energy", "pm2_5"])
def test_units_are_home_assistants(observed: str) -> None:

    assert observed in CLASSES
    assert UNITS[unit_of(observed) or ""] in {"°C", "kWh", "µg/m³"}

"""A cloud with its own broker and the doors open, without HTTP, and devices that speak to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt

from cloud.config import Doors
from cloud.core import BrokerSettings, Core
from cloud.ingest.doors.waiting import WaitingReport, replay_waiting
from cloud.registry import datastreams, discovered, gateways, neurons, quarantine
from cloud.registry.datastreams import Series
from cloud.registry.discovered import Discovered
from cloud.registry.neurons import Neuron
from cloud.registry.quarantine import Quarantined
from cloud.registry.selection import Site
from protocols.vocabulary import HardwareId, SystemClock
from tests.cloud.broker.conftest import free_port


class Town:
    """Opened with :func:`running`."""

    def __init__(self, folder: Path, doors: Doors) -> None:
        self.clock = SystemClock()
        self.port = free_port()
        self.core = Core(folder, BrokerSettings(mqtt_port=self.port), self.clock, doors=doors)
        self._passwords: dict[str, str] = {}

    def gateway(self, name: str) -> None:
        """Register one; before the broker starts."""
        with self.core.registry.begin() as tx:
            gateways.add(tx, name, "", 1)
            self._passwords[name] = gateways.rotate(tx, name, self.core.secrets, 1).password

    def neuron(self, identity: str, *series: str, gateway: str | None = None) -> str:
        with self.core.registry.begin() as tx:
            hardware = (HardwareId.parse(identity),)
            new = Neuron("", "weather", "", gateway, Site(), {}, hardware)
            parts = [name.partition("/") for name in series]
            return neurons.add(tx, new, [Series(name, "Cel", channel) for name, _, channel in parts], 1).id

    def device(self, account: str, will: aiomqtt.Will | None = None) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            self.port,
            username=account,
            password=self._passwords[account],
            identifier=f"{account}-device",
            will=will,
        )

    def stored(self, neuron: str, series: str) -> list[tuple[int, float]]:
        with self.core.registry.read() as tx:
            streams = {one.point.series: one.number for one in datastreams.of_neurons(tx, [neuron])}
        found = self.core.store.raw([streams[series]], 0, 2**62, limit=1000)
        return list(zip(found.time.tolist(), found.value.tolist(), strict=True))

    def discovered(self) -> list[Discovered]:
        with self.core.registry.read() as tx:
            return discovered.page(tx, 100).items

    def quarantined(self, reason: str) -> list[Quarantined]:
        with self.core.registry.read() as tx:
            return quarantine.page(tx, 100, reason=reason).items

    async def replayed(self, *subjects: str) -> WaitingReport:
        """As adopting does it, from a thread."""
        return await asyncio.to_thread(
            replay_waiting, self.core.registry, self.core.replay, subjects, self.clock.now_ms()
        )


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not what():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path, doors: Doors, *names: str) -> AsyncIterator[Town]:
    """A town with these gateways."""
    town = Town(folder, doors)
    async with town.core, asyncio.TaskGroup() as group:
        for name in names:
            town.gateway(name)
        task = group.create_task(town.core.run())
        await until(lambda: not town.core.ready())
        yield town
        task.cancel()

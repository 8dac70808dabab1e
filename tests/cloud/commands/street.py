"""Lamps in a registry: gateways with keys, neurons, twins that they are bound to."""

import asyncio
from pathlib import Path

from cloud.geo.towns import Place
from cloud.registry import bindings, commands, gateways, neurons, targets, twins
from cloud.registry.commands import Given, Wish
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.mac_keys import MacKeys
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from cloud.registry.targets import NoTarget, Target
from cloud.registry.twins import Twin
from cloud.secrets import Secrets
from protocols.vocabulary import ManualClock, TwinId
from tests.cloud.registry.place import registry_url

NOW = 1_767_225_600_000
HERE, THERE = "310151101", "310151102"
LEVEL = {"lamp_level": 40.0}


class Line:
    """Implements cloud.commands.dispatcher.Line."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.connected.set()
        self.published: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        assert qos == 1
        self.published.append((topic, payload))


class Street:
    def __init__(self, folder: Path) -> None:
        self.database = Database(registry_url(folder))
        self.secrets = Secrets.open(folder / "secrets")
        self.clock = ManualClock(NOW)
        self.keys = MacKeys(self.database, self.secrets, self.clock)

    def gateway(self, name: str = "gw-1", *, credentials: bool = True) -> bytes:
        with self.database.begin() as tx:
            gateways.add(tx, name, "", NOW)
            return gateways.rotate(tx, name, self.secrets, NOW).hmac_key if credentials else b""

    def rotate(self, name: str = "gw-1") -> bytes:
        with self.database.begin() as tx:
            return gateways.rotate(tx, name, self.secrets, self.clock.now_ms()).hmac_key

    def neuron(self, gateway: str | None = "gw-1", *series: str, town: str = HERE) -> str:
        names = [name.partition("/")[::2] for name in series or ("lamp_level", "voltage")]
        with self.database.begin() as tx:
            one = Neuron("", "streetlight", "", gateway, Site(Place(town)), {})
            return neurons.add(tx, one, [Series(name, "%", channel) for name, channel in names], NOW).id

    def twin(self, *bound: str, town: str = HERE, from_ms: int = 0, to_ms: int | None = None) -> TwinId:
        with self.database.begin() as tx:
            name = twins.mint(tx, "310151", "0118")
            twins.add(tx, Twin(name, "streetlight", "", Site(Place(town)), {}), NOW)
            for neuron in bound:
                bindings.bind(tx, neuron, name, from_ms, to_ms)
        return name

    def target(self, twin: TwinId, *series: str, scope: frozenset[str] = frozenset()) -> Target | NoTarget:
        with self.database.read() as tx:
            found = targets.of_twins(tx, [twin], series or ("lamp_level",), self.clock.now_ms(), scope)
        return found[twin]

    def give(
        self,
        neuron: str,
        desired: dict[str, float] | None = None,
        *,
        due_s: float = 0,
        lasts_s: float = 60,
        version: int | None = None,
        gateway: str = "gw-1",
    ) -> Given:
        now_ms = self.clock.now_ms()
        due_ms = now_ms + round(due_s * 1000)
        wish = Wish(Target(neuron, gateway), desired or LEVEL, due_ms, due_ms + round(lasts_s * 1000))
        with self.database.begin() as tx:
            (name,) = commands.give(tx, [wish], "tester", now_ms, version=version)
        return self.get(name)

    def get(self, name: str) -> Given:
        with self.database.read() as tx:
            return commands.get(tx, name)

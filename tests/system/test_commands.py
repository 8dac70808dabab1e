"""From the API down to a simulated lamp and back: what the lamp says is what the API says (fault F33)."""

import asyncio
from typing import Any

import pytest

from simulators.document import Wiring, island_toml
from simulators.layout import layout
from tests.system.processes import Installation, Process, free_ports

GATEWAY = "gw-lamps"
LEVEL = "lamp_level"
OBSERVED = ["voltage", "current", "active_power", LEVEL]


class Street:
    """A cloud, an agent, and some simulated lamps behind one Modbus port, each watching a twin."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.twins: list[str] = []
        self.neurons: list[str] = []
        self.edge: Process
        self.island: Process

    async def open(self, lamps: int, *, mqtt_port: int | None = None) -> "Street":
        one = self.installation
        await one.start_cloud()
        credentials = await one.add_gateway(GATEWAY)
        plans = [plan for plan in layout(22 * lamps, seed=3) if plan.kind == "streetlight"][:lamps]
        (port,) = free_ports(1)
        devices = ""
        for plan in plans:
            neuron = await one.post(
                "/api/v1/neurons",
                {"kind": "streetlight", "gateway": GATEWAY, "observed_properties": OBSERVED, "town": "310151101"},
            )
            twin = await one.post("/api/v1/twins", {"kind": "streetlight", "town": "310151101"})
            await one.post(
                f"/api/v1/neurons/{neuron['id']}/bindings", {"twin": twin["id"], "from": "2020-01-01T00:00:00Z"}
            )
            self.neurons.append(neuron["id"])
            self.twins.append(twin["id"])
            devices += (
                f'[[link.device]]\nneuron = "{neuron["id"]}"\nunit = {plan.unit}\n'
                f'model = "generic/streetlight"\nperiod_s = 1.0\n'
            )
        self.link = f'[[link]]\nkind = "modbus-tcp"\nname = "street"\nhost = "127.0.0.1"\nport = {port}\n' + devices
        one.write_gateway(GATEWAY, credentials, self.link, mqtt_port=mqtt_port)
        wiring = Wiring(modbus_ports=[port], hj212_port=1, coap_port=1)
        (one.folder / "island.toml").write_text(island_toml(plans, wiring, seed=3))
        self.island = Process(["island", "-c", str(one.folder / "island.toml")], one.folder / "island.log")
        one.edges["island"] = self.island
        self.island.start()
        self.edge = one.edge(GATEWAY)
        self.edge.start()
        return self

    async def command(self, place: int, level: float, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.installation.post(
            f"/api/v1/twins/{self.twins[place]}/desired", {"desired": {LEVEL: level}, **more}
        )
        return made

    async def ended(self, name: str, patience_s: float = 30) -> dict[str, Any]:
        async with asyncio.timeout(patience_s):
            while True:
                found: dict[str, Any] = await self.installation.get(f"/api/v1/commands/{name}")
                if found["state"] not in {"pending", "sent"}:
                    return found
                await asyncio.sleep(0.1)

    async def level(self, place: int) -> float | None:
        rows = await self.installation.stored(f"{self.neurons[place]}/{LEVEL}")
        return rows[-1][1] if rows else None

    async def until_level(self, place: int, level: float) -> None:
        async with asyncio.timeout(20):
            while await self.level(place) != level:
                await asyncio.sleep(0.2)


@pytest.fixture
def street(installation: Installation) -> Street:
    return Street(installation)


async def test_a_lamp_does_what_its_twin_is_told(street: Street) -> None:
    await street.open(2)
    async with asyncio.timeout(30):
        while await street.level(0) is None:
            await asyncio.sleep(0.2)
    made = await street.command(0, 37)
    assert made["state"] in {"sent", "applied"}
    found = await street.ended(made["id"])
    assert found["state"] == "applied", found
    assert found["items"] == [{"property": LEVEL, "desired": 37.0, "state": "applied", "value": 37.0, "reason": ""}]
    assert (found["twin"], found["neuron"], found["by"]) == (street.twins[0], street.neurons[0], "admin")
    await street.until_level(0, 37.0)
    assert await street.level(1) != 37.0

    refused = await street.ended((await street.command(0, 12.5))["id"])
    assert (refused["state"], refused["items"][0]["value"]) == ("refused", None)
    assert "multiple of 1" in refused["reason"]
    async with asyncio.timeout(20):
        while len(events := (await street.installation.get("/api/v1/events", kind="command"))["items"]) < 2:
            await asyncio.sleep(0.2)
    assert [(one["kind"], one["neuron"], one["data"]["command"]) for one in events] == [
        ("command.refused", street.neurons[0], refused["id"]),
        ("command.applied", street.neurons[0], found["id"]),
    ]
    assert await street.level(0) == 37.0

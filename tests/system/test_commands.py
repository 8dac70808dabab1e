"""From the API down to a simulated lamp and back: what the lamp says is what the API says (fault F33)."""

import asyncio
import json
import random
from typing import Any

import pytest

from simulators.document import Wiring, island_toml
from simulators.layout import layout
from tests.system.processes import Installation, Process, free_ports
from tests.system.proxy import Proxy

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
        plans = [plan for plan in layout(22 * lamps, seed=3) if plan.form == "streetlight"][:lamps]
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
        wiring = Wiring(lines={"modbus-tcp": [port]}, hj212_port=1, sl651_port=1, coap_port=1, lwm2m_port=1)
        self.hardware = [str(plan.hardware) for plan in plans]
        (one.folder / "island.toml").write_text(island_toml(plans, wiring, seed=3, truth=one.folder / "truth.jsonl"))
        self.island = Process(["island", "-c", str(one.folder / "island.toml")], one.folder / "island.log")
        one.edges["island"] = self.island
        self.island.start()
        self.edge = one.edge(GATEWAY)
        self.edge.start()
        return self

    def obeyed(self, place: int) -> list[float]:
        """What a lamp was told and did, in order."""
        rows = map(json.loads, (self.installation.folder / "truth.jsonl").read_text().splitlines())
        return [one["value"] for one in rows if (one["event"], one["hardware"]) == ("obeyed", self.hardware[place])]

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


async def test_late_twice_and_over_a_line_that_is_cut(street: Street) -> None:
    """F33: what the lamp was told is at most once each, and what the API says is what the lamp says."""
    dice = random.Random(33)
    async with Proxy(street.installation.mqtt_port) as proxy:
        await street.open(3, mqtt_port=proxy.port)
        async with asyncio.timeout(30):
            while await street.level(0) is None:
                await asyncio.sleep(0.2)
        given: list[tuple[int, int, str]] = []
        async with asyncio.TaskGroup() as group:
            trouble = group.create_task(_trouble(street, proxy, dice))
            for level in range(1, 61):  # each level once: the lamp's diary says which command it was
                place = dice.randrange(3)
                given.append((place, level, (await street.command(place, level, expires=90))["id"]))
                await asyncio.sleep(dice.random() * 0.3)
            trouble.cancel()
        if not street.edge.alive:
            street.edge.start()
        found = {name: await street.ended(name, 90) for _, _, name in given}
    assert {one["state"] for one in found.values()} <= {"applied", "superseded", "failed"}
    for place in range(3):
        diary = street.obeyed(place)
        mine = [(level, found[name]) for where, level, name in given if where == place]
        assert len(diary) == len(set(diary)), "done twice"
        assert diary == sorted(diary), "an older wish after a newer one"
        for level, one in mine:
            if one["state"] == "applied":
                assert one["items"][0]["value"] == level
                assert level in diary
            elif one["state"] == "failed":  # the agent was killed in the middle, and a read told what is
                assert "stopped in the middle" in one["reason"]
        last_level, last = mine[-1]
        assert last["state"] == "applied" or diary[-1] != last_level
    states = [one["state"] for one in found.values()]
    print(
        json.dumps(
            {state: states.count(state) for state in sorted(set(states))}
            | {"connects": proxy.connections, "starts": street.edge.starts}
        )
    )
    assert states.count("applied") >= 3


async def _trouble(street: Street, proxy: Proxy, dice: random.Random) -> None:
    while True:
        await asyncio.sleep(dice.uniform(0.1, 0.6))
        if dice.random() < 0.6:
            proxy.drop()
        else:
            street.edge.kill()
            await asyncio.sleep(dice.uniform(0.1, 0.5))
            street.edge.start()


async def test_a_gateway_that_was_away_gets_the_newest_and_not_what_is_over(street: Street) -> None:
    await street.open(2)
    async with asyncio.timeout(30):
        while await street.level(0) is None:
            await asyncio.sleep(0.2)
    assert street.edge.stop() == 0
    over = await street.command(1, 99, expires=1)
    older, newer = await street.command(0, 11), await street.command(0, 22)
    assert (await street.ended(older["id"]))["state"] == "superseded"
    await asyncio.sleep(1.2)
    street.edge.start()
    assert (await street.ended(newer["id"]))["state"] == "applied"
    found = await street.ended(over["id"], 60)
    assert (found["state"], found["items"][0]["value"]) == ("expired", None)
    assert street.obeyed(1) == []
    assert street.obeyed(0) in ([22.0], [11.0, 22.0]), (
        "the older one may still lie at the broker, never after the newer"
    )


async def test_a_group_switches_one_after_the_other(street: Street) -> None:
    await street.open(6)
    async with asyncio.timeout(30):
        while await street.level(5) is None:
            await asyncio.sleep(0.2)
    group = await street.installation.post(
        "/api/v1/commands", {"desired": {LEVEL: 55}, "where": {"kind": "streetlight"}, "per_s": 4}
    )
    assert (group["count"], group["unmet"]) == (6, [])
    async with asyncio.timeout(30):
        while True:
            told = await street.installation.get(f"/api/v1/command-groups/{group['id']}")
            if told["states"] == {"applied": 6}:
                break
            await asyncio.sleep(0.2)
    rows = map(json.loads, (street.installation.folder / "truth.jsonl").read_text().splitlines())
    times = sorted(one["at"] for one in rows if one["event"] == "obeyed")
    assert len(times) == 6
    assert times[-1] - times[0] > 1000, "5 pauses of a quarter of a second"

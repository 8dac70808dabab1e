"""Every kind of simulated device over its real wire: what the world says is what the API returns."""

import asyncio
import json
import struct
from collections import defaultdict
from pathlib import Path

from simulators.document import Wiring, island_toml
from simulators.environment import World
from simulators.layout import PER_LINE, layout
from tests.system.instruments import is_of_the_world
from tests.system.processes import Installation, Process, free_ports, milliseconds
from yingzhou.files import gateway_toml, links
from yingzhou.ports import Ports
from yingzhou.provision import GATEWAYS, Provisioner

NEURONS = 38
"""Two rounds of all forms."""


async def test_values_arrive_as_the_devices_said_them(installation: Installation) -> None:
    await installation.start_cloud()
    plans = layout(NEURONS, seed=7)
    hj212, sl651, coap, lwm2m, *shared = free_ports(4 + len(PER_LINE))
    lines = {wire: (port,) for wire, port in zip(PER_LINE, shared, strict=True)}
    ports = Ports(
        api=installation.api_port,
        mqtt=installation.mqtt_port,
        hj212=hj212,
        sl651=sl651,
        coap=coap,
        lwm2m=lwm2m,
        lines=lines,
    )
    async with installation.api() as api:
        provisioner = Provisioner(api, installation.folder / "gateways", lambda _: None)
        credentials = await provisioner.gateways()
        neurons = await provisioner.neurons(plans)
        assert await provisioner.neurons(plans) == neurons, "a second start enters nothing anew"
    for gateway in dict.fromkeys(GATEWAYS.values()):
        path = installation.folder / "gateways" / gateway / "gateway.toml"
        path.write_text(gateway_toml(gateway, credentials[gateway], ports, links(gateway, plans, neurons, ports)))
        process = Process(["edge", "-c", str(path)], installation.folder / f"{gateway}.log")
        installation.edges[gateway] = process
        process.start()
    truth = installation.folder / "truth.jsonl"
    wiring = Wiring(
        lines=lines,
        hj212_port=hj212,
        sl651_port=sl651,
        coap_port=coap,
        lwm2m_port=lwm2m,
        hj212_period_s=2,
        coap_period_s=2,
        lwm2m_period_s=2,
        sl651_period_s=60,
    )
    (installation.folder / "island.toml").write_text(island_toml(plans, wiring, seed=7, truth=truth))
    island = Process(["island", "-c", str(installation.folder / "island.toml")], installation.folder / "island.log")
    installation.edges["island"] = island
    island.start()

    wanted = sum(len(plan.observed) for plan in plans)
    async with asyncio.timeout(180):  # a hydrological station reports at full minutes
        while not await _all_stored(installation, truth, {str(plan.hardware) for plan in plans}):
            await asyncio.sleep(1)
    await asyncio.sleep(3)
    assert island.stop() == 0
    await asyncio.sleep(2)

    assert await installation.metric("yz_quarantine_rows") == 0
    said = _said(truth)
    compared, world = 0, World(7)
    assert len(said) > 0.9 * wanted
    for plan in plans:
        for observed in plan.observed:
            if (str(plan.hardware), observed) not in said:
                continue  # what is replayed was measured, and has gaps
            rows = await installation.stored(f"{neurons[str(plan.hardware)]}/{observed}")
            assert rows, f"{plan.name}: nothing of {observed}"
            assert len({time_ms for time_ms, _ in rows}) == len(rows)
            told = said[str(plan.hardware), observed]
            for time_ms, value in rows:
                assert value is not None
                assert any(_same(value, other) for other in told[_nearest(told, time_ms, plan.wire)]), (
                    f"{plan.name} {observed} at {time_ms}: stored {value}, said {told}"
                )
                assert is_of_the_world(world, plan, observed, time_ms, value), f"{plan.name} {observed}: {value}"
                compared += 1
    assert compared > wanted
    print(json.dumps({"datastreams": wanted, "values_compared": compared}))


async def _all_stored(installation: Installation, truth: Path, hardware: set[str]) -> bool:
    """Whether every device has said something, and all series of which something was said are there."""
    said = _said(truth) if truth.exists() else {}
    if {name for name, _ in said} != hardware:
        return False
    return await installation.metric("yz_latest_datastreams") >= len(said)


def _said(truth: Path) -> dict[tuple[str, str], dict[int | None, list[float]]]:
    """(hardware, observed) -> time as sent, or None for a wire without time -> values said."""
    said: dict[tuple[str, str], dict[int | None, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in truth.read_text().rpartition("\n")[0].splitlines():
        row = json.loads(line)
        if row["value"] is not None:
            said[row["hardware"], row["observed"]][row["time"]].append(row["value"])
    return said


def _nearest(told: dict[int | None, list[float]], time_ms: int, wire: str) -> int | None:
    if wire in (*PER_LINE, "lwm2m"):  # they tell no time: any value that the device said will do
        (only,) = told
        return only
    assert time_ms in told, f"{time_ms} was never said: {sorted(t for t in told if t is not None)[:5]}"
    return time_ms


def _same(stored: float, said: float) -> bool:
    """Equal, or equal as the binary32 that travelled."""
    return stored == said or struct.pack(">f", stored) == struct.pack(">f", said)


async def test_latest_answers_for_a_town(installation: Installation) -> None:
    await installation.start_cloud()
    await installation.add_gateway("gw-x")
    neuron = await installation.add_neuron("gw-x", ("ph",), "serial", "1")
    lines = f"nrn,neuron={neuron['id']} ph=7.25 {milliseconds('2026-01-01T00:00:00Z')}"
    async with installation.api() as api:
        answer = await api.post("/api/v2/write", params={"precision": "ms"}, content=lines)
        assert answer.status_code == 204, answer.text
    here = await installation.get("/api/v1/latest", town="310151101")
    assert [(item["datastream"], item["value"]) for item in here["items"]] == [(f"{neuron['id']}/ph", 7.25)]
    assert not (await installation.get("/api/v1/latest", town="310151102"))["items"]

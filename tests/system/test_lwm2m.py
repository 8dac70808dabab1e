"""From the API down to a simulated NB-IoT lamp that sleeps, and back; its readings on the way up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.system.processes import Installation, Process, free_ports

GATEWAY = "gw-nbiot"
ENDPOINT = "urn:imei:867997030003003"
OBSERVED = ["air_temperature", "lamp_level", "switched_on", "active_power"]


async def until(ask: Callable[[], Awaitable[Any]], right: Callable[[Any], Any], patience_s: float = 60) -> Any:
    async with asyncio.timeout(patience_s):
        while not right(found := await ask()):
            await asyncio.sleep(0.2)
        return found


async def test_a_sleeping_lamp_is_stored_and_commanded(installation: Installation) -> None:
    await installation.start_cloud()
    credentials = await installation.add_gateway(GATEWAY)
    neuron = await installation.post(
        "/api/v1/neurons",
        {"kind": "streetlight", "gateway": GATEWAY, "observed_properties": OBSERVED, "town": "310151101"},
    )
    (port,) = free_ports(1)
    link = f'[[link]]\nkind = "lwm2m"\nname = "nb"\nhost = "127.0.0.1"\nport = {port}\nack_timeout_s = 1.0\n'
    link += f'[[link.device]]\nendpoint = "{ENDPOINT}"\nneuron = "{neuron["id"]}"\n'
    installation.write_gateway(GATEWAY, credentials, link)
    lamp = f'[[lwm2m]]\nname = "lamp"\nendpoint = "{ENDPOINT}"\nport = {port}\nperiod_s = 3.0\nawake_s = 1.0\n'
    (installation.folder / "island.toml").write_text(lamp + "ack_timeout_s = 1.0\n")
    island = Process(["island", "-c", str(installation.folder / "island.toml")], installation.folder / "island.log")
    installation.edges["island"] = island
    edge = installation.edge(GATEWAY)
    edge.start()
    island.start()

    levels = await until(lambda: installation.stored(f"{neuron['id']}/lamp_level"), bool)
    assert 0 <= levels[0][1] <= 100
    made = await installation.post(
        f"/api/v1/neurons/{neuron['id']}/desired", {"desired": {"lamp_level": 35}, "expires": 120}
    )
    ended = await until(
        lambda: installation.get(f"/api/v1/commands/{made['id']}"), lambda one: one["state"] not in ("pending", "sent")
    )
    assert (ended["state"], ended["items"][0]["value"]) == ("applied", 35.0)
    await until(lambda: installation.stored(f"{neuron['id']}/lamp_level"), lambda rows: rows and rows[-1][1] == 35.0)
    edge.kill()
    edge.start()
    before = len(await installation.stored(f"{neuron['id']}/air_temperature"))
    rows = await until(
        lambda: installation.stored(f"{neuron['id']}/air_temperature"), lambda rows: len(rows) > before + 1
    )
    assert len({time for time, _ in rows}) == len(rows)
    assert edge.stop() == 0

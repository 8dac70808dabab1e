"""The simulated lamp at the edge agent's own server: it reports, sleeps, and is set when it wakes."""

import asyncio

import pytest
import uvloop

from edge.lwm2m.config import Lwm2m
from edge.lwm2m.link import Lwm2mLink
from protocols.vocabulary import SystemClock
from simulators.devices.lwm2m import DIMMER, OBSERVED, LampSettings, Lwm2mLamp
from simulators.environment import Site, Tempo, World
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running
from tests.system.processes import free_ports

ENDPOINT = "urn:imei:867997030002005"
SOURCE = "imei:867997030002005"


async def until(condition) -> None:
    async with asyncio.timeout(40):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("queue_mode", [True, False])
async def test_a_lamp_reports_sleeps_and_is_set_when_it_wakes(queue_mode: bool) -> None:
    link = Lwm2mLink(Lwm2m(kind="lwm2m", name="nb", host="127.0.0.1", port=0, ack_timeout_s=0.5), SystemClock())
    intake = Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        settings = LampSettings(
            host="127.0.0.1",
            port=link.port or 0,
            endpoint=ENDPOINT,
            period_s=1.0,
            awake_s=1.0,
            ack_timeout_s=1.0,
            queue_mode=queue_mode,
        )
        lamp = Lwm2mLamp(Site("lamp"), settings, World(1, Tempo(1.0)), SystemClock())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lamp.run())
            await until(lambda: ENDPOINT in link.devices and link.devices[ENDPOINT].settled)
            assert link.sleeps(SOURCE) is queue_mode
            assert await link.write(SOURCE, "lamp_level", "", 35) == 35
            assert (lamp.commanded, lamp.values[DIMMER]) == (35, 35)
            assert await link.write(SOURCE, "switched_on", "", 0) == 0
            await until(lambda: lamp.wakes >= 4)
            task.cancel()
    told = {str(reading.point).removeprefix(f"{SOURCE}/") for reading in intake.readings}
    assert told == {"air_temperature", "lamp_level", "switched_on", "active_power"}
    assert lamp.registrations == 1
    assert ("lamp_level", 35.0) in {(reading.point.observed, reading.value) for reading in intake.readings}


async def test_at_the_edge_of_its_cell_a_lamp_is_heard_nevertheless() -> None:
    """A third of the datagrams are lost each way: they are said again (RFC 7252 §4.2), and each value counts once."""
    link = Lwm2mLink(Lwm2m(kind="lwm2m", name="nb", host="127.0.0.1", port=0, ack_timeout_s=0.2), SystemClock())
    intake = Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        times = {"period_s": 1.0, "awake_s": 2.0, "ack_timeout_s": 0.2}
        settings = LampSettings(host="127.0.0.1", port=link.port or 0, endpoint=ENDPOINT, loss=0.33, **times)
        lamp = Lwm2mLamp(Site("lamp"), settings, World(1, Tempo(1.0)), SystemClock())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(lamp.run())
            await until(lambda: len({reading.point.observed for reading in intake.readings}) == len(OBSERVED))
            task.cancel()
    assert lamp.lost > 0
    told = [(reading.point, reading.time) for reading in intake.readings]
    assert len(set(told)) == len(told)


def test_a_lamp_that_was_there_before_its_gateway_registers_as_soon_as_that_comes() -> None:
    """On the loop of ``yingzhou island``: libuv leaves a socket alone for good that was told of a closed port."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_gateway_comes_later())


async def _gateway_comes_later() -> None:
    (port,) = free_ports(1)
    times = {"period_s": 1.0, "awake_s": 0.1, "ack_timeout_s": 0.3}
    settings = LampSettings(host="127.0.0.1", port=port, endpoint=ENDPOINT, **times)
    lamp = Lwm2mLamp(Site("lamp"), settings, World(1, Tempo(1.0)), SystemClock())
    link = Lwm2mLink(Lwm2m(kind="lwm2m", name="nb", host="127.0.0.1", port=port), SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lamp.run())
        await asyncio.sleep(0.2)  # the answer of a closed port has no one to tell us of it
        async with running(link, Recorder()):
            await until(lambda: lamp.registrations)
        task.cancel()

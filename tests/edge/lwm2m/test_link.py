"""The LwM2M server against a client made of aiocoap, over UDP."""

from edge.lwm2m.config import Lwm2m
from edge.lwm2m.link import Lwm2mLink
from protocols.vocabulary import SystemClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.lwm2m.node import LwM2mNode

IMEI = "urn:imei:867997030001007"
LAMP = {
    "/3/0/9": 88,
    "/3303/0/5700": 21.5,
    "/3303/0/5701": "Cel",
    "/3311/0/5850": False,
    "/3311/0/5851": 0,
}


def link_of(clock=None, **more) -> Lwm2mLink:
    fields = {"kind": "lwm2m", "name": "nb", "host": "127.0.0.1", "port": 0, "ack_timeout_s": 0.3} | more
    return Lwm2mLink(Lwm2m.model_validate(fields), clock or SystemClock())


def told(intake):
    return [(str(reading.point), reading.value) for reading in intake.readings]


async def test_a_device_registers_is_observed_and_its_readings_are_stored():
    link, intake = link_of(), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with LwM2mNode(LAMP).on(link.port) as node:
            answer = await node.register(IMEI, "lt=300", "b=U")
            assert str(answer.code) == "2.01 Created"
            assert answer.opt.location_path[0] == "rd"
            assert len(answer.opt.location_path[1]) > 8
            await until(lambda: len(intake.readings) >= 4)
            node.notify("/3303/0/5700", 22.25)
            await until(lambda: len(intake.readings) >= 5)
            (device,) = link.status().devices
    source = "imei:867997030001007"
    assert sorted(told(intake)[:4]) == [
        (f"{source}/air_temperature", 21.5),
        (f"{source}/battery_level", 88.0),
        (f"{source}/lamp_level", 0.0),
        (f"{source}/switched_on", 0.0),
    ]
    assert told(intake)[4] == (f"{source}/air_temperature", 22.25)
    assert (device.source, device.state, device.readings, device.errors) == (source, "up", 5, {})

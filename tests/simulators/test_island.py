import asyncio
import json
import os
import re
import signal
import socket
import sys

import aiocoap
import pytest
from aiocoap import resource
from aiocoap.numbers import codes
from pymodbus.client import AsyncModbusTcpClient

from protocols import sl651
from protocols.hj212 import Decoder, acknowledge, encode
from simulators.document import Wiring, island_toml
from simulators.layout import layout

COMMAND = """
import argparse, sys
from protocols.vocabulary import ConfigError
from yingzhou import island
parser = argparse.ArgumentParser()
island.add_arguments(parser)
try:
    sys.exit(island.run(parser.parse_args()))
except ConfigError as error:
    sys.exit(f"config: {error}")
"""


class Centre:
    """Acknowledges every HJ 212 upload."""

    def __init__(self):
        self.stations = set()

    async def take(self, reader, writer):
        decoder = Decoder()
        while data := await reader.read(4096):
            for packet in decoder.feed(data):
                self.stations.add(packet.mn)
                writer.write(encode(acknowledge(packet)))
        writer.close()


class HydrologicalCentre:
    """Confirms every SL 651 report."""

    def __init__(self):
        self.stations = set()

    async def take(self, reader, writer):
        decoder = sl651.Decoder()
        while data := await reader.read(4096):
            for frame in decoder.feed(data):
                self.stations.add(frame.station)
                answer = sl651.acknowledgement(sl651.Line.of(frame), frame, sl651.End.EOT)
                writer.write(sl651.encode(answer))
        writer.close()


class Edge(resource.Resource):
    async def render_post(self, request):
        return aiocoap.Message(code=codes.CHANGED)


async def wait_for_truth(path, wanted):
    """Until the file tells an acknowledgement of each of these hardware identities."""
    async with asyncio.timeout(20):
        while True:
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            if wanted <= {row["hardware"] for row in rows if row["event"] == "acknowledged"}:
                return rows
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
async def test_sixty_devices_live_in_one_process_and_end_cleanly(tmp_path, end):
    plans, centre, hydrology, site = layout(60, 1), Centre(), HydrologicalCentre(), resource.Site()
    site.add_resource(["senml"], Edge())
    coap = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", 0), transports=["udp6"])
    bound = coap.request_interfaces[0].token_interface.message_interface.transport.get_extra_info("socket")
    server = await asyncio.start_server(centre.take, "127.0.0.1", 0)
    other = await asyncio.start_server(hydrology.take, "127.0.0.1", 0)
    path, truth = tmp_path / "island.toml", tmp_path / "truth.jsonl"
    wiring = Wiring(
        lines={"modbus-tcp": (0,), "modbus-rtu-tcp": (0,), "meter-tcp": (0,)},
        hj212_port=server.sockets[0].getsockname()[1],
        sl651_port=other.sockets[0].getsockname()[1],
        coap_port=bound.getsockname()[1],
        lwm2m_port=bound.getsockname()[1],
    )
    path.write_text(island_toml(plans, wiring, truth=truth), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMAND, "-c", str(path), stdout=asyncio.subprocess.PIPE, env={**os.environ}
    )
    try:
        first = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        units = sum(plan.wire == "modbus-tcp" for plan in plans)
        port = int(re.fullmatch(rf"modbus-tcp +127\.0\.0\.1:([0-9]+) +{units} units\n", first)[1])
        while b"ready" not in (line := await asyncio.wait_for(process.stdout.readline(), 20)):
            assert line
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=5)
        assert await client.connect()
        lamp = next(plan for plan in plans if plan.kind == "streetlight")
        answer = await client.read_holding_registers(0, count=4, device_id=lamp.unit)
        client.close()
        callers = {str(plan.hardware) for plan in plans if plan.wire in ("hj212-tcp", "sl651-tcp", "coap")}
        rows = await wait_for_truth(truth, callers)
        said = {row["observed"]: row["value"] for row in rows if row["hardware"] == str(lamp.hardware)}
        voltage, current, power, level = answer.registers
        assert said == {
            "voltage": voltage / 10,
            "current": current / 100,
            "active_power": power / 10,
            "lamp_level": float(level),
        }
        assert centre.stations == {plan.hardware.value for plan in plans if plan.wire == "hj212-tcp"}
        assert hydrology.stations == {plan.hardware.value for plan in plans if plan.wire == "sl651-tcp"}
    finally:
        process.send_signal(end)
        assert await asyncio.wait_for(process.wait(), 20) == 0
        for one in (server, other):
            one.close()
            await one.wait_closed()
        await coap.shutdown()


async def test_a_taken_port_is_a_configuration_error(tmp_path):
    path = tmp_path / "island.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wiring = Wiring(
            lines={"modbus-tcp": (taken.getsockname()[1],)}, hj212_port=7000, sl651_port=7001, coap_port=1, lwm2m_port=2
        )
        path.write_text(island_toml(layout(1, 1), wiring), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", COMMAND, "-c", str(path), stderr=asyncio.subprocess.PIPE
        )
        _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert b"config: " in errors
    assert b"in use" in errors

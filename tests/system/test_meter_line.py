"""Fault F14 with a real process: a simulated meter is stopped by SIGSTOP, its neighbour is polled as before."""

import asyncio
import os
import re
import signal
import sys

from edge.links.meter_config import MeterTcp
from edge.links.meters import MeterLink
from protocols.vocabulary import SystemClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running
from tests.system.processes import REPOSITORY

ADDRESSES = ("000000000012", "000000000013")
ISLAND = '[[meter_line]]\nport = 0\n[[meter_line.meter]]\nname = "m"\nkind = "electricity"\naddress = "{}"\n'


async def simulator(folder, address):
    """One meter in a process of its own; its port."""
    file = folder / f"{address}.toml"
    file.write_text(ISLAND.format(address))
    command = (sys.executable, "-m", "yingzhou", "island", "-c", str(file))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY)
    assert process.stdout
    async with asyncio.timeout(120):
        while (found := re.match(rb"meters +127.0.0.1:(\d+)", await process.stdout.readline())) is None:
            assert process.returncode is None
    return process, int(found[1])


async def one_line(ports):
    """A serial server with both meters on its line: what comes goes to both, what either says comes back."""

    async def carry(reader, writer):
        while data := await reader.read(4096):
            writer.write(data)

    async def serve(reader, writer):
        meters = [await asyncio.open_connection("127.0.0.1", port) for port in ports]
        try:
            async with asyncio.TaskGroup() as group:
                for meter_reader, _ in meters:
                    group.create_task(carry(meter_reader, writer))
                while data := await reader.read(4096):
                    for _, meter in meters:
                        meter.write(data)
                for _, meter in meters:
                    meter.close()
        finally:
            for one in (writer, *(meter for _, meter in meters)):
                one.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


async def test_f14_a_meter_that_is_stopped_costs_its_neighbour_at_most_a_tenth_of_its_polls(tmp_path):
    found = [await simulator(tmp_path, address) for address in ADDRESSES]
    server = await one_line([port for _, port in found])
    intake = Recorder()
    devices = [{"protocol": "dlt645", "address": a, "items": ["02010100"], "period_s": 0.5} for a in ADDRESSES]
    settings = {"kind": "meter-tcp", "name": "m", "host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
    config = MeterTcp.model_validate({**settings, "timeout_s": 0.25, "retries": 0, "device": devices}, strict=False)
    link = MeterLink(config, SystemClock())

    def polls(address):
        return sum(batch.points[0].source == f"meter:{address}" for batch in intake.batches)

    async def until(condition):
        async with asyncio.timeout(120):
            while not condition():
                await asyncio.sleep(0.05)

    try:
        async with running(link, intake):
            await until(lambda: min(map(polls, ADDRESSES)) >= 3)
            os.kill(found[1][0].pid, signal.SIGSTOP)
            await until(lambda: link.status().devices[1].state == "silent")
            before, gone = polls(ADDRESSES[0]), polls(ADDRESSES[1])
            missed = link.status().devices[0].errors.get("missed_tick", 0)
            await until(lambda: polls(ADDRESSES[0]) >= before + 30)
            alive = link.status().devices[0]
            assert alive.state == "up"
            assert alive.errors.get("missed_tick", 0) - missed <= 3
            assert polls(ADDRESSES[1]) == gone
            os.kill(found[1][0].pid, signal.SIGCONT)
            await until(lambda: link.status().devices[1].state == "up")
    finally:
        server.close()
        for process, _ in found:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()
            await process.wait()

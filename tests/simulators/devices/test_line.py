"""Simulated meters behind a TCP port and at a serial port, asked through a socket."""

import asyncio

import pytest

from protocols import dlt645
from simulators.devices import line
from simulators.devices.line import LineSerialPort, LineServer
from simulators.devices.meters import ElectricityMeter, MeterWire
from simulators.environment import Site, World

NOON = 1_795_406_400_250
ADDRESS = "000000000007"
QUESTION = dlt645.encode(dlt645.requests.read(ADDRESS, 0x0201_0100))


def wire() -> MeterWire:
    return MeterWire((ElectricityMeter(Site("m"), ADDRESS, World(11)),), lambda: NOON)


async def answer(reader: asyncio.StreamReader) -> dlt645.Frame:
    decoder = dlt645.Decoder()
    async with asyncio.timeout(30):
        while True:
            data = await reader.read(256)
            assert data, "the line is gone"
            for one in decoder.feed(data):
                assert isinstance(one, dlt645.Frame)
                return one


async def test_a_question_over_tcp_is_answered():
    async with LineServer("127.0.0.1", 0, wire()) as server:
        assert server.place == f"127.0.0.1:{server.port}"
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(2):
            writer.write(QUESTION)
            assert (await answer(reader)).address == ADDRESS
        other_reader, other = await asyncio.open_connection("127.0.0.1", server.port)
        other.write(QUESTION)
        assert (await answer(other_reader)).address == ADDRESS
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", server.port)
    writer.close()
    other.close()


async def test_after_a_rest_half_a_frame_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    """Only then: a half frame that promises more bytes than come would swallow the next question."""
    monkeypatch.setattr(line, "REST_S", -1.0)  # each piece comes after a rest
    async with LineServer("127.0.0.1", 0, wire()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        half = QUESTION[:-3]
        writer.write(half)
        silences: list[None] = []
        async with asyncio.timeout(30):
            silence = server.wire.silence
            monkeypatch.setattr(server.wire, "silence", lambda: (silences.append(None), silence()))
            while not silences:
                await asyncio.sleep(0.005)
        writer.write(QUESTION)
        assert (await answer(reader)).address == ADDRESS
        writer.close()


async def test_a_port_that_somebody_has_is_told():
    async with LineServer("127.0.0.1", 0, wire()) as server:
        with pytest.raises(OSError, match="address already in use"):
            async with LineServer("127.0.0.1", server.port, wire()):
                pass


async def test_a_serial_port_that_is_not_there_is_told():
    with pytest.raises(OSError, match="/dev/no-such-port"):
        async with LineSerialPort("/dev/no-such-port", 9600, wire()):
            pass

import asyncio
import struct
from contextlib import asynccontextmanager

import pytest
import uvloop
from pymodbus.client import AsyncModbusTcpClient

from protocols.vocabulary import OBSERVED_PROPERTIES, HardwareId, ManualClock
from simulators.devices.modbus_tcp import ModbusServer
from simulators.devices.modbus_unit import Streetlight, Unit
from simulators.devices.register_map import REGISTER_MAPS, SOIL_PROBE, WATER_SONDE, WEATHER_STATION
from simulators.environment import Site, World
from simulators.truth import Said

WORLD = World(11)
NOON = 1_795_406_400_250  # 2026-11-23T04:00:00.250Z, noon in China
SERIAL = HardwareId("serial", "SN-1")


def unit(registers, device="u", witness=None):
    return Unit(Site(device), SERIAL, registers, WORLD, witness)


@asynccontextmanager
async def serve(units, now_ms=NOON):
    clock = ManualClock(now_ms)
    async with ModbusServer("127.0.0.1", 0, units, clock) as server:
        client = AsyncModbusTcpClient("127.0.0.1", port=server.port, retries=0, timeout=2)
        assert await client.connect()
        try:
            yield server, client, clock
        finally:
            client.close()


def known(observed, device="u", at=NOON):
    return WORLD.last_known(Site(device), observed, at - at % 1000)


async def test_the_weather_station_by_its_datasheet():
    async with serve({1: unit(WEATHER_STATION)}) as (_, client, _clock):
        answer = await client.read_holding_registers(0x01F4, count=14, device_id=1)
        r = answer.registers
        assert len(r) == 14
        assert r[0] / 100 == pytest.approx(known("wind_speed"), abs=0.005)
        assert r[1] == round((known("wind_speed") / 0.836) ** (2 / 3))
        assert r[2] == round(known("wind_direction") / 45) % 8
        assert r[3] == pytest.approx(known("wind_direction"), abs=0.5)
        assert r[4] / 10 == pytest.approx(known("relative_humidity"), abs=0.05)
        assert (r[5] - (r[5] >> 15 << 16)) / 10 == pytest.approx(known("air_temperature"), abs=0.05)
        assert r[6] / 10 == pytest.approx(known("noise"), abs=0.05)
        assert r[7] == pytest.approx(known("pm2_5"), abs=0.5)
        assert r[8] == pytest.approx(known("pm10"), abs=0.5)
        assert r[9] / 10 * 10 == pytest.approx(known("air_pressure"), abs=0.5)  # kPa × 10
        assert (r[10] << 16 | r[11]) == pytest.approx(known("illuminance"), abs=0.5)
        assert (r[10] << 16 | r[11]) > 0xFFFF or known("illuminance") < 0xFFFF
        assert r[12] == pytest.approx(known("illuminance") / 100, abs=0.5)
        assert r[13] / 10 == pytest.approx(known("rainfall"), abs=0.05)


async def test_frost_is_a_negative_number():
    january = 1_768_586_400_000  # 2026-01-16T18:00Z, 02:00 in China, in the coldest night of this seed's January
    assert known("air_temperature", at=january) < -2
    async with serve({1: unit(WEATHER_STATION)}, january) as (_, client, _clock):
        (raw,) = (await client.read_holding_registers(0x01F9, count=1, device_id=1)).registers
        assert (raw - 65536) / 10 == pytest.approx(known("air_temperature", at=january), abs=0.05)


async def test_the_soil_probe_by_its_datasheet():
    async with serve({1: unit(SOIL_PROBE)}) as (_, client, _clock):
        moisture, temperature, conductivity, ph = (
            await client.read_holding_registers(0, count=4, device_id=1)
        ).registers
        assert moisture / 10 == pytest.approx(known("soil_moisture"), abs=0.05)
        assert temperature / 10 == pytest.approx(known("soil_temperature"), abs=0.05)
        assert conductivity == pytest.approx(known("soil_conductivity"), abs=0.5)
        assert ph / 10 == pytest.approx(known("soil_ph"), abs=0.05)


async def test_the_sonde_speaks_floats_low_word_first():
    async with serve({9: unit(WATER_SONDE)}) as (_, client, _clock):
        r = (await client.read_holding_registers(0, count=10, device_id=9)).registers
        for index, observed in enumerate(("water_temperature", "ph", "dissolved_oxygen", "conductivity", "turbidity")):
            low, high = r[2 * index : 2 * index + 2]
            (value,) = struct.unpack(">f", struct.pack(">HH", high, low))
            assert value == pytest.approx(known(observed), rel=1e-6)


async def test_what_a_lamp_obeys_is_told():
    heard = []
    lamp = Streetlight(Site("u"), SERIAL, WORLD, heard.extend)
    async with serve({3: lamp}) as (_, client, _clock):
        for level in (40, 40, 101):
            await client.write_register(3, level, device_id=3)
    assert heard == [Said("u", "serial:SN-1", "lamp_level", None, 40.0, "obeyed", NOON)] * 2


@pytest.mark.parametrize("function", [6, 16])
async def test_a_lamp_follows_the_sun_until_it_is_told(function):
    lamp = Streetlight(Site("u"), SERIAL, WORLD)
    async with serve({3: lamp}) as (_, client, clock):
        voltage, current, power, level = (await client.read_holding_registers(0, count=4, device_id=3)).registers
        assert level == 0
        assert power < 50
        if function == 6:
            answer = await client.write_register(3, 40, device_id=3)
        else:
            answer = await client.write_registers(3, [40], device_id=3)
        assert not answer.isError()
        voltage, current, power, level = (await client.read_holding_registers(0, count=4, device_id=3)).registers
        assert level == 40
        assert power / 10 == pytest.approx(41.5, abs=0.5)
        assert current / 100 == pytest.approx(power / 10 / (voltage / 10 * 0.95), abs=0.01)
        assert voltage / 10 == pytest.approx(229, abs=8)
        clock.advance(12 * 3600)
        assert (await client.read_holding_registers(3, count=1, device_id=3)).registers == [40]
    by_itself = Streetlight(Site("u"), SERIAL, WORLD)
    assert int.from_bytes(by_itself.read(3, 1, NOON + 8 * 3_600_000), "big") == 100


@pytest.mark.parametrize(
    ("address", "count", "device", "code"),
    [
        (0x01F3, 1, 1, 2),
        (0x01F3, 3, 1, 2),
        (0x0202, 1, 1, 2),
        (0x0201, 2, 1, 2),
        (0, 1, 1, 2),
        (0x01F4, 1, 2, 0x0B),
    ],
)
async def test_outside_of_the_map_is_refused(address, count, device, code):
    async with serve({1: unit(WEATHER_STATION)}) as (_, client, _clock):
        answer = await client.read_holding_registers(address, count=count, device_id=device)
        assert answer.isError()
        assert answer.exception_code == code
        assert not (await client.read_holding_registers(0x01F4, count=1, device_id=1)).isError()


async def test_other_functions_and_writes_are_refused():
    units = {1: unit(WEATHER_STATION), 2: Streetlight(Site("lamp"), SERIAL, WORLD)}
    async with serve(units) as (_, client, _clock):
        assert (await client.read_input_registers(0x01F4, count=1, device_id=1)).exception_code == 1
        assert (await client.read_coils(0, count=1, device_id=1)).exception_code == 1
        assert (await client.write_register(0x01F4, 1, device_id=1)).exception_code == 2
        assert (await client.write_register(0, 1, device_id=2)).exception_code == 2
        assert (await client.write_registers(3, [1, 2], device_id=2)).exception_code == 2
        assert (await client.write_register(3, 101, device_id=2)).exception_code == 3
        assert units[2].commanded is None


READ = bytes.fromhex("0007 0000 0006 01 03 01F4 0001")


async def exchange(port, chunks, size):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        return await asyncio.wait_for(reader.readexactly(size), 5)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_any_split_and_any_pipeline_gives_the_same_answers():
    async with ModbusServer("127.0.0.1", 0, {1: unit(WEATHER_STATION)}, ManualClock(NOON)) as server:
        whole = await exchange(server.port, [READ * 20], 20 * 11)
        assert whole == whole[:11] * 20
        assert whole[:9] == bytes.fromhex("0007 0000 0005 01 03 02")
        assert await exchange(server.port, [bytes([byte]) for byte in READ * 20], 20 * 11) == whole


@pytest.mark.parametrize(
    ("request_hex", "answer_hex"),
    [
        ("0001 0000 0006 01 03 01F4 0000", "0001 0000 0003 01 83 03"),
        ("0001 0000 0006 01 03 01F4 007E", "0001 0000 0003 01 83 03"),
        ("0001 0000 0005 01 03 01F4 01", "0001 0000 0003 01 83 03"),
        ("0001 0000 0002 01 06", "0001 0000 0003 01 86 03"),
        ("0001 0000 0007 01 06 0003 0001 00", "0001 0000 0003 01 86 03"),
        ("0001 0000 0006 01 10 0003 0001", "0001 0000 0003 01 90 03"),
        ("0001 0000 0008 01 10 0003 0001 02 00", "0001 0000 0003 01 90 03"),
        ("0001 0000 0009 01 10 0003 0001 03 0001", "0001 0000 0003 01 90 03"),
        ("0001 0000 0002 01 2B", "0001 0000 0003 01 AB 01"),
    ],
)
async def test_malformed_requests_get_their_exception(request_hex, answer_hex):
    expected = bytes.fromhex(answer_hex)
    async with ModbusServer("127.0.0.1", 0, {1: unit(WEATHER_STATION)}, ManualClock(NOON)) as server:
        assert await exchange(server.port, [bytes.fromhex(request_hex)], len(expected)) == expected


@pytest.mark.parametrize("junk", ["0001 0001 0006 01 03 01F4 0001", "0001 0000 0001 01 03", "0001 0000 FFFF 01 03"])
async def test_what_is_no_frame_ends_the_connection_after_what_came_before(junk):
    async with ModbusServer("127.0.0.1", 0, {1: unit(WEATHER_STATION)}, ManualClock(NOON)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(READ + bytes.fromhex(junk) + READ)
        assert len(await asyncio.wait_for(reader.read(), 5)) == 11
        writer.close()
        await writer.wait_closed()
        assert server.requests == 1


def test_a_reading_is_taken_on_the_full_second():
    one, other = unit(SOIL_PROBE), unit(SOIL_PROBE)
    assert one.read(0, 4, NOON) == other.read(0, 4, NOON + 749)
    assert one.read(0, 4, NOON + 749) == SOIL_PROBE.encode({o: known(o) for o in SOIL_PROBE.observed})


def test_the_witness_hears_what_was_in_the_answer_and_nothing_else():
    heard: list[Said] = []
    probe = unit(WEATHER_STATION, witness=heard.extend)
    words = probe.read(0x01F9, 6, NOON)  # temperature to pressure, and half of the light
    assert [said.observed for said in heard] == ["air_temperature", "noise", "pm2_5", "pm10", "air_pressure"]
    assert heard[4] == Said(
        "u", "serial:SN-1", "air_pressure", None, int.from_bytes(words[8:10], "big"), "answered", NOON
    )
    assert heard[0].value == pytest.approx(known("air_temperature"), abs=0.05)
    heard.clear()
    assert probe.read(0x01F9, 60, NOON) is None
    assert heard == []


@pytest.mark.parametrize("kind", REGISTER_MAPS)
def test_register_maps_are_gapless_and_say_what_they_hold(kind):
    registers = REGISTER_MAPS[kind]
    assert all(a.end == b.address for a, b in zip(registers.entries, registers.entries[1:], strict=False))
    for entry in registers.entries:
        row = OBSERVED_PROPERTIES[entry.observed.partition("/")[0]]
        if entry.shown is None:
            value = min(row.high, 90.0) / 3
            assert entry.decode(entry.encode(value)) == pytest.approx(value, abs=0.5 / entry.times)


def test_it_serves_on_uvloop_too():
    async def ask() -> bytes:
        async with ModbusServer("127.0.0.1", 0, {1: unit(WEATHER_STATION)}, ManualClock(NOON)) as server:
            return await exchange(server.port, [READ], 11)

    assert uvloop.run(ask())[:9] == bytes.fromhex("0007 0000 0005 01 03 02")

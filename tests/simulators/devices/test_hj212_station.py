import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from protocols.hj212 import (
    Decoder,
    Packet,
    acknowledge,
    answer_request,
    encode,
    execution_result,
    local_stamp,
    measurements,
    qn_of,
    utc_ms,
)
from protocols.vocabulary import ManualClock
from simulators.devices.hj212_content import station_type
from simulators.devices.hj212_log import Upload, UploadLog
from simulators.devices.hj212_logger import Hj212Settings
from simulators.devices.hj212_station import Hj212Station
from simulators.environment import Site, Tempo, World
from simulators.truth import Said

NOW = 1_794_801_600_250  # 2026-11-16T12:00:00.250 in China, an hour without gaps in the series
MN = "310151000000000000000001"
SITE = Site("air-1")


class HastyClock(ManualClock):
    """Short waits, the back-off's, take no time; long ones, the interval's, wait for the hand."""

    async def sleep(self, seconds):
        await (asyncio.sleep(0) if seconds <= 5 else super().sleep(seconds))


class Centre:
    """A data centre made of a raw server; it answers only what the test tells it to."""

    def __init__(self):
        self.connections = asyncio.Queue()
        self.server = None
        self.writers = []

    async def _accept(self, reader, writer):
        self.writers.append(writer)
        await self.connections.put((reader, writer))

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        await self.server.wait_closed()
        await asyncio.sleep(0)

    async def accept(self):
        return Call(*await asyncio.wait_for(self.connections.get(), 5))


class Call:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.decoder = Decoder("either")
        self.packets = []

    async def packet(self) -> Packet:
        while not self.packets:
            data = await asyncio.wait_for(self.reader.read(4096), 5)
            if not data:
                raise EOFError
            self.packets += self.decoder.feed(data)
        return self.packets.pop(0)

    async def send(self, packet: Packet):
        self.writer.write(encode(packet))
        await self.writer.drain()

    async def close(self):
        self.writer.close()
        await self.writer.wait_closed()


class Heard(list):
    def __call__(self, said):
        self.extend(said)

    def of(self, event):
        return [one for one in self if one.event == event]


@asynccontextmanager
async def dialling(centre, *, world=World(4), kind="air", pm_unit="ug/m3", **settings):  # noqa: B008 - frozen
    clock, heard = HastyClock(NOW), Heard()
    defaults = {"host": "127.0.0.1", "port": centre.port, "mn": MN, "type": station_type(kind, pm_unit)}
    station = Hj212Station(SITE, Hj212Settings(**{**defaults, **settings}), world, clock, heard)
    running = asyncio.ensure_future(station.run())  # noqa: TID251 - stands for the island's TaskGroup, cancelled below
    try:
        yield station, clock, heard
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_an_acknowledged_upload_is_said_once_and_forgotten():
    async with Centre() as centre, dialling(centre) as (station, clock, heard):
        call = await centre.accept()
        packet = await call.packet()
        assert (packet.cn, packet.st, packet.mn, packet.flag, packet.pw) == ("2011", "22", MN, 5, "123456")
        assert packet.qn == qn_of(NOW)
        assert packet.first("DataTime") == "20261116120000" == local_stamp(NOW)
        assert len(heard.of("sent")) == 12
        assert heard.of("acknowledged") == []
        await call.send(acknowledge(packet))
        clock.advance(60)
        second = await call.packet()
        assert second.qn == qn_of(NOW + 60_000)
        assert second.first("DataTime") == "20261116120100"
        assert len(station.logger.log) == 1
        assert len(heard.of("acknowledged")) == 12


async def test_the_air_station_writes_the_world_in_the_units_of_table_b2():
    world = World(4)
    async with Centre() as centre, dialling(centre, world=world) as (_, _clock, heard):
        call = await centre.accept()
        packet = await call.packet()
        at = NOW // 1000 * 1000
        values = {m.factor: m.value for m in measurements(packet)}
        assert all(m.flag == "N" and m.time == at and m.suffix == "Rtd" for m in measurements(packet))
        for code, observed, ratio, step in [
            ("a34004", "pm2_5", 1, 0.1),
            ("a34002", "pm10", 1, 0.1),
            ("a21026", "so2", 1000, 0.001),
            ("a21004", "no2", 1000, 0.001),
            ("a21005", "co", 1, 0.001),
            ("a05024", "o3", 1000, 0.001),
            ("a01001", "air_temperature", 1, 0.1),
            ("a01002", "relative_humidity", 1, 0.1),
            ("a01006", "air_pressure", 10, 0.001),
            ("a01007", "wind_speed", 1, 0.1),
            ("a01008", "wind_direction", 1, 1),
            ("LA", "noise", 1, 0.1),
        ]:
            true = world.value(SITE, observed, at)
            assert values.pop(code) == pytest.approx(true / ratio, abs=step / 2 + 1e-9), code
            (said,) = [one for one in heard if one.observed == observed]
            assert said.value == pytest.approx(true, abs=step * ratio / 2 + 1e-6)
            assert said[:4] == ("air-1", f"mn:{MN}", observed, at)
        assert values == {}


@pytest.mark.parametrize(
    ("kind", "pm_unit", "st", "codes"),
    [
        ("surface_water", "ug/m3", "21", ["w01010", "w01001", "w01009", "w01014", "w01003"]),
        ("noise", "ug/m3", "23", ["LA"]),
    ],
)
async def test_other_kinds_of_station(kind, pm_unit, st, codes):
    async with Centre() as centre, dialling(centre, kind=kind, pm_unit=pm_unit) as (_, _clock, _heard):
        call = await centre.accept()
        packet = await call.packet()
        assert packet.st == st
        assert [m.factor for m in measurements(packet)] == codes


async def test_particles_in_the_nanograms_of_the_table():
    async with Centre() as centre, dialling(centre, pm_unit="ng/m3") as (_, _clock, heard):
        call = await centre.accept()
        (sent,) = [m.value for m in measurements(await call.packet()) if m.factor == "a34004"]
        (said,) = [one.value for one in heard if one.observed == "pm2_5"]
        assert sent == pytest.approx(said * 1000)


async def test_a_withheld_acknowledgement_brings_the_same_bytes_again_and_then_a_new_connection():
    async with Centre() as centre, dialling(centre, answer_timeout_s=0.1) as (station, clock, heard):
        call = await centre.accept()
        first = await call.packet()
        assert [await call.packet() for _ in range(2)] == [first, first]
        with pytest.raises((EOFError, ConnectionResetError)):
            await call.packet()
        again = await centre.accept()
        assert await again.packet() == first
        await again.send(acknowledge(first))
        clock.advance(60)
        assert (await again.packet()).qn == qn_of(NOW + 60_000)
        assert len(heard.of("sent")) == 24
        assert len(heard.of("acknowledged")) == 12
        assert first.qn not in station.logger.log


async def test_after_an_outage_the_newest_goes_first_and_then_the_log_from_the_oldest_on():
    async with Centre() as centre, dialling(centre) as (station, clock, _heard):
        call = await centre.accept()
        oldest = await call.packet()
        centre.server.close()
        await call.close()
        for _ in range(3):
            clock.advance(60)
            await asyncio.sleep(0)
        while len(station.logger.log) < 4:
            await asyncio.sleep(0)
        centre.server = await asyncio.start_server(centre._accept, "127.0.0.1", centre.port)
        back = await centre.accept()
        order = []
        for _ in range(4):
            packet = await back.packet()
            order.append(packet.first("DataTime"))
            await back.send(acknowledge(packet))
        assert order == [local_stamp(NOW + s * 1000) for s in (180, 0, 60, 120)]
        assert oldest.first("DataTime") == order[1]


def request(cn, *groups, pw="123456"):
    return Packet(mn=MN, cn=cn, st="22", qn="20261116120001001", pw=pw, flag=5, groups=groups)


async def test_requests_are_answered_under_their_own_number():
    async with Centre() as centre, dialling(centre) as (_, _clock, heard):
        call = await centre.accept()
        upload = await call.packet()
        await call.send(acknowledge(upload))
        ask = request("1011", (("PolId", ""),))
        await call.send(ask)
        assert await call.packet() == answer_request(ask)
        answer = await call.packet()
        assert (answer.cn, answer.qn, answer.first("SystemTime")) == ("1011", ask.qn, local_stamp(NOW))
        assert await call.packet() == execution_result(ask)
        heard.clear()
        ask = request("2011")
        await call.send(ask)
        assert await call.packet() == answer_request(ask)
        answer = await call.packet()
        assert (answer.cn, answer.qn, answer.wants_answer) == ("2011", ask.qn, False)
        assert answer.groups == upload.groups
        assert await call.packet() == execution_result(ask)
        assert len(heard.of("sent")) == 12
        for ask, result in ((request("3012"), "8"), (request("1011", pw="000000"), "3")):
            await call.send(ask)
            assert (await call.packet()).first("QnRtn") == result


async def test_a_wrong_clock_stamps_wrongly_until_1012_sets_it():
    world = World(4)
    async with Centre() as centre, dialling(centre, world=world, clock_error_s=3600) as (_, clock, heard):
        call = await centre.accept()
        packet = await call.packet()
        assert packet.first("DataTime") == local_stamp(NOW + 3_600_000)
        assert heard[0].value == pytest.approx(world.value(SITE, heard[0].observed, NOW // 1000 * 1000), abs=0.05)
        await call.send(acknowledge(packet))
        ask = request("1012", (("PolId", ""),), (("SystemTime", local_stamp(NOW)),))
        await call.send(ask)
        assert await call.packet() == answer_request(ask)
        assert await call.packet() == execution_result(ask)
        bad = request("1012", (("SystemTime", "yesterday"),))
        await call.send(bad)
        assert await call.packet() == answer_request(bad)
        assert (await call.packet()).first("ExeRtn") == "3"
        clock.advance(60)
        assert abs(utc_ms((await call.packet()).first("DataTime")) - (NOW + 60_000)) <= 1000


async def test_flag_4_waits_for_no_answer_and_claims_none():
    async with (
        Centre() as centre,
        dialling(centre, wants_answer=False, answer_timeout_s=0.03) as (station, clock, heard),
    ):
        call = await centre.accept()
        packet = await call.packet()
        assert packet.flag == 4
        clock.advance(60)
        assert (await call.packet()).qn != packet.qn
        assert len(station.logger.log) == 0
        assert len(heard.of("sent")) == 24
        assert heard.of("acknowledged") == []


async def test_the_crc_of_many_real_devices():
    async with Centre() as centre, dialling(centre, crc="modbus") as (station, _clock, _heard):
        call = await centre.accept()
        packet = await call.packet()
        assert packet.crc == "modbus"
        await call.send(replace(acknowledge(packet), crc="modbus"))
        await call.send(replace(request("3012"), crc="modbus"))
        assert (await call.packet()).first("QnRtn") == "8"
        assert len(station.logger.log) == 0


async def test_speed_shrinks_the_interval_and_leaves_the_stamps_real():
    async with Centre() as centre, dialling(centre, world=World(4, Tempo(speed=6)), period_s=60.0) as running:
        _, clock, _heard = running
        call = await centre.accept()
        first = await call.packet()
        await call.send(acknowledge(first))
        clock.advance(10)
        assert (await call.packet()).first("DataTime") == local_stamp(NOW + 10_000)


def test_a_full_log_drops_the_oldest_and_counts_it():
    log = UploadLog(limit=3)
    for number in range(5):
        log.add(Upload(str(number), b"", ()))
    assert (len(log), log.dropped) == (3, 2)
    newest = log.following()
    assert newest.qn == "4"
    newest.sent = True
    assert log.following().qn == "2"
    assert log.remove("2").qn == "2"
    assert log.remove("2") is None


def test_a_factor_in_a_gap_of_the_series_is_left_out():
    world = World(4, replay=frozenset({"pm2_5"}))
    station = Hj212Station(
        SITE, Hj212Settings(host="", port=0, mn=MN, type=station_type("air")), world, clock := ManualClock(NOW)
    )
    while world.value(SITE, "pm2_5", clock.now_ms() // 1000 * 1000) is not None:
        clock.advance(3600)
    packet, said = station.logger.content()
    assert "a34004" not in {m.factor for m in measurements(packet)}
    assert "pm2_5" not in {one.observed for one in said}
    assert isinstance(said[0], Said)

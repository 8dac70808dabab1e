"""The HJ 212 listener over real sockets."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from edge.links.hj212_config import Hj212Tcp
from edge.links.hj212_tcp import Hj212TcpLink
from protocols.hj212 import Decoder, Packet, decode, encode, utc_ms
from protocols.vocabulary import ManualClock, Point, Quality, Reason
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until

MN = "010000A8900016F000169DC0"
TIME = "20261123160000"
# Captured from a public source, CRC by the rule of the standard.
REAL = (
    b"##0239QN=20180821142509000;ST=39;CN=2011;PW=123456;MN=690000D5800028F889221AC0;Flag=4;CP=&&DataTime="
    b"20180821142509;a34004-Rtd=0.0;a34002-Rtd=0.0;a34001-Rtd=0.0;LA-Rtd=0.0;a01001-Rtd=0.0;a01002-Rtd=0.0;"
    b"a01006-Rtd=0.0;a01007-Rtd=0.0;a01008-Rtd=0&&E541\r\n"
)


def packet(*groups, cn="2011", mn=MN, flag=5, qn="20261123160001000", crc="standard", time=TIME, **more) -> Packet:
    stamped = ((("DataTime", time),), *groups) if time else groups
    return Packet(
        mn=mn, cn=cn, st="22", qn=qn, pw="123456", flag=flag, groups=tuple(tuple(g) for g in stamped), crc=crc, **more
    )


def factor(code: str, value: str, flag: str | None = "N", suffix: str = "Rtd"):
    notes = ((f"{code}-Flag", flag),) if flag else ()
    return ((f"{code}-{suffix}", value), *notes)


def link_of(clock=None, **more) -> Hj212TcpLink:
    config = {"kind": "hj212-tcp", "name": "stations", "host": "127.0.0.1", "port": 0, **more}
    return Hj212TcpLink(Hj212Tcp.model_validate(config, strict=False), clock or ManualClock())


@asynccontextmanager
async def calling(link):
    await until(lambda: link.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer(reader) -> Packet:
    async with asyncio.timeout(30):
        return decode(await reader.readuntil(b"\r\n"))


def counters(link):
    return dict(link.status().counters)


async def test_a_real_frame_byte_by_byte():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        for byte in REAL:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)
        readings = await intake.until(1)
    assert {str(reading.point) for reading in readings} == {
        f"mn:690000D5800028F889221AC0/{name}"
        for name in (
            "pm2_5", "pm10", "tsp", "noise", "air_temperature", "relative_humidity", "air_pressure", "wind_speed",
            "wind_direction",
        )
    }  # fmt: skip
    assert {reading.time for reading in readings} == {1_534_832_709_000}  # 2018-08-21T06:25:09Z, 14:25:09 local
    assert counters(link) == {"connection": 1, "connections": 0, "stranger": 1}


async def test_units_flags_and_values():
    link = link_of(device=[{"mn": MN, "neuron": "serial:A", "pm_unit": "ng/m3"}])
    intake = Recorder()
    content = [
        factor("a01006", "101.38"),
        factor("a34004", "75600.000", None),
        factor("w01018", "30", "D"),
        factor("a01001", "12.6", "C"),
        factor("a01002", "oops"),
        factor("LA", "50.1", "T"),
        factor("w99999", "1.5", "x"),
        factor("a01007", "2.1", "N", "ZsRtd"),
    ]
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(*content)))
        readings = {str(reading.point): reading[1:] for reading in await intake.until(1)}
    at = utc_ms(TIME)
    assert readings == {
        "serial:A/air_pressure": (at, 1013.8, Quality.NOT_EVALUATED, 0),
        "serial:A/pm2_5": (at, 75.6, Quality.NOT_EVALUATED, 0),
        "serial:A/cod": (at, 30.0, Quality.FAIL, Reason.DEVICE_FAULT),
        "serial:A/air_temperature": (at, 12.6, Quality.NOT_EVALUATED, Reason.CALIBRATION),
        "serial:A/relative_humidity": (at, None, Quality.MISSING, Reason.INVALID_VALUE),
        "serial:A/noise": (at, 50.1, Quality.SUSPECT, Reason.INSTRUMENT_RANGE),
        "serial:A/hj212_w99999": (at, 1.5, Quality.NOT_EVALUATED, Reason.DEVICE_FLAG),
    }


async def test_a_unit_is_converted_in_decimals():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("a01006", "100.02"))))
        readings = await intake.until(1)
    assert 100.02 * 10 != 1000.2
    assert [reading.value for reading in readings] == [1000.2]


async def test_no_acknowledgement_before_the_readings_are_on_disk():
    link, intake = link_of(), Recorder(durable=False)
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7.1"))))
        await intake.until(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(1)
        intake.commit()
        said = await answer(reader)
    assert (said.cn, said.qn, said.mn, said.st, said.flag) == ("9014", "20261123160001000", MN, "91", 4)


async def test_no_acknowledgement_at_all_when_the_disk_refused():
    link, intake = link_of(), Recorder(durable=False)
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7.1"), qn="20261123160001000")))
        await intake.until(1)
        intake.fail()
        writer.write(encode(packet(factor("w01001", "7.1"), qn="20261123160006000")))
        await intake.until(2)
        intake.commit()
        assert (await answer(reader)).qn == "20261123160006000"
        assert link.status().devices[0].errors == {"not_kept": 1}


async def test_a_station_that_does_not_ask_is_not_answered():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7.1"), flag=4, qn="20261123160001000")))
        writer.write(encode(packet(factor("w01001", "7.2"), flag=5, qn="20261123160002000")))
        assert (await answer(reader)).qn == "20261123160002000"
        await intake.until(1)


async def test_glued_and_torn_packets_are_each_acknowledged():
    link, intake = link_of(), Recorder()
    packets = [packet(factor("w01001", str(n)), qn=f"2026112316000{n}000") for n in range(6)]
    stream = b"".join(encode(one) for one in packets)
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(stream[:-40])
        await writer.drain()
        for one in packets[:5]:
            assert (await answer(reader)).qn == one.qn
        writer.write(stream[-40:])
        assert (await answer(reader)).qn == packets[5].qn
    assert [reading.value for reading in intake.readings] == [0, 1, 2, 3, 4, 5]


async def test_a_wrong_crc_is_counted_and_the_connection_kept():
    link, intake = link_of(), Recorder()
    wrong = encode(packet(factor("w01001", "7.1"))).replace(b"7.1", b"9.9")
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(b"noise\r\n" + wrong + encode(packet(factor("w01001", "7.2"))))
        assert (await answer(reader)).cn == "9014"
        assert counters(link) == {"connection": 1, "connections": 1, "crc": 1, "malformed": 1, "stranger": 1}
    assert [reading.value for reading in intake.readings] == [7.2]


async def test_the_modbus_crc_is_let_in_where_the_configuration_says_so():
    link = link_of(device=[{"mn": "OLD", "crc": "modbus"}])
    intake = Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7.1"), mn="STRICT", crc="modbus")))
        writer.write(encode(packet(factor("w01001", "7.2"), mn="OLD", crc="modbus")))
        said = await reader.readuntil(b"\r\n")
        assert decode(said, "modbus").mn == "OLD"  # answered by the rule it used itself
        errors = {status.source: dict(status.errors) for status in link.status().devices}
    assert [str(reading.point) for reading in intake.readings] == ["mn:OLD/ph"]
    assert errors == {"mn:OLD": {}, "mn:STRICT": {"crc_rule": 1}}


async def test_a_wrong_password_is_not_let_in():
    link = link_of(device=[{"mn": MN, "password": "654321"}])
    intake = Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("w01001", "7.1"))))
        await until(lambda: link.status().devices[0].errors.get("password"))
    assert intake.batches == []


@pytest.mark.parametrize(("cn", "interval"), [("2051", "minute"), ("2061", "hour"), ("2031", "day")])
async def test_interval_means_are_left_out_where_the_setting_says_so(cn, interval):
    means = [
        factor("w01001", "7.1", "N", "Avg"),
        factor("w01001", "9.9", None, "Max"),
        factor("Leq", "50", None, "Data"),
    ]
    link = link_of(device=[{"mn": MN, "intervals": [interval]}, {"mn": "OTHER", "intervals": []}])
    intake = Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(*means, cn=cn, mn="OTHER")))
        assert (await answer(reader)).mn == "OTHER"
        writer.write(encode(packet(*means, cn=cn)))
        assert (await answer(reader)).mn == MN
        noted = {status.source: status.notes for status in link.status().devices}
    assert [(str(r.point), r.value) for r in intake.readings] == [
        (f"mn:{MN}/ph/{interval}", 7.1),
        (f"mn:{MN}/noise/leq.{interval}", 50.0),
    ]
    assert {r.time for r in intake.readings} == {utc_ms(TIME)}
    assert noted == {f"mn:{MN}": (), "mn:OTHER": (f"sends {interval} means; its intervals do not list them",)}


@pytest.mark.parametrize(("cn", "interval"), [("2051", "minute"), ("2061", "hour"), ("2031", "day")])
async def test_what_a_stranger_has_acknowledged_is_kept(cn, interval):
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7.1", "N", "Avg"), cn=cn)))
        assert (await answer(reader)).cn == "9014"
    assert [(str(r.point), r.value) for r in intake.readings] == [(f"mn:{MN}/ph/{interval}", 7.1)]


@pytest.mark.parametrize(
    ("cn", "reply"), [("2021", "9014"), ("3020", "9014"), ("2081", "9014"), ("9015", "9013"), ("1013", "9013")]
)
async def test_what_brings_no_readings_is_acknowledged_all_the_same(cn, reply):
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet((("SB1-RS", "1"),), cn=cn)))
        assert (await answer(reader)).cn == reply
    assert intake.batches == []


@pytest.mark.parametrize("cn", ["9011", "9012", "9013", "9014", "1062"])
async def test_answers_and_requests_are_not_answered(cn):
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet((("ExeRtn", "1"),), cn=cn, qn="20261123160001000")))
        writer.write(encode(packet(factor("w01001", "7"), qn="20261123160002000")))
        assert (await answer(reader)).qn == "20261123160002000"


async def test_a_time_that_is_none_is_counted_and_not_acknowledged():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7"), time="202411123203230940")))
        writer.write(encode(packet(factor("w01001", "7"), time="202411123203230940")))
        writer.write(encode(packet(factor("w01001", "8"), qn="20261123160002000")))
        assert (await answer(reader)).qn == "20261123160002000"
        assert link.status().devices[0].errors == {"malformed_time": 2}
    assert [reading.value for reading in intake.readings] == [8.0]


async def test_sixteen_digits_are_a_time_with_a_fraction():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("w01001", "7"), time="2024112320423050")))
        (reading,) = await intake.until(1)
    assert reading.time == utc_ms("20241123204230") + 500


async def test_what_comes_again_is_acknowledged_again_and_kept_once():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        for qn in ("20261123160001000", "20261123160001000", "20261123160002000", "20261123160001000"):
            writer.write(encode(packet(factor("w01001", "7"), qn=qn)))
            assert (await answer(reader)).qn == qn
    assert [reading.value for reading in intake.readings] == [7.0, 7.0]


async def test_without_qn_and_time_the_same_again_is_a_new_reading():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        for _ in range(3):
            writer.write(encode(packet(factor("w01001", "7"), qn=None, time=None)))
            assert (await answer(reader)).cn == "9014"
    assert [reading.value for reading in intake.readings] == [7.0, 7.0, 7.0]


async def test_without_a_time_it_is_the_moment_of_arrival():
    clock = ManualClock()
    link, intake = link_of(clock), Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("w01001", "7"), time=None)))
        (reading,) = await intake.until(1)
    assert reading.time == clock.now_ms()


async def test_a_later_part_of_a_split_message_has_the_time_of_the_first():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7"), flag=7, pnum=2, pno=1)))
        writer.write(encode(packet(factor("w01018", "30"), flag=7, pnum=2, pno=2, time=None)))
        assert [(await answer(reader)).cn for _ in range(2)] == ["9014", "9014"]
    assert [(r.point.observed, r.time) for r in intake.readings] == [("ph", utc_ms(TIME)), ("cod", utc_ms(TIME))]


async def test_a_factor_that_comes_twice_in_a_packet_is_one_reading():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("w01001", "7"), factor("w01001", "8"), factor("001", "9"))))
        readings = await intake.until(1)
        assert link.status().devices[0].errors == {"double_factor": 2}
    assert [(reading.point, reading.value) for reading in readings] == [(Point(f"mn:{MN}", "ph"), 7.0)]


async def test_a_station_that_cannot_be_named_is_counted():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("w01001", "7"), mn="a b/c")))
        await until(lambda: counters(link).get("unnameable_station"))
    assert intake.batches == []


async def test_an_idle_connection_is_closed_and_a_talking_one_is_not():
    clock = ManualClock()
    link, intake = link_of(clock, idle_s=600.0), Recorder()
    async with running(link, intake), calling(link) as (idle, _), calling(link) as (reader, writer):
        await until(lambda: counters(link)["connections"] == 2)
        writer.write(encode(packet(factor("w01001", "7"))))
        await answer(reader)
        await advanced(clock, 61.0)  # the idle one never said a word: a minute is all it gets
        async with asyncio.timeout(30):
            assert await _end(idle)
        writer.write(encode(packet(factor("w01001", "8"), time="20261123160500")))
        await answer(reader)
        await advanced(clock, 599.0)
        writer.write(b"#" * 5000)  # bytes that are no packet do not keep it open
        await until(lambda: counters(link).get("malformed"))
        await advanced(clock, 2.0)
        async with asyncio.timeout(30):
            assert await _end(reader)
        assert counters(link)["idle_closed"] == 2
        await until(lambda: link.status().devices[0].state == "silent")


async def _end(reader) -> bool:
    try:
        return await reader.read(1) == b""
    except ConnectionResetError:
        return True


async def test_connections_are_bounded():
    link, intake = link_of(max_connections=2), Recorder()
    async with running(link, intake), calling(link), calling(link):
        await until(lambda: counters(link)["connections"] == 2)
        async with calling(link) as (reader, _), asyncio.timeout(30):
            assert await _end(reader)
        assert counters(link)["connection_refused"] == 1


async def test_a_connection_that_is_reset_hurts_nobody():
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        async with calling(link) as (_, other):
            other.write(REAL[:50])
            await until(lambda: counters(link)["connections"] == 2)
        await until(lambda: counters(link)["connections"] == 1)
        writer.write(encode(packet(factor("w01001", "7"))))
        assert (await answer(reader)).cn == "9014"


async def test_one_of_two_stations_on_a_connection_goes_silent():
    clock = ManualClock()
    link = link_of(clock, idle_s=100.0)
    async with running(link, Recorder()), calling(link) as (reader, writer):
        writer.write(REAL + encode(packet(factor("w01001", "7"))))
        await answer(reader)
        await until(lambda: len(link.status().devices) == 2)
        for number in (1, 2):
            await advanced(clock, 60.0)
            writer.write(encode(packet(factor("w01001", "7"), qn=f"2026112316000{number}000")))
            await answer(reader)
        await advanced(clock, 1.0)
        await until(lambda: sorted(device.state for device in link.status().devices) == ["silent", "up"])


async def test_a_taken_port_is_tried_again(caplog):
    caplog.set_level("INFO", "edge.port_claim")
    blocker = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = blocker.sockets[0].getsockname()[1]
    clock = ManualClock()
    link = link_of(clock, port=port)
    async with running(link, Recorder()):
        await advanced(clock, 1.0)
        await until(lambda: counters(link).get("port_not_had", 0) >= 2)
        assert not link.status().up
        refused = f"TCP 127.0.0.1:{port} not had: Address already in use"
        assert link.status().trouble == refused
        (once,) = caplog.records
        assert (once.levelname, once.message.startswith(refused)) == ("WARNING", True)
        blocker.close()
        await advanced(clock, 300.0)
        await until(lambda: link.status().up)
        assert (caplog.records[-1].levelname, caplog.records[-1].message) == (
            "INFO",
            f"TCP 127.0.0.1:{port} is had at last",
        )
        assert (len(caplog.records), link.status().trouble) == (2, "")


async def test_stopping_while_the_disk_is_slow_leaves_the_intakes_future_alone():
    link, intake = link_of(), Recorder(durable=False)
    async with running(link, intake), calling(link) as (_, writer):
        writer.write(encode(packet(factor("w01001", "7.1"))))
        await intake.until(1)
    intake.commit()  # would raise if the link had cancelled it


def test_a_decoder_for_several_rules_tries_the_standard_first():
    assert isinstance(Decoder("either").feed(encode(packet()))[0], Packet)

"""The SL 651 listener over real sockets."""

import asyncio
from contextlib import suppress

import pytest

from protocols.sl651 import Body, End, Line, Mode, decode, packets
from protocols.sl651.items import StationMark, TimeMark, element
from protocols.sl651.times import observation_stamp, send_stamp
from protocols.vocabulary import ManualClock, Quality, Reason
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until
from tests.edge.links.sl651_calls import (
    LINE,
    NOW,
    STATION,
    calling,
    confirms,
    golden,
    level,
    report,
    right_frames,
    tcp_link,
)

ASCII = Line(station=STATION, centre=1, password="1234", mode=Mode.ASCII)


def counters(link):
    return dict(link.status().counters)


def rows(readings):
    return {(str(r.point), r.time): (r.value, r.quality, r.reasons) for r in readings}


async def test_a_real_report_byte_by_byte():
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        for byte in golden(4):
            call.send(bytes((byte,)))
            await call.writer.drain()
            await asyncio.sleep(0)
        readings = await intake.until(1)
        answer = await call.answer()
        state = link.status().devices[0]
    at = 1_584_964_800_000  # 2020-03-23T12:00Z
    assert rows(readings) == {
        ("sl651:0030960357/sl651_h", at): (49.96, Quality.NOT_EVALUATED, 0),
        ("sl651:0030960357/water_temperature", at): (16.7, Quality.NOT_EVALUATED, 0),
        ("sl651:0030960357/sl651_zt", at): (0x480, Quality.NOT_EVALUATED, 0),
        ("sl651:0030960357/battery_voltage", at): (13.94, Quality.NOT_EVALUATED, 0),
        ("sl651:0030960357/sl651_ff02", at): (27, Quality.NOT_EVALUATED, 0),
    }
    assert confirms(answer, decode(golden(4)))
    assert (state.source, state.state, state.readings) == ("sl651:0030960357", "up", 5)


@pytest.mark.parametrize("size", [1, 7, 64, 4000])
async def test_all_right_frames_in_one_stream_torn_anywhere_are_confirmed_and_kept_once(size):
    frames = [raw for _, raw in right_frames()]
    wanted = [frame for frame in map(decode, frames) if frame.function != 0x2F]
    stream = b"".join(frames)
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        for at in range(0, len(stream), size):
            call.send(stream[at : at + size])
            await call.writer.drain()
        answered = [await call.answer() for _ in wanted]
        told = counters(link)
    assert sorted((a.station, a.function, a.serial) for a in answered) == sorted(
        (f.station, f.function, f.serial) for f in wanted
    )
    assert {a.mode for a in answered} == {Mode.HEX, Mode.ASCII}
    assert told["keep_alive"] == len(frames) - len(wanted)
    keys = [(r.point, r.time) for r in intake.readings]
    assert len(keys) > 60
    assert "malformed" not in told
    assert "crc" not in told


async def test_glued_reports_are_each_confirmed_and_garbage_between_them_hurts_nobody():
    link, intake = tcp_link(), Recorder()
    reports = [report(n, NOW + n * 60_000) for n in range(1, 5)]
    async with running(link, intake), calling(link) as call:
        for one in reports:
            call.send(b"\x00\xff7e7e noise \x7e\x7e")
            call.send(one)
        for one in reports:
            assert confirms(await call.answer(), one)
        assert counters(link)["malformed"] >= 1
    assert [r.time for r in intake.readings] == [NOW + n * 60_000 for n in range(1, 5)]


async def test_no_confirmation_before_the_readings_are_on_disk():
    link, intake = tcp_link(), Recorder(durable=False)
    one = report(1, NOW)
    async with running(link, intake), calling(link) as call:
        call.send(one)
        await intake.until(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await call.reader.read(1)
        intake.commit()
        assert confirms(await call.answer(), one)


async def test_when_the_disk_refused_the_same_report_is_taken_when_it_comes_again():
    link, intake = tcp_link(), Recorder(durable=False)
    one = report(1, NOW)
    async with running(link, intake), calling(link) as call:
        call.send(one)
        await intake.until(1)
        intake.fail()
        await until(lambda: link.status().devices[0].errors.get("not_kept"))
        call.send(one)
        await intake.until(2)
        intake.commit()
        assert confirms(await call.answer(), one)


async def test_what_comes_again_is_confirmed_again_and_kept_once_also_on_another_connection():
    link, intake = tcp_link(), Recorder()
    one = report(1, NOW)
    async with running(link, intake):
        for _ in range(2):
            async with calling(link) as call:
                for _ in range(2):
                    call.send(one)
                    assert confirms(await call.answer(), one)
    assert len(intake.readings) == 1


async def test_missing_values_are_missing_with_a_reason_and_the_report_is_confirmed():
    link, intake = tcp_link(), Recorder()
    one = report(1, NOW, level(None), element(0x03, b"\x0b\xbb", 1), element(0x38, b"\xaa\xaa", 2))
    async with running(link, intake), calling(link) as call:
        call.send(one)
        assert confirms(await call.answer(), one)
    assert rows(intake.readings) == {
        (f"sl651:{STATION}/water_level", NOW): (None, Quality.MISSING, 0),
        (f"sl651:{STATION}/water_temperature", NOW): (None, Quality.MISSING, Reason.INVALID_VALUE),
        (f"sl651:{STATION}/battery_voltage", NOW): (None, Quality.MISSING, 0),
    }


async def test_elements_that_share_a_property_have_their_name_as_channel():
    link = tcp_link(device=[{"station": STATION, "neuron": "serial:A"}])
    intake = Recorder()
    items = [
        element(0x3A, b"\x00\x00\x12\x34", 3),
        element(0x39, b"\x00\x00\x23\x45", 3),
        element(0x22, b"\x00\x05", 1),
        element(0x1A, b"\x00\x06", 1),
        element(0x10, b"\x02\x05", 1),
    ]
    async with running(link, intake), calling(link) as call:
        call.send(report(1, NOW, *items))
        await call.answer()
    assert {str(r.point): r.value for r in intake.readings} == {
        "serial:A/water_level/ZB": 1.234,
        "serial:A/water_level": 2.345,
        "serial:A/rainfall/PN05": 0.5,
        "serial:A/rainfall": 0.6,
        "serial:A/soil_moisture/M10": 20.5,
    }


async def test_both_modes_on_one_connection():
    link, intake = tcp_link(), Recorder()
    one, other = report(1, NOW), report(1, NOW + 60_000, line=ASCII)
    async with running(link, intake), calling(link) as call:
        call.send(one)
        call.send(other)
        answers = [await call.answer() for _ in range(2)]
    assert [(a.mode, a.end) for a in answers] == [(Mode.HEX, End.EOT), (Mode.ASCII, End.EOT)]
    assert [r.value for r in intake.readings] == [1.234, 1.234]


async def test_what_a_relay_passes_on_belongs_to_the_station_that_measured_it():
    link, intake = tcp_link(), Recorder()
    content = (
        StationMark(STATION, ord("H")),
        TimeMark(observation_stamp(NOW)),
        level("1.000"),
        StationMark("0000000022", ord("H")),
        TimeMark(observation_stamp(NOW)),
        level("2.000"),
    )
    async with running(link, intake), calling(link) as call:
        call.send(LINE.up(0x32, Body(1, send_stamp(NOW), content)))
        await call.answer()
    assert {str(r.point): r.value for r in intake.readings} == {
        f"sl651:{STATION}/water_level": 1.0,
        "sl651:0000000022/water_level": 2.0,
    }


async def test_a_wrong_password_is_not_let_in():
    link = tcp_link(device=[{"station": STATION, "password": "4321"}])
    intake = Recorder()
    async with running(link, intake), calling(link) as call:
        call.send(report(1, NOW))
        await until(lambda: link.status().devices[0].errors.get("password"))
    assert intake.batches == []


async def test_a_wrong_crc_is_counted_and_not_answered():
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        call.send(golden(32))  # as it was printed in public, with a wrong CRC
        call.send(report(2, NOW))
        assert (await call.answer()).serial == 2
        assert counters(link)["crc"] == 1


async def test_a_time_that_is_no_date_is_the_moment_of_arrival_and_says_so():
    clock = ManualClock()
    link, intake = tcp_link(clock), Recorder()
    content = (StationMark(STATION, ord("H")), TimeMark("2613450000"), level("1.5"))
    async with running(link, intake), calling(link) as call:
        call.send(LINE.up(0x32, Body(1, send_stamp(NOW), content)))
        await call.answer()
    (reading,) = intake.readings
    assert reading[1:] == (clock.now_ms(), 1.5, Quality.SUSPECT, Reason.CLOCK)


@pytest.mark.parametrize(
    ("function", "reason"), [(0x30, Reason.MAINTENANCE), (0x35, Reason.MANUAL), (0x33, 0), (0x34, 0)]
)
async def test_readings_say_what_kind_of_report_they_came_in(function, reason):
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        call.send(report(1, NOW, function=function))
        await call.answer()
    assert [r.reasons for r in intake.readings] == [reason]


async def test_a_picture_in_packets_is_confirmed_counted_and_not_kept():
    frames = packets(
        LINE.up(
            0x36,
            Body(
                7,
                send_stamp(NOW),
                (
                    StationMark(STATION, ord("H")),
                    TimeMark(observation_stamp(NOW)),
                    element(0xF3, bytes(range(256)) * 8),
                ),
            ),
        ),
        200,
    )
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        for number, frame in enumerate(frames):
            if number != 3:
                call.send(frame)
        refused = await call.answer()  # what is missing is asked for at once
        assert (refused.end, refused.packet.number, refused.packet.total) == (End.NAK, 4, len(frames))
        call.send(frames[3])
        said = await call.answer()
        assert (said.end, said.serial, said.packet.number) == (End.EOT, 7, len(frames))
        assert counters(link)["picture"] == 1
        assert link.status().devices[0].errors["picture_not_kept"] == 1
        assert link.desk._held == 0
    assert intake.batches == []


async def test_open_messages_are_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr("edge.links.sl651_desk.MAX_HELD", 100_000)
    link = tcp_link()
    async with running(link, Recorder()), calling(link) as call:
        for number in range(8):
            line = Line(station=f"00000001{number:02d}", centre=1)
            content = (StationMark(line.station, ord("H")), element(0xF3, bytes(40_000)))
            first, second = packets(line.up(0x36, Body(1, send_stamp(NOW), content)), 30_000)
            call.send(first)
            del second
        await until(lambda: counters(link).get("packet_left", 0) == 5)  # of eight, three find room
        assert link.desk._held <= 100_000
        clock = link._clock
        await advanced(clock, 700.0)  # given up, and the room is free again
        await until(lambda: link.desk._held == 0)


async def test_an_idle_connection_is_closed_and_a_station_that_speaks_keeps_its_own():
    clock = ManualClock()
    link, intake = tcp_link(clock, idle_s=7200), Recorder()
    async with running(link, intake), calling(link) as idle, calling(link) as call:
        await until(lambda: counters(link)["connections"] == 2)
        call.send(report(1, NOW))
        await call.answer()
        await advanced(clock, 61.0)
        assert await idle.is_cut()
        await advanced(clock, 7000.0)
        call.send(golden(24))  # a keep-alive
        await until(lambda: counters(link).get("keep_alive"))
        await advanced(clock, 7199.0)
        call.send(b"\x7e\x7e" * 3000)
        await until(lambda: counters(link)["connections"] == 1)
        await advanced(clock, 2.0)
        assert await call.is_cut()
        await until(lambda: link.status().devices[0].state == "silent")


async def test_a_slow_loris_is_cut_off_however_long_its_frame_takes():
    clock = ManualClock()
    link = tcp_link(clock)
    async with running(link, Recorder()), calling(link) as call:
        with suppress(ConnectionResetError):
            for byte in golden(36)[:-1]:
                call.send(bytes((byte,)))
                await call.writer.drain()
                await advanced(clock, 1.0)
        assert await call.is_cut()
        assert counters(link)["idle_closed"] == 1


async def test_a_flood_of_silent_connections_does_not_keep_a_station_out():
    clock = ManualClock()
    link, intake = tcp_link(clock, max_connections=20), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        flood = [await asyncio.open_connection("127.0.0.1", link.port) for _ in range(40)]
        await until(lambda: counters(link).get("connection_refused") == 20)
        await advanced(clock, 6.0)
        async with calling(link) as call:
            call.send(report(1, NOW))
            assert (await call.answer()).serial == 1
        assert counters(link)["silent_closed"] == 1
        for _, writer in flood:
            writer.transport.abort()


async def test_strangers_are_bounded(monkeypatch):
    monkeypatch.setattr("edge.links.stations.MAX_STRANGERS", 3)
    link = tcp_link(device=[{"station": STATION}])
    intake = Recorder()
    async with running(link, intake), calling(link) as call:
        for number in range(5):
            call.send(report(1, NOW, line=Line(station=f"00000001{number:02d}", centre=1)))
        call.send(report(1, NOW))
        answered = [(await call.answer()).station for _ in range(4)]
        assert answered == ["0000000100", "0000000101", "0000000102", STATION]
        assert counters(link)["too_many_strangers"] == 2
    assert {r.point.source for r in intake.readings} == {f"sl651:{station}" for station in answered}


async def test_who_never_reads_is_cut_off(monkeypatch):
    monkeypatch.setattr("edge.links.dial_in.MAX_UNREAD", 10)  # less than a confirmation
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        call.send(report(1, NOW))
        assert await call.is_cut()
        assert counters(link)["unread_closed"] == 1
        assert link.status().devices[0].errors["unreachable"] == 1


async def test_stopping_while_the_disk_is_slow_leaves_the_intakes_future_alone():
    link, intake = tcp_link(), Recorder(durable=False)
    async with running(link, intake), calling(link) as call:
        call.send(report(1, NOW))
        await intake.until(1)
    intake.commit()


@pytest.mark.parametrize(("late_s", "set_clock", "says"), [(1800, True, True), (30, True, False), (1800, False, False)])
async def test_a_stranger_whose_clock_is_off_says_why_it_is_not_set(late_s, set_clock, says):
    link, intake = tcp_link(ManualClock(NOW), set_clock=set_clock, device=[{"station": STATION}]), Recorder()
    stranger = Line(station="0012345679", centre=1)
    async with running(link, intake), calling(link) as call:
        call.send(report(1, NOW, line=stranger, sent_ms=NOW - late_s * 1000))
        assert (await call.answer()).station == stranger.station
        listed, other = link.status().devices
    assert listed.notes == ()
    assert other.notes == (("its clock is not set: it is not listed as [[link.device]]",) if says else ())

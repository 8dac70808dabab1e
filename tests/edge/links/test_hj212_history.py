"""Simulated HJ 212 stations against the listener: means are pulled after a gap, clocks are set, refusals respected."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from protocols.hj212 import (
    Packet,
    QnRtn,
    acknowledge,
    answer_request,
    decode,
    encode,
    execution_result,
    local_stamp,
    measurements,
    utc_ms,
)
from protocols.vocabulary import ManualClock, Reason
from simulators.devices.hj212_content import station_type
from simulators.devices.hj212_logger import Hj212Settings
from simulators.devices.hj212_station import Hj212Station
from simulators.environment import Site, World
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.test_hj212_tcp import MN, calling, factor, link_of, packet
from tests.edge.links.wires import TcpWire, hours_pass, settled

START = 1_794_801_600_000  # 2026-11-16T12:00 in China, an hour without gaps in the series
DEVICE = {"mn": MN, "pull": ["minute", "hour"]}
ASKS = {"device": [DEVICE], "pull_days": 3.0, "settle_s": 60.0}


@asynccontextmanager
async def meeting(clock, link, intake, **settings):
    defaults = {"host": "127.0.0.1", "mn": MN, "type": station_type("surface_water")}
    async with running(link, intake):
        await until(lambda: link.port)
        async with TcpWire(link.port) as wire:
            made = Hj212Settings(**{**defaults, "port": wire.port, **settings})
            station = Hj212Station(Site("water-1"), made, World(4), clock)
            async with asyncio.TaskGroup() as group:
                task = group.create_task(station.run())
                await until(lambda: intake.batches)
                try:
                    yield station, wire
                finally:
                    task.cancel()


def kept(intake, channel):
    """Time -> pH; every reading of a series once."""
    found = [(r.time, r.value) for r in intake.readings if r.point.series == f"ph/{channel}"]
    assert not [time for time, count in Counter(time for time, _ in found).items() if count > 1]
    return dict(found)


def means(station, cn, since=0, until=10**15):
    """Time -> pH, by the station itself."""
    return {
        m.time or utc_ms(one.first("DataTime")): m.value
        for one in station.logger.means(cn, since, until)
        for m in measurements(one)
        if m.factor == "w01001"
    }


async def test_the_means_of_the_time_without_a_line_are_pulled_where_only_real_time_data_are_uploaded():
    clock = ManualClock(START)
    link, intake = link_of(clock, **ASKS), Recorder()
    async with meeting(clock, link, intake, log_limit=1) as (station, wire):
        await hours_pass(clock, 0.55, 20)
        cut_ms = clock.now_ms()
        wire.cut()
        await hours_pass(clock, 5, 20)
        wire.mend()
        mended_ms = clock.now_ms()
        await hours_pass(clock, 1, 20)
        status = link.status().devices[0]
        minute, hour = kept(intake, "minute"), kept(intake, "hour")
        assert minute == means(station, "2051", cut_ms - 600_000, mended_ms - mended_ms % 600_000 - 600_000)
        assert hour == means(station, "2061", cut_ms - 3_600_000, mended_ms - 3_600_000)
    assert len(minute) == 30
    assert (status.dial_in.gaps, status.dial_in.refused) == (0, 0)
    assert status.dial_in.pulled == 5 * (len(minute) + len(hour))
    assert {r.reasons for r in intake.readings if r.point.channel} == {Reason.BACKFILLED}
    assert not status.errors


async def test_means_that_a_station_uploads_itself_are_pulled_only_where_they_are_missing():
    clock = ManualClock(START)
    link, intake = link_of(clock, **ASKS), Recorder()
    async with meeting(clock, link, intake, log_limit=3, uploads_means=True) as (station, wire):
        await hours_pass(clock, 3, 20)
        wire.cut()
        await hours_pass(clock, 5, 20)
        wire.mend()
        await hours_pass(clock, 3, 20)
        status = link.status().devices[0]
        await hours_pass(clock, 0.05, 20)  # the means of the periods that have just ended are on their way
        assert kept(intake, "minute") == means(station, "2051")
        assert kept(intake, "hour") == means(station, "2061")
    assert status.dial_in.gaps == 0
    assert 5 * 28 <= status.dial_in.pulled <= 5 * 36


@pytest.mark.parametrize(("settle_s", "asked"), [(3600.0, False), (0.0, True)])
async def test_a_station_that_uploads_what_waited_is_asked_nothing_or_what_it_sends_twice_is_left_out(settle_s, asked):
    clock = ManualClock(START)
    link, intake = link_of(clock, **{**ASKS, "settle_s": settle_s}), Recorder()
    async with meeting(clock, link, intake, uploads_means=True) as (station, wire):
        await hours_pass(clock, 3, 20)
        wire.cut()
        await hours_pass(clock, 3, 20)
        wire.mend()
        await hours_pass(clock, 2, 20)
        await hours_pass(clock, 0.05, 20)  # the means of the periods that have just ended are on their way
        assert kept(intake, "minute") == means(station, "2051")
        assert kept(intake, "hour") == means(station, "2061")
        status = link.status().devices[0]
        assert (status.dial_in.asked > 0) == asked
        assert (status.errors.get("pulled_already", 0) > 0) == asked
        real_time = Counter(r.time for r in intake.readings if r.point.series == "ph")
        assert set(real_time.values()) == {1}


async def test_a_clock_that_is_off_is_asked_for_then_set():
    clock = ManualClock(START)
    link, intake = link_of(clock, **ASKS, set_clock="always"), Recorder()
    async with meeting(clock, link, intake, clock_error_s=-1800) as (station, _):
        await until(lambda: station.logger.clock_error_ms == 0)
        await settled()
        status = link.status()
        assert (status.counters["request_1011"], status.counters["request_1012"]) == (1, 1)
        assert (status.devices[0].dial_in.clock_set, status.devices[0].dial_in.clock_offset_s) == (1, 0.0)


@pytest.mark.parametrize(
    ("more", "now"),
    [({"set_clock": "never"}, START), ({}, START), ({"set_clock": "always", "device": []}, START),
     ({"set_clock": "always", "clock_tolerance_s": 3600.0}, START), ({"set_clock": "always"}, 86_400_000)],
)  # fmt: skip
async def test_a_clock_is_left_alone_unless_the_configuration_and_our_own_clock_allow_it(more, now):
    clock = ManualClock(now)
    link, intake = link_of(clock, **{**ASKS, **more}), Recorder()
    async with meeting(clock, link, intake, clock_error_s=1800 if now == START else 10_000_000) as (station, _):
        await hours_pass(clock, 0.2, 20)
        assert station.logger.clock_error_ms != 0
        assert not [name for name in link.status().counters if name.startswith("request")]


async def answer(reader) -> Packet:
    async with asyncio.timeout(5):
        return decode(await reader.readuntil(b"\r\n"))


async def silence(reader):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await reader.read(1)


@pytest.mark.parametrize(("set_clock", "asked"), [("never", False), ("asked", True), ("always", True)])
async def test_who_asks_for_the_time_is_told_it_stranger_or_not(set_clock, asked):
    clock = ManualClock(START)
    link = link_of(clock, set_clock=set_clock)
    async with running(link, Recorder()), calling(link) as (reader, writer):
        writer.write(encode(packet(cn="1013", time=None, qn=f"{local_stamp(START)}000")))
        assert (await answer(reader)).cn == "9013"
        if not asked:
            await silence(reader)
            return
        request = await answer(reader)
        assert (request.cn, request.mn, request.pw, request.first("SystemTime")) == (
            "1012", MN, "123456", local_stamp(START),
        )  # fmt: skip
        writer.write(encode(answer_request(request)) + encode(execution_result(request)))
        await until(lambda: link.status().devices[0].dial_in.clock_set == 1)


async def test_a_heartbeat_is_answered_and_counted():
    link = link_of()
    async with running(link, Recorder()), calling(link) as (reader, writer):
        writer.write(encode(packet(cn="9015", time=None)))
        assert (await answer(reader)).cn == "9013"
        assert link.status().counters["notice_9015"] == 1


@asynccontextmanager
async def asked_for_history(clock, link, intake):
    """A station by hand with a gap of two hours; gives reader, writer and the request."""
    async with running(link, intake), calling(link) as (reader, writer):
        for minutes in (0, 10, 20):
            at = START + minutes * 60_000
            upload = packet(
                factor("w01001", "7", "N", "Avg"), cn="2051", time=local_stamp(at), qn=f"{local_stamp(at)}000"
            )
            writer.write(encode(upload))
            await answer(reader)
            clock.advance(600)
        clock.advance(7200 - 600)
        at = START + 140 * 60_000
        writer.write(encode(packet(factor("w01001", "7", "N", "Avg"), cn="2051", time=local_stamp(at), qn="1" * 17)))
        assert (await answer(reader)).cn == "9014"
        yield reader, writer, await answer(reader)


def history(request, minutes, value="8", flag=5):
    at = local_stamp(START + minutes * 60_000)
    return packet(factor("w01001", value, "N", "Avg"), cn="2051", time=at, qn=request.qn, flag=flag)


BY_HAND = {"device": [{"mn": MN, "pull": ["minute"]}], "pull_days": 3.0, "settle_s": 0.0, "refusal_pause_s": 600.0,
           "idle_s": 90_000.0}  # fmt: skip


async def test_a_pull_asks_for_the_periods_that_are_missing_and_takes_each_once():
    clock = ManualClock(START)
    link, intake = link_of(clock, **BY_HAND), Recorder()
    async with asked_for_history(clock, link, intake) as (reader, writer, request):
        assert (request.cn, request.first("BeginTime"), request.first("EndTime")) == (
            "2051", local_stamp(START + 30 * 60_000), local_stamp(START + 130 * 60_000),
        )  # fmt: skip
        writer.write(encode(answer_request(request)))
        for minutes in (20, 30, 40, 40, 140):  # the first, the last and a double are there already
            writer.write(encode(history(request, minutes)))
            assert (await answer(reader)).cn == "9014"
        writer.write(encode(execution_result(request)))
        await until(lambda: link.status().devices[0].dial_in.gaps == 0)
    assert sorted(kept(intake, "minute")) == [START + n * 60_000 for n in (0, 10, 20, 30, 40, 140)]


async def test_a_pull_that_the_disk_refused_is_asked_again():
    clock = ManualClock(START)
    link, intake = link_of(clock, **BY_HAND), Recorder()
    async with asked_for_history(clock, link, intake) as (reader, writer, request):
        intake._durable = False
        said = (
            encode(answer_request(request)) + encode(history(request, 30, flag=4)) + encode(execution_result(request))
        )
        writer.write(said)
        await until(lambda: intake._open)
        intake.fail()
        again = await answer(reader)
        assert again.qn != request.qn
        assert again.groups == request.groups


async def test_a_station_that_refuses_is_left_alone_for_a_while():
    clock = ManualClock(START)
    link, intake = link_of(clock, **BY_HAND), Recorder()
    async with asked_for_history(clock, link, intake) as (reader, writer, request):
        writer.write(encode(answer_request(request, QnRtn.CN_ERROR)))
        await until(lambda: link.status().devices[0].errors.get("refused_2051") == 1)
        for _ in range(595):
            clock.advance(1)
            await settled(3)
        await silence(reader)
        for _ in range(10):
            clock.advance(1)
            await settled(3)
        assert (await answer(reader)).groups == request.groups


async def test_a_station_that_is_silent_is_asked_as_often_as_configured_then_left_alone():
    clock = ManualClock(START)
    link, intake = link_of(clock, **BY_HAND, over_time_s=5.0, retries=2), Recorder()
    async with asked_for_history(clock, link, intake) as (reader, _, request):
        for _ in range(40):
            clock.advance(1)
            await settled(3)
        assert [(await answer(reader)).qn for _ in range(2)] == [request.qn] * 2
        await silence(reader)
        assert link.status().devices[0].errors == {"unanswered_2051": 1}


async def test_a_station_that_begins_and_never_ends_is_left_alone():
    clock = ManualClock(START)
    link, intake = link_of(clock, **BY_HAND, execution_s=30.0), Recorder()
    async with asked_for_history(clock, link, intake) as (_, writer, request):
        writer.write(encode(answer_request(request)))
        await settled()
        for _ in range(40):
            clock.advance(1)
            await settled(3)
        assert link.status().devices[0].errors == {"unanswered_2051": 1}


async def test_a_part_without_a_time_is_not_acknowledged_before_the_first_part_came():
    link, intake = link_of(), Recorder()
    first = packet(factor("w01001", "7"), flag=7, pnum=2, pno=1)
    second = packet(factor("w01018", "30"), flag=7, pnum=2, pno=2, time=None)
    other = packet(factor("w01001", "8"), qn="20261123160002000", flag=7, pnum=2, pno=1)
    async with running(link, intake), calling(link) as (reader, writer):
        writer.write(encode(second) + encode(first))
        said = await answer(reader)
        assert (said.pno, link.status().devices[0].errors["malformed_time"]) == (1, 1)
        writer.write(encode(other) + encode(second))
        assert [(await answer(reader)).qn for _ in range(2)] == ["20261123160002000", first.qn]
    assert acknowledge(second).pno == 2
    assert [(r.point.observed, r.value) for r in intake.readings] == [("ph", 7.0), ("ph", 8.0), ("cod", 30.0)]


@pytest.mark.parametrize(
    ("set_clock", "late_s", "says"), [("always", 1800, True), ("asked", 1800, False), ("always", 5, False)]
)
async def test_a_stranger_whose_clock_is_off_says_why_it_is_not_set(set_clock, late_s, says):
    link = link_of(ManualClock(START), set_clock=set_clock, device=[])
    late = local_stamp(START - late_s * 1000)
    async with running(link, Recorder()), calling(link) as (reader, writer):
        writer.write(encode(packet(factor("w01001", "7"), time=late, qn=f"{late}000")))
        assert (await answer(reader)).cn == "9014"
        (stranger,) = link.status().devices
    assert stranger.notes == (("its clock is not set: it is not listed as [[link.device]]",) if says else ())

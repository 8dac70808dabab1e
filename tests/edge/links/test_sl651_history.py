"""Simulated hydrological stations against the listeners: gaps are pulled, clocks are set, datagrams get lost."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from random import Random

import pytest

from protocols.sl651 import Mode
from protocols.vocabulary import ManualClock, Quality, Reason
from simulators.devices.sl651_content import STATION_TYPES
from simulators.devices.sl651_logger import Sl651Settings
from simulators.devices.sl651_station import Sl651Station
from simulators.environment import Site, World
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.sl651_calls import STATION, tcp_link, udp_link
from tests.edge.links.wires import TcpWire, UdpWire, hours_pass, settled

START = 1_794_801_600_000  # 2026-11-16T12:00 in China, an hour without gaps in the series
STEP = 300_000
DEVICE = {"station": STATION, "period_s": 300}
ASKS = {"pull_days": 3.0, "settle_s": 60.0, "set_clock": True}


@asynccontextmanager
async def stations(clock, port, **settings):
    defaults = {"type": STATION_TYPES["river"], "station": STATION, "host": "127.0.0.1", "port": port}
    station = Sl651Station(Site("river-1"), Sl651Settings(**{**defaults, **settings}), World(4), clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(station.run())
        try:
            yield station
        finally:
            task.cancel()


@asynccontextmanager
async def meeting(clock, link, intake, wire=TcpWire, **settings):
    async with running(link, intake):
        await until(lambda: link.port)
        async with wire(link.port) as between, stations(clock, between.port, **settings) as station:
            await until(lambda: station.connected)
            await settled()
            yield station, between


def measured(station, element=0x39):
    """Time -> value, by the station's own memory; one that does not resend never reports what it had before a call."""
    row = next(row for row in station.settings.type.elements if row.id == element)
    samples = list(station.logger.memory.values())[0 if station.settings.resends else 1 :]
    found = {sample.time_ms: row.read(sample.data[element]) for sample in samples}
    return {time_ms: value for time_ms, value in found.items() if value is not None}


def kept(intake, observed="water_level"):
    """Time -> value; every reading of a series once."""
    found = [(r.time, r.value) for r in intake.readings if r.point.observed == observed]
    twice = [time for time, count in Counter(time for time, _ in found).items() if count > 1]
    assert not twice
    return dict(found)


@pytest.mark.parametrize("mode", [Mode.HEX, Mode.ASCII])
async def test_what_a_station_measured_while_the_line_was_cut_is_pulled_afterwards(mode):
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[DEVICE], **ASKS), Recorder()
    async with meeting(clock, link, intake, resends=False, mode=mode) as (station, wire):
        await hours_pass(clock, 0.5)
        assert len(kept(intake)) >= 6
        wire.cut()
        await hours_pass(clock, 5)
        before = dict(kept(intake))
        assert len(before) < 10
        wire.mend()
        await hours_pass(clock, 1)
        status = link.status().devices[0]
        assert kept(intake) == measured(station)
        assert kept(intake, "water_temperature") == measured(station, 0x03)
    assert status.dial_in.gaps == 0
    assert status.dial_in.pulled > 100
    assert status.errors.get("unanswered") is None
    pulled = [r for r in intake.readings if r.reasons & Reason.BACKFILLED]
    assert len(pulled) == status.dial_in.pulled
    assert {r.quality for r in pulled} == {Quality.NOT_EVALUATED}


async def test_a_station_that_sends_what_waited_by_itself_is_asked_nothing():
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[DEVICE], **ASKS), Recorder()
    async with meeting(clock, link, intake) as (station, wire):
        await hours_pass(clock, 0.5)
        wire.cut()
        await hours_pass(clock, 5)
        wire.mend()
        await hours_pass(clock, 1)
        status = link.status().devices[0]
        assert kept(intake) == measured(station)
        assert kept(intake, "battery_voltage") == measured(station, 0x38)
    assert (status.dial_in.gaps, status.dial_in.asked, status.dial_in.pulled) == (0, 0, 0)


async def test_several_days_are_pulled_one_by_one_and_nothing_beyond_the_reach():
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[{**DEVICE, "pull": ["Z"]}], **{**ASKS, "pull_days": 2.0}), Recorder()
    async with meeting(clock, link, intake, resends=False) as (station, wire):
        await hours_pass(clock, 0.25)
        last = max(kept(intake))
        wire.cut()
        await hours_pass(clock, 72, 300.0)
        wire.mend()
        await hours_pass(clock, 1)
        came, there = kept(intake), measured(station)
        status = link.status().devices[0].dial_in
        back = clock.now_ms() - 2 * 86_400_000
    assert {time for time in came if time > back} == {time for time in there if time > back}
    assert not [time for time in came if last < time < back - 3_600_000]
    assert status.asked in (2, 3)
    assert status.gaps == 0


async def test_a_line_that_is_cut_in_the_middle_of_a_pull_is_asked_again():
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[DEVICE], **ASKS), Recorder()
    chance = Random(5)
    async with meeting(clock, link, intake, resends=False) as (station, wire):
        await hours_pass(clock, 0.5)
        wire.cut()
        await hours_pass(clock, 4)
        for _ in range(12):
            wire.mend()
            for _ in range(chance.randrange(1, 60)):
                clock.advance(10)
                await settled(chance.randrange(1, 6))
            wire.cut()
            clock.advance(5)
            await settled()
        wire.mend()
        await hours_pass(clock, 3)
        assert kept(intake) == measured(station)


async def test_the_disk_refuses_what_was_pulled_and_it_is_taken_when_it_comes_again():
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[DEVICE], **ASKS), Recorder(durable=False)
    async with meeting(clock, link, intake, resends=False) as (station, wire):
        for _ in range(60):
            await hours_pass(clock, 1 / 120)
            intake.commit()
            await settled()
        wire.cut()
        await hours_pass(clock, 3)
        wire.mend()
        refused = 0
        for _ in range(240):
            await hours_pass(clock, 1 / 120)
            if any(r.reasons & Reason.BACKFILLED for r in intake.batches[-1].readings()) and refused < 3:
                refused += bool(intake._open)
                intake.fail()
                del intake.batches[-1]
            intake.commit()
            await settled()
        assert refused == 3
        assert kept(intake) == measured(station)


async def test_a_clock_that_is_off_is_asked_for_then_set():
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[DEVICE], **ASKS), Recorder()
    async with meeting(clock, link, intake, clock_error_s=-1800) as (station, _):
        await until(lambda: station.logger.clock_error_ms == 0)
        await settled()
        status = link.status().devices[0].dial_in
        assert (status.clock_set, status.clock_offset_s) == (1, 0.0)
        await hours_pass(clock, 1)
        status = link.status().devices[0].dial_in
        assert (status.clock_set, status.gaps, status.asked) == (1, 0, 0)
        assert abs(status.clock_offset_s) <= 60


@pytest.mark.parametrize(
    ("more", "now"), [({"set_clock": False}, START), ({"device": []}, START), ({"clock_tolerance_s": 4000.0}, START),
                      ({}, 86_400_000)]
)  # fmt: skip
async def test_a_clock_is_left_alone_unless_the_configuration_and_our_own_clock_allow_it(more, now):
    clock = ManualClock(now)
    link, intake = tcp_link(clock, **{**ASKS, "device": [DEVICE], **more}), Recorder()
    async with meeting(clock, link, intake, clock_error_s=1800 if now > 1e9 else 10_000_000) as (station, _):
        error = station.logger.clock_error_ms
        await hours_pass(clock, 0.5)
        assert station.logger.clock_error_ms == error
        assert link.status().devices[0].dial_in.clock_set == 0


async def test_a_station_that_does_not_answer_is_left_alone_for_a_while(monkeypatch):
    monkeypatch.setattr("simulators.devices.sl651_answers._QUERIES", {})
    clock = ManualClock(START)
    link, intake = tcp_link(clock, device=[DEVICE], **{**ASKS, "set_clock": False}), Recorder()
    async with meeting(clock, link, intake, resends=False) as (station, wire):
        await hours_pass(clock, 0.5)
        wire.cut()
        await hours_pass(clock, 2)
        wire.mend()
        await hours_pass(clock, 0.5)
        status = link.status().devices[0]
        assert status.errors["unanswered"] == 1
        assert status.dial_in.refused == 1
        assert station.unanswered == 1  # repeated with the same bytes: one query
        await hours_pass(clock, 1.5)
        assert link.status().devices[0].dial_in.refused == 2


async def test_datagrams_that_are_lost_doubled_and_late_lose_and_double_nothing():
    clock = ManualClock(START)
    chance = Random(11)

    def fate():
        return chance.choices(["pass", "lose", "double", "hold"], [60, 20, 10, 10])[0]

    link, intake = udp_link(clock, device=[DEVICE], **{**ASKS, "refusal_pause_s": 600.0}), Recorder()
    async with meeting(clock, link, intake, wire=UdpWire, transport="udp") as (station, wire):
        wire.fate = fate
        await hours_pass(clock, 6)
        wire.fate = lambda: "lose"
        await hours_pass(clock, 2)
        wire.fate = fate
        await hours_pass(clock, 6)
        wire.fate = lambda: "pass"
        await hours_pass(clock, 2)
        assert wire.passed > 100
        assert kept(intake) == measured(station)
        assert kept(intake, "battery_voltage") == measured(station, 0x38)


async def test_what_never_came_by_datagram_is_pulled_by_datagram():
    clock = ManualClock(START)
    link, intake = udp_link(clock, device=[DEVICE], **ASKS), Recorder()
    async with meeting(clock, link, intake, wire=UdpWire, transport="udp", resends=False) as (station, wire):
        await hours_pass(clock, 0.5)
        wire.fate = lambda: "lose"
        await hours_pass(clock, 3)
        wire.fate = lambda: "pass"
        await hours_pass(clock, 1.5)
        assert kept(intake) == measured(station)
        assert link.status().devices[0].dial_in.pulled > 40

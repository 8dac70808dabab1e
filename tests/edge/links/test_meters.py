"""Lines of DL/T 645 and CJ/T 188 meters: simulated meters at the other end of a pseudo-terminal or a TCP port."""

import asyncio
from collections import Counter

import pytest

from edge.links.meter_config import MeterSerial, MeterTcp
from edge.links.meters import MeterLink
from protocols import cjt188, dlt645
from protocols.checksums import sum8
from protocols.vocabulary import ManualClock, Quality, Reason, SystemClock
from simulators.devices.line import LineServer
from tests.edge.lines.cable import plug
from tests.edge.links.meter_liar import E1, E2, H1, W1, MeterLiar, electricity, heat, water
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, asleep, running, until

VOLTAGE, ENERGY, CURRENT, ABSENT = "02010100", "00010000", "02020100", "02800001"


@pytest.fixture
async def wire(tmp_path):
    with plug(tmp_path / "tty") as one:
        yield one


@pytest.fixture
async def liar(wire):
    lying = MeterLiar(wire.say, electricity(E1), electricity(E2), water(), heat())
    wire.hear = lying.hear
    return lying


def electric(address: str = E1, *items: str, **more):
    return {"protocol": "dlt645", "address": address, "items": items or (VOLTAGE, ENERGY), "period_s": 1.0, **more}


def pipe(address: str = W1, **more):
    return {"protocol": "cjt188", "address": address, "period_s": 1.0, **more}


def link_to(path: str, clock, *devices: dict, **more):
    settings = {"kind": "meter-serial", "name": "meters", "path": path, "baud": 115_200, "timeout_s": 0.1, **more}
    return MeterLink(MeterSerial.model_validate({**settings, "device": devices}, strict=False), clock)


async def polled(link, clock, intake, batches=1):
    """Until so many polls of each meter brought something."""
    sources = [device.source for device in link.status().devices]
    async with asyncio.timeout(30):
        while min(Counter(batch.points[0].source for batch in intake.batches)[source] for source in sources) < batches:
            await advanced(clock, 1.0)
            await asyncio.sleep(0.002)


def values(intake):
    return {(r.point.source, r.point.series): r.value for r in intake.readings}


def errors(link, number=0):
    return link.status().devices[number].errors


async def test_meters_of_both_standards_share_a_line(wire, liar):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric(), electric(E2), pipe(), pipe(H1, meter_type="20"))
    async with running(link, intake):
        await polled(link, clock, intake)
        await asleep(clock)
        status = link.status()
    got = values(intake)
    meter = liar.wire.meters[0].meter
    assert got[f"meter:{E1}", "voltage/a"] == pytest.approx(229, abs=10)
    volts = dlt645.measurements(0x02010100, meter.values[0x02010100])[0].value
    assert got[f"meter:{E1}", "voltage/a"] == pytest.approx(volts, abs=0.2)
    assert got[f"meter:{E2}", "active_energy"] != got[f"meter:{E1}", "active_energy"]
    assert got[f"meter:{W1}", "water_volume"] > 0
    assert got[f"meter:{H1}", "heat_energy"] > 0
    assert 55 < got[f"meter:{H1}", "water_temperature/supply"] < 69
    assert (status.kind, status.up, {d.state for d in status.devices}) == ("meter-serial", True, {"up"})
    assert status.counters == {}
    assert {r.quality for r in intake.readings} == {Quality.NOT_EVALUATED}


async def test_meters_behind_a_serial_server():
    clock, intake = ManualClock(), Recorder()
    liar = MeterLiar(lambda _: None, electricity(E1), water())
    async with LineServer("127.0.0.1", 0, liar.wire) as server:
        settings = {"kind": "meter-tcp", "name": "m", "host": "127.0.0.1", "port": server.port, "timeout_s": 5.0}
        config = MeterTcp.model_validate({**settings, "device": [electric(), pipe()]}, strict=False)
        link = MeterLink(config, clock)
        async with running(link, intake):
            await polled(link, clock, intake)
    assert {source for source, _ in values(intake)} == {f"meter:{E1}", f"meter:{W1}"}


async def test_a_water_meters_own_time_is_the_readings(wire, liar):
    clock, intake = SystemClock(), Recorder()
    link = link_to(wire.path, clock, pipe(period_s=0.2))
    async with running(link, intake):
        await intake.until(1)
    reading = intake.readings[0]
    assert reading.time % 1000 == 0
    assert abs(reading.time - SystemClock().now_ms()) < 60_000


async def test_a_meter_whose_clock_is_far_off_is_stamped_by_us_and_marked(wire, liar):
    clock, intake = ManualClock(), Recorder()  # whose wall clock is far from the meter's
    link = link_to(wire.path, clock, pipe())
    async with running(link, intake):
        await polled(link, clock, intake, 1)
        now_ms = clock.now_ms()
    reading = intake.readings[0]
    assert reading.reasons & Reason.CLOCK
    assert abs(now_ms - reading.time) < 120_000
    assert errors(link)["clock"] >= 1


def bent(frame: bytes, at: int, by: int) -> bytes:
    """The frame with one byte changed and a CS that is right again."""
    start = frame.index(b"\x68")
    body = bytearray(frame[start:-2])
    body[at] = (body[at] + by) & 0xFF
    return bytes([*body, sum8(bytes(body)), 0x16])


def neighbours(question: bytes, answer: bytes) -> bytes:
    return bent(answer, 1, 1)


FAULTS = {
    "silence": lambda _, __: None,
    "noise": lambda _, __: b"\xff\x00\x68\x81" * 9,
    "half a frame": lambda _, answer: answer[: len(answer) // 2],
    "a lost byte": lambda _, answer: answer[:5] + answer[6:],
    "wrong CS": lambda _, answer: answer[:-2] + bytes([answer[-2] ^ 1, 0x16]),
    "a neighbour's answer": neighbours,
    "another identifier": lambda _, answer: bent(answer, 10, 1),
    "another function": lambda _, answer: bent(answer, 8, 1),
    "the question itself": lambda question, _: question,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_f13_after_a_fault_the_same_poll_brings_the_right_values(wire, liar, fault):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric(E1, VOLTAGE, ENERGY), electric(E2, VOLTAGE, ENERGY))
    faults = iter([fault])

    def script(question, answer):
        return next(faults, lambda _, same: same)(question, answer)

    liar.script = script
    async with running(link, intake):
        await polled(link, clock, intake)
    for reading in intake.readings:
        meter = next(m.meter for m in liar.wire.meters if f"meter:{m.meter.address}" == reading.point.source)
        di = int(VOLTAGE if reading.point.observed == "voltage" else ENERGY, 16)
        said = dlt645.measurements(di, meter.values[di])[0].value
        assert reading.value == pytest.approx(said, rel=0.01)
    assert len({r.point.series for r in intake.readings}) == 2
    assert "silence" not in errors(link) | errors(link, 1)


async def test_a_line_that_echoes(wire, liar):
    liar.echo = True
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric(), pipe())
    async with running(link, intake):
        await polled(link, clock, intake)
        assert link.status().counters["stray"] >= 3
        assert errors(link) == {}


async def test_answers_that_always_come_late_never_land_in_another_item(wire, liar):
    clock, intake = ManualClock(), Recorder()
    loop = asyncio.get_running_loop()
    liar.script = lambda _, answer: answer and loop.call_later(0.07, wire.say, answer) and None
    link = link_to(wire.path, clock, electric(E1, VOLTAGE, CURRENT), pipe(), timeout_s=0.05, retries=1)
    async with running(link, intake):
        for _ in range(12):
            await advanced(clock, 1.0)
            await asleep(clock)
    assert liar.questions
    for reading in intake.readings:
        low, high = {"voltage": (210, 240), "current": (0.001, 30), "water_volume": (0, 1e5)}[reading.point.observed]
        assert low < reading.value < high


async def test_an_item_that_a_meter_does_not_have_is_left_out_and_told(wire, liar):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric(E1, VOLTAGE, ABSENT))
    async with running(link, intake):
        await polled(link, clock, intake, 3)
        device = link.status().devices[0]
    assert device.errors == {"refused": 1}
    assert device.notes == (f"does not give {ABSENT}",)
    assert {r.point.observed for r in intake.readings} == {"voltage"}


async def test_a_meter_that_is_mute_where_it_has_nothing_still_gives_the_rest(wire, liar):
    asked = bytes((byte + 0x33) & 0xFF for byte in bytes.fromhex(CURRENT)[::-1])
    liar.script = lambda question, answer: None if asked in question else answer
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric(E1, CURRENT, VOLTAGE, ENERGY), retries=0)
    async with running(link, intake):
        await polled(link, clock, intake, 6)
        await asleep(clock)
        device = link.status().devices[0]
    assert device.state == "up"
    assert device.notes == (f"does not give {CURRENT}",)
    assert {r.point.observed for r in intake.readings} == {"voltage", "active_energy"}


async def test_rows_say_what_the_table_does_not(wire, liar):
    clock, intake = ManualClock(), Recorder()
    rows = [
        {"di": VOLTAGE, "observed": "voltage", "channel": "main"},
        {"di": ENERGY, "observed": "active_energy", "format": "XXXXXX.XX", "unit": "kW.h", "channel": "counted"},
    ]
    link = link_to(
        wire.path,
        clock,
        electric(items=(), rows=rows),
        pipe(rows=[{"item": "settle", "observed": "water_volume", "channel": "settled"}]),
    )
    async with running(link, intake):
        await polled(link, clock, intake)
    assert {series for _, series in values(intake)} == {
        "voltage/main",
        "active_energy/counted",
        "water_volume/settled",
    }


async def test_meters_of_1997(wire, liar):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric(E1, "9010", "B611", edition="1997"))
    async with running(link, intake):
        await polled(link, clock, intake, 1)
    assert {series for _, series in values(intake)} == {"active_energy", "voltage/a"}


async def test_f14_a_silent_meter_costs_its_neighbours_at_most_a_tenth_of_their_polls(wire, liar):
    dead = bytes.fromhex(E2)[::-1]
    asked = Counter()

    def script(question, answer):
        asked[E2 if dead in question else E1] += 1
        return None if dead in question else answer

    liar.script = script
    clock, intake = SystemClock(), Recorder()
    link = link_to(wire.path, clock, electric(E1, VOLTAGE, period_s=0.2), electric(E2, VOLTAGE, period_s=0.2))
    async with running(link, intake):
        async with asyncio.timeout(60):
            while asked[E1] < 30:
                await intake.until(len(intake.batches) + 1)
        alive, gone = link.status().devices
    assert (alive.state, gone.state) == ("up", "silent")
    assert alive.errors.get("missed_tick", 0) <= 3
    assert gone.errors["silence"] >= 1
    assert asked[E2] < 10


async def test_a_plug_that_is_pulled_and_put_in_again(wire, liar):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, electric())
    async with running(link, intake):
        await polled(link, clock, intake, 1)
        wire.pull()
        for _ in range(10):
            await advanced(clock, 1.0)
        await until(lambda: link.status().counters.get("link_down", 0) >= 2)
        await asleep(clock)
        assert not link.status().up
        polls = len(intake.batches)
        wire.put_in()
        await polled(link, clock, intake, polls + 1)
        assert link.status().up


async def test_a_line_that_babbles_does_not_stop_the_link(wire, liar):
    clock, intake = ManualClock(), Recorder()
    loop = asyncio.get_running_loop()
    stopped = False

    def babble():
        wire.say(b"\x68\x00\xfe")
        if not stopped:
            loop.call_later(0.01, babble)

    link = link_to(wire.path, clock, electric(), timeout_s=0.05, retries=0)
    async with running(link, intake):
        babble()
        for _ in range(6):
            await advanced(clock, 1.0)
        await asleep(clock)
        stopped = True
        async with asyncio.timeout(30):
            while not intake.batches:
                await advanced(clock, 30.0)
                await asyncio.sleep(0.002)
    assert link.status().devices[0].state == "up"


def test_the_simulated_meters_understand_their_own_wire():
    liar = MeterLiar(lambda _: None, electricity(), water())
    question = cjt188.encode(cjt188.requests.read_address())
    answer = cjt188.decode(liar.wire.hear(question))
    assert answer.address == W1
    asked = dlt645.encode(dlt645.requests.read_address())
    assert dlt645.decode(liar.wire.hear(asked)).address == E1


async def test_a_model_says_what_is_read(wire, liar):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, {"protocol": "dlt645", "address": E1, "model": "generic/single-phase"})
    async with running(link, intake):
        await polled(link, clock, intake)
    assert {series for _, series in values(intake)} == {"active_energy", "voltage/a", "current/a", "active_power"}

"""The Modbus TCP link against pymodbus's server, and against one that lies."""

import struct
from array import array

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.links.modbus_config import ModbusTcp
from edge.links.modbus_tcp import ModbusTcpLink
from protocols.vocabulary import ManualClock, Point, Quality, Reason
from tests.edge.links.modbus_liar import liar, mbap, refusal, truth
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, asleep, running, until


@pytest.fixture
async def server():
    async with liar() as lying:
        yield lying


def device(unit: int, *addresses: int, **more) -> dict:
    rows = [{"observed": "x", "channel": str(address), "address": address} for address in addresses]
    return {"neuron": f"serial:{unit}", "unit": unit, "period_s": 1.0, "rows": rows, **more}


def link_to(port: int, clock: ManualClock, *devices: dict, **more) -> ModbusTcpLink:
    settings = {"timeout_s": 0.05, "retries": 1, **more}
    config = ModbusTcp.model_validate(
        {"kind": "modbus-tcp", "name": "line", "host": "127.0.0.1", "port": port, "device": devices, **settings},
        strict=False,
    )
    return ModbusTcpLink(config, clock)


async def ticks(clock: ManualClock, count: int) -> None:
    for _ in range(count):
        await advanced(clock, 1.0)
    await asleep(clock)


def errors(link: ModbusTcpLink, index: int = 0) -> dict:
    return dict(link.status().devices[index].errors)


async def test_a_weather_station_behind_pymodbus_server():
    registers = [14, 1, 2, 110, 512, 0xFF9B, 553, 5, 15, 1019, 0, 50, 0, 17]
    station = SimDevice(id=7, simdata=[SimData(address=0x01F4, values=registers, datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(context=station, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1]
    clock, intake = ManualClock(), Recorder()
    station = {"neuron": "serial:S1", "unit": 7, "model": "DFRobot/SEN0658", "period_s": 60.0}
    link = link_to(port, clock, station, timeout_s=1.0)
    async with running(link, intake):
        await advanced(clock, 5.0)
        readings = await intake.until(1)
        await asleep(clock)
        status = link.status()
    await server.shutdown()
    assert {reading.point.series: reading.value for reading in readings} == {
        "wind_speed": 0.14,
        "wind_direction": 110.0,
        "relative_humidity": 51.2,
        "air_temperature": -10.1,
        "noise": 55.3,
        "pm2_5": 5.0,
        "pm10": 15.0,
        "air_pressure": 1019.0,
        "illuminance": 50.0,
    }
    assert {reading.point.source for reading in readings} == {"serial:S1"}
    assert {reading.time for reading in readings} == {clock.now_ms()}
    assert {reading.quality for reading in readings} == {Quality.NOT_EVALUATED}
    assert status.up
    assert (status.devices[0].state, status.devices[0].readings) == ("up", 9)
    assert status.devices[0].last_seen_ms == clock.now_ms()
    assert not link.status().up


async def test_every_poll_is_one_question_and_one_batch_on_a_grid(server):
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 1, 2, 6, 7))
    async with running(link, intake):
        await ticks(clock, 50)
        await intake.until(50)
    assert set(server.spans()) == {(0, 8)}
    assert len(server.questions) == len(intake.batches)
    assert server.connections == 1
    batch = intake.batches[0]
    assert batch.points == tuple(Point("serial:1", "x", str(address)) for address in (0, 1, 2, 6, 7))
    assert batch.value == array("d", [0, 1, 2, 6, 7])
    assert [b.time[0] for b in intake.batches] == list(
        range(intake.batches[0].time[0], intake.batches[0].time[0] + 50_000, 1000)
    )
    assert errors(link) == {}


async def test_a_plan_of_several_blocks_is_still_one_batch(server):
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 200, 400))
    async with running(link, intake):
        await ticks(clock, 2)
        await intake.until(1)
    assert server.spans()[:3] == [(0, 1), (200, 1), (400, 1)]
    assert intake.batches[0].value == array("d", [0, 200, 400])


async def test_missed_ticks_are_skipped_and_counted(server):
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0))
    async with running(link, intake):
        await ticks(clock, 1)
        asked = len(server.questions)
        await advanced(clock, 10.0)
        await until(lambda: len(server.questions) > asked)
        await asleep(clock)
        assert len(server.questions) == asked + 1
        assert errors(link) == {"missed_tick": 9}


async def test_holes_are_learned_and_remembered(server):
    def script(question):
        end = question.address + question.count
        return refusal(question, 2) if question.address <= 3 < end else truth(question)

    server.script = script
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 1, 5, 6))
    async with running(link, intake):
        await ticks(clock, 1)
        readings = await intake.until(1)
        assert server.spans() == [(0, 7), (0, 2), (5, 2)]
        assert [reading.value for reading in readings] == [0, 1, 5, 6]
        await ticks(clock, 1)
        await intake.until(2)
        assert server.spans(3) == [(0, 2), (5, 2)]
        assert errors(link) == {"exception_02": 1}
        assert link.status().devices[0].notes == ()


async def test_a_register_that_the_device_does_not_have_costs_its_neighbours_nothing(server):
    def script(question):
        end = question.address + question.count
        return refusal(question, 2) if question.address <= 2 < end else truth(question)

    server.script = script
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 1, 2, 3))
    async with running(link, intake):
        await ticks(clock, 1)
        readings = await intake.until(1)
        assert [reading.value for reading in readings] == [0, 1, 3]
        assert link.status().devices[0].notes == ("refuses x/2",)
        asked = len(server.questions)
        await ticks(clock, 1)
        assert server.spans(asked) == [(0, 2), (3, 1)]
        server.script = truth  # it was only starting up
        await ticks(clock, 60)
        assert server.spans()[-1] == (0, 4)
        assert [r.value for r in intake.batches[-1].readings()] == [0, 1, 2, 3]
        assert link.status().devices[0].notes == ()


async def test_a_register_that_is_missing_in_a_long_block_costs_one_more_request(server):
    def script(question):
        end = question.address + question.count
        return refusal(question, 2) if question.address <= 5 < end else truth(question)

    server.script = script
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, *range(32)))
    async with running(link, intake):
        await ticks(clock, 1)
        assert [r.value for r in await intake.until(1)] == [*range(5), *range(6, 32)]
        asked = len(server.questions)
        await ticks(clock, 1)
        assert server.spans(asked) == [(0, 5), (6, 26)]
        assert intake.batches[-1].value == array("d", [*range(5), *range(6, 32)])
        assert link.status().devices[0].notes == ("refuses x/5",)


async def test_a_table_that_the_device_does_not_know_is_not_asked_for_ever(server):
    server.script = lambda q: refusal(q, 1) if q.function == 4 else truth(q)
    clock, intake = ManualClock(), Recorder()
    rows = [{"observed": "ph", "address": 0}, {"observed": "orp", "address": 0, "table": "input"}]
    link = link_to(server.port, clock, device(1, rows=rows))
    async with running(link, intake):
        await ticks(clock, 5)
        await intake.until(5)
        assert [q.function for q in server.questions].count(4) == 1
        assert link.status().devices[0].notes == ("refuses orp",)


async def test_decimals_and_fields_of_bits_are_read(server):
    server.script = lambda q: mbap(q, bytes((3, 6)) + bytes.fromhex("1234 8065 A005"))
    clock, intake = ManualClock(), Recorder()
    rows = [
        {"observed": "ph", "address": 0, "kind": "bcd16", "divisor": 100},
        {"observed": "orp", "address": 1, "kind": "sm16"},
        {"observed": "door", "address": 2, "kind": "bits", "low_bit": 0, "width": 3},
        {"observed": "mode", "address": 2, "kind": "bits", "low_bit": 12, "width": 4},
    ]
    link = link_to(server.port, clock, device(1, rows=rows))
    async with running(link, intake):
        await ticks(clock, 1)
        readings = await intake.until(1)
    assert {r.point.series: r.value for r in readings} == {"ph": 12.34, "orp": -101.0, "door": 5.0, "mode": 10.0}


async def test_a_device_that_serves_fewer_registers_is_asked_for_fewer(server):
    server.script = lambda q: refusal(q, 3) if q.count > 10 else truth(q)
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, *range(32)))
    async with running(link, intake):
        await ticks(clock, 1)
        await intake.until(1)
        asked = len(server.questions)
        await ticks(clock, 1)
        assert server.spans(asked) == [(0, 8), (8, 8), (16, 8), (24, 8)]
        assert intake.batches[-1].value == array("d", range(32))


async def test_a_refused_device_is_not_asked_for_ever(server):
    server.script = lambda q: refusal(q, 2)
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 1))
    async with running(link, intake):
        await ticks(clock, 30)
        assert server.spans() == [(0, 2), (0, 1), (1, 1)]
        assert intake.batches == []
        assert link.status().devices[0].state == "up"
        await ticks(clock, 32)
        assert len(server.questions) == 6


async def test_a_dead_device_does_not_slow_its_neighbours(server):
    server.script = lambda q: None if q.unit == 2 else truth(q)
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0), device(2, 0), device(3, 0), timeout_s=0.02)
    async with running(link, intake):
        await ticks(clock, 100)
        await until(lambda: len(intake.batches) >= 2 * 98)
        assert [status.state for status in link.status().devices] == ["up", "silent", "up"]
    asked = [question.unit for question in server.questions]
    assert asked.count(1) >= 98
    assert asked.count(3) >= 98
    assert 4 <= asked.count(2) <= 10  # two tries, then 2, 4, 8, 16, 32 and 64 s apart
    assert server.connections == 1
    states = {status.source: status.state for status in link.status().devices}
    assert (
        states == {"serial:1": "silent", "serial:2": "silent", "serial:3": "silent"} or states["serial:2"] == "silent"
    )
    assert errors(link, 1)["silence"] >= 4
    assert errors(link, 0) == {}


async def test_a_device_that_comes_back_is_polled_at_its_cadence_again(server):
    server.script = lambda q: None if q.unit == 2 else truth(q)
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0), device(2, 0), timeout_s=0.02)
    async with running(link, intake):
        await ticks(clock, 20)
        assert link.status().devices[1].state == "silent"
        server.script = truth
        await ticks(clock, 40)
        asked = len(server.questions)
        await ticks(clock, 10)
        assert [question.unit for question in server.questions[asked:]].count(2) == 10
        assert link.status().devices[1].state == "up"


async def test_a_gateway_that_says_its_target_is_silent_counts_as_silence(server):
    server.script = lambda q: refusal(q, 0x0B) if q.unit == 2 else truth(q)
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0), device(2, 0))
    async with running(link, intake):
        await ticks(clock, 10)
        asked = [question.unit for question in server.questions]
        assert asked.count(2) <= 4
        assert link.status().devices[1].state == "silent"


async def test_silence_is_asked_again_before_it_counts(server):
    quiet = []

    def script(question):
        quiet.append(question)
        return None if len(quiet) == 1 else truth(question)

    server.script = script
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0))
    async with running(link, intake):
        await advanced(clock, 1.0)
        await intake.until(1)
        assert len(server.questions) == 2
        assert errors(link) == {"repeat": 1}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda q: mbap(q, bytes((3, 2, 0, 9))), "wrong_count"),
        (lambda q: mbap(q, bytes((4, 4, 0, 9, 0, 9))), "wrong_function"),
        (lambda q: refusal(q, 6), "exception_06"),
    ],
)
async def test_a_wrong_answer_is_counted_and_gives_no_reading(server, answer, kind):
    server.script = answer
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 1))
    async with running(link, intake):
        await ticks(clock, 3)
        await until(lambda: errors(link).get(kind, 0) >= 3)
        assert intake.batches == []
        assert server.connections == 1


async def test_device_failure_and_marks_are_missing_values_with_a_reason(server):
    server.script = lambda q: refusal(q, 4) if q.address == 0 else truth(q)
    clock, intake = ManualClock(), Recorder()
    rows = [
        {"observed": "ph", "address": 0},
        {"observed": "orp", "address": 100, "invalid": [100]},
        {"observed": "turbidity", "address": 101},
    ]
    link = link_to(server.port, clock, device(1, rows=rows))
    async with running(link, intake):
        await ticks(clock, 1)
        ph, orp, turbidity = await intake.until(1)
    assert (ph.value, ph.quality, ph.reasons) == (None, Quality.MISSING, Reason.DEVICE_FAULT)
    assert (orp.value, orp.quality, orp.reasons) == (None, Quality.MISSING, Reason.DEVICE_FAULT)
    assert (turbidity.value, turbidity.quality, turbidity.reasons) == (101.0, Quality.NOT_EVALUATED, 0)


async def test_nan_is_a_missing_value(server):
    server.script = lambda q: mbap(q, bytes((3, 4)) + struct.pack(">f", float("nan")))
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, rows=[{"observed": "ph", "address": 0, "kind": "f32"}]))
    async with running(link, intake):
        await ticks(clock, 1)
        (ph,) = await intake.until(1)
    assert (ph.value, ph.quality, ph.reasons) == (None, Quality.MISSING, Reason.INVALID_VALUE)


async def test_a_broken_connection_is_mended_and_what_came_before_is_kept(server):
    server.script = lambda q: b"" if q.address == 200 else truth(q)
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0, 200))
    async with running(link, intake):
        await advanced(clock, 1.0)
        readings = await intake.until(1)
        assert [reading.value for reading in readings] == [0.0]
        server.script = truth
        await ticks(clock, 5)
        await until(lambda: any(len(batch) == 2 for batch in intake.batches))
        assert server.connections >= 2
        assert link.status().counters["link_down"] >= 1
        assert link.status().up


async def test_nobody_listens_yet():
    async with liar() as gone:
        port = gone.port
    clock, intake = ManualClock(), Recorder()
    link = link_to(port, clock, device(1, 0))
    async with running(link, intake):
        await ticks(clock, 5)
        await until(lambda: link.status().counters.get("link_down", 0) >= 3)
        assert not link.status().up
        assert link.status().trouble.startswith(f"127.0.0.1:{port}: ")
        async with liar(port):
            for _ in range(300):
                await advanced(clock, 1.0)
            await intake.until(1)
            assert link.status().up


async def test_a_deaf_connection_is_opened_anew(server):
    server.script = lambda q: None
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0), device(2, 0), timeout_s=0.02)
    async with running(link, intake):
        await ticks(clock, 30)
        await until(lambda: server.connections >= 2)
        server.script = truth
        await ticks(clock, 300)
        await until(lambda: {r.point.source for r in intake.readings} == {"serial:1", "serial:2"})


async def test_after_a_deaf_connection_nobody_is_left_out(server):
    server.script = lambda q: truth(q) if server.connections >= 2 else None
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, 0), device(2, 0), timeout_s=0.01, retries=0)
    async with running(link, intake):
        while server.connections < 2:
            await advanced(clock, 0.1)
        opened_s = clock.monotonic_s()
        while len({reading.point.source for reading in intake.readings}) < 2:
            await advanced(clock, 0.1)
        assert clock.monotonic_s() - opened_s < 1.5  # the breakers alone would have made it 4


async def test_readings_that_the_disk_refused_are_counted(server):
    clock, intake = ManualClock(), Recorder(durable=False)
    link = link_to(server.port, clock, device(1, 0))
    async with running(link, intake):
        await ticks(clock, 1)
        await intake.until(1)
        intake.fail()
        await until(lambda: errors(link) == {"not_kept": 1})
        await ticks(clock, 1)
        await intake.until(2)
        intake.commit()
    assert errors(link) == {"not_kept": 1}


async def test_bits(server):
    clock, intake = ManualClock(), Recorder()
    rows = [{"observed": "door", "address": a, "channel": str(a), "kind": "bit", "table": "coil"} for a in (1, 2, 9)]
    link = link_to(server.port, clock, device(1, rows=rows))
    async with running(link, intake):
        await ticks(clock, 1)
        readings = await intake.until(1)
    assert [reading.value for reading in readings] == [1.0, 0.0, 1.0]

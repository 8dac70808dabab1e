"""The RTU link: pymodbus's serial server at the other end, faults F13 and F14, a plug pulled and put in again."""

import asyncio
from collections import Counter

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.commands.actuator import Actuators
from edge.links.modbus_config import ModbusRtu
from edge.links.modbus_rtu import modbus_rtu_link
from protocols.vocabulary import ManualClock, Point, SystemClock
from tests.edge.lines.cable import cable, plug
from tests.edge.links.recorder import Recorder
from tests.edge.links.rtu_liar import Liar, truth
from tests.edge.links.running import advanced, asleep, running, until
from tests.edge.links.test_modbus_tcp import device, errors, ticks


@pytest.fixture
async def wire(tmp_path):
    with plug(tmp_path / "tty") as one:
        yield one


@pytest.fixture
async def liar(wire):
    lying = Liar(wire.say)
    wire.hear = lying.hear
    return lying


def link_to(path: str, clock, *devices: dict, **more):
    settings = {"kind": "modbus-rtu", "name": "line", "path": path, "baud": 115_200, "timeout_s": 0.1, **more}
    return modbus_rtu_link(ModbusRtu.model_validate({**settings, "device": devices}, strict=False), clock)


async def test_two_devices_behind_pymodbus_serial_server(tmp_path):
    station = [14, 1, 2, 110, 512, 0xFF9B, 553, 5, 15, 1019, 0, 50, 0, 17]
    devices = [
        SimDevice(id=7, simdata=[SimData(address=500, values=station, datatype=DataType.REGISTERS)]),
        SimDevice(id=8, simdata=[SimData(address=0, values=[2301, 45, 812, 30], datatype=DataType.REGISTERS)]),
    ]
    clock, intake = ManualClock(), Recorder()
    with cable(tmp_path) as (near, far):
        server = ModbusSerialServer(devices, port=far.path, baudrate=9600)
        await server.serve_forever(background=True)
        link = link_to(
            near.path,
            clock,
            {"neuron": "serial:S1", "unit": 7, "model": "DFRobot/SEN0658"},
            {"neuron": "serial:L1", "unit": 8, "model": "generic/streetlight"},
            timeout_s=2.0,
            baud=9600,
        )
        async with running(link, intake):
            while len(intake.batches) < 2:
                await advanced(clock, 1.0)
            await asleep(clock)
            status = link.status()
        await server.shutdown()
    values = {(r.point.source, r.point.series): r.value for r in intake.readings}
    assert values["serial:S1", "air_temperature"] == -10.1
    assert values["serial:S1", "air_pressure"] == 1019.0
    assert values["serial:L1", "voltage"] == 230.1
    assert values["serial:L1", "lamp_level"] == 30.0
    assert (status.kind, status.up, [d.state for d in status.devices]) == ("modbus-rtu", True, ["up", "up"])
    assert status.counters == {}


async def test_a_lamp_is_commanded_over_the_line(tmp_path):
    lamp = SimDevice(id=8, simdata=[SimData(address=0, values=[2301, 45, 812, 30], datatype=DataType.REGISTERS)])
    with cable(tmp_path) as (near, far):
        server = ModbusSerialServer(lamp, port=far.path, baudrate=9600)
        await server.serve_forever(background=True)
        rows = [{"observed": "lamp_level", "address": 3, "writable": True}]
        link = link_to(near.path, ManualClock(), device(8, rows=rows), timeout_s=2.0)
        async with running(link, Recorder()):
            assert await Actuators([link]).write(Point("serial:8", "lamp_level"), 75.0) == 75.0
        await server.shutdown()


@pytest.mark.parametrize(
    "fault",
    [
        lambda q: b"\xff\x00\x81" * 9,
        lambda q: truth(q)[:5],
        lambda q: q.raw + truth(q)[:-1],
        lambda q: truth(q._replace(unit=3)),
        lambda q: truth(q._replace(address=q.address + 1))[:-1] + b"\x00",
        lambda q: None,
    ],
    ids=["noise", "half a frame", "echo and half a frame", "a neighbour's answer", "wrong CRC", "silence"],
)
async def test_f13_after_a_fault_the_same_poll_brings_the_right_values(wire, liar, fault):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, device(1, 10, 11), device(2, 10, 11))
    async with running(link, intake):
        await ticks(clock, 2)
        await intake.until(2)
        polls = len(intake.batches)
        answers = iter([fault])

        def script(question):
            return next(answers, truth)(question)

        liar.script = script
        await ticks(clock, 1)
        await intake.until(polls + 2)
    for reading in intake.readings:
        assert reading.value == 1000 * int(reading.point.source[-1]) + int(reading.point.channel)
    assert sum(errors(link, n).get("repeat", 0) for n in (0, 1)) == 1
    assert "silence" not in errors(link) | errors(link, 1)


async def test_f13_answers_that_always_come_late_never_land_in_another_register(wire, liar):
    """Each answer comes after its time-out, when the next question of the same shape is out."""
    clock, intake = ManualClock(), Recorder()
    loop = asyncio.get_running_loop()
    liar.script = lambda q: loop.call_later(0.07, wire.say, truth(q)) and None
    link = link_to(wire.path, clock, device(1, 10, 200, 400), device(2, 10), timeout_s=0.05, retries=1)
    async with running(link, intake):
        for _ in range(12):
            await advanced(clock, 1.0)
            await asleep(clock)
    assert liar.questions
    for reading in intake.readings:
        assert reading.value == 1000 * int(reading.point.source[-1]) + int(reading.point.channel)


async def test_f14_a_device_that_hangs_costs_its_neighbours_at_most_a_tenth_of_their_polls(wire, liar):
    """Three devices five times a second on the line's own time, one of which stops answering."""
    asked = Counter()
    dead = set()

    def script(question):
        asked[question.unit] += 1
        return None if question.unit in dead else truth(question)

    liar.script = script
    intake = Recorder()
    link = link_to(wire.path, SystemClock(), *(device(unit, 10, period_s=0.2) for unit in (1, 2, 3)), timeout_s=0.08)
    async with running(link, intake):
        await intake.until(9)
        dead.add(2)
        before, missed = Counter(asked), [errors(link, n).get("missed_tick", 0) for n in (0, 2)]
        async with asyncio.timeout(60):
            while asked[1] - before[1] < 30:
                await intake.until(len(intake.batches) + 1)
        states = [device.state for device in link.status().devices]
    assert states == ["up", "silent", "up"]
    for at, (unit, number) in enumerate(((1, 0), (3, 2))):
        polls = asked[unit] - before[unit]
        assert errors(link, number).get("missed_tick", 0) - missed[at] <= polls / 10
    assert asked[2] - before[2] < 10


async def test_a_plug_that_is_pulled_and_put_in_again(wire, liar):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, device(1, 10))
    async with running(link, intake):
        await ticks(clock, 2)
        await intake.until(1)
        wire.pull()
        for _ in range(10):
            await advanced(clock, 1.0)
        await until(lambda: link.status().counters.get("link_down", 0) >= 2)
        await asleep(clock)
        assert not link.status().up
        assert link.status().devices[0].state == "silent"
        polls = len(intake.batches)
        wire.put_in()
        while len(intake.batches) <= polls:
            await advanced(clock, 1.0)
            await asyncio.sleep(0.01)
        assert link.status().up
    assert {r.value for r in intake.readings} == {1010.0}


async def test_a_port_that_is_not_there_yet(tmp_path):
    clock = ManualClock()
    link = link_to(str(tmp_path / "tty"), clock, device(1, 10))
    async with running(link, Recorder()):
        await ticks(clock, 5)
        await until(lambda: link.status().counters.get("link_down", 0) >= 2)
        assert not link.status().up


async def test_the_same_device_over_a_line_that_echoes(wire, liar):
    liar.echo = True
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, device(1, 10, 11, 12))
    async with running(link, intake):
        await ticks(clock, 3)
        await intake.until(3)
        assert link.status().counters["echo"] >= 3
        assert errors(link) == {}
    assert [r.value for r in intake.readings[:3]] == [1010.0, 1011.0, 1012.0]

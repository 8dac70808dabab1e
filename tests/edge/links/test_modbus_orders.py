"""Writing to Modbus devices between polls: against pymodbus's server, and against one that lies."""

import asyncio
import struct

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.commands.actuator import Actuator, Actuators, Unfit
from edge.links import modbus_orders
from edge.links.modbus_port import DeviceSilent, ModbusRefused
from edge.links.modbus_tcp import ModbusTcpLink
from protocols.vocabulary import LinkDown, ManualClock, Point, YingzhouError
from tests.edge.links.modbus_liar import liar, mbap, refusal, truth
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.test_modbus_tcp import link_to, ticks

ROWS = [
    {"observed": "lamp_level", "address": 3, "writable": True},
    {"observed": "voltage", "address": 0, "divisor": 10},
    {"observed": "air_temperature", "address": 10, "kind": "f32", "order": "CDAB", "writable": True},
    {"observed": "water_level", "address": 12, "kind": "s32", "divisor": 1000, "writable": True},
]
COIL = {"observed": "relay", "address": 5, "kind": "bit", "table": "coil", "writable": True}


def lamp(unit: int = 1, rows=ROWS, **more) -> dict:
    return {"neuron": f"serial:{unit}", "unit": unit, "period_s": 1.0, "rows": rows, **more}


@pytest.fixture
async def served():
    device = SimDevice(id=1, simdata=[SimData(address=0, values=[2300, *[0] * 19], datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(context=device, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    yield server.transport.sockets[0].getsockname()[1]
    await server.shutdown()


async def test_a_value_is_written_and_read_back_by_pymodbus_server(served):
    clock, intake = ManualClock(), Recorder()
    link = link_to(served, clock, lamp(), timeout_s=1.0)
    assert isinstance(link, Actuator)
    actuators = Actuators([link])
    async with running(link, intake):
        await until(lambda: link.status().up)
        for point, value in (
            (Point("serial:1", "lamp_level"), 40.0),
            (Point("serial:1", "air_temperature"), -10.1),
            (Point("serial:1", "water_level"), -1.234),
        ):
            assert actuators.fit(point, value) == value
            assert await actuators.write(point, value) == value
            assert await actuators.read(point, value) == value
        await ticks(clock, 1)
        readings = await intake.until(1)
    assert {one.point.series: one.value for one in readings} == {
        "lamp_level": 40.0,
        "voltage": 230.0,
        "air_temperature": -10.1,
        "water_level": -1.234,
    }
    assert not link.status().devices[0].errors


@pytest.mark.parametrize(
    ("point", "value", "says"),
    [
        ("serial:1/voltage", 230.0, "may not be written"),
        ("serial:1/lamp_level", 101.0, "expected 0 to 100"),
        ("serial:1/lamp_level/2", 1.0, "no device of this gateway"),
        ("serial:2/lamp_level", 1.0, "no device of this gateway"),
    ],
)
async def test_what_does_not_fit_is_said_before_anything_is_asked(point, value, says):
    link = link_to(1, ManualClock(), lamp())
    with pytest.raises(Unfit, match=says):
        Actuators([link]).fit(Point.parse(point), value)
    with pytest.raises(Unfit, match=says):
        await Actuators([link]).write(Point.parse(point), value)


@pytest.fixture
async def server():
    async with liar() as lying:
        yield lying


async def written(link: ModbusTcpLink, series: str = "lamp_level", value: float = 3.0) -> float:
    """By a link that does nothing else."""
    async with running(link, Recorder()):
        await until(lambda: link.status().up)
        try:
            async with asyncio.timeout(5):
                return await Actuators([link]).write(Point("serial:1", series), value)
        except YingzhouError as error:
            refused = error
    raise refused


@pytest.mark.parametrize(
    ("series", "value", "function", "address", "read"),
    [("lamp_level", 3.0, 6, 3, 3), ("relay", 1.0, 5, 5, 1), ("relay", 0.0, 5, 5, 1)],
)
async def test_one_question_to_write_and_one_to_read(server, series, value, function, address, read):
    def script(question):
        if question.function in (5, 6):
            return mbap(question, struct.pack(">BHH", question.function, question.address, question.count))
        return mbap(question, bytes((1, 1, round(value)))) if question.function == 1 else truth(question)

    server.script = script
    link = link_to(server.port, ManualClock(), lamp(rows=[ROWS[0], COIL]))
    assert await written(link, series, value) == value
    assert [(one.function, one.address) for one in server.questions] == [(function, address), (read, address)]
    assert server.questions[0].count == (3 if function == 6 else 0xFF00 if value else 0)


async def test_silence_at_the_write_is_settled_by_what_the_device_says(server):
    server.script = lambda question: None if question.function == 6 else truth(question)
    link = link_to(server.port, ManualClock(), lamp())
    assert await written(link) == 3.0
    assert [one.function for one in server.questions] == [6, 3], "written once"
    assert link.status().devices[0].errors == {"write_silence": 1}


async def test_a_wrong_echo_is_settled_by_what_the_device_says(server):
    def script(question):
        return mbap(question, struct.pack(">BHH", 6, 3, 4)) if question.function == 6 else truth(question)

    server.script = script
    link = link_to(server.port, ManualClock(), lamp())
    assert await written(link) == 3.0
    assert link.status().devices[0].errors == {"wrong_echo": 1}


async def test_a_refusal_is_an_end(server):
    server.script = lambda question: refusal(question, 3)
    with pytest.raises(ModbusRefused, match="exception 03"):
        await written(link_to(server.port, ManualClock(), lamp()))
    assert len(server.questions) == 1


async def test_silence_to_everything_is_an_end(server):
    server.script = lambda question: None
    with pytest.raises(DeviceSilent):
        await written(link_to(server.port, ManualClock(), lamp()))


async def test_a_line_that_is_cut_in_the_middle_is_told_and_opened_anew(server):
    server.script = lambda question: b"" if question.function == 6 else truth(question)
    clock = ManualClock()
    link = link_to(server.port, clock, lamp())
    async with running(link, Recorder()):
        await until(lambda: link.status().up)
        with pytest.raises(LinkDown):
            await link.write("serial:1", "lamp_level", "", 3.0)
        await until(lambda: not link.status().up)
        reading = asyncio.get_running_loop().create_task(link.read("serial:1", "lamp_level", ""))
        await until(lambda: clock._sleepers)
        clock.advance(10)
        assert await reading == 3.0, "it waited for the line"


async def test_orders_and_polls_take_turns(server):
    """Neither keeps the other waiting: between two polls that are due one order is served."""

    def script(question):
        if question.function == 6:
            return mbap(question, struct.pack(">BHH", 6, question.address, question.count))
        return truth(question)

    server.script = script
    clock = ManualClock()
    link = link_to(server.port, clock, lamp(1), lamp(2))
    async with running(link, Recorder()), asyncio.TaskGroup() as group:
        await until(lambda: link.status().up)
        for _ in range(20):
            group.create_task(link.write("serial:1", "lamp_level", "", 3.0))
        clock.advance(10)
        await until(lambda: len([one for one in server.questions if one.function == 6]) == 20)
    polls = [place for place, one in enumerate(server.questions) if one.count > 2 and one.function == 3]
    assert len(polls) == 2
    assert polls[1] < 12


async def test_who_goes_away_before_his_turn_has_written_nothing(server):
    clock = ManualClock()
    link = link_to(server.port, clock, lamp())
    task = asyncio.get_running_loop().create_task(link.write("serial:1", "lamp_level", "", 3.0))
    await asyncio.sleep(0.01)  # the link does not run yet
    task.cancel()
    await asyncio.wait([task])
    async with running(link, Recorder()):
        await ticks(clock, 1)
        await until(lambda: server.questions)
    assert all(one.function == 3 for one in server.questions)


async def test_too_many_orders_are_refused(monkeypatch):
    monkeypatch.setattr(modbus_orders, "MAX_ORDERS", 1)
    link = link_to(1, ManualClock(), lamp())
    first = asyncio.get_running_loop().create_task(link.write("serial:1", "lamp_level", "", 3.0))
    await asyncio.sleep(0)
    with pytest.raises(LinkDown, match="wait for this line already"):
        await link.write("serial:1", "lamp_level", "", 3.0)
    first.cancel()
    await asyncio.wait([first])

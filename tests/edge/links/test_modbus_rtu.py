"""The RTU port on a line that echoes, babbles, breaks off and answers late (fault F13)."""

import asyncio
import struct
from itertools import pairwise

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.lines.openers import serial_port, serial_server
from edge.lines.pace import Bits, Pace
from edge.links.modbus_port import DeviceSilent, ModbusRefused, WrongAnswer
from edge.links.modbus_rtu import RtuPort
from protocols.vocabulary import LinkDown
from tests.edge.lines.cable import plug
from tests.edge.links.rtu_liar import Liar, refusal, sealed, truth

TRUTH = struct.pack(">4H", 1010, 1011, 1012, 1013)
OTHER = struct.pack(">4H", 1020, 1021, 1022, 1023)


@pytest.fixture
async def wire(tmp_path):
    with plug(tmp_path / "tty") as one:
        yield one


@pytest.fixture
async def liar(wire):
    lying = Liar(wire.say)
    wire.hear = lying.hear
    return lying


@pytest.fixture
async def port(wire, liar):
    bits = Bits(115_200)
    port = RtuPort(serial_port(wire.path, bits), Pace.of(bits), 0.25)
    await port.open()
    yield port
    port.close()


def counted(port: RtuPort) -> dict:
    return dict(port.counters)


async def test_registers_come_as_they_are_on_the_wire(liar, port):
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert await port.read(1, "coil", 1, 10) == bytes([0b01010101, 0b01])
    assert await port.read(1, "discrete", 0, 1) == b"\0"
    assert len(await port.read(1, "holding", 0, 125)) == 250
    assert counted(port) == {}


async def test_a_write_is_echoed_by_the_device(liar, port):
    liar.script = lambda q: q.raw
    await port.write(1, "holding", 3, [77])
    await port.write(1, "coil", 3, [1])
    assert [(q.function, q.address, q.count) for q in liar.questions] == [(6, 3, 77), (5, 3, 0xFF00)]


async def test_a_write_that_the_device_repeats_wrongly(liar, port):
    liar.script = lambda q: sealed(q.unit, struct.pack(">BHH", 6, 3, 78))
    with pytest.raises(WrongAnswer) as caught:
        await port.write(1, "holding", 3, [77])
    assert caught.value.kind == "wrong_echo"


async def test_on_an_adapter_that_echoes_a_dead_device_has_not_obeyed(liar, port):
    liar.echo = True
    assert await port.read(1, "holding", 10, 4) == TRUTH
    liar.script = lambda q: None
    with pytest.raises(DeviceSilent):
        await port.write(1, "holding", 3, [77])
    liar.script = lambda q: q.raw
    await port.write(1, "holding", 3, [77])
    assert counted(port) == {"echo": 3}


LIES = {
    "short count": (lambda q: sealed(1, bytes((3, 6)) + TRUTH[:6]), "wrong_count"),
    "long count": (lambda q: sealed(1, bytes((3, 10)) + TRUTH + b"\0\0"), "wrong_count"),
    "other function": (lambda q: sealed(1, bytes((4, 8)) + TRUTH), "wrong_function"),
    "exception to another function": (lambda q: sealed(1, bytes((0x84, 2))), "wrong_function"),
}


@pytest.mark.parametrize("name", LIES)
async def test_a_wrong_answer_is_refused_and_the_next_one_taken(liar, port, name):
    liar.script, kind = LIES[name]
    with pytest.raises(WrongAnswer) as caught:
        await port.read(1, "holding", 10, 4)
    assert caught.value.kind == kind
    liar.script = truth
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert counted(port) == {"wrong_answer": 1}


NO_ANSWERS = {
    "silence": (lambda q: None, set()),
    "half a frame": (lambda q: truth(q)[:6], {"noise"}),
    "all but the last byte": (lambda q: truth(q)[:-1], {"noise"}),
    "wrong CRC": (lambda q: truth(q)[:-1] + b"\x00", {"noise"}),
    "CRC the other way round": (lambda q: truth(q)[:-2] + truth(q)[:-3:-1], {"noise"}),
    "odd count": (lambda q: sealed(1, bytes((3, 9)) + TRUTH + b"\0"), {"noise"}),
    "no registers": (lambda q: sealed(1, bytes((3, 0))), {"noise"}),
    "another unit": (lambda q: sealed(9, bytes((3, 8)) + TRUTH), {"wrong_unit"}),
    "noise": (lambda q: b"\xff\x00\x55" * 40, {"noise"}),
    "the head of a long frame": (lambda q: bytes((1, 3, 250)), {"noise"}),
    "echo only": (lambda q: q.raw, {"echo"}),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
async def test_what_is_no_answer_is_silence_and_the_very_next_question_is_answered(liar, port, name):
    liar.script, kinds = NO_ANSWERS[name]
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    liar.script = truth
    assert await port.read(2, "holding", 10, 1) == struct.pack(">H", 2010)
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert set(counted(port)) == kinds


@pytest.mark.parametrize("name", NO_ANSWERS)
async def test_an_answer_that_may_still_be_due_to_the_question_before_is_asked_for_once_more(liar, port, name):
    """Four registers of the same unit: nothing tells the late answer from the right one, so neither is believed."""
    liar.script, _ = NO_ANSWERS[name]
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    liar.script = truth
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 20, 4)
    assert await port.read(1, "holding", 20, 4) == OTHER


@pytest.mark.parametrize("before", [b"\xff\x00", b"\x01\x03", b"\x01\x03\x02", bytes(5), b"\x09\x03\x08" + bytes(10)])
async def test_noise_in_front_of_an_answer(liar, port, before):
    liar.script = lambda q: before + truth(q)
    assert await port.read(1, "holding", 10, 4) == TRUTH


async def test_noise_between_two_questions_is_none_of_the_seconds(liar, port, wire):
    assert await port.read(1, "holding", 10, 4) == TRUTH
    wire.say(truth(liar.questions[0]))
    await asyncio.sleep(0.01)
    assert await port.read(1, "holding", 20, 4) == OTHER
    assert counted(port) == {"unasked": 1}


async def test_an_answer_in_pieces(liar, port, wire):
    def piece_by_piece(question):
        loop = asyncio.get_running_loop()
        for at, byte in enumerate(truth(question)):
            loop.call_later(0.002 * at, wire.say, bytes([byte]))

    liar.script = piece_by_piece
    assert await port.read(1, "holding", 10, 4) == TRUTH


async def test_a_late_answer_is_never_the_next_ones(liar, port, wire):
    """Same unit, function and count: only the order on the line tells the two answers apart."""

    def script(question):
        if question.address == 10:
            asyncio.get_running_loop().call_later(0.29, wire.say, truth(question))
            return
        asyncio.get_running_loop().call_later(0.12, wire.say, truth(question))
        return

    liar.script = script
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    assert await port.read(1, "holding", 20, 4) == OTHER
    assert counted(port) == {"late_answer": 1}


async def test_a_question_that_is_cancelled_leaves_the_line_usable_and_its_answer_is_not_taken(liar, port, wire):
    liar.script = lambda q: None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await port.read(1, "holding", 10, 4)
    liar.script = lambda q: truth(liar.questions[0]) + truth(q)
    assert await port.read(1, "holding", 20, 4) == OTHER


async def test_a_line_that_never_is_silent_is_asked_all_the_same(liar, port, wire):
    port._pace = Pace(0.05)
    ticks = [asyncio.get_running_loop().call_later(0.01 * n, wire.say, b"\xff") for n in range(100)]
    await asyncio.sleep(0.02)
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert counted(port)["babble"] == 1
    for tick in ticks:
        tick.cancel()


async def test_the_gap_is_kept_after_whatever_was_heard_last(liar, port):
    port._pace = Pace(0.05)
    heard_s = []
    clock = port._line.clock
    liar.script = lambda q: heard_s.append(clock.monotonic_s()) or truth(q)
    for _ in range(4):
        await port.read(1, "holding", 10, 4)
    assert min(after - before for before, after in pairwise(heard_s)) >= 0.05


async def test_the_time_of_the_bytes_is_added_to_the_time_out(liar, port):
    """250 bytes at 2400 baud take more than a second: no reason to call a device silent."""
    port._pace = Pace(0.0, Bits(2400).character_s)

    def slowly(question):
        asyncio.get_running_loop().call_later(0.3, port._line._ear.data_received, truth(question))

    liar.script = slowly
    assert len(await port.read(1, "holding", 0, 125)) == 250


async def test_an_exception_carries_its_code(liar, port):
    liar.script = lambda q: refusal(q, 2)
    with pytest.raises(ModbusRefused) as caught:
        await port.read(1, "holding", 10, 4)
    assert caught.value.code == 2


async def test_a_pulled_plug_is_told_at_once(liar, port, wire):
    port._master._timeout_s = 30.0
    liar.script = lambda q: wire.pull()
    async with asyncio.timeout(5):
        with pytest.raises(LinkDown):
            await port.read(1, "holding", 10, 4)
        with pytest.raises(LinkDown):
            await port.read(1, "holding", 10, 4)


async def test_rtu_frames_over_tcp_from_pymodbus_server():
    device = SimDevice(id=1, simdata=[SimData(address=0, values=[7, 8, 9], datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(context=device, framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    number = server.transport.sockets[0].getsockname()[1]
    port = RtuPort(serial_server("127.0.0.1", number), Pace(), 1.0)
    await port.open()
    assert await port.read(1, "holding", 0, 3) == struct.pack(">3H", 7, 8, 9)
    await port.write(1, "holding", 1, [80, 90])
    assert await port.read(1, "holding", 0, 3) == struct.pack(">3H", 7, 80, 90)
    with pytest.raises(ModbusRefused):
        await port.read(1, "holding", 50, 3)
    port.close()
    await server.shutdown()

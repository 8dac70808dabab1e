"""The Modbus TCP port against a server that lies."""

import asyncio
import struct

import pytest

from edge.links.modbus_port import DeviceSilent, ModbusRefused, WrongAnswer, checked_data
from edge.links.modbus_tcp_port import TcpPort
from protocols.vocabulary import LinkDown
from tests.edge.links.modbus_liar import liar, mbap, refusal, truth

TRUTH = struct.pack(">4H", 10, 11, 12, 13)


@pytest.fixture
async def server():
    async with liar() as lying:
        yield lying


@pytest.fixture
async def port(server):
    port = TcpPort("127.0.0.1", server.port, 0.2)
    await port.open()
    yield port
    port.close()


async def test_registers_come_as_they_are_on_the_wire(server, port):
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert await port.read(255, "input", 10, 4) == TRUTH
    assert await port.read(0, "holding", 65535, 1) == b"\xff\xff"
    assert [q.function for q in server.questions] == [3, 4, 3]
    assert [q.unit for q in server.questions] == [1, 255, 0]


async def test_bits(server, port):
    assert await port.read(1, "coil", 1, 10) == bytes([0b01010101, 0b01])
    assert await port.read(1, "discrete", 0, 1) == b"\0"
    assert [q.function for q in server.questions] == [1, 2]


async def test_the_largest_question(port):
    assert len(await port.read(1, "holding", 0, 125)) == 250
    assert len(await port.read(1, "coil", 0, 2000)) == 250


def lie(name):
    return {
        "short count": lambda q: mbap(q, bytes((3, 6)) + TRUTH[:6]),
        "long count": lambda q: mbap(q, bytes((3, 10)) + TRUTH + b"\0\0"),
        "no registers": lambda q: mbap(q, bytes((3, 0))),
        "odd count": lambda q: mbap(q, bytes((3, 9)) + TRUTH + b"\0"),
        "odd count that looks right": lambda q: mbap(q, bytes((3, 9)) + TRUTH),
        "count that is more than the data": lambda q: mbap(q, bytes((3, 8)) + TRUTH[:6]),
        "count that is less than the data": lambda q: mbap(q, bytes((3, 6)) + TRUTH),
        "only a function code": lambda q: mbap(q, bytes((3,))),
        "other function": lambda q: mbap(q, bytes((4, 8)) + TRUTH),
        "function nobody knows": lambda q: mbap(q, bytes((0x63, 8)) + TRUTH),
        "function zero": lambda q: mbap(q, bytes((0, 8)) + TRUTH),
        "exception to another function": lambda q: mbap(q, bytes((0x84, 2))),
        "exception without a code": lambda q: mbap(q, bytes((0x83,))),
        "exception with too much": lambda q: mbap(q, bytes((0x83, 2, 2))),
        "bytes behind it": lambda q: truth(q) + b"\0\1",
        "half a frame behind it": lambda q: truth(q) + truth(q)[:9],
    }[name]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("short count", "wrong_count"),
        ("long count", "wrong_count"),
        ("no registers", "wrong_count"),
        ("odd count", "wrong_count"),
        ("odd count that looks right", "wrong_count"),
        ("count that is more than the data", "wrong_count"),
        ("count that is less than the data", "wrong_count"),
        ("only a function code", "wrong_count"),
        ("other function", "wrong_function"),
        ("function nobody knows", "wrong_function"),
        ("function zero", "wrong_function"),
        ("exception to another function", "wrong_function"),
        ("exception without a code", "malformed_exception"),
        ("exception with too much", "malformed_exception"),
        ("bytes behind it", "trailing_bytes"),
        ("half a frame behind it", "trailing_bytes"),
    ],
)
async def test_a_wrong_answer_is_refused_and_the_connection_goes_on(server, port, name, kind):
    server.script = lie(name)
    with pytest.raises(WrongAnswer) as caught:
        await port.read(1, "holding", 10, 4)
    assert caught.value.kind == kind
    server.script = truth
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert server.connections == 1


@pytest.mark.parametrize(
    ("name", "answer", "counter"),
    [
        ("wrong unit", lambda q: mbap(q, bytes((3, 8)) + TRUTH, unit=9), "wrong_unit"),
        ("wrong transaction", lambda q: mbap(q, bytes((3, 8)) + TRUTH, transaction=0x7777), "late_answer"),
        ("transaction zero", lambda q: mbap(q, bytes((3, 8)) + TRUTH, transaction=0), "late_answer"),
        ("silence", lambda q: None, None),
        ("half a header", lambda q: truth(q)[:5], "unfinished_answer"),
        ("half a frame", lambda q: truth(q)[:9], "unfinished_answer"),
        ("other protocol", lambda q: truth(q)[:2] + b"\0\1" + truth(q)[4:], "malformed_header"),
        ("length of nothing", lambda q: truth(q)[:4] + b"\0\0\1", "malformed_header"),
        ("length of a unit", lambda q: truth(q)[:4] + b"\0\1\1", "malformed_header"),
        ("length of more than there can be", lambda q: truth(q)[:4] + b"\0\xff" + truth(q)[6:], "malformed_header"),
        ("length of everything", lambda q: truth(q)[:4] + b"\xff\xff" + truth(q)[6:], "malformed_header"),
        ("garbage", lambda q: b"\xff" * 300, "malformed_header"),
        ("much garbage", lambda q: b"\xff" * 3000, "malformed_header"),
    ],
)
async def test_what_is_no_answer_is_silence_and_the_next_question_is_answered(server, port, name, answer, counter):
    server.script = answer
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    server.script = truth
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert server.connections == 1
    assert dict(port.counters) == ({counter: 1} if counter else {})


async def test_an_answer_from_another_unit_does_not_hide_the_right_one(server, port):
    server.script = lambda q: mbap(q, bytes((3, 8)) + b"\xee" * 8, unit=9) + truth(q)
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert port.counters["wrong_unit"] == 1


async def test_an_answer_that_comes_after_its_time_is_not_taken_for_the_next_one(server, port):
    late = []

    def script(question):
        late.append(question)
        if len(late) == 1:
            return None
        first = mbap(late[0], bytes((3, 8)) + b"\xee" * 8)
        return first + truth(question)

    server.script = script
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert port.counters["late_answer"] == 1


async def test_a_silent_unit_never_costs_its_neighbours_the_connection(server):
    port = TcpPort("127.0.0.1", server.port, 0.01)
    await port.open()
    server.script = lambda q: None if q.unit == 2 else truth(q)
    for _ in range(12):
        with pytest.raises(DeviceSilent):
            await port.read(2, "holding", 10, 4)
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert server.connections == 1
    port.close()


async def test_an_exception_carries_its_code(server, port):
    server.script = lambda q: refusal(q, 2)
    with pytest.raises(ModbusRefused) as caught:
        await port.read(1, "holding", 10, 4)
    assert caught.value.code == 2


async def test_a_lost_connection_is_told_at_once(server):
    port = TcpPort("127.0.0.1", server.port, 30.0)
    await port.open()
    server.script = lambda q: b""
    async with asyncio.timeout(5):
        with pytest.raises(LinkDown):
            await port.read(1, "holding", 10, 4)
        with pytest.raises(LinkDown):
            await port.read(1, "holding", 10, 4)
    port.close()


async def test_nobody_there():
    async with liar() as lying:
        free = lying.port
    port = TcpPort("127.0.0.1", free, 0.2)
    with pytest.raises(LinkDown):
        await port.open()
    with pytest.raises(LinkDown):
        await port.read(1, "holding", 0, 1)
    port.close()


async def test_cancelling_a_question_leaves_the_port_usable(server, port):
    server.script = lambda q: None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await port.read(1, "holding", 10, 4)
    server.script = truth
    assert await port.read(1, "holding", 10, 4) == TRUTH


async def test_a_cancellation_that_comes_together_with_the_answer_is_heeded(server, port):
    async def poll():
        while True:
            await port.read(1, "holding", 10, 4)

    task = asyncio.get_running_loop().create_task(poll())
    await asyncio.sleep(0)
    port._wire._asked.add_done_callback(lambda _: task.cancel())
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task
    assert await port.read(1, "holding", 10, 4) == TRUTH


@pytest.mark.parametrize("frame", [bytes((3,)), b"\x03\x02\x00", b"\x83", b"\x03\x02\x00\x01\x02"])
def test_checked_data_never_passes_another_length(frame):
    with pytest.raises(WrongAnswer):
        checked_data(frame, 3, 2)


async def test_an_answer_in_single_bytes_and_two_in_one_piece(server, port):
    async def by_bytes(question):
        for octet in truth(question):
            for writer in server.writers:
                writer.write(bytes((octet,)))
            await asyncio.sleep(0.001)

    dripping = set()

    def drip(question):
        dripping.add(asyncio.get_running_loop().create_task(by_bytes(question)))

    server.script = drip
    assert await port.read(1, "holding", 10, 4) == TRUTH
    server.script = lambda q: truth(q) + truth(q)
    assert await port.read(1, "holding", 10, 4) == TRUTH
    server.script = truth
    assert await port.read(1, "holding", 10, 4) == TRUTH
    assert dict(port.counters) == {"late_answer": 1}


async def test_half_a_frame_that_is_finished_late_is_told_from_the_next_answer(server, port):
    halves = []

    def script(question):
        halves.append(truth(question))
        return halves[0][:9] if len(halves) == 1 else halves[0][9:] + halves[1]

    server.script = script
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    assert await port.read(1, "holding", 20, 4) == struct.pack(">4H", 20, 21, 22, 23)
    assert dict(port.counters) == {"unfinished_answer": 1, "malformed_header": 1}


async def test_nothing_that_comes_unasked_is_kept_for_long(server, port):
    assert await port.read(1, "holding", 10, 4) == TRUTH
    for writer in server.writers:
        writer.write(bytes(range(256)) * 400)
    server.script = lambda q: None
    with pytest.raises(DeviceSilent):
        await port.read(1, "holding", 10, 4)
    assert len(port._wire._buffer) < 300
    server.script = truth
    assert await port.read(1, "holding", 10, 4) == TRUTH

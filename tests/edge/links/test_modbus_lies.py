"""The Modbus TCP link against a server that lies: each lie is refused, counted by its kind, and never a value.

What pymodbus's own client says to the same lies stands beside it: that is one reason why the link does not use it.
What no client can tell, and none of these tests therefore claims: an answer with everything right (transaction, unit,
function, count) that holds other registers' values.
"""

import asyncio
import struct

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from protocols.vocabulary import ManualClock
from tests.edge.links.modbus_liar import Question, liar, mbap, refusal, truth
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until
from tests.edge.links.test_modbus_tcp import device, link_to

COUNT = 4
FALSE = struct.pack(">4H", 61, 62, 63, 64)
"""What a lie carries."""


def said(function: int, byte_count: int, data: bytes = FALSE, **more):
    return lambda q: mbap(q, bytes((function, byte_count)) + data, **more)


LIES = {
    "fewer registers": (said(3, 6, FALSE[:6]), "wrong_count"),
    "more registers": (said(3, 10, FALSE + b"\0\x41"), "wrong_count"),
    "no registers": (said(3, 0, b""), "wrong_count"),
    "an odd byte count": (said(3, 7, FALSE[:7]), "wrong_count"),
    "a byte count above the data": (said(3, 10), "wrong_count"),
    "a byte count below the data": (said(3, 6), "wrong_count"),
    "a byte count of a long answer, cut by 256": (said(3, 8, FALSE + bytes(200)), "wrong_count"),
    "a function code alone": (lambda q: mbap(q, b"\x03"), "wrong_count"),
    "the other registers": (said(4, 8), "wrong_function"),
    "bits": (said(1, 8), "wrong_function"),
    "the echo of the question": (lambda q: mbap(q, struct.pack(">BHH", 3, q.address, q.count)), "wrong_count"),
    "the echo of a write": (lambda q: mbap(q, struct.pack(">BHH", 6, 0, 61)), "wrong_function"),
    "a function nobody knows": (said(0x63, 8), "wrong_function"),
    "another's exception": (lambda q: mbap(q, b"\x84\x02"), "wrong_function"),
    "an exception without a code": (lambda q: mbap(q, b"\x83"), "malformed_exception"),
    "an exception with data": (said(0x83, 2), "malformed_exception"),
    "exception 05": (lambda q: refusal(q, 5), "exception_05"),
    "exception 06": (lambda q: refusal(q, 6), "exception_06"),
    "exception 0A": (lambda q: refusal(q, 0x0A), "exception_0a"),
    "exception 0B": (lambda q: refusal(q, 0x0B), "exception_0b"),
    "exception 00": (lambda q: refusal(q, 0), "exception_00"),
    "exception FF": (lambda q: refusal(q, 0xFF), "exception_ff"),
    "another unit": (said(3, 8, unit=2), "wrong_unit"),
    "unit 0": (said(3, 8, unit=0), "wrong_unit"),
    "another transaction": (said(3, 8, transaction=0x7777), "late_answer"),
    "transaction 0": (said(3, 8, transaction=0), "late_answer"),
    "bytes behind it": (lambda q: said(3, 8)(q) + b"\0", "trailing_bytes"),
    "a CRC behind it": (lambda q: said(3, 8)(q) + b"\xb4\x0a", "trailing_bytes"),
    "half of the next behind it": (lambda q: said(3, 8)(q) * 2 + b"\0\0\0\0\0\x0b\x01\x03", "trailing_bytes"),
    "another protocol": (lambda q: said(3, 8)(q)[:2] + b"\0\1" + said(3, 8)(q)[4:], "malformed_header"),
    "a length above what there can be": (lambda q: said(3, 8)(q)[:4] + b"\1\0" + said(3, 8)(q)[6:], "malformed_header"),
    "a length below what it is": (lambda q: said(3, 8)(q)[:4] + b"\0\x09" + said(3, 8)(q)[6:], "trailing_bytes"),
    "a length above what it is": (lambda q: said(3, 8)(q)[:4] + b"\0\x0c" + said(3, 8)(q)[6:], "unfinished_answer"),
    "half an answer": (lambda q: said(3, 8)(q)[:12], "unfinished_answer"),
    "garbage": (lambda q: b"\xde\xad\xbe\xef" * 20, "malformed_header"),
    "a page of text": (lambda q: b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200, "malformed_header"),
    "RTU on the socket": (lambda q: b"\x01\x03\x08" + FALSE + b"\xb4\x0a", "malformed_header"),
}


@pytest.fixture
async def server():
    async with liar() as lying:
        yield lying


def four_registers(port: int, clock: ManualClock, **more):
    return link_to(port, clock, device(1, *range(COUNT)), timeout_s=0.2, retries=0, **more)


async def polled(link, clock: ManualClock, done) -> None:
    """Turn the clock until something holds; each turn at most one poll."""
    async with asyncio.timeout(30):
        while not done():
            await advanced(clock, 1.0)
            await until(lambda: clock._sleepers)
    del link


@pytest.mark.parametrize("name", LIES)
async def test_a_lie_is_refused_counted_by_its_kind_and_never_a_value(server, name):
    lie, kind = LIES[name]
    server.script = lie
    clock, intake = ManualClock(), Recorder()
    link = four_registers(server.port, clock)

    def errors():
        return dict(link.status().devices[0].errors)

    async with running(link, intake):
        await polled(link, clock, lambda: errors().get(kind, 0) >= 2)
        assert intake.batches == []
        status = link.status().devices[0]
        assert status.readings == 0
        assert set(errors()) <= {kind, "silence"}
        server.script = truth
        await polled(link, clock, lambda: intake.batches)
        assert server.connections == 1 or "silence" in errors()
    assert {reading.value for reading in intake.readings} == set(range(COUNT))


async def test_whoever_answers_the_question_before_is_never_believed(server):
    """A server that is one question behind, as bus converters are after a time-out of their own."""
    last: list[Question] = []

    def script(question: Question) -> bytes | None:
        last.append(question)
        return None if len(last) == 1 else mbap(last[-2], bytes((3, 8)) + FALSE)

    server.script = script
    clock, intake = ManualClock(), Recorder()
    link = four_registers(server.port, clock)
    async with running(link, intake):
        await polled(link, clock, lambda: link.status().devices[0].errors.get("late_answer", 0) >= 3)
        assert intake.batches == []
        server.script = truth
        await polled(link, clock, lambda: intake.batches)
    assert {reading.value for reading in intake.readings} == set(range(COUNT))


async def test_who_is_one_question_behind_and_copies_the_transaction_is_found_out_by_the_count(server):
    last: list[Question] = []

    def script(question: Question) -> bytes:
        last.append(question)
        before = last[-2] if len(last) > 1 else question._replace(count=9)
        return truth(before._replace(transaction=question.transaction))

    server.script = script
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, *range(COUNT), 300, 301), timeout_s=0.2, retries=0)
    async with running(link, intake):
        await polled(link, clock, lambda: link.status().devices[0].errors.get("wrong_count", 0) >= 4)
        assert intake.batches == []


@pytest.mark.parametrize("stray", ["another unit", "another transaction", "transaction 0"])
async def test_what_answers_nobody_does_not_hide_the_right_answer_behind_it(server, stray):
    server.script = lambda q: LIES[stray][0](q) + truth(q)
    clock, intake = ManualClock(), Recorder()
    link = four_registers(server.port, clock)
    async with running(link, intake):
        await polled(link, clock, lambda: len(intake.batches) >= 3)
        assert link.status().counters[LIES[stray][1]] >= 3
        assert link.status().devices[0].errors == {}
    assert {reading.value for reading in intake.readings} == set(range(COUNT))


async def test_a_right_answer_that_comes_twice_is_taken_once(server):
    server.script = lambda q: truth(q) * 2
    clock, intake = ManualClock(), Recorder()
    link = four_registers(server.port, clock)
    async with running(link, intake):
        await polled(link, clock, lambda: len(intake.batches) >= 3)
        assert link.status().counters["late_answer"] >= 3
    assert len(intake.readings) == COUNT * len(intake.batches)


async def test_a_right_answer_in_single_bytes_is_one(server):
    clock, intake = ManualClock(), Recorder()
    link = link_to(server.port, clock, device(1, *range(COUNT)), timeout_s=30.0)
    server.script = lambda q: None
    async with running(link, intake):
        for batches in range(1, 4):
            await advanced(clock, 1.0)
            await until(lambda: len(server.questions) == batches)  # noqa: B023 - in this turn
            (writer,) = server.writers
            for byte in truth(server.questions[-1]):
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(0.001)
            await intake.until(batches)
        assert link.status().devices[0].errors == {}
    assert {reading.value for reading in intake.readings} == set(range(COUNT))


PASSED = ("fewer registers", "more registers", "no registers", "a byte count below the data", "the other registers")


@pytest.mark.parametrize("name", PASSED)
async def test_pymodbus_itself_takes_it_for_success(server, name):
    """When this fails, a newer pymodbus checks more."""
    server.script = LIES[name][0]
    client = AsyncModbusTcpClient("127.0.0.1", port=server.port, timeout=0.5, retries=0)
    await client.connect()
    try:
        answer = await client.read_holding_registers(0, count=COUNT, device_id=1)
        assert not answer.isError()
        assert answer.registers != list(range(COUNT))
    finally:
        client.close()


async def test_pymodbus_itself_takes_transaction_0_for_any_question(server):
    server.script = LIES["transaction 0"][0]
    client = AsyncModbusTcpClient("127.0.0.1", port=server.port, timeout=0.5, retries=0)
    await client.connect()
    try:
        assert (await client.read_holding_registers(0, count=COUNT, device_id=1)).registers == [61, 62, 63, 64]
        server.script = LIES["another transaction"][0]
        with pytest.raises(ModbusIOException):
            await client.read_holding_registers(0, count=COUNT, device_id=1)
    finally:
        client.close()

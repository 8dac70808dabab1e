"""Registers read off a line and weighed."""

import struct

import pytest

from edge.lines.config import SerialPortSection
from edge.survey.probe import Place, probed
from edge.survey.way import Way
from protocols.vocabulary import SystemClock, YingzhouError
from tests.edge.lines.cable import plug
from tests.edge.links.rtu_liar import Liar, refusal, sealed

CDAB = {100: 23.5, 101: 23.6, 102: 23.55}


@pytest.fixture
async def liar(tmp_path):
    with plug(tmp_path / "tty") as wire:
        lying = Liar(wire.say)
        wire.hear = lying.hear
        lying.path = wire.path
        yield lying


@pytest.fixture
async def port(liar):
    one = Way("tty", SerialPortSection(path=liar.path, baud=115_200)).modbus(0.2)
    yield one
    one.close()


def registers(question, *words):
    data = struct.pack(f">{len(words)}H", *words[: question.count])
    return sealed(question.unit, bytes((question.function, len(data))) + data)


async def weighed(port, table="holding", times=3, **more):
    return await probed(port, Place(3, table, 100), SystemClock(), times=times, pause_s=0.001, **more)


async def test_a_live_float_with_its_words_swapped(liar, port):
    live = iter((23.5, 23.6, 23.55))

    def script(question):
        high, low = struct.unpack(">HH", struct.pack(">f", next(live)))
        return registers(question, low, high)

    liar.script = script
    result = await weighed(port)
    best = result.verdict.readings[0]
    assert (best.kind, best.order, result.verdict.certain) == ("f32", "CDAB", True)
    assert best.value == pytest.approx(23.55)
    assert [(q.unit, q.function, q.address, q.count) for q in liar.questions] == [(3, 3, 100, 2)] * 3


async def test_the_last_register_of_a_device(liar, port):
    liar.script = lambda q: refusal(q, 2) if q.count > 1 else registers(q, 2301)
    result = await weighed(port, "input", expected=230.0)
    assert result.single
    assert {one.kind for one in result.verdict.readings} == {"u16", "s16"}
    assert result.verdict.readings[0].divisor == 10
    assert {q.function for q in liar.questions} == {4}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (lambda _: None, "no answer within .*; yingzhou edge scan finds who answers"),
        (lambda q: refusal(q, 2), "holding register 100: exception 02 .it has no such register"),
        (lambda q: refusal(q, 1), "exception 01 .it does not know this function"),
        (lambda q: refusal(q, 4), "exception 04$"),
    ],
)
async def test_what_cannot_be_read(liar, port, script, why):
    liar.script = script
    with pytest.raises(YingzhouError, match=why):
        await weighed(port)

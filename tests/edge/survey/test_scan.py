"""Scans of lines with devices that answer, that refuse, that talk at once, and of noise."""

import pytest

from edge.lines.config import SerialPortSection
from edge.survey import scan
from edge.survey.scan import GARBLED, Cjt188Caller, Dlt645Caller, meters, modbus_units
from edge.survey.way import TcpWay, Way
from protocols import dlt645
from protocols.vocabulary import ConfigError, LinkDown
from tests.edge.lines.cable import plug
from tests.edge.links.meter_liar import E1, E2, H1, W1, MeterLiar, electricity, heat, water
from tests.edge.links.rtu_liar import Liar, refusal, truth


@pytest.fixture
async def wire(tmp_path):
    with plug(tmp_path / "tty") as one:
        yield one


@pytest.fixture
async def way(wire):
    return Way("tty", SerialPortSection(path=wire.path, baud=115_200))


@pytest.fixture
async def port(way):
    one = way.modbus(0.2)
    yield one
    one.close()


@pytest.fixture
async def meter_port(way, monkeypatch):
    monkeypatch.setattr(
        scan, "_PAIRS", ("00", "01", "02", "12", "13", "34", "35")
    )  # of a hundred, which take their time
    one = way.meters(0.3)
    yield one
    one.close()


async def said(found):
    return [(finding.address, finding.readable) async for finding in found]


async def test_units_that_answer_and_units_that_refuse(wire, port):
    liar = Liar(wire.say)
    wire.hear = liar.hear
    here = {3: truth, 17: lambda q: refusal(q, 2), 18: lambda q: refusal(q, 0x0B), 20: lambda q: refusal(q, 1)}
    liar.script = lambda q: here.get(q.unit, lambda _: None)(q)
    progress = []
    found = [one async for one in modbus_units(port, range(1, 25), progress.append)]
    assert [(one.address, one.readable) for one in found] == [("3", True), ("17", True), ("20", True)]
    assert found[0].note == "answers; holding register 0 is 0BB8"
    assert found[1].note == "answers; holding register 0: exception 02"
    assert progress == [f"unit {unit}" for unit in range(1, 25)]
    assert [q.unit for q in liar.questions] == list(range(1, 25))


async def test_what_cannot_be_read_is_told_with_the_unit(wire, port):
    liar = Liar(wire.say)
    wire.hear = liar.hear
    liar.script = lambda q: {4: b"\xff\x00\x83" * 3, 5: truth(q)[:-1] + b"\x00"}.get(q.unit)
    assert await said(modbus_units(port, range(1, 8), lambda _: None)) == [("4", False), ("5", False)]


async def test_a_line_that_is_not_there(wire, port):
    wire.pull()
    with pytest.raises(LinkDown, match="No such file or directory"):
        await said(modbus_units(port, range(1, 5), lambda _: None))


async def test_one_meter_is_found_by_one_question(wire, meter_port):
    liar = MeterLiar(wire.say, electricity())
    wire.hear = liar.hear
    assert await said(meters(meter_port, Dlt645Caller(), lambda _: None)) == [(E1, True)]
    assert len(liar.questions) == 1


async def test_a_meter_that_does_not_know_read_address_is_found_by_its_energy(wire, meter_port):
    liar = MeterLiar(wire.say, electricity())
    wire.hear = liar.hear
    liar.script = lambda question, answer: None if dlt645.decode(question).function == 0x13 else answer
    assert await said(meters(meter_port, Dlt645Caller(), lambda _: None)) == [(E1, True)]


async def test_meters_that_talk_at_once_are_told_apart_by_their_last_digits(wire, meter_port):
    near, far = "000000000112", "000000000212"  # the same last pair as E1
    liar = MeterLiar(wire.say, electricity(E1), electricity(near), electricity(far), electricity(E2))
    wire.hear = liar.hear
    found = await said(meters(meter_port, Dlt645Caller(), lambda _: None))
    assert sorted(found) == [(E1, True), (E2, True), (near, True), (far, True)]


async def test_water_and_heat_meters(wire, meter_port):
    liar = MeterLiar(wire.say, water(), heat())
    wire.hear = liar.hear
    found = [one async for one in meters(meter_port, Cjt188Caller(), lambda _: None)]
    assert [(one.address, one.note) for one in found] == [
        (W1, "type 10, cold water meter"),
        (H1, "type 20, heat meter (heat)"),
    ]


async def test_every_last_pair_finds_the_meter_that_another_one_drowns(wire, meter_port):
    loud, weak = electricity(E1), electricity(E2)
    liar = MeterLiar(wire.say, loud, weak)
    wire.hear = liar.hear

    def drowned(question, answer):
        asked = dlt645.decode(question)
        return loud_answer(asked) or answer

    def loud_answer(asked):
        return b"".join(loud.receive(asked, 1_800_000_000_000))

    liar.script = drowned
    assert await said(meters(meter_port, Dlt645Caller(), lambda _: None)) == [(E1, True)]
    found = await said(meters(meter_port, Dlt645Caller(), lambda _: None, every=True))
    assert found == [(E1, True), (E2, True)]


async def test_a_line_that_is_never_readable_comes_to_an_end(wire, way, monkeypatch):
    monkeypatch.setattr(scan, "_PAIRS", tuple(f"{pair:02d}" for pair in range(GARBLED)))
    meter_port = way.meters(0.1)
    liar = MeterLiar(wire.say)
    wire.hear = liar.hear
    liar.script = lambda _, __: b"\x68\x01\x00\x16" * 9
    calls = []
    found = [one async for one in meters(meter_port, Dlt645Caller(), calls.append)]
    assert len(calls) == GARBLED
    assert [one.readable for one in found] == [False]
    assert "bytes come whoever is called" in found[0].note
    meter_port.close()


async def test_two_meters_with_the_same_address(wire, meter_port):
    liar = MeterLiar(wire.say, electricity(E1), electricity(E1))
    liar.wire.meters[1].meter.values[0] = b""
    wire.hear = liar.hear
    liar.script = lambda _, answer: answer and answer[:-2] + b"\x00\x16"
    found = await said(meters(meter_port, Dlt645Caller(), lambda _: None))
    assert all(not readable for _, readable in found)


async def test_nobody(wire, meter_port):
    assert await said(meters(meter_port, Cjt188Caller(), lambda _: None)) == []


def test_there_are_no_meters_on_modbus_tcp():
    with pytest.raises(ConfigError, match="not on Modbus TCP"):
        Way("x", TcpWay("127.0.0.1", 502)).meters(1.0)

"""Our Modbus link against libmodbus: a device in C, and mbpoll beside us as the witness of what was written."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from edge.commands.actuator import Actuators
from edge.links.modbus_port import ModbusRefused
from protocols.vocabulary import ManualClock, Point
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until
from tests.edge.links.test_modbus_tcp import link_to, ticks
from tests.peers.libmodbus import TABLES, TRUTH, UNIT, WRITES, asked, built, device, register, row
from tests.peers.programs import Talker, run, talking

pytestmark = pytest.mark.peers

_PRINTED = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("libmodbus"))


@contextmanager
def on_tcp(program: Path, port: int = 0) -> Iterator[tuple[int, Talker]]:
    with talking([str(program), "tcp", str(port)]) as device:
        yield int(device.hear("ready").split()[1]), device


def mbpoll(port: int, table: str, first: int, count: int) -> dict[int, str]:
    where = ("-m", "tcp", "-p", str(port), "-o", "10", "-1", "-0", "-a", str(UNIT))
    done = run("mbpoll", *where, "-t", table, "-r", str(first), "-c", str(count), "127.0.0.1")
    assert done.returncode == 0, done.stderr
    return {int(at): text for at, text in _PRINTED.findall(done.stdout)}


async def test_all_four_tables_and_all_four_word_orders(program: Path) -> None:
    with on_tcp(program) as (port, talker):
        clock, intake = ManualClock(), Recorder()
        link = link_to(port, clock, device(*TABLES), timeout_s=10.0)
        async with running(link, intake):
            await advanced(clock, 1.0)
            readings = await intake.until(1)
            status = link.status()
        questions = asked(talker)
    assert {reading.point.series: reading.value for reading in readings} == TRUTH
    assert (status.up, status.devices[0].errors, status.counters) == (True, {}, {})
    assert {function for function, _, _ in questions} == {1, 2, 3, 4}
    assert len(questions) < len(TABLES), "neighbours are asked for together"


async def test_as_much_as_one_question_may_ask_for(program: Path) -> None:
    rows = [*(row("holding", at) for at in range(125)), *(row("coil", at, "bit") for at in range(2000))]
    with on_tcp(program) as (port, talker):
        clock, intake = ManualClock(), Recorder()
        link = link_to(port, clock, device(*rows), timeout_s=10.0)
        async with running(link, intake):
            await advanced(clock, 1.0)
            readings = await intake.until(1)
        questions = asked(talker)
    values = {reading.point.series: reading.value for reading in readings}
    assert values == {
        **{f"x/{at}": float(register(at)) for at in range(125)},
        **{f"relay/{at}": float(at % 3 == 0) for at in range(2000)},
    }
    assert (3, 0, 125) in questions


@pytest.mark.parametrize(("target", "value", "question", "witness"), WRITES, ids=lambda one: str(one)[:40])
async def test_what_is_written_is_held_by_the_device_and_seen_by_mbpoll(
    program: Path, target: dict, value: float, question: str, witness: tuple[str, int, Sequence[str]]
) -> None:
    table, first, words = witness
    point = Point("serial:C1", target["observed"], target["channel"])
    with on_tcp(program) as (port, talker):
        clock, intake = ManualClock(), Recorder()
        link = link_to(port, clock, device(target), timeout_s=10.0)
        actuators = Actuators([link])
        async with running(link, intake):
            await until(lambda: link.status().up)
            assert await actuators.write(point, value) == value
            talker.hear(question)
            for at, word in enumerate(words):
                kind = "coil" if table == "0" else "register"
                assert talker.hear("holds") == f"holds {kind} {first + at} {word}"
            seen = mbpoll(port, table, first, len(words))
            assert [re.sub(r"\D.*", "", seen[first + at]) for at in range(len(words))] == list(words)
            await ticks(clock, 1)
            assert [reading.value for reading in await intake.until(1)] == [value]
        assert link.status().devices[0].errors == {}


async def test_what_the_device_lacks_is_found_out_and_costs_the_rest_nothing(program: Path) -> None:
    rows = [row("holding", 298), row("holding", 299), row("holding", 300), row("coil", 2100, "bit", writable=True)]
    with on_tcp(program) as (port, talker):
        clock, intake = ManualClock(), Recorder()
        link = link_to(port, clock, device(*rows), timeout_s=10.0)
        async with running(link, intake):
            await advanced(clock, 1.0)
            readings = await intake.until(1)
            status = link.status().devices[0]
            with pytest.raises(ModbusRefused) as refused:
                await Actuators([link]).write(Point("serial:C1", "relay", "2100"), 1.0)
        del talker
    assert {reading.point.series: reading.value for reading in readings} == {"x/298": 3086.0, "x/299": 3093.0}
    assert status.notes == ("refuses relay/2100, x/300",)
    assert set(status.errors) == {"exception_02"}
    assert refused.value.code == 2


async def test_a_device_that_dies_and_comes_back_is_polled_again(program: Path) -> None:
    clock, intake = ManualClock(), Recorder()
    async with AsyncExitStack() as stack:
        with on_tcp(program) as (port, _):
            link = link_to(port, clock, device(row("holding", 0)), timeout_s=10.0)
            await stack.enter_async_context(running(link, intake))
            await advanced(clock, 1.0)
            await intake.until(1)
        await ticks(clock, 1)
        await until(lambda: not link.status().up)
        before = len(intake.batches)
        with on_tcp(program, port):
            while len(intake.batches) == before:
                await advanced(clock, 1.0)
            assert link.status().up
            assert link.status().counters["link_down"] >= 1

"""Our Modbus RTU links against libmodbus behind socat's pseudo-terminals: a serial port, and a serial server on TCP."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.commands.actuator import Actuator, Actuators
from edge.links.kinds import KINDS as LINK_KINDS
from edge.links.kinds import named
from edge.links.link import Link
from edge.links.modbus_port import DeviceSilent, ModbusRefused
from edge.links.registry import link_for
from protocols.vocabulary import ManualClock, Point
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until
from tests.edge.links.test_modbus_tcp import ticks
from tests.peers.libmodbus import TABLES, TRUTH, UNIT, WRITES, asked, built, device, register, row
from tests.peers.programs import Talker, installed, talking
from tests.system.processes import free_ports

pytestmark = pytest.mark.peers

BAUD = 115_200


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("libmodbus"))


@contextmanager
def wire(kind: str, folder: Path) -> Iterator[dict]:
    """A line whose far end is ``far`` in the folder, and how a link reaches its near end."""
    far = f"pty,raw,echo=0,link={folder / 'far'}"
    if kind == "modbus-rtu":
        near, reached = f"pty,raw,echo=0,link={folder / 'near'}", {"path": str(folder / "near"), "baud": BAUD}
        begun = "starting data transfer"
    else:
        (port,) = free_ports(1)
        near, reached = f"tcp-listen:{port},bind=127.0.0.1,reuseaddr", {"host": "127.0.0.1", "port": port}
        begun = "listening on"
    with talking([installed("socat"), "-d", "-d", far, near]) as socat:
        socat.hear(begun)
        yield {"kind": kind, **reached}


@contextmanager
def on_line(program: Path, folder: Path) -> Iterator[Talker]:
    with talking([str(program), "rtu", str(folder / "far"), str(BAUD), str(UNIT)]) as talker:
        talker.hear("ready")
        yield talker


def link_to(reached: dict, clock: ManualClock, *devices: dict, **more) -> Link:
    section = {"name": "line", "timeout_s": 10.0, **reached, "device": devices, **more}
    return link_for(named(LINK_KINDS[section["kind"]].section).model_validate(section, strict=False), clock)


KINDS = ["modbus-rtu", "modbus-rtu-tcp"]


@pytest.mark.parametrize("kind", KINDS)
async def test_all_four_tables_and_all_four_word_orders(program: Path, tmp_path: Path, kind: str) -> None:
    with wire(kind, tmp_path) as reached, on_line(program, tmp_path) as talker:
        clock, intake = ManualClock(), Recorder()
        link = link_to(reached, clock, device(*TABLES))
        async with running(link, intake):
            await advanced(clock, 1.0)
            readings = await intake.until(1)
            status = link.status()
        questions = asked(talker)
    assert {reading.point.series: reading.value for reading in readings} == TRUTH
    assert (status.up, status.devices[0].errors, status.counters) == (True, {}, {})
    assert {function for function, _, _ in questions} == {1, 2, 3, 4}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("target", "value", "question", "witness"), WRITES, ids=lambda one: str(one)[:40])
async def test_what_is_written_is_held_by_the_device(
    program: Path,
    tmp_path: Path,
    kind: str,
    target: dict,
    value: float,
    question: str,
    witness: tuple[str, int, Sequence[str]],
) -> None:
    table, first, words = witness
    with wire(kind, tmp_path) as reached, on_line(program, tmp_path) as talker:
        link = link_to(reached, ManualClock(), device(target))
        assert isinstance(link, Actuator)
        async with running(link, Recorder()):
            await until(lambda: link.status().up)
            point = Point("serial:C1", target["observed"], target["channel"])
            assert await Actuators([link]).write(point, value) == value
            talker.hear(question)
            for at, word in enumerate(words):
                assert talker.hear("holds") == f"holds {'coil' if table == '0' else 'register'} {first + at} {word}"
        assert link.status().devices[0].errors == {}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_there(program: Path, tmp_path: Path, kind: str) -> None:
    """A register that the device lacks, as libmodbus says half a second late, a unit that is on nobody's line."""
    here = device(row("holding", 299), row("holding", 300), row("coil", 2100, "bit", writable=True))
    gone = {**device(row("holding", 0, writable=True)), "neuron": "serial:C2", "unit": UNIT + 1}
    with wire(kind, tmp_path) as reached, on_line(program, tmp_path):
        clock, intake = ManualClock(), Recorder()
        link = link_to(reached, clock, here, gone, timeout_s=2.0, retries=0)
        assert isinstance(link, Actuator)
        async with running(link, intake):
            async with asyncio.timeout(60):
                while link.status().devices[1].state != "silent" or len(intake.batches) < 3:
                    await advanced(clock, 1.0)
            with pytest.raises(ModbusRefused) as refused:
                await Actuators([link]).write(Point("serial:C1", "relay", "2100"), 1.0)
            with pytest.raises(DeviceSilent):
                await Actuators([link]).read(Point("serial:C2", "x", "0"), 0.0)
            here_now, gone_now = link.status().devices
    assert refused.value.code == 2
    assert {(reading.point.source, reading.value) for reading in intake.readings} == {("serial:C1", 3093.0)}
    assert here_now.notes == ("refuses relay/2100, x/300",)
    assert set(here_now.errors) <= {"exception_02", "missed_tick"}
    assert gone_now.errors["silence"] >= 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_device_that_is_stopped_and_goes_on_with_old_questions(
    program: Path, tmp_path: Path, kind: str
) -> None:
    """Faults F13 and F14: old questions are answered late, when other questions of the same shape are out."""
    rows = [row("holding", at) for at in (0, 130, 260)]
    with wire(kind, tmp_path) as reached, on_line(program, tmp_path) as talker:
        clock, intake = ManualClock(), Recorder()
        link = link_to(reached, clock, device(*rows), timeout_s=0.3, retries=2)
        async with asyncio.timeout(60), running(link, intake):
            await ticks(clock, 2)
            for _ in range(2):
                talker.process.send_signal(signal.SIGSTOP)
                before = link.status().devices[0].errors.get("silence", 0)
                while link.status().devices[0].errors.get("silence", 0) == before:
                    await advanced(clock, 1.0)
                talker.process.send_signal(signal.SIGCONT)
                batches = len(intake.batches)
                while len(intake.batches) < batches + 3:
                    await advanced(clock, 1.0)
            state = link.status().devices[0]
    assert state.state == "up"
    for reading in intake.readings:
        assert reading.value == register(int(reading.point.channel))

"""A line on a pseudo-terminal and on a socket: bytes, bounds, one owner, and what happens when it is lost."""

import asyncio
import errno
from contextlib import closing

import pytest

from edge.lines import line as module
from edge.lines.line import Line
from edge.lines.openers import serial_port, serial_server
from edge.lines.pace import Bits, Pace
from protocols.vocabulary import LinkDown
from tests.edge.lines.cable import plug

EVEN = Bits(2400, "even")


@pytest.fixture
async def port(tmp_path):
    with plug(tmp_path / "tty") as one:
        yield one


@pytest.fixture
async def line(port):
    with closing(serial_port(port.path, EVEN)) as one:
        await one.open()
        yield one
    await one._ear.gone()


def heard_by(port) -> "asyncio.Queue[bytes]":
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    port.hear = heard.put_nowait
    return heard


async def test_every_byte_goes_through_as_it_is(port, line):
    everything = bytes(range(256))
    heard = heard_by(port)
    line.write(everything)
    assert await heard.get() == everything
    port.say(everything)
    assert await line.read(5) == everything


async def test_a_line_that_is_silent_gives_nothing(line):
    assert await line.read(0.01) == b""
    assert await line.read(-1.0) == b""


async def test_what_came_meanwhile_is_there_and_its_time_is_known(port, line):
    port.say(b"\x01")
    assert await line.read(5) == b"\x01"
    first_s = line.heard_s
    port.say(b"\x02")
    assert await line.read(5) == b"\x02"
    assert line.heard_s > first_s


async def test_a_port_has_one_owner(port, line):
    with pytest.raises(LinkDown, match=r"tty: Serial port .* is already locked by another process"):
        await serial_port(port.path, EVEN).open()
    line.write(b"unharmed")


async def test_a_port_is_opened_again_right_after_it_was_closed(port, line):
    for _ in range(3):
        line.close()
        with pytest.raises(LinkDown, match="closed"):
            line.write(b"?")
        await line.open()
        port.say(b"!")
        assert await line.read(5) == b"!"


async def test_a_pulled_plug_is_told_and_a_new_one_is_found(port, line):
    port.say(b"last words")
    assert await line.read(5) == b"last words"
    port.pull()
    with pytest.raises(LinkDown, match="lost: "):
        await line.read(5)
    with pytest.raises(LinkDown, match="lost: "):
        line.write(b"?")
    with pytest.raises(LinkDown, match="No such file or directory"):
        await line.open()
    port.put_in()
    await line.open()
    port.say(b"again")
    assert await line.read(5) == b"again"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/dev/null", "Inappropriate ioctl for device"),
        ("/", "Is a directory"),
        ("/nowhere/tty", "No such file or directory"),
    ],
)
async def test_what_is_no_port(path, why):
    with pytest.raises(LinkDown, match=f"{path}: {why}"):
        await serial_port(path, EVEN).open()


async def test_a_line_that_was_never_opened():
    line = serial_port("/dev/null", EVEN)
    line.close()
    with pytest.raises(LinkDown, match="not open"):
        line.write(b"?")
    with pytest.raises(LinkDown, match="not open"):
        await line.read(1)


async def test_a_babbling_line_costs_no_more_memory_than_its_bound(port, line, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 100)
    port.say(bytes(250))
    port.say(b"the end")
    got = await line.read(5)
    while not got.endswith(b"the end"):
        assert len(got) <= 100
        got += await line.read(5)
        got = got[-100:]


def test_the_bound_keeps_the_newest_bytes():
    line = Line("x", None)
    ear = module._Ear(line)
    ear.data_received(bytes(5000))
    ear.data_received(b"new")
    assert line.counters["overrun_bytes"] == 5003 - module.MAX_WAITING
    assert bytes(ear._waiting[-3:]) == b"new"


async def test_a_serial_server_is_a_line_too():
    served = asyncio.Queue()

    async def serve(reader, writer):
        writer.write(await reader.read(100))
        await served.put(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line = serial_server("127.0.0.1", port)
    await line.open()
    line.write(b"echo")
    assert await line.read(5) == b"echo"
    (await served.get()).close()
    with pytest.raises(LinkDown, match="lost: the other end closed it"):
        await line.read(5)
    server.close()
    await server.wait_closed()
    with pytest.raises(LinkDown, match=f"127.0.0.1:{port}: "):
        await line.open()


async def test_a_wire_that_does_not_open_in_time(monkeypatch):
    async def never(protocol):
        await asyncio.sleep(3600)

    monkeypatch.setattr(module, "OPEN_S", 0.01)
    with pytest.raises(LinkDown, match=r"x: not open within 0\.01 s"):
        await Line("x", never).open()


async def test_an_error_without_words():
    async def broken(protocol):
        raise OSError(errno.EIO, "")

    with pytest.raises(LinkDown, match=r"x: "):
        await Line("x", broken).open()


@pytest.mark.parametrize(
    ("bits", "character_ms", "gap_ms"),
    [
        (Bits(9600), 1.0417, 3.646),
        (Bits(9600, "even"), 1.1458, 4.010),
        (Bits(2400, "even"), 4.583, 16.04),
        (Bits(9600, "none", 2), 1.1458, 4.010),
        (Bits(19_200), 0.5208, 1.823),
        (Bits(115_200), 0.0868, 1.75),
    ],
)
def test_how_long_characters_and_gaps_are(bits, character_ms, gap_ms):
    pace = Pace.of(bits)
    assert pace.character_s * 1000 == pytest.approx(character_ms, rel=1e-3)
    assert pace.gap_s * 1000 == pytest.approx(gap_ms, rel=1e-3)
    assert Pace.of(bits, 0.05) == Pace(0.05, pace.character_s)


def test_settings_as_engineers_write_them():
    assert str(EVEN) == "2400 8E1"
    assert str(Bits(9600, "none", 2, 7)) == "9600 7N2"

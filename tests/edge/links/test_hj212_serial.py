"""HJ 212 stations on a pseudo-terminal: the conversation of the TCP listener, and what only a line does."""

import asyncio

import pytest

from edge.links.hj212_config import Hj212Serial, Hj212SerialTcp
from edge.links.hj212_serial import Hj212SerialLink
from protocols.hj212 import Decoder, encode
from protocols.vocabulary import ManualClock
from tests.edge.lines.cable import plug
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.test_hj212_tcp import MN, REAL, factor, packet


@pytest.fixture
async def wire(tmp_path):
    with plug(tmp_path / "tty") as one:
        one.heard = []
        decoder = Decoder()
        one.hear = lambda data: one.heard.extend(decoder.feed(data))
        yield one


def link_of(path, clock=None, **more) -> Hj212SerialLink:
    config = {"kind": "hj212-serial", "name": "stack", "path": path, **more}
    return Hj212SerialLink(Hj212Serial.model_validate(config, strict=False), clock or ManualClock())


async def up(link):
    await until(lambda: link.status().up)


async def test_what_a_station_says_is_kept_and_acknowledged_however_it_is_torn(wire):
    link, intake = link_of(wire.path), Recorder()
    upload = packet(factor("a34004", "35"))
    async with running(link, intake):
        await up(link)
        data = encode(upload)
        for at in range(0, len(data), 7):
            wire.say(data[at : at + 7])
            await asyncio.sleep(0)
        readings = await intake.until(1)
        await until(lambda: wire.heard)
    assert [(r.point.source, r.point.observed, r.value) for r in readings] == [(f"mn:{MN}", "pm2_5", 35.0)]
    assert [(one.cn, one.qn) for one in wire.heard] == [("9014", upload.qn)]


async def test_nothing_is_acknowledged_before_it_is_on_disk(wire):
    link, intake = link_of(wire.path), Recorder(durable=False)
    async with running(link, intake):
        await up(link)
        wire.say(encode(packet(factor("a34004", "35"))))
        await intake.until(1)
        assert wire.heard == []
        intake.commit()
        await until(lambda: wire.heard)


async def test_two_stations_share_the_line_and_noise_stands_between_them(wire):
    other = "B" * 24
    link, intake = link_of(wire.path), Recorder()
    async with running(link, intake):
        await up(link)
        wire.say(b"\xff\x00##02" + encode(packet(factor("a34004", "1"))))
        wire.say(b"\x80\x81##9999" + REAL[:40])
        wire.say(encode(packet(factor("a34004", "2"), mn=other, qn="20261123160001001")))
        await until(lambda: len(wire.heard) == 2)
    assert {(r.point.source, r.value) for r in intake.readings} == {(f"mn:{MN}", 1.0), (f"mn:{other}", 2.0)}
    assert link.status().counters["malformed"] >= 1


async def test_a_plug_that_is_pulled_in_the_middle_of_a_packet_and_put_in_again(wire):
    clock = ManualClock()
    link, intake = link_of(wire.path, clock), Recorder()
    async with running(link, intake):
        await up(link)
        wire.say(encode(packet(factor("a34004", "1"))))
        await intake.until(1)
        wire.say(encode(packet(factor("a34004", "2"), qn="20261123160002000"))[:30])
        await asyncio.sleep(0.05)
        wire.pull()
        await until(lambda: link.status().counters.get("link_down"))
        assert not link.status().up
        assert wire.path in link.status().trouble
        assert link.status().devices[0].state == "silent"
        wire.put_in()
        async with asyncio.timeout(30):
            while not link.status().up:
                clock.advance(15.0)
                await asyncio.sleep(0.01)
        wire.say(encode(packet(factor("a34004", "2"), qn="20261123160002000")))
        await intake.until(2)
    assert [r.value for r in intake.readings] == [1.0, 2.0]


async def test_what_comes_again_is_acknowledged_again_and_kept_once(wire):
    link, intake = link_of(wire.path), Recorder()
    upload = encode(packet(factor("a34004", "1")))
    async with running(link, intake):
        await up(link)
        for count in (1, 2, 3):
            wire.say(upload)
            await until(lambda count=count: len(wire.heard) == count)
    assert len(intake.batches) == 1


async def test_a_line_without_a_valid_frame_for_too_long_has_silent_stations(wire):
    clock = ManualClock()
    link, intake = link_of(wire.path, clock, idle_s=60), Recorder()
    async with running(link, intake):
        await up(link)
        wire.say(encode(packet(factor("a34004", "1"))))
        await until(lambda: wire.heard)
        assert link.status().devices[0].state == "up"
        clock.advance(61)
        wire.say(b"noise")
        await until(lambda: link.status().devices[0].state == "silent")
        assert link.status().counters["idle"] == 1
        wire.say(encode(packet(factor("a34004", "2"), qn="20261123160002000")))
        await until(lambda: link.status().devices[0].state == "up")


async def test_behind_a_serial_server():
    said = asyncio.Queue()

    async def serve(reader, writer):
        writer.write(encode(packet(factor("a34004", "35"))))
        await said.put(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    config = {"kind": "hj212-serial-tcp", "name": "s", "host": "127.0.0.1", "port": server.sockets[0].getsockname()[1]}
    link, intake = Hj212SerialLink(Hj212SerialTcp.model_validate(config), ManualClock()), Recorder()
    async with running(link, intake):
        await intake.until(1)
        assert b"CN=9014" in await said.get()
    server.close()
    assert link.status().kind == "hj212-serial-tcp"

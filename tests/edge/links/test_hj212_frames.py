"""All right frames of the collections over sockets: glued, torn anywhere, byte by byte; floods and slow callers."""

import asyncio
import json
import random
from pathlib import Path

import pytest

from edge.links.hj212_config import Hj212Tcp
from protocols.hj212 import Decoder, Packet, encode
from protocols.hj212.commands import command
from protocols.vocabulary import ManualClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until
from tests.edge.links.test_hj212_tcp import REAL, answer, calling, counters, factor, link_of, packet

_GOLDEN = Path(__file__).parents[2] / "golden/hj212"


def right_packets() -> list[tuple[bytes, Packet]]:
    rows = [row for name in ("frames", "found") for row in json.loads((_GOLDEN / f"{name}.json").read_text())]
    found = []
    for row in rows:
        if not row["accept"] or row.get("encoding", "text") != "text":
            continue
        raw = row["frame"].encode() + b"\r\n"
        found += [(raw, one) for one in Decoder("either").feed(raw) if isinstance(one, Packet)]
    return found


@pytest.mark.parametrize("size", [1, 13, 1000, 100_000])
async def test_every_right_packet_is_answered_as_the_standard_says_however_it_is_torn(size):
    found = right_packets()
    assert len(found) == 31
    link, intake = link_of(crc="either"), Recorder()
    stream = b"".join(raw for raw, _ in found)
    wanted = [
        (command(one.cn, one.version).answered_by, one.mn)
        for _, one in found
        if one.wants_answer and command(one.cn, one.version).kind in ("upload", "request or upload", "notice")
    ]
    async with running(link, intake), calling(link) as (reader, writer):
        for at in range(0, len(stream), size):
            writer.write(stream[at : at + size])
            await writer.drain()
        decoder, said = Decoder("either"), []
        async with asyncio.timeout(10):
            while len(said) < len(wanted) - _untimely(found):
                said += decoder.feed(await reader.read(4096))
        told = counters(link)
    assert {(one.cn, one.mn) for one in said} <= set(wanted)
    assert "malformed" not in told
    assert "crc" not in told
    assert len(intake.readings) > 100


def _untimely(found) -> int:
    """How many are not acknowledged because their time is none, or come twice in the collections and ask nothing."""
    return sum(1 for _, one in found if one.wants_answer and len(one.first("DataTime") or "") > 17)


async def test_a_slow_caller_is_cut_off_however_long_its_packet_takes():
    clock = ManualClock()
    link = link_of(clock)
    async with running(link, Recorder()), calling(link) as (reader, writer):
        for byte in REAL[:100]:
            if writer.transport.is_closing():
                break
            writer.write(bytes((byte,)))
            await advanced(clock, 1.0)
        await until(lambda: counters(link)["connections"] == 0)
        assert counters(link)["idle_closed"] == 1
        del reader


async def test_a_flood_of_silent_connections_does_not_keep_a_station_out():
    clock = ManualClock()
    link, intake = link_of(clock, max_connections=20), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        flood = [await asyncio.open_connection("127.0.0.1", link.port) for _ in range(40)]
        await until(lambda: counters(link).get("connection_refused") == 20)
        await advanced(clock, 6.0)
        async with calling(link) as (reader, writer):
            writer.write(encode_one())
            assert (await answer(reader)).cn == "9014"
        for _, writer in flood:
            writer.transport.abort()


async def test_garbage_between_packets_is_passed_over():
    chance = random.Random(7)
    link, intake = link_of(), Recorder()
    async with running(link, intake), calling(link) as (reader, writer):
        for number in range(50):
            writer.write(chance.randbytes(chance.randrange(2000)) + b"\r\n")
            writer.write(encode_one(number))
            assert (await answer(reader)).cn == "9014"
    assert len(intake.readings) == 50


def encode_one(number: int = 0) -> bytes:
    return encode(packet(factor("w01001", "7"), qn=f"20261123160001{number:03d}"))


def test_the_settings_of_a_listener_are_safe_by_default():
    config = Hj212Tcp.model_validate({"kind": "hj212-tcp", "name": "x", "port": 0}, strict=False)
    assert (config.pull_days, config.set_clock) == (0.0, "asked")

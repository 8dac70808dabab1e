"""Every frame of the collections against the listeners over real sockets, one by one and byte by byte."""

import asyncio
from collections import Counter

import pytest

from protocols.hj212 import Decoder as Hj212Decoder
from protocols.hj212 import Packet
from protocols.sl651 import Decoder, Direction, measurements
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.sl651_calls import NOW, STATION, Call, calling, confirms, report, tcp_link, udp_link
from tests.edge.links.test_hj212_frames import encode_one
from tests.edge.links.test_hj212_tcp import MN, link_of
from tests.edge.links.test_hj212_tcp import answer as hj212_answer
from tests.edge.links.test_hj212_tcp import calling as hj212_calling
from tests.edge.links.test_sl651_udp import phoning
from tests.protocols.golden import frame_id, frames

SL651 = [*frames("sl651", "SL651"), *frames("sl651", "SL651", file="found.json")]
WRONG = [row for row in SL651 if row["accept"] is False]
RIGHT = [row for row in SL651 if row["accept"]]
HJ212 = [
    row
    for row in [*frames("hj212", "HJ212"), *frames("hj212", "HJ212", file="found.json")]
    if row.get("encoding", "text") == "text" and row.get("kind") != "crc_only"
]
LATER = NOW + 86_400_000


def raw_of(row) -> bytes:
    return bytes.fromhex("".join(row["frame"]) if isinstance(row["frame"], list) else row["frame"])


def counters(link):
    return dict(link.status().counters)


async def drip(call: Call, raw: bytes) -> None:
    for byte in raw:
        call.send(bytes((byte,)))
        await call.writer.drain()
        await asyncio.sleep(0)


def values(raw: bytes):
    """What the stations' frames in these bytes measure: station, element, time, value, each element of a time once."""
    found = [one for one in Decoder().feed(raw) if one.direction is Direction.UP and not one.is_part]
    return {(m.station, m.element, m.time, m.value) for one in found for m in measurements(one, states=True)}


def test_the_collections_are_whole():
    assert (len(RIGHT), len(WRONG)) == (43, 10)
    assert (sum(row["accept"] for row in HJ212), len(HJ212)) == (31, 58)


@pytest.mark.parametrize("row", RIGHT, ids=frame_id)
async def test_a_right_sl651_frame_byte_by_byte_on_a_connection_of_its_own(row):
    raw = raw_of(row)
    sent = Decoder().feed(raw)
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        await drip(call, raw)
        call.send(last := report(0x7777, LATER))
        told = [await call.answer()]
        while not confirms(told[-1], last):
            told.append(await call.answer())
    up = [one for one in sent if one.direction is Direction.UP]
    assert counters(link).get("from_a_centre", 0) == len(sent) - len(up)
    assert {(a.station, a.function) for a in told[:-1]} <= {(f.station, f.function) for f in up}
    if up and up[0].function != 0x2F:
        assert len(told) == 2, "a report is confirmed, and so is an answer to a question, once"
    else:
        assert len(told) == 1, "neither a keep-alive nor a centre's own frame is answered"
    kept = [reading for reading in intake.readings if reading.time != LATER]
    expected = values(raw)
    assert Counter(r.value for r in kept) == Counter(value for *_, value in expected)
    assert not {"crc", "malformed"} & counters(link).keys()


@pytest.mark.parametrize("row", WRONG, ids=frame_id)
async def test_a_wrong_sl651_frame_is_counted_neither_answered_nor_kept_and_the_next_is_read(row):
    link, intake = tcp_link(), Recorder()
    async with running(link, intake), calling(link) as call:
        await drip(call, raw_of(row))
        call.send(right := report(1, NOW))
        assert confirms(await call.answer(), right)
        assert counters(link)["crc"] == 1
    assert {reading.point.source for reading in intake.readings} == {f"sl651:{STATION}"}
    assert len(intake.readings) == 1


@pytest.mark.parametrize("row", SL651, ids=frame_id)
async def test_a_datagram_that_lacks_its_last_byte_or_has_another_brings_nothing(row):
    frames_of = row["frame"] if isinstance(row["frame"], list) else [row["frame"]]
    link, intake = udp_link(), Recorder()
    async with running(link, intake), phoning(link) as phone:
        sent = 0
        for text in frames_of:
            raw = bytes.fromhex(text)
            phone.send(raw[:-1])
            phone.send(raw[:-1] + bytes((raw[-1] ^ 0x04,)))
            sent += 2
        phone.send(right := report(1, NOW))
        assert confirms(await phone.answer(), right)
        assert counters(link)["datagram"] == sent + 1
    assert len(intake.readings) == 1
    assert link.desk._held == link.desk._waiting == 0
    assert len(link.status().devices) == 1


@pytest.mark.parametrize("row", HJ212, ids=frame_id)
async def test_an_hj212_packet_byte_by_byte_on_a_connection_of_its_own(row):
    raw = row["frame"].encode() + b"\r\n"
    found = [one for one in Hj212Decoder().feed(raw) if isinstance(one, Packet)]
    assert bool(found) == row["accept"]
    link, intake = link_of(), Recorder()
    async with running(link, intake), hj212_calling(link) as (reader, writer):
        for byte in raw:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(encode_one())
        told = [await hj212_answer(reader)]
        while told[-1].qn != "20261123160001000":
            told.append(await hj212_answer(reader))
        await until(lambda: any(reading.point.source == f"mn:{MN}" for reading in intake.readings))
        errors = counters(link)
    if row["accept"]:
        assert {one.qn for one in told[:-1]} <= {one.qn for one in found}
        assert not {"crc", "malformed"} & errors.keys()
    else:
        assert len(told) == 1
        assert errors.get("crc", 0) + errors.get("malformed", 0) >= 1
        assert len(intake.readings) == 1

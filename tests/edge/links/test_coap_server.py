"""The CoAP server against aiocoap's client, and against datagrams made by hand."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager

import aiocoap
import cbor2
import pytest
import uvloop
from aiocoap.numbers import codes
from aiocoap.optiontypes import BlockOption

from edge.links.coap_blocks import MAX_ASSEMBLIES, MAX_WAIT_S, BlockGap, Blocks, TooLarge
from edge.links.coap_config import Coap
from edge.links.coap_server import CoapLink
from protocols.vocabulary import ManualClock, SystemClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running, until

PACK = json.dumps(
    [{"bn": "imei:867997030000000/", "n": "ph", "v": 7.1}, {"n": "water_temperature", "u": "Cel", "v": 21.4}]
)


def link_of(clock=None, **more) -> CoapLink:
    return CoapLink(Coap(kind="coap", name="posts", host="127.0.0.1", port=0, **more), clock or ManualClock())


@asynccontextmanager
async def client():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    try:
        yield context
    finally:
        await context.shutdown()


async def post(context, link, payload: bytes, content_format: int | None = 110, code=codes.POST, path="senml"):
    await until(lambda: link.port)
    message = aiocoap.Message(code=code, payload=payload, uri=f"coap://127.0.0.1:{link.port}/{path}")
    if content_format is not None:
        message.opt.content_format = content_format
    async with asyncio.timeout(10):
        return await context.request(message).response


@asynccontextmanager
async def datagrams(link):
    """A UDP socket of our own, to send what aiocoap would not."""
    await until(lambda: link.port)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", link.port))

        async def receive() -> bytes:
            async with asyncio.timeout(5):
                return await loop.sock_recv(sock, 2048)

        yield sock.send, receive


def con(mid: int, payload: bytes, content_format: int = 110, kind: int = 0) -> bytes:
    """A POST to /senml, the message ID as token; kind 0 is CON, 1 is NON."""
    options = b"\xb5senml" + bytes((0x11, content_format))
    return bytes((0x42 | kind << 4, 2)) + struct.pack(">HH", mid, mid) + options + b"\xff" + payload


@pytest.mark.parametrize("code", [codes.POST, codes.PUT])
async def test_json(code):
    clock = ManualClock()
    link, intake = link_of(clock), Recorder()
    async with running(link, intake), client() as context:
        response = await post(context, link, PACK.encode(), code=code)
        assert (response.code, response.payload) == (codes.CHANGED, b"")
        (device,) = link.status().devices
    assert [(str(r.point), r.time, r.value) for r in intake.readings] == [
        ("imei:867997030000000/ph", clock.now_ms(), 7.1),
        ("imei:867997030000000/water_temperature", clock.now_ms(), 21.4),
    ]
    assert (device.source, device.state, device.readings) == ("imei:867997030000000", "up", 2)


async def test_cbor():
    link, intake = link_of(), Recorder()
    pack = cbor2.dumps([{-2: "urn:dev:mac:0024befffe804ff1:", 0: "ph", 2: 7.5, 6: 1_795_000_000}])
    async with running(link, intake), client() as context:
        assert (await post(context, link, pack, 112)).code == codes.CHANGED
    assert [(str(r.point), r.time, r.value) for r in intake.readings] == [
        ("mac:0024befffe804ff1/ph", 1_795_000_000_000, 7.5)
    ]


async def test_no_answer_before_the_readings_are_on_disk():
    link, intake = link_of(), Recorder(durable=False)
    async with running(link, intake), datagrams(link) as (send, receive):
        send(con(1, PACK.encode()))
        await intake.until(1)
        empty = await receive()  # aiocoap says that it has the message: an empty ACK is no answer
        assert empty == bytes((0x60, 0)) + struct.pack(">H", 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await receive()
        intake.commit()
        answer = await receive()
        assert answer[1] == 0x44  # 2.04
        assert answer[4:6] == struct.pack(">H", 1)
        send(bytes((0x60, 0)) + answer[2:4])


async def test_when_the_disk_refused_the_answer_is_5_03():
    link, intake = link_of(), Recorder(durable=False)
    async with running(link, intake), datagrams(link) as (send, receive):
        send(con(1, PACK.encode()))
        await intake.until(1)
        intake.fail()
        assert (await receive())[1] == 0xA3
        assert link.status().counters["not_kept"] == 1


async def test_a_con_that_is_sent_again_is_put_once_and_answered_again():
    link, intake = link_of(), Recorder()
    async with running(link, intake), datagrams(link) as (send, receive):
        send(con(7, PACK.encode()))
        first = await receive()
        send(con(7, PACK.encode()))
        send(con(7, PACK.encode()))
        assert [await receive(), await receive()] == [first, first]
        send(con(8, PACK.encode()))
        assert (await receive())[2:4] == struct.pack(">H", 8)
    assert len(intake.batches) == 2


async def test_a_con_that_is_sent_again_while_the_disk_works_is_put_once():
    link, intake = link_of(), Recorder(durable=False)
    async with running(link, intake), datagrams(link) as (send, receive):
        send(con(7, PACK.encode()))
        await intake.until(1)
        send(con(7, PACK.encode()))
        send(con(8, PACK.encode()))
        await intake.until(2)
        intake.commit()
        while (answer := await receive())[1] != 0x44:
            assert answer[:2] == b"\x60\0"  # empty ACKs
    assert len(intake.batches) == 2


async def test_a_non_is_taken_too():
    link, intake = link_of(), Recorder()
    async with running(link, intake), datagrams(link) as (send, receive):
        send(con(9, PACK.encode(), kind=1))
        assert (await receive())[1] == 0x44
    assert len(intake.readings) == 2


@pytest.mark.parametrize(
    ("payload", "content_format", "code", "counter"),
    [
        (b"[{", 110, codes.BAD_REQUEST, "malformed"),
        (b'[{"n":"imei:1/ph","v":NaN}]', 110, codes.BAD_REQUEST, "malformed"),
        (b"[" * 5000, 110, codes.BAD_REQUEST, "malformed"),
        (b"\xff\xff", 112, codes.BAD_REQUEST, "malformed"),
        (b"", 110, codes.BAD_REQUEST, "malformed"),
        (b'[{"n":"ph","v":7}]', 110, codes.BAD_REQUEST, "name"),
        (b'[{"n":"imei:1/ph","u":"Cel","v":7}]', 110, codes.BAD_REQUEST, "unit"),
        (PACK.encode(), 50, codes.UNSUPPORTED_CONTENT_FORMAT, "content_format"),
        (PACK.encode(), None, codes.UNSUPPORTED_CONTENT_FORMAT, "content_format"),
    ],
)
async def test_what_is_refused(payload, content_format, code, counter):
    link, intake = link_of(), Recorder()
    async with running(link, intake), client() as context:
        response = await post(context, link, payload, content_format)
        assert response.code == code
        assert 0 < len(response.payload) <= 200
        assert link.status().counters[counter] == 1
        assert (await post(context, link, PACK.encode())).code == codes.CHANGED
    assert len(intake.batches) == 1


async def test_a_pack_of_which_a_part_is_refused_says_which():
    link, intake = link_of(), Recorder()
    async with running(link, intake), client() as context:
        response = await post(context, link, b'[{"n":"imei:1/ph","v":7},{"n":"imei:1/orp","u":"Cel","v":7}]')
    assert response.code == codes.CHANGED
    assert response.payload == b"1 refused: imei:1/orp: unit Cel is no way to mV"
    assert [str(r.point) for r in intake.readings] == ["imei:1/ph"]


@pytest.mark.parametrize("pack", [b"[]", b'[{"n":"imei:1/door","vb":true}]'])
async def test_a_pack_without_readings_is_fine(pack):
    link, intake = link_of(), Recorder()
    async with running(link, intake), client() as context:
        assert (await post(context, link, pack)).code == codes.CHANGED
    assert intake.batches == []


async def test_block_wise():
    link, intake = link_of(), Recorder()
    records = [{"n": f"imei:{n}/ph", "v": n / 10} for n in range(300)]
    async with running(link, intake), client() as context:
        assert (await post(context, link, json.dumps(records).encode())).code == codes.CHANGED
    assert len(intake.batches) == 1
    assert [r.value for r in intake.readings] == [n / 10 for n in range(300)]


async def test_too_large_in_one_piece_and_block_wise():
    link, intake = link_of(max_payload=100), Recorder()
    async with running(link, intake), client() as context:
        response = await post(context, link, b" " * 101)
        assert (response.code, response.opt.size1) == (codes.REQUEST_ENTITY_TOO_LARGE, 100)
        response = await post(context, link, b" " * 5000)
        assert response.code == codes.REQUEST_ENTITY_TOO_LARGE
        assert link.status().counters["too_large"] == 2
    assert intake.batches == []


async def test_a_block_without_the_one_before_is_4_08():
    link, intake = link_of(), Recorder()
    async with running(link, intake), client() as context:
        await until(lambda: link.port)
        message = aiocoap.Message(
            code=codes.POST, payload=b"x" * 64, uri=f"coap://127.0.0.1:{link.port}/senml", content_format=110
        )
        message.opt.block1 = BlockOption.BlockwiseTuple(3, False, 2)
        async with asyncio.timeout(10):
            response = await context.request(message, handle_blockwise=False).response
    assert response.code == codes.REQUEST_ENTITY_INCOMPLETE


@pytest.mark.parametrize(("path", "code"), [("other", codes.NOT_FOUND), ("", codes.NOT_FOUND)])
async def test_other_paths(path, code):
    link = link_of()
    async with running(link, Recorder()), client() as context:
        assert (await post(context, link, PACK.encode(), path=path)).code == code


async def test_other_methods_and_discovery():
    link = link_of()
    async with running(link, Recorder()), client() as context:
        assert (await post(context, link, b"", None, codes.GET)).code == codes.METHOD_NOT_ALLOWED
        core = await post(context, link, b"", None, codes.GET, ".well-known/core")
    assert b"</senml>" in core.payload


async def test_junk_datagrams_are_survived():
    link, intake = link_of(), Recorder()
    async with running(link, intake), datagrams(link) as (send, receive):
        for junk in (
            b"",
            b"\x00",
            b"\xff" * 40,
            b"\x49" + b"\0" * 20,
            con(1, PACK.encode())[:9],
            b"\x40\x02\x00\x01\xff",
        ):
            send(junk)
        send(con(99, PACK.encode()))
        while (await receive())[2:4] != struct.pack(">H", 99):
            pass
    assert len(intake.batches) == 1


async def test_a_device_that_posts_nothing_for_long_counts_as_silent():
    clock = ManualClock()
    link = link_of(clock, idle_s=3600.0)
    async with running(link, Recorder()), client() as context:
        await post(context, link, PACK.encode())
        for seconds, state in ((3599, "up"), (1, "silent")):
            clock.advance(seconds)
            assert link.status().devices[0].state == state
        await post(context, link, PACK.encode())
        assert link.status().devices[0].state == "up"


async def test_a_taken_port_is_tried_again(caplog):
    clock = ManualClock()
    first = link_of()
    async with running(first, Recorder()):
        await until(lambda: first.port)
        second = CoapLink(Coap(kind="coap", name="b", host="127.0.0.1", port=first.port), clock)
        async with running(second, Recorder()):
            await advanced(clock, 1.0)
            await until(lambda: second.status().counters.get("port_not_had", 0) >= 2)
            assert not second.status().up
            assert second.status().trouble.startswith(f"UDP 127.0.0.1:{first.port} not had: ")
            assert [record.levelname for record in caplog.records if record.name == "edge.port_claim"] == ["WARNING"]


def blocks(limit=100):
    clock = ManualClock()
    link = link_of(clock)
    return Blocks(limit, clock, link.counters), clock, link.counters


def test_blocks_of_many_senders_do_not_mix():
    spool, _, _ = blocks()
    assert spool.add("a", 0, b"1", more=True) is None
    assert spool.add("b", 0, b"2", more=True) is None
    assert spool.add("a", 1, b"3", more=False) == b"13"
    assert spool.add("b", 1, b"4", more=False) == b"24"
    with pytest.raises(BlockGap):
        spool.add("a", 2, b"5", more=False)


def test_starting_again_forgets_what_was_there():
    spool, _, _ = blocks()
    spool.add("a", 0, b"1", more=True)
    spool.add("a", 0, b"2", more=True)
    assert spool.add("a", 1, b"3", more=False) == b"23"


def test_a_payload_is_bounded_and_forgotten_when_it_is_too_large():
    spool, _, _ = blocks(limit=3)
    spool.add("a", 0, b"12", more=True)
    with pytest.raises(TooLarge):
        spool.add("a", 2, b"34", more=True)
    assert spool._open == {}


def test_who_begins_many_transfers_and_ends_none_pushes_out_its_own():
    spool, _, counters = blocks()
    assert spool.add("honest", 0, b"1", more=True, sender="10.0.0.1") is None
    for n in range(1000):
        spool.add(n, 0, b"x", more=True, sender="10.6.6.6")
    assert spool.add("honest", 1, b"2", more=True, sender="10.0.0.1") is None
    for n in range(1000):
        spool.add(n, 0, b"x", more=True, sender=f"10.6.6.{n % 8}")
    assert spool.add("honest", 2, b"3", more=False, sender="10.0.0.1") == b"123"
    assert (len(spool._open), counters["block_given_up"]) == (MAX_ASSEMBLIES - 1, 2001 - MAX_ASSEMBLIES)


def test_transfers_that_never_end_are_bounded_and_given_up():
    spool, clock, counters = blocks()
    for n in range(10_000):
        spool.add(n, 0, b"1", more=True)
    assert len(spool._open) == MAX_ASSEMBLIES
    assert counters["block_given_up"] == 10_000 - MAX_ASSEMBLIES
    clock.advance(MAX_WAIT_S)
    spool.add("new", 0, b"1", more=True)
    assert list(spool._open) == ["new"]


def under_uvloop(test: Callable[[], Coroutine[None, None, None]]) -> None:
    """As the agent runs; its loop treats sockets otherwise than asyncio's own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test())


def test_who_does_not_wait_for_the_answer_makes_nobody_else_wait():
    async def test() -> None:
        link, intake = link_of(SystemClock()), Recorder()
        async with running(link, intake):
            for number in range(3):
                async with datagrams(link) as (send, _):
                    send(con(number, PACK.encode()))
                await until(lambda before=number: link.counters["request"] > before)
                await asyncio.sleep(0.05)  # the answer meets a closed port, and the ICMP error comes back
            async with datagrams(link) as (send, receive):
                send(con(9, PACK.encode()))
                assert (await receive())[:2] == b"\x62\x44"

    under_uvloop(test)


def test_option_that_is_no_text_is_counted(caplog):
    async def test() -> None:
        link, intake = link_of(SystemClock()), Recorder()
        async with running(link, intake), datagrams(link) as (send, receive):
            send(b"\x40\x02\x00\x01\xb2\xff\xfe\xff[]")
            send(con(9, PACK.encode()))
            assert (await receive())[:2] == b"\x62\x44"
            assert link.counters["unparsable"] == 1

    under_uvloop(test)
    assert not caplog.records

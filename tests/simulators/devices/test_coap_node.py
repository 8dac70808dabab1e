import asyncio
from contextlib import asynccontextmanager

import aiocoap
import cbor2
import pytest
from aiocoap import resource
from aiocoap.numbers import codes

from protocols.senml import convert, decode_cbor, decode_json, resolve
from protocols.vocabulary import HardwareId, ManualClock, unit_of
from simulators.devices.coap_node import SENSORS, CoapNode, CoapSettings
from simulators.environment import Site, Tempo, World

NOW = 1_794_801_600_250  # 2026-11-16T12:00:00.250 in China
IMEI = HardwareId("imei", "867997030000017")
SITE = Site("level-1")
WORLD = World(4)


class Edge(resource.Resource):
    """Takes posts as an edge would; what it answers is the test's."""

    def __init__(self):
        super().__init__()
        self.posts = asyncio.Queue()
        self.answers = asyncio.Queue()

    async def render_post(self, request):
        await self.posts.put(request)
        return aiocoap.Message(code=await self.answers.get())

    async def post(self):
        return await asyncio.wait_for(self.posts.get(), 5)


@asynccontextmanager
async def listening():
    edge, site = Edge(), resource.Site()
    site.add_resource(["senml"], edge)
    context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", 0), transports=["udp6"])
    socket = context.request_interfaces[0].token_interface.message_interface.transport.get_extra_info("socket")
    edge.port = socket.getsockname()[1]
    try:
        yield edge
    finally:
        await context.shutdown()


@asynccontextmanager
async def node_at(port, *, world=WORLD, **settings):
    clock, heard = ManualClock(NOW), []
    defaults = {
        "host": "127.0.0.1",
        "port": port,
        "hardware": IMEI,
        "observed": ("water_level", "battery_voltage", "signal_strength"),
    }
    node = CoapNode(SITE, CoapSettings(**{**defaults, **settings}), world, clock, heard.extend)
    running = asyncio.ensure_future(node.run())  # noqa: TID251 - stands for the island's TaskGroup, cancelled below
    try:
        yield node, clock, heard
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(("encoding", "content_format"), [("cbor", 112), ("json", 110)])
async def test_a_pack_is_what_the_world_is(encoding, content_format):
    async with listening() as edge, node_at(edge.port, encoding=encoding) as (_, _clock, heard):
        request = await edge.post()
        edge.answers.put_nowait(codes.CHANGED)
        assert request.opt.content_format == content_format
        assert request.mtype is aiocoap.CON
        records = resolve((decode_cbor if encoding == "cbor" else decode_json)(request.payload), 0.0)
        at = NOW // 1000 * 1000
        assert [record.name for record in records] == [
            f"{IMEI}/{observed}" for observed in ("water_level", "battery_voltage", "signal_strength")
        ]
        for record, said in zip(records, heard, strict=False):
            observed = record.name.partition("/")[2]
            true = WORLD.value(SITE, observed, at)
            assert (record.time_ms, record.relative) == (at, False)
            value = convert(record.v, record.unit, unit_of(observed))
            assert value == pytest.approx(true, abs=0.5001 * 10 ** -SENSORS[observed][1])
            assert said == ("level-1", str(IMEI), observed, at, value, "sent", NOW, "")
        await until(lambda: len(heard) == 6)
        assert [one.event for one in heard] == ["sent"] * 3 + ["acknowledged"] * 3
        if encoding == "cbor":
            assert cbor2.loads(request.payload)[0] == {-2: f"{IMEI}/"}


async def test_an_unanswered_report_goes_out_again_with_the_same_bytes_from_another_port():
    async with listening() as edge, node_at(edge.port, tries=1) as (node, clock, heard):
        first = await edge.post()
        edge.answers.put_nowait(codes.SERVICE_UNAVAILABLE)
        await until(lambda: node.wakes == 1)
        assert len(node.reports) == 1
        clock.advance(900)
        again = await edge.post()
        assert again.payload == first.payload
        assert again.remote.sockaddr[1] != first.remote.sockaddr[1]
        edge.answers.put_nowait(codes.CHANGED)
        second = await edge.post()
        assert second.payload != first.payload
        edge.answers.put_nowait(codes.CHANGED)
        await until(lambda: not node.reports)
        times = [one.time for one in heard if one.event == "acknowledged"]
        assert times == [NOW // 1000 * 1000] * 3 + [NOW // 1000 * 1000 + 900_000] * 3
        assert len([one for one in heard if one.event == "sent"]) == 6


async def test_silence_is_answered_with_retransmissions_and_then_sleep():
    datagrams = []

    class Deaf(asyncio.DatagramProtocol):
        def datagram_received(self, data, addr):
            datagrams.append(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Deaf, ("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        async with node_at(port, ack_timeout_s=0.005, tries=2) as (node, _clock, _heard):
            await until(lambda: node.wakes == 1)
            assert len(datagrams) == 10
            payload = node.reports[0].payload
            assert all(data.endswith(b"\xff" + payload) for data in datagrams)
            assert len({data[2:4] for data in datagrams}) == 2
    finally:
        transport.close()


async def test_nobody_listening_is_no_end():
    async with listening() as edge:
        port = edge.port
    async with node_at(port, ack_timeout_s=0.005, tries=1) as (node, _clock, _heard):
        await until(lambda: node.wakes == 1)
        assert len(node.reports) == 1


async def test_what_is_refused_is_given_up_and_counted():
    async with listening() as edge, node_at(edge.port) as (node, _clock, heard):
        await edge.post()
        edge.answers.put_nowait(codes.BAD_REQUEST)
        await until(lambda: node.wakes == 1)
        assert (node.refused, len(node.reports)) == (1, 0)
        assert {one.event for one in heard} == {"sent"}


async def test_the_radio_wakes_for_several_samples():
    async with listening() as edge, node_at(edge.port, samples_per_report=3) as (_, clock, _heard):
        for _ in range(2):
            await until(lambda: clock._sleepers)
            assert edge.posts.empty()
            clock.advance(900)
        request = await edge.post()
        edge.answers.put_nowait(codes.CHANGED)
        records = resolve(decode_cbor(request.payload), 0.0)
        assert sorted({record.time_ms for record in records}) == [NOW // 1000 * 1000 + n * 900_000 for n in range(3)]


async def test_speed_shrinks_the_interval_and_leaves_the_stamps_real():
    async with listening() as edge, node_at(edge.port, world=World(4, Tempo(speed=90))) as (node, clock, _heard):
        await edge.post()
        edge.answers.put_nowait(codes.CHANGED)
        await until(lambda: node.wakes == 1)
        clock.advance(10)
        (time_ms, *_) = {record.time_ms for record in resolve(decode_cbor((await edge.post()).payload), 0.0)}
        edge.answers.put_nowait(codes.CHANGED)
        assert time_ms == NOW // 1000 * 1000 + 10_000


def test_a_full_memory_drops_the_oldest_and_counts_it():
    clock = ManualClock(NOW)
    settings = CoapSettings(host="", port=0, hardware=IMEI, observed=("soil_moisture",), report_limit=2)
    node = CoapNode(SITE, settings, WORLD, clock)
    for _ in range(4):
        node.measure()
        node.measure()  # the same second
        clock.advance(900)
    assert (len(node.reports), node.dropped) == (2, 2)


@pytest.mark.parametrize("observed", SENSORS)
def test_units_have_the_scale_of_the_vocabulary(observed):
    assert convert(2.5, SENSORS[observed][0], unit_of(observed)) == 2.5

"""The gateway's line against a real nats-server."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from cloud.broker.accounts import CLOUD_USER
from cloud.broker.embedded import EmbeddedBroker
from cloud.registry.gateways import BrokerAccount, hash_password
from edge.backoff import REFUSED_FLOOR_S, UNREACHED_CAP_S
from edge.spool.gather import Gatherer
from edge.spool.spool import Spool
from edge.uplink.session import MAX_SAYINGS, STATUS_PERIOD_S, Line, Session
from edge.uplink.window import Window
from protocols.uplink import Ack, Header, HeldRanges, Kind, Signed, Stream, ToldTime, read_header, verify
from protocols.vocabulary import Batch, Point, Reading, SystemClock
from protocols.vocabulary.topics import DOWN_ACK, DOWN_COMMAND, DOWN_TIME, UP_BATCH, UP_RESULT, UP_STATUS, topic
from tests.edge.spool.disk import opened
from tests.system.proxy import Proxy

KEY = b"k" * 32
PASSWORD = "secret"


class HastyClock(SystemClock):
    """Waits a hundredth of a second for everything, and notes for how long it was asked to."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def sleep(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        await asyncio.sleep(60 if seconds == STATUS_PERIOD_S else 0.01)
        await self.go_on.wait()


class Gateway:
    """Spool, window and session as the agent composes them."""

    def __init__(self, spool: Spool, port: int, password: str = PASSWORD, name: str = "gw-1") -> None:
        self.clock = HastyClock()
        self.spool = spool
        self.window = Window(spool)
        line = Line("127.0.0.1", port, "gw-1", password, KEY, key_id=300 & 0xFF)
        self.session = Session(name, line, self.window, self.clock, lambda: {"taken": 7})
        self.gatherer = Gatherer("gw-1", spool, self.clock, self._sealed, gather_s=0.001)

    def _sealed(self, one: Any) -> None:
        self.window.offer(one)
        self.session.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.session.run()), group.create_task(self.gatherer.run())]
            yield
            for task in tasks:
                task.cancel()

    async def take(self, time: int) -> None:
        await self.gatherer.put(Batch.of([Reading(Point("mn:A1", "ph"), time, 7.0)]))

    async def until(self, what: Any) -> None:
        async with asyncio.timeout(75):  # what the broker gave to a line that was just cut comes again after ACK_WAIT_S
            while not what():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def cloud(port: int) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client("127.0.0.1", port, username=CLOUD_USER, password=PASSWORD, identifier="cloud") as client:
        await client.subscribe([(topic("+", UP_BATCH), 1), (topic("+", UP_STATUS), 1)])
        yield client


async def envelope(client: aiomqtt.Client) -> tuple[bytes, Header]:
    async with asyncio.timeout(10):
        async for message in client.messages:
            if message.topic.matches(topic("+", UP_BATCH)):
                payload = bytes(message.payload)  # type: ignore[arg-type]
                return payload, read_header(payload)
    raise AssertionError


async def answer(client: aiomqtt.Client, header: Header, key: bytes = KEY) -> None:
    ack = Ack("gw-1", (HeldRanges(Stream.READINGS, header.epoch, ((0, header.sequence),)),))
    await client.publish(topic("gw-1", DOWN_ACK), ack.encode(key), qos=1)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    secret = hash_password(PASSWORD)
    broker = EmbeddedBroker(tmp_path / "broker", "127.0.0.1", port, -1, secret, SystemClock())
    broker.write([BrokerAccount("gw-1", secret)])
    await broker.start()
    broker.port = port  # type: ignore[attr-defined] # for the tests
    yield broker
    await broker.stop()


@pytest.fixture
def port(broker: EmbeddedBroker) -> int:
    return broker.port  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return opened(tmp_path / "spool", SystemClock())


async def test_an_envelope_is_kept_until_the_cloud_says_it_holds_it(spool: Spool, port: int) -> None:
    gateway = Gateway(spool, port)
    async with cloud(port) as client, gateway.running():
        await gateway.take(1)
        payload, header = await envelope(client)
        assert verify(payload, KEY)
        assert (header.gateway, header.epoch, header.sequence, header.late, header.key_id) == (
            "gw-1",
            spool.epoch,
            0,
            False,
            44,
        )
        await gateway.until(lambda: gateway.session.counts.published == 1)  # the broker has it: that means nothing
        assert (gateway.window.in_flight, spool.counts.retired) == (1, 0)
        await answer(client, header, b"another key")
        await client.publish(topic("gw-1", DOWN_ACK), b"\xff garbage", qos=1)
        await gateway.until(lambda: gateway.session.counts.bad_acknowledgements == 2)
        assert (gateway.window.in_flight, spool.counts.retired) == (1, 0)
        await answer(client, header)
        await gateway.until(lambda: gateway.window.in_flight == 0)
        assert (spool.counts.retired, gateway.session.counts.acknowledged) == (1, 1)
    spool.__exit__()


async def test_after_a_broken_line_it_comes_back_and_sends_again(
    spool: Spool, port: int, broker: EmbeddedBroker
) -> None:
    gateway = Gateway(spool, port)
    async with gateway.running():
        async with cloud(port) as client:
            await gateway.take(1)
            first, _ = await envelope(client)
        gateway.clock.go_on.clear()
        await broker.stop()
        await gateway.until(lambda: not gateway.session.counts.connected)
        await gateway.take(2)
        await broker.start()
        async with cloud(port) as client:
            gateway.clock.go_on.set()
            seen = {}
            while len(seen) < 2:
                payload, header = await envelope(client)
                seen[header.sequence] = payload
                await answer(client, header)
            assert seen[0] == first
            await gateway.until(lambda: gateway.window.in_flight == 0)
        assert gateway.session.counts.connects >= 2
        assert spool.counts.retired == 2
    spool.__exit__()


async def test_what_an_earlier_run_left_is_sent_as_late(tmp_path: Path, port: int) -> None:
    earlier = Gateway(opened(tmp_path / "spool", SystemClock()), port)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(earlier.gatherer.run())
        await earlier.take(1)
        task.cancel()
    earlier.spool.__exit__()
    gateway = Gateway(opened(tmp_path / "spool", SystemClock()), port)
    async with cloud(port) as client, gateway.running():
        payload, header = await envelope(client)
        assert (header.epoch, header.sequence, header.late) == (earlier.spool.epoch, 0, True)
        assert verify(payload, KEY)
        await answer(client, header)
        await gateway.until(lambda: gateway.window.in_flight == 0)
    gateway.spool.__exit__()


async def test_refused_credentials_wait_longer_than_a_broken_line(
    spool: Spool, port: int, broker: EmbeddedBroker
) -> None:
    gateway = Gateway(spool, port, "wrong")
    async with gateway.running():
        await gateway.until(lambda: gateway.session.counts.refused >= 2)
        await gateway.until(lambda: len(gateway.clock.asked_s) >= 2)
        assert all(asked >= REFUSED_FLOOR_S for asked in gateway.clock.asked_s)
        refused = gateway.session.counts.refused
        await broker.stop()
        count = len(gateway.clock.asked_s)
        await gateway.until(lambda: len(gateway.clock.asked_s) >= count + 20)
        assert gateway.session.counts.refused - refused <= 1
        assert min(gateway.clock.asked_s[count:]) < REFUSED_FLOOR_S
        assert max(gateway.clock.asked_s[count + 1 :]) <= UNREACHED_CAP_S
        assert gateway.session.counts.connects == 0
    spool.__exit__()


async def test_a_line_that_hears_no_acknowledgements_is_no_line(spool: Spool, port: int) -> None:
    gateway = Gateway(spool, port, name="gw-2")  # another gateway's credentials
    async with gateway.running():
        await gateway.until(lambda: gateway.session.counts.refused >= 1)
        assert gateway.session.counts.connects == 0
    spool.__exit__()


async def next_status(client: aiomqtt.Client) -> Any:
    async with asyncio.timeout(10):
        async for message in client.messages:
            if message.topic.matches(topic("+", UP_STATUS)):
                return json.loads(bytes(message.payload))  # type: ignore[arg-type]
    raise AssertionError


async def test_it_says_that_it_is_there_and_that_it_goes(spool: Spool, port: int) -> None:
    gateway = Gateway(spool, port)
    async with cloud(port) as client:
        async with gateway.running():
            assert (await next_status(client)).items() >= {"online": True, "taken": 7}.items()
        assert await next_status(client) == {"online": False}
    async with cloud(port) as client:
        assert await next_status(client) == {"online": False}
    spool.__exit__()


async def test_the_answer_to_its_status_tells_how_far_its_clock_is_off(spool: Spool, port: int) -> None:
    gateway = Gateway(spool, port)
    clock = gateway.session.cloud_clock
    async with cloud(port) as client, gateway.running():
        asked = (await next_status(client))["at_ms"]
        for signed in (
            Signed(Kind.TIME, "gw-1", ToldTime(asked, 0).body()).encode(b"another key"),
            Signed(Kind.TIME, "gw-1", ToldTime(asked - 1, 0).body()).encode(KEY),
            Signed(Kind.TIME, "gw-1", ToldTime(asked, asked - 3_600_000).body()).encode(KEY),
            Signed(Kind.TIME, "gw-1", ToldTime(asked, 0).body()).encode(KEY),
        ):
            await client.publish(topic("gw-1", DOWN_TIME), signed, qos=1)
        await gateway.until(lambda: clock.offset is not None)
        assert clock.offset is not None
        assert abs(clock.offset.ahead_s - 3600) <= clock.offset.uncertain_s + 0.002
        assert clock.refused == 1
    spool.__exit__()


async def test_a_line_that_is_cut_is_told_by_the_broker(spool: Spool, port: int) -> None:
    async with cloud(port) as client, Proxy(port) as proxy:
        gateway = Gateway(spool, proxy.port)
        async with gateway.running():
            assert (await next_status(client))["online"]
            proxy.drop()
            assert await next_status(client) == {"online": False}
            assert (await next_status(client))["online"]  # and it is back
    spool.__exit__()


async def test_it_stops_although_the_line_is_dead(
    spool: Spool, port: int, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.uplink.session.CONNECT_TIMEOUT_S", 0.3)
    monkeypatch.setattr("edge.uplink.session._GOODBYE_S", 0.1)
    gateway = Gateway(spool, port)
    process = broker._process
    assert process is not None
    try:
        async with asyncio.timeout(5), gateway.running():
            await gateway.until(lambda: gateway.session.counts.connected)
            await gateway.take(1)
            process.send_signal(signal.SIGSTOP)
            await gateway.take(2)
    finally:
        process.send_signal(signal.SIGCONT)
    assert spool.counts.synced == 2
    spool.__exit__()


async def test_commands_come_down_and_results_go_up(spool: Spool, port: int, broker: EmbeddedBroker) -> None:
    heard: list[bytes] = []
    gateway = Gateway(spool, port)
    gateway.session.hear(DOWN_COMMAND, heard.append)
    gateway.session.say(UP_RESULT, b"before the line was there")
    async with cloud(port) as client:
        await client.subscribe(topic("+", UP_RESULT), qos=1)
        async with gateway.running():
            assert await next_result(client) == b"before the line was there"
            await client.publish(topic("gw-1", DOWN_COMMAND), b"do", qos=1)
            await client.publish(topic("gw-2", DOWN_COMMAND), b"not ours", qos=1)
            await gateway.until(lambda: heard == [b"do"])
            gateway.session.say(UP_RESULT, b"done")
            assert await next_result(client) == b"done"
        await client.publish(topic("gw-1", DOWN_COMMAND), b"while it was away", qos=1)
        async with gateway.running():
            await gateway.until(lambda: b"while it was away" in heard)
    assert list(dict.fromkeys(heard)) == [b"do", b"while it was away"]  # at least once: the executor knows repeats
    spool.__exit__()


async def next_result(client: aiomqtt.Client) -> bytes:
    async with asyncio.timeout(75):
        async for message in client.messages:
            if message.topic.matches(topic("+", UP_RESULT)):
                return bytes(message.payload)  # type: ignore[arg-type]
    raise AssertionError


async def test_results_that_find_no_line_are_bounded(spool: Spool) -> None:
    gateway = Gateway(spool, 1)
    for number in range(MAX_SAYINGS + 5):
        gateway.session.say(UP_RESULT, b"%d" % number)
    assert gateway.session.counts.sayings_dropped == 5
    assert gateway.session._sayings[0] == (UP_RESULT, b"5")
    spool.__exit__()


def test_acknowledgements_wait_for_a_gateway_whose_line_is_cut_again_and_again(spool: Spool) -> None:
    session = Gateway(spool, 1).session
    qualities = []
    for _ in range(3):
        qualities.append(session._quality_of(topic("gw-1", DOWN_ACK)))
        session._cuts.append(session._clock.monotonic_s())
    assert qualities == [0, 0, 1]
    assert [session._quality_of(topic("gw-1", leaf)) for leaf in (DOWN_TIME, DOWN_COMMAND)] == [0, 1]

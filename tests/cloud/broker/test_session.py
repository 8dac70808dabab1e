"""Our session with a real nats-server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from cloud.broker.accounts import CLOUD_USER
from cloud.broker.connection import Connection
from cloud.broker.embedded import EmbeddedBroker
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.session import BrokerSession
from protocols.uplink import MAX_ENVELOPE
from tests.cloud.broker.conftest import PASSWORD, HastyClock

UP = "yz/v1/gw-1/up/batch"


class Listener:
    """A session, and what it received."""

    def __init__(self, port: int, *, clean: bool = True, password: str = PASSWORD) -> None:
        self.messages: list[Inbound] = []
        self.hook: Callable[[Inbound], None] = lambda _: None
        endpoint = Endpoint("127.0.0.1", port, CLOUD_USER, password)
        self.session = BrokerSession(
            endpoint, "cloud-test", [("yz/v1/+/up/batch", 1)], self._receive, HastyClock(), clean=clean
        )

    def _receive(self, message: Inbound) -> None:
        self.hook(message)
        self.messages.append(message)

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[BrokerSession]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.session.run())
            await self.session.connected.wait()
            yield self.session
            task.cancel()


async def until(what: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def gateway(port: int, name: str = "gw-1") -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client("127.0.0.1", port, username=name, password=PASSWORD, identifier=name) as client:
        yield client


async def send(port: int, *payloads: bytes) -> None:
    async with gateway(port) as client:
        for payload in payloads:
            await client.publish(UP, payload, qos=1)


async def test_what_is_settled_does_not_come_again_and_what_is_not_does(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port, clean=False)
    async with listener.running():
        await send(port, b"1", b"2", b"3")
        await until(lambda: len(listener.messages) == 3)
        listener.messages[0].settle()
        listener.messages[2].settle()
        await asyncio.sleep(0.05)  # the two acknowledgements are on their way before the line is closed
    again = Listener(port, clean=False)
    async with again.running():
        await until(lambda: again.messages)
        assert again.payloads == [b"2"]
        listener.messages[1].settle()  # of a session that is gone: nothing
        again.messages[0].settle()
        again.messages[0].settle()


async def test_the_settling_of_a_lost_session_is_not_taken_for_the_next_ones(
    broker: EmbeddedBroker, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(port)
    acknowledged: list[int] = []
    async with listener.running() as session:
        await send(port, b"1")
        await until(lambda: listener.messages)
        settle = Connection.settle
        monkeypatch.setattr(Connection, "settle", lambda line, n: (acknowledged.append(n), settle(line, n))[1])
        await broker.stop()
        await until(lambda: not session.connected.is_set())
        listener.messages[0].settle()
        await broker.start()
        await until(session.connected.is_set)
        listener.messages[0].settle()
        assert acknowledged == []
        await send(port, b"2")
        await until(lambda: len(listener.messages) == 2)
        listener.messages[1].settle()
        assert len(acknowledged) == 1


async def test_it_comes_back_after_the_broker_was_killed(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port)
    async with listener.running() as session:
        for n in range(2):
            assert broker._process is not None
            broker._process.kill()
            await until(lambda: not session.connected.is_set())
            session.publish("yz/v1/gw-1/down/ack", b"into the void")
            await broker.stop()
            await broker.start()
            await until(session.connected.is_set)
            await send(port, b"%d" % n)
            await until(lambda n=n: len(listener.messages) == n + 1)
        assert session.connects == 3


async def test_a_receiver_that_raises_loses_its_message_and_no_other(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port)

    def refuse(message: Inbound) -> None:
        if message.payload == b"poison":
            raise ZeroDivisionError

    listener.hook = refuse
    async with listener.running() as session:
        await send(port, b"1", b"poison", b"2", b"poison", b"3")
        await until(lambda: len(listener.messages) == 3)
        assert listener.payloads == [b"1", b"2", b"3"]
        assert session.connects == 1


async def test_held_back_it_reads_nothing_and_goes_on_when_released(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port)
    async with listener.running() as session:
        session.hold(back=True)
        session.hold(back=True)
        await send(port, b"1", b"2")
        await asyncio.sleep(0.1)  # the broker has delivered by now, if anybody had listened
        assert listener.messages == []
        session.hold(back=False)
        await until(lambda: len(listener.messages) == 2)
        assert session.connects == 1


async def test_held_back_by_a_message_it_takes_those_behind_it_when_released(broker: EmbeddedBroker, port: int) -> None:
    """They have left the socket together with it: no byte more comes to tell of them."""
    listener = Listener(port)
    async with listener.running() as session:
        session.hold(back=True)
        await send(port, *(b"%d" % n for n in range(40)))
        listener.hook = lambda message: session.hold(back=message.payload in (b"7", b"20"))
        for behind in (8, 21):
            session.hold(back=False)
            await until(lambda: len(listener.messages) >= behind)  # noqa: B023
            await asyncio.sleep(0.1)
            assert len(listener.messages) == behind
        session.hold(back=False)
        await until(lambda: len(listener.messages) == 40)
        assert listener.payloads == [b"%d" % n for n in range(40)]


async def test_a_hold_outlives_the_line(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port, clean=False)
    async with listener.running() as session:
        session.hold(back=True)
        await send(port, b"1")
        await broker.stop()
        await broker.start()
        assert session._line is not None
        session._line.fail("as when the broker loses its patience")
        await until(lambda: not session.connected.is_set())
        await asyncio.sleep(0.1)  # many times as long as it takes to connect
        assert (session.connects, listener.messages) == (1, [])
        session.hold(back=False)
        await until(session.connected.is_set)
        await until(lambda: listener.messages)
        assert listener.payloads == [b"1"]


async def test_held_back_while_it_connects(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port, clean=False)
    async with listener.running():
        pass
    await send(port, b"1")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.session.run())
        await asyncio.sleep(0)
        listener.session.hold(back=True)  # run is in the middle of connecting: in a thread
        await listener.session.connected.wait()
        await asyncio.sleep(0.05)
        assert listener.messages == []
        listener.session.hold(back=False)
        await until(lambda: listener.messages)
        task.cancel()


async def test_refused_it_tries_again_and_says_why(
    broker: EmbeddedBroker, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener(port, password="wrong")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.session.run())
        await until(lambda: caplog.text.count("Not authorized") >= 2)
        assert not listener.session.connected.is_set()
        task.cancel()


async def test_the_largest_envelope_comes_through(broker: EmbeddedBroker, port: int) -> None:
    listener = Listener(port)
    async with listener.running():
        await send(port, bytes(MAX_ENVELOPE))
        await until(lambda: listener.messages)
        assert len(listener.payloads[0]) == MAX_ENVELOPE


async def test_one_longer_than_any_envelope_comes_through_and_ends_no_line(broker: EmbeddedBroker, port: int) -> None:
    """It is refused, and kept, where envelopes are read: a line that it ended would bring it again."""
    listener = Listener(port, clean=False)
    async with listener.running() as session:
        await send(port, bytes(MAX_ENVELOPE + 500_000), b"next")
        await until(lambda: len(listener.messages) == 2)
        assert [len(one) for one in listener.payloads] == [MAX_ENVELOPE + 500_000, 4]
        assert session.connects == 1

"""Workers that pull what came by MQTT, on a real nats-server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.broker import pull
from cloud.broker.accounts import CLOUD_USER
from cloud.broker.embedded import EmbeddedBroker
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.pull import PullConsumer
from cloud.broker.session import BrokerSession
from cloud.registry.gateways import BrokerAccount, hash_password
from protocols.vocabulary import SystemClock
from tests.cloud.broker.conftest import PASSWORD, HastyClock, free_port
from tests.cloud.broker.test_session import gateway, send, until

KEPT = ("yz/v1/+/up/batch", "yz/v1/+/senml")


@pytest.fixture
async def nats_port(tmp_path: Path, port: int) -> AsyncIterator[int]:
    secret, nats_port = hash_password(PASSWORD), free_port()
    broker = EmbeddedBroker(tmp_path / "broker", "127.0.0.1", port, nats_port, secret, HastyClock())
    broker.write([BrokerAccount("gw-1", secret)])
    await broker.start()
    uplink = BrokerSession(Endpoint("127.0.0.1", port, CLOUD_USER, PASSWORD), "uplink", (), print, HastyClock())
    async with asyncio.TaskGroup() as group:  # the stream is there with the first session of MQTT
        task = group.create_task(uplink.run())
        await uplink.connected.wait()
        yield nats_port
        task.cancel()
    await broker.stop()


class Worker:
    def __init__(self, nats_port: int, *, settling: bool = True) -> None:
        self.messages: list[Inbound] = []
        self.settling = settling
        endpoint = Endpoint("127.0.0.1", free_port(), CLOUD_USER, PASSWORD, None, (("127.0.0.1", nats_port),))
        self.line = PullConsumer(endpoint, KEPT, KEPT[1:], self._receive, SystemClock())

    def _receive(self, message: Inbound) -> None:
        self.messages.append(message)
        if self.settling:
            message.settle()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Worker"]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.line.run())
            async with asyncio.timeout(20):
                await self.line.connected.wait()
            yield self
            task.cancel()


async def test_each_message_goes_to_one_worker_and_from_a_dead_one_to_another(
    nats_port: int, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "ACK_WAIT_S", 4.0)  # a machine that stands still for two seconds is no dead worker
    monkeypatch.setattr(pull, "_AT_ONCE", 5)
    monkeypatch.setattr(pull, "_FETCH_S", 0.2)
    sent = [b"%d" % number for number in range(60)]
    async with Worker(nats_port).running() as one:
        async with Worker(nats_port, settling=False).running() as dying:
            await send(port, *sent)
            await until(lambda: len(one.messages) + len(dying.messages) == 60)
            assert not any(message.again for message in (*one.messages, *dying.messages))
            await asyncio.sleep(5.0)  # longer than ack_wait: who lives says that he is at it
            assert len(one.messages) + len(dying.messages) == 60
        before = len(one.messages)
        await until(lambda: len(one.messages) == 60, 20)
        assert all(message.again for message in one.messages[before:])
        assert sorted(message.payload for message in one.messages) == sorted(sent)
        assert {message.topic for message in one.messages} == {"yz/v1/gw-1/up/batch"}


async def test_what_is_not_kept_passes_once(nats_port: int, port: int) -> None:
    async with Worker(nats_port).running() as one, Worker(nats_port).running() as other, gateway(port) as client:
        for qos in (0, 1):
            await client.publish("yz/v1/gw-1/senml", b"%d" % qos, qos=qos)
        await until(lambda: len(one.messages) + len(other.messages) >= 2)
        await asyncio.sleep(0.1)
        found = sorted((message.payload, message.topic) for message in (*one.messages, *other.messages))
    assert found == [(b"0", "yz/v1/gw-1/senml"), (b"1", "yz/v1/gw-1/senml")]


async def test_held_back_it_takes_no_more(nats_port: int, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_FETCH_S", 0.2)
    async with Worker(nats_port).running() as one:
        one.line.hold(back=True)
        await asyncio.sleep(0.4)  # what it asked for already has ended
        await send(port, b"1")
        await asyncio.sleep(0.2)
        assert one.messages == []
        one.line.hold(back=False)
        await until(lambda: len(one.messages) == 1)


async def test_delivered_is_what_the_broker_has(nats_port: int, port: int) -> None:
    dead = free_port()
    endpoint = Endpoint("127.0.0.1", dead, CLOUD_USER, PASSWORD, None, (("127.0.0.1", port),))
    session = BrokerSession(endpoint, "notes", (), print, HastyClock())
    assert not await session.deliver("yz/cloud/committed", b"1")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(session.run())
        async with asyncio.timeout(20):
            await session.connected.wait()
        assert await session.deliver("yz/cloud/committed", b"1")
        task.cancel()

import asyncio
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import aiomqtt
import pytest

from cloud.broker.accounts import CLOUD_USER
from cloud.broker.embedded import EmbeddedBroker
from cloud.registry.gateways import BrokerAccount, hash_password
from protocols.vocabulary import ConfigError, LinkDown
from tests.cloud.broker.conftest import PASSWORD, HastyClock, free_port
from tests.cloud.broker.test_session import gateway, until


async def test_a_gateway_reaches_its_own_topics_only(broker: EmbeddedBroker, port: int) -> None:
    async with (
        aiomqtt.Client("127.0.0.1", port, username=CLOUD_USER, password=PASSWORD, identifier="cloud") as cloud,
        gateway(port, "gw-1") as one,
        gateway(port, "gw-2") as two,
    ):
        await cloud.subscribe("yz/v1/#", qos=1)
        await one.subscribe("yz/v1/gw-1/down/ack", qos=1)
        assert [granted.is_failure for granted in await two.subscribe("yz/v1/gw-1/down/ack", qos=1)] == [True]
        for client, name in ((one, "gw-1"), (two, "gw-1"), (two, "gw-2")):
            try:
                await client.publish(f"yz/v1/{name}/up/batch", name.encode(), qos=1, timeout=0.3)
            except aiomqtt.MqttError:
                assert (client, name) == (two, "gw-1")
        await cloud.publish("yz/v1/gw-1/down/ack", b"for one", qos=1)
        heard = []
        async with asyncio.timeout(5):
            async for message in cloud.messages:
                heard.append(str(message.topic))
                if len(heard) == 3:
                    break
        assert sorted(heard) == ["yz/v1/gw-1/down/ack", "yz/v1/gw-1/up/batch", "yz/v1/gw-2/up/batch"]


async def test_new_accounts_may_connect_as_soon_as_they_are_admitted(broker: EmbeddedBroker, port: int) -> None:
    secret = hash_password(PASSWORD)
    accounts: list[BrokerAccount] = []
    for number in range(3, 23):
        with pytest.raises(aiomqtt.MqttError):
            async with gateway(port, f"gw-{number}"):
                pass
        accounts.append(BrokerAccount(f"gw-{number}", secret))
        await broker.admit(lambda: accounts)
        async with gateway(port, f"gw-{number}"):
            pass
    assert broker.starts == 1


async def test_accounts_that_come_together_are_all_admitted(broker: EmbeddedBroker, port: int) -> None:
    secret = hash_password(PASSWORD)
    accounts: list[BrokerAccount] = []

    async def come(number: int) -> None:
        accounts.append(BrokerAccount(f"gw-{number}", secret))
        await broker.admit(lambda: list(accounts))

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for number in range(3, 11):
            group.create_task(come(number))
    for account in accounts:
        async with gateway(port, account.username):
            pass


async def test_a_configuration_that_is_refused_is_told(broker: EmbeddedBroker, port: int) -> None:
    with pytest.raises(LinkDown, match="did not take its configuration in"):
        await broker.admit(lambda: [BrokerAccount("gw-3", hash_password(PASSWORD))] * 2)
    async with gateway(port):
        pass


async def test_a_stopped_server_admits_at_its_next_start(broker: EmbeddedBroker, port: int) -> None:
    await broker.stop()
    await broker.admit(lambda: [BrokerAccount("gw-3", hash_password(PASSWORD))])
    await broker.start()
    async with gateway(port, "gw-3"):
        pass


async def test_it_is_started_again_when_it_dies(broker: EmbeddedBroker, port: int) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(broker.watch())
        await asyncio.sleep(0)
        assert broker._process is not None
        broker._process.kill()
        await until(lambda: broker.starts == 2)
        async with asyncio.timeout(5):
            while True:
                try:
                    async with gateway(port):
                        break
                except aiomqtt.MqttError:
                    await asyncio.sleep(0.02)
        task.cancel()
    assert broker._process is None


async def test_an_orphan_of_a_killed_cloud_is_ended(broker: EmbeddedBroker, tmp_path: Path, port: int) -> None:
    orphan = broker._process
    assert orphan is not None
    heir = EmbeddedBroker(tmp_path / "broker", "127.0.0.1", port, -1, hash_password(PASSWORD), HastyClock())
    heir.write([BrokerAccount("gw-1", hash_password(PASSWORD))])
    await heir.start()
    assert orphan.returncode is not None or await orphan.wait() is not None
    async with gateway(port):
        pass
    await heir.stop()


async def test_a_port_that_somebody_else_has_is_told(broker: EmbeddedBroker, tmp_path: Path, port: int) -> None:
    other = EmbeddedBroker(tmp_path / "other", "127.0.0.1", port, -1, hash_password(PASSWORD), HastyClock())
    other.write([])
    with pytest.raises(ConfigError, match="does not start"):
        await other.start()
    fine = EmbeddedBroker(tmp_path / "other", "127.0.0.1", free_port(), -1, hash_password(PASSWORD), HastyClock())
    fine.write([])
    await fine.start()
    await fine.stop()


async def test_a_server_that_stores_nothing_since_the_disk_was_full_is_started_again(
    broker: EmbeddedBroker, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.broker.embedded._LOOK_S", 0.01)
    sick = broker._process
    assert sick is not None
    free = Mock(return_value=SimpleNamespace(free=0))
    monkeypatch.setattr("cloud.broker.sickness.shutil.disk_usage", free)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(broker.watch())
        with (tmp_path / "broker" / "nats.log").open("ab") as log:
            log.write(
                b"[1] [ERR] JetStream failed to store a msg on stream '$G > $MQTT_msgs': no space left on device\n"
            )
        await until(lambda: free.call_count > 3)
        assert sick.returncode is None, "there is no space yet"
        free.return_value.free = 1 << 30
        await until(lambda: broker.starts == 2)
        async with asyncio.timeout(10):
            while not await broker._answers():
                await asyncio.sleep(0.01)
        async with gateway(port):
            pass
        calls = free.call_count
        await asyncio.sleep(0.1)
        assert (broker.starts, free.call_count) == (2, calls), "the new one is well"
        watching.cancel()

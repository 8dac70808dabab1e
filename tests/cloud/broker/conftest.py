import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.broker.embedded import ACK_WAIT_S, EmbeddedBroker
from cloud.registry.gateways import BrokerAccount, hash_password
from protocols.vocabulary import SystemClock

PASSWORD = "secret"


class HastyClock(SystemClock):
    """Waits a hundredth of a second for everything."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def broker(tmp_path: Path, port: int) -> AsyncIterator[EmbeddedBroker]:
    secret = hash_password(PASSWORD)
    broker = EmbeddedBroker(tmp_path / "broker", "127.0.0.1", port, -1, secret, HastyClock())
    broker.write([BrokerAccount("gw-1", secret), BrokerAccount("gw-2", secret)])
    file = tmp_path / "broker" / "nats.conf"  # nats delivers an unsettled message again after ack_wait, and not before
    file.write_text(file.read_text().replace(f'ack_wait: "{ACK_WAIT_S}s"', 'ack_wait: "500ms"'))
    await broker.start()
    yield broker
    await broker.stop()

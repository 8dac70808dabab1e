"""Our session with a broker behind TLS: the certificate is checked, large messages arrive whole."""

import asyncio
import gc
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from cloud.broker.embedded import nats_server
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.session import BrokerSession
from protocols.vocabulary import SystemClock
from tests.system.processes import free_ports


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[tuple[int, Path]]:
    key, certificate, authority = tmp_path / "key.pem", tmp_path / "certificate.pem", trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(key))
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    (port,) = free_ports(1)
    (tmp_path / "nats.conf").write_text(
        f'server_name: tls\nlisten: "127.0.0.1:-1"\njetstream {{ store_dir: "{tmp_path}/js" }}\n'
        f'mqtt {{ listen: "127.0.0.1:{port}", tls {{ cert_file: "{certificate}", key_file: "{key}" }} }}\n'
    )
    process = await asyncio.create_subprocess_exec(
        nats_server(), "-c", str(tmp_path / "nats.conf"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
    yield port, tmp_path / "authority.pem"
    process.terminate()
    await process.wait()


async def test_messages_arrive_whole_over_tls(broker: tuple[int, Path]) -> None:
    port, authority = broker
    got: asyncio.Queue[Inbound] = asyncio.Queue()
    context = ssl.create_default_context(cafile=authority)
    endpoint = Endpoint("localhost", port, "", "", tls=context)
    session = BrokerSession(endpoint, "tls-test", [("a/b", 1)], got.put_nowait, SystemClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run())
        async with asyncio.timeout(15):
            await session.connected.wait()
            while not got.qsize():  # the subscription is granted after the connect
                session.publish("a/b", b"first")
                await asyncio.sleep(0.05)
            for size in (1, 5_000, 16_384, 70_000, 300_000):
                session.publish("a/b", bytes([size % 251]) * size)
            sizes: list[int] = []
            while len(sizes) < 5:
                message = await got.get()
                message.settle()
                if message.payload != b"first":
                    sizes.append(len(message.payload))
        running.cancel()
    assert sizes == [1, 5_000, 16_384, 70_000, 300_000]


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    broker: tuple[int, Path], caplog: pytest.LogCaptureFixture
) -> None:
    port, _ = broker
    endpoint = Endpoint("localhost", port, "", "", tls=ssl.create_default_context())
    session = BrokerSession(endpoint, "tls-test", [], lambda _: None, SystemClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run())
        await asyncio.sleep(1)
        assert not session.connected.is_set()
        assert session.connects == 0
        running.cancel()
    assert "certificate verify failed" in caplog.text
    caplog.clear()  # the record holds the error, and the error the socket
    del session, running
    gc.collect()

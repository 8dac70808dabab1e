"""F20: names that do not resolve or lead astray, certificates that are not valid now: told, tried again."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from cloud.broker.embedded import nats_server
from edge.spool.gather import Gatherer
from edge.spool.spool import Spool
from edge.uplink.session import Line, Session
from edge.uplink.window import Window
from protocols.vocabulary import Batch, Point, Reading, SystemClock
from tests.edge.spool.disk import opened
from tests.edge.uplink.test_session import KEY, HastyClock
from tests.system.processes import free_ports

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
# paho leaves the socket of a refused certificate to the collector
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed <ssl:ResourceWarning", "ignore:unclosed <socket:ResourceWarning"
)


class Secured:
    """A broker with TLS, and a gateway that trusts its authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        (self.port,) = free_ports(1)
        self.clock = HastyClock()
        self.spool: Spool = opened(folder / "spool", SystemClock())
        self.window = Window(self.spool)
        self.gatherer = Gatherer("gw-1", self.spool, self.clock, self._sealed, gather_s=0.001)
        self.session = self._session("localhost")

    def _session(self, host: str) -> Session:
        pem = self.folder / "authority.pem"
        self.authority.cert_pem.write_to_path(str(pem))
        line = Line(host, self.port, "", "", KEY, tls=ssl.create_default_context(cafile=pem))
        return Session("gw-1", line, self.window, self.clock, dict)

    def _sealed(self, one: object) -> None:
        self.window.offer(one)  # type: ignore[arg-type] # what the gatherer seals
        self.session.wake()

    def at(self, host: str) -> "Secured":
        self.session = self._session(host)
        return self

    @asynccontextmanager
    async def broker(self, begins: datetime, ends: datetime) -> AsyncIterator[None]:
        """With a certificate of its own that is valid between two moments."""
        issued = self.authority.issue_cert("localhost", not_before=begins, not_after=ends)
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        issued.private_key_pem.write_to_path(str(key))
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        (self.folder / "nats.conf").write_text(
            f'server_name: tls\nlisten: "127.0.0.1:-1"\njetstream {{ store_dir: "{self.folder}/js" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}", tls {{ cert_file: "{certificate}", key_file: "{key}" }} }}\n'
        )
        process = await asyncio.create_subprocess_exec(
            nats_server(), "-c", str(self.folder / "nats.conf"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            process.terminate()
            await process.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.session.run()), group.create_task(self.gatherer.run())]
            yield
            for task in tasks:
                task.cancel()

    async def trouble(self, words: str) -> None:
        async with asyncio.timeout(75):
            while words not in self.session.counts.trouble:
                await asyncio.sleep(0.005)

    async def tried(self, times: int) -> None:
        """So many more tries, and each was told to wait first."""
        wanted = len(self.clock.asked_s) + times
        async with asyncio.timeout(75):
            while len(self.clock.asked_s) < wanted:
                await asyncio.sleep(0.005)

    async def take(self) -> None:
        """A reading is captured whatever the line does."""
        async with asyncio.timeout(75):
            await self.gatherer.put(Batch.of([Reading(Point("serial:1", "ph"), self.clock.now_ms(), 7.0)]))

    async def connected(self) -> None:
        async with asyncio.timeout(75):
            while not self.session.counts.connected or not self.session.counts.published:
                await asyncio.sleep(0.01)
        assert self.session.counts.trouble == ""


@pytest.fixture
def secured(tmp_path: Path) -> Secured:
    return Secured(tmp_path)


@pytest.mark.parametrize(
    ("begins", "ends", "says"),
    [(NOW - 9 * DAY, NOW - 2 * DAY, "expired"), (NOW + 9 * DAY, NOW + 99 * DAY, "not yet valid")],
    ids=["expired", "not_yet_valid"],
)
async def test_a_certificate_that_is_not_valid_now(
    secured: Secured, begins: datetime, ends: datetime, says: str
) -> None:
    async with secured.running():
        async with secured.broker(begins, ends):
            await secured.trouble(
                f"certificate verify failed: certificate {'has ' if says == 'expired' else 'is '}{says}"
            )
            moments = {f"{moment:%Y-%m-%dT%H}" for moment in (NOW, datetime.now(UTC))}
            assert any(f"the gateway's clock says {one}" in secured.session.counts.trouble for one in moments)
            await secured.take()
            await secured.tried(2)
            await secured.take()
            assert secured.session.counts.connects == 0
        async with secured.broker(NOW - DAY, NOW + DAY):
            await secured.connected()


async def test_a_certificate_of_another_name(secured: Secured) -> None:
    async with secured.at("127.0.0.1").running(), secured.broker(NOW - DAY, NOW + DAY):
        await secured.trouble("certificate is not valid for '127.0.0.1'")
        await secured.take()
        assert secured.session.counts.connects == 0


async def test_a_name_that_does_not_resolve(secured: Secured) -> None:
    async with secured.at("broker.invalid").running():  # RFC 6761: never a name
        await secured.trouble("broker.invalid:")
        assert "name resolution" in secured.session.counts.trouble or "not known" in secured.session.counts.trouble
        await secured.take()
        await secured.tried(2)


async def test_a_name_that_leads_to_an_old_address(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver cannot be made to lie for real: its answer is changed, the rest is real."""
    resolve = socket.getaddrinfo
    (nobody,) = free_ports(1)
    old = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", nobody))]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: old if host == "localhost" else resolve(host, *a, **k)
    )
    async with secured.running(), secured.broker(NOW - DAY, NOW + DAY):
        await secured.trouble("refused")
        await secured.take()
        await secured.tried(2)
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        await secured.connected()


async def test_the_waits_grow_and_are_not_all_alike(secured: Secured) -> None:
    async with secured.at("broker.invalid").running():
        await secured.tried(8)
    asked = secured.clock.asked_s[:8]
    assert all(asked_s <= 2.0**tries for tries, asked_s in enumerate(asked))
    assert len(set(asked)) == len(asked)

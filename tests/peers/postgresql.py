"""Debian's PostgreSQL server in a temporary folder, on a free port, run by somebody who is not root."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

from tests.peers.programs import Talker, talking
from tests.system.processes import free_ports

_LETS_IN = "database system is ready to accept connections"


class PostgreSQL:
    """Its databases collate as Python does (C.UTF-8). The folder goes at the end.

    :param durable: False where the machine's death is not what is tested: fsync costs a test its time.
    """

    def __init__(self, *, durable: bool = False) -> None:
        (self.port,) = free_ports(1)
        self._folder = Path(tempfile.mkdtemp(prefix="yz-postgresql-"))
        self._durable = durable
        self._who: dict[str, Any] = {"user": "nobody", "group": "nogroup"} if os.getuid() == 0 else {}
        self._talking: Any = None
        self._talker: Talker | None = None

    @property
    def url(self) -> str:
        return f"postgresql://yingzhou@127.0.0.1:{self.port}/postgres"

    @property
    def process_id(self) -> int:
        """Of the server; who serves a connection is its child."""
        assert self._talker
        return self._talker.process.pid

    def __enter__(self) -> Self:
        if self._who:
            shutil.chown(self._folder, **self._who)
        made = subprocess.run(
            [_program("initdb"), "-D", self._folder / "data", "-U", "yingzhou", "-A", "trust", "--no-sync",
             "--locale=C.UTF-8", "--encoding=UTF8"],
            capture_output=True, text=True, check=False, cwd="/", timeout=60, **self._who,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.start()
        return self

    def start(self) -> None:
        command = [
            _program("postgres"), "-D", str(self._folder / "data"), "-h", "127.0.0.1", "-p", str(self.port),
            "-k", str(self._folder), "-c", f"fsync={'on' if self._durable else 'off'}", "-c", "max_connections=200",
        ]  # fmt: skip
        # SIGINT is its fast way to stop: it does not wait for who is connected
        self._talking = talking(command, Path("/"), last=signal.SIGINT, **self._who)
        self._talker = self._talking.__enter__()
        self._talker.hear(_LETS_IN, 60)

    def stop(self) -> None:
        if self._talker is not None:
            self._talker.end()
            self._talker = None

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder)


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert found, "postgresql is not installed: run tests/peers/install"
    return str(found[-1])

"""Child processes of ``up``: started with a log each, started again when they die, ended in order."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from yingzhou.running import PARENT

STOP_S: Final = 15.0
_RESTART_S: Final = 1.0


class Child:
    """One ``yingzhou`` command as a process of its own.

    :param said: told when it ended without being asked to.
    """

    def __init__(self, name: str, arguments: list[str], log: Path, said: Callable[[str], None]) -> None:
        self.name = name
        self.restarts = 0
        self._arguments = arguments
        self._log = log
        self._said = said
        self._process: asyncio.subprocess.Process | None = None
        self._began = 0
        """Where in the log this start of it begins."""

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; its output goes to its log."""
        with self._log.open("ab") as log:
            self._began = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "yingzhou",
                *self._arguments,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we end them in order
                env={**os.environ, PARENT: str(os.getpid())},
            )

    async def watch(self) -> None:
        """Until cancelled: start it again when it ends."""
        while True:
            if self._process is None:
                await self.start()
                continue
            code = await self._process.wait()
            self.restarts += 1
            self._said(f"{self.name} ended with {code}, starting it again; its log is {self._log}")
            await asyncio.sleep(_RESTART_S)
            await self.start()

    async def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def tail(self, characters: int = 1500) -> str:
        """The end of its log, as far as this start of it wrote it."""
        try:
            return self._log.read_bytes()[self._began :].decode(errors="replace")[-characters:]
        except OSError:
            return ""

"""Other people's programs: run to their end, kept running and listened to, and never left behind."""

import asyncio
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

Answer = TypeVar("Answer")
PATIENCE_S = 15.0


def installed(name: str) -> str:
    """The path of a program; a test of peers fails where it is missing, it is not skipped."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    assert path is not None, f"{name} is not installed: run tests/peers/install"
    return path


def run(name: str, *arguments: str, patience_s: float = PATIENCE_S) -> "subprocess.CompletedProcess[str]":
    """To its end; its exit code is the caller's business."""
    return subprocess.run(
        [installed(name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=patience_s,
    )


async def until(
    ask: Callable[[], Awaitable[Answer]], right: Callable[[Answer], bool], patience_s: float = PATIENCE_S
) -> Answer:
    """Ask over HTTP again and again, since HTTP does not call back."""
    end_s = time.monotonic() + patience_s
    while not right(answer := await ask()):
        assert time.monotonic() < end_s, f"still {answer!r} after {patience_s} s"
        await asyncio.sleep(0.05)
    return answer


class Talker:
    """A program that runs on, and what it says line by line (standard output and error together)."""

    def __init__(self, process: "subprocess.Popen[str]", last: signal.Signals) -> None:
        self.process = process
        self._last = last
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def hear(self, text: str, patience_s: float = PATIENCE_S) -> str:
        """The next line that has ``text`` in it."""
        end_s = time.monotonic() + patience_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {text!r} after {patience_s} s in {self.said}") from None
            assert line is not None, f"it ended without {text!r}: {self.said}"
            self.said.append(line)
            if text in line:
                return line

    def end(self, patience_s: float = PATIENCE_S) -> list[str]:
        """Ask it to end; all that it said."""
        if self.process.poll() is None:
            self.process.send_signal(self._last)
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._reader.join(PATIENCE_S)
            if self.process.stdout:
                self.process.stdout.close()
        while (line := self._lines.get()) is not None:
            self.said.append(line)
        return self.said


@contextmanager
def talking(
    command: Sequence[str], cwd: Path | None = None, last: signal.Signals = signal.SIGTERM, **who: Any
) -> Iterator[Talker]:
    """Started here and ended at the end of the block, whatever happens in it.

    :param last: what ends it.
    :param who: ``user`` and ``group`` that it runs as, when they are others.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=cwd,
        **who,
    )
    talker = Talker(process, last)
    try:
        yield talker
    finally:
        if not talker.process.stdout or not talker.process.stdout.closed:
            talker.end()

"""A real Chromium without a window, spoken to in the DevTools protocol over two pipes: no port, no further package."""

import asyncio
import fcntl
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from base64 import b64decode
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHROMIUM = shutil.which("chromium")
PATIENCE_S = 60.0
LONGEST_MESSAGE = 64 << 20
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--hide-scrollbars",
)


class Browser:
    """One browser with one page; all that the page complains of is kept.

    :param folder: empty; the browser's profile.
    """

    def __init__(self, folder: Path, width: int = 1600, height: int = 900, language: str = "en-GB") -> None:
        self._folder = folder
        self._size = (width, height)
        self._language = language
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._session: str | None = None
        self._stack = AsyncExitStack()
        self.complaints: list[str] = []
        """Exceptions, failed loads, breaches of the content security policy, in their order."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            read, write = await stack.enter_async_context(_Process(self._folder, self._language))
            self._read, self._write = read, write
            group = await stack.enter_async_context(asyncio.TaskGroup())
            listening = group.create_task(self._listen())
            stack.callback(listening.cancel)
            await self._open_page()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _open_page(self) -> None:
        target = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        self._session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.ask(f"{domain}.enable")
        await self.resize(*self._size)

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol and its result."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        await self._write.drain()
        found = await asyncio.wait_for(answer, PATIENCE_S)
        assert "error" not in found, f"{method}: {found['error']}"
        result: dict[str, Any] = found["result"]
        return result

    async def go(self, url: str) -> None:
        found = await self.ask("Page.navigate", url=url)
        assert "errorText" not in found, found

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        found = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def until(self, condition: str) -> None:
        """The page says when, at its next change or frame: nobody guesses how long it takes.

        :param condition: an expression that becomes true; a page that is left in the meantime is asked again.
        """
        script = f"""new Promise((done) => {{
            const look = () => {{ if ({condition}) {{ done(true); return; }} setTimeout(look, 20); }};
            look();
        }})"""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if await self.run(script):
                        return
                except AssertionError as error:
                    if "navigated" not in str(error) and "destroyed" not in str(error):
                        raise

    async def resize(self, width: int, height: int) -> None:
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def scheme(self, name: str) -> None:
        """``light`` or ``dark``."""
        await self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    async def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    async def offline(self, away: bool) -> None:
        """Cut the page off from the network, or let it back."""
        await self.ask(
            "Network.emulateNetworkConditions", offline=away, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )

    async def picture(self, path: Path) -> None:
        """What is on the screen, as PNG."""
        path.write_bytes(b64decode((await self.ask("Page.captureScreenshot", format="png"))["data"]))

    async def _listen(self) -> None:
        while True:
            message = json.loads((await self._read.readuntil(b"\0"))[:-1])
            if "id" in message:
                waiting = self._answers.pop(message["id"])
                if not waiting.done():
                    waiting.set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                details = message["params"]["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description") or details["text"])
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] in {"error", "warning"}:
                entry = message["params"]["entry"]
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")


class _Process:
    """Chromium reads commands from descriptor 3 and writes answers to 4; JSON, each message ended by a zero byte."""

    def __init__(self, folder: Path, language: str) -> None:
        self._folder = folder
        self._language = language

    async def __aenter__(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert CHROMIUM is not None
        commands, ours_out = os.pipe()
        ours_in, answers = os.pipe()
        # above 4, so that moving them to 3 and 4 in the child overwrites none of them
        theirs = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (commands, answers)]
        environment = {**os.environ, "LANGUAGE": self._language.replace("-", "_"), "HOME": str(self._folder)}
        with (self._folder / "chromium.log").open("wb") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, *map(str, theirs), CHROMIUM, *FLAGS,
                 f"--user-data-dir={self._folder / 'profile'}", f"--accept-lang={self._language}",
                 f"--lang={self._language}"],
                pass_fds=theirs, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )  # fmt: skip
        for one in (commands, answers, *theirs):
            os.close(one)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LONGEST_MESSAGE)
        self._in, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours_in, "rb", 0)
        )
        self._out, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(ours_out, "wb", 0)
        )
        return reader, asyncio.StreamWriter(self._out, protocol, None, loop)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # its own group: the browser is many processes
        os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()
        self._in.close()
        self._out.close()


_LAUNCH = """
import os, sys
for place, descriptor in enumerate(map(int, sys.argv[1:3]), 3):
    os.dup2(descriptor, place)
os.execv(sys.argv[3], sys.argv[3:])
"""

"""A gateway's executor on a bench: devices in memory, a journal on a real disk or one that loses its power."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from edge.commands.actuator import Actuators, Unfit
from edge.commands.executor import Executor
from edge.commands.journal import Journal
from edge.spool.files import FileOps
from protocols.uplink import Command, Kind, Result, Signed
from protocols.vocabulary import Clock, Event, ManualClock, YingzhouError

KEY = b"k" * 32
NOW = 1_767_225_600_000
LAMP = "nrn-04hmasw9k"


class Lamps:
    """Implements edge.commands.actuator.Actuator: points by ``source/observed``."""

    def __init__(self) -> None:
        self.levels: dict[str, float] = {}
        self.writes: list[tuple[str, float]] = []
        self.reads = 0
        self.fault: Callable[[str, float], YingzhouError | None] = lambda point, value: None
        self.takes: Callable[[float], float] = lambda value: value
        self.gate = asyncio.Event()
        self.gate.set()

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        if observed not in {"lamp_level", "voltage"}:
            return None
        if observed == "voltage" or not 0 <= value <= 100:
            raise Unfit(f"{observed} {value:g}: expected 0 to 100")
        return value

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        point = f"{source}/{observed}/{channel}".rstrip("/")
        await self.gate.wait()
        self.writes.append((point, value))
        error = self.fault(point, value)
        if error is not None:
            raise error
        self.levels[point] = self.takes(value)
        return self.levels[point]

    async def read(self, source: str, observed: str, channel: str) -> float:
        self.reads += 1
        point = f"{source}/{observed}/{channel}".rstrip("/")
        if point not in self.levels:
            raise YingzhouError("silent")
        return self.levels[point]


class Notebook:
    """Implements edge.commands.executor.Notes."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.fails = False

    def note(self, event: Event) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.fails:
            future.set_exception(OSError(28, "No space left on device"))
            future.exception()
        else:
            self.events.append(event)
            future.set_result(None)
        return future


class Cabinet:
    """Executor, journal and lamps; ``opened`` again on the same folder it is the next run of the agent."""

    def __init__(self, folder: Path, lamps: Lamps, *, clock: Clock | None = None, files: FileOps | None = None) -> None:
        self.clock = clock or ManualClock(NOW)
        self.lamps = lamps
        self.notes = Notebook()
        self.said: list[Result] = []
        self.journal = Journal(folder, files)
        self.journal.load()
        self.executor = Executor(
            "gw-1", KEY, Actuators([object(), lamps]), self.journal, self.notes, self.clock, self._hear
        )

    def _hear(self, payload: bytes) -> None:
        self.said.append(Result.of(Signed.of_gateway(payload, Kind.RESULT, "gw-1", [KEY]).body))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Cabinet"]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.executor.run())
            await asyncio.sleep(0)
            yield self
            task.cancel()
        self.journal.close()

    def send(self, command: Command, gateway: str = "gw-1", key: bytes = KEY) -> None:
        self.executor.hear(Signed(Kind.COMMAND, gateway, command.body()).encode(key))

    async def answers(self, count: int) -> list[Result]:
        async with asyncio.timeout(5):
            while len(self.said) < count:
                await asyncio.sleep(0.001)
        return self.said


def command(number: int = 1, version: int | None = None, target: str = LAMP, **more: Any) -> Command:
    values: dict[str, float] = more.get("desired", {"lamp_level": 40.0})
    expires = more.get("expires", NOW + 60_000)
    return Command(f"cmd-{number:08d}", target, number if version is None else version, NOW, expires, values)

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cloud.registry.database import Database
from cloud.secrets import Secrets
from protocols.vocabulary import ManualClock
from tests.cloud.alarms.receiver import Receiver, receiving
from tests.cloud.registry.place import registry_url


class ToldClock(ManualClock):
    """Tells who goes to sleep, so that no test has to guess when."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self.sleeps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        self.sleeps.put_nowait(seconds)
        await super().sleep(seconds)

    async def asleep(self) -> float:
        """Wait until somebody sleeps; returns for how long."""
        async with asyncio.timeout(10):
            return await self.sleeps.get()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(registry_url(tmp_path)) as database:
        yield database


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets.open(tmp_path / "secrets")


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock(1_800_000_000_000)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver

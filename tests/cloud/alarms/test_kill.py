import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cloud.registry import alarms
from cloud.registry.alarms import Filters
from cloud.registry.database import Database
from tests.cloud.alarms.district import with_neurons, with_rule, with_webhook
from tests.cloud.alarms.receiver import Received, Receiver
from tests.cloud.registry.place import sqlite_only

KILLS, STREAMS = 3, 20
LAST = 77.0


@asynccontextmanager
async def victim(folder: Path, allowed: str, held: dict[int, list[float]]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.cloud.alarms.victim", str(folder), allowed),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(list(held.values())).encode() + b"\n")
        yield process
    finally:
        process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined] - its pipes stay open otherwise


async def commit(process: asyncio.subprocess.Process, rows: list[list[float]]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(rows).encode() + b"\n")
    assert await process.stdout.readline() == b".\n"


class Told:
    """What a receiver that looks at webhook-id knows."""

    def __init__(self) -> None:
        self.messages: dict[str, tuple[int, str]] = {}
        """By webhook-id in the order of their first arrival: alarm and type."""

    def take(self, request: Received) -> None:
        message = json.loads(request.body)
        self.messages.setdefault(request.id, (message["data"]["alarm"]["id"], message["type"]))

    def of(self, alarm: int) -> list[str]:
        return [type_ for number, type_ in self.messages.values() if number == alarm]


def is_complete(database: Database, told: Told) -> bool:
    with database.read() as tx:
        listed = alarms.page(tx, Filters(), 1000).items
    return len(listed) == STREAMS and all(
        one.value == LAST and one.count == told.of(one.id).count("alarm.raised") for one in listed
    )


@sqlite_only  # elsewhere a message that was under way goes out a minute later: tests/peers/test_split_brain.py
async def test_killed_with_9_at_random_nothing_is_told_twice_or_lost(
    database: Database, tmp_path: Path, receiver: Receiver
) -> None:
    dice = random.Random(7)
    with_rule(database)
    with_webhook(database, receiver.url, "alarm.raised", "alarm.cleared")
    streams = [number for _, number in with_neurons(database, STREAMS)]
    held = {number: [number, time.time_ns() // 1_000_000, 20.0] for number in streams}
    told = Told()

    async def take(process: asyncio.subprocess.Process, values: dict[int, float]) -> None:
        rows = {number: [number, held[number][1] + 1, value] for number, value in values.items()}
        held.update(rows)  # the store has it, whatever becomes of the process
        await commit(process, list(rows.values()))

    for kill in range(KILLS + 1):
        async with asyncio.timeout(60), victim(tmp_path, receiver.allowed, held) as process:
            known, further = len(told.messages), dice.randint(5, 40)
            while len(told.messages) == known or further:
                await take(process, {number: dice.choice([20.0, 29.0, 35.0]) for number in dice.sample(streams, 5)})
                further -= len(told.messages) > known
                while not receiver.requests.empty():
                    told.take(receiver.requests.get_nowait())
            if kill == KILLS:
                await take(process, dict.fromkeys(streams, 20.0))
                await take(process, dict.fromkeys(streams, LAST))
                while not is_complete(database, told):
                    told.take(await receiver.next())
    for alarm in {number for number, _ in told.messages.values()}:
        types = told.of(alarm)
        assert types == ["alarm.raised", "alarm.cleared"] * (len(types) // 2) + ["alarm.raised"]

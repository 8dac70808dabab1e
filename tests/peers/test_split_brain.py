"""F31: two processes keep alarms on one registry at the same time; nobody is told twice (on Debian's PostgreSQL)."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from cloud.alarms.target import Targets
from cloud.alarms.watch import Alarms
from cloud.ingest.latest import Latest
from cloud.registry import alarms, deliveries
from cloud.registry.alarms import Filters
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.secrets import Secrets
from protocols.vocabulary import SystemClock
from tests.cloud.alarms.district import with_neurons, with_rule, with_webhook
from tests.cloud.alarms.readings import columns
from tests.cloud.alarms.receiver import receiving
from tests.peers.postgresql import PostgreSQL

pytestmark = pytest.mark.peers
STREAMS, ROUNDS = 12, 6


async def test_two_processes_tell_each_change_once(tmp_path: Path) -> None:
    clock = SystemClock()
    start = clock.now_ms() - 60_000
    with ExitStack() as stack:
        url = stack.enter_context(PostgreSQL()).url
        ours, theirs = (stack.enter_context(Database(url)) for _ in range(2))
        async with receiving() as receiver, asyncio.TaskGroup() as group:
            streams = [number for _, number in with_neurons(ours, STREAMS)]
            with_rule(ours)
            with_webhook(ours, receiver.url)
            both = [
                Alarms(one, Directory(one), Latest(), Secrets.open(tmp_path), clock, Targets((receiver.allowed,)))
                for one in (ours, theirs)
            ]
            running = [group.create_task(one.run()) for one in both]
            # both have read the rules: a reading that changes nothing is seen as watched
            async with asyncio.timeout(60):
                while not all(len(one._engine.watched) == STREAMS for one in both):
                    await asyncio.sleep(0.05)
            for turn in range(ROUNDS):
                value = 40.0 if turn % 2 == 0 else 20.0
                rows = [(number, start + turn * 1000, value) for number in streams]
                both[turn % 2].watch(columns(*rows))
                await asyncio.sleep(0.05 * (turn % 3))
                both[1 - turn % 2].watch(columns(*rows))
            async with asyncio.timeout(120):
                while any(one.waiting for one in both) or _waiting(ours):
                    await asyncio.sleep(0.1)
            for task in running:
                task.cancel()
            async with asyncio.timeout(60):  # threads that are still asking hold a connection
                while any(one.engine.pool.checkedout() for one in (ours, theirs)):  # type: ignore[attr-defined]
                    await asyncio.sleep(0.05)
            got = [receiver.requests.get_nowait() for _ in range(receiver.requests.qsize())]
        with ours.read() as tx:
            kept = alarms.page(tx, Filters(), 100).items
    assert [alarm.count for alarm in kept] == [ROUNDS // 2] * STREAMS
    assert len(got) == STREAMS * ROUNDS
    assert max(Counter(one.id for one in got).values()) == 1


def _waiting(database: Database) -> int:
    with database.read() as tx:
        return deliveries.waiting(tx)

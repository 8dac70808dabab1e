import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import OperationalError

from cloud.alarms import journal, watch
from cloud.alarms.courier import CLAIM_MS
from cloud.alarms.lifecycle import State
from cloud.alarms.target import Targets
from cloud.alarms.watch import Alarms
from cloud.ingest.latest import Latest
from cloud.registry import alarms, deliveries, rules, webhooks
from cloud.registry.alarms import Alarm, Filters, Shelf
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.secrets import Secrets
from tests.cloud.alarms.conftest import ToldClock
from tests.cloud.alarms.district import with_neurons, with_rule, with_webhook
from tests.cloud.alarms.readings import Row, columns
from tests.cloud.alarms.receiver import Receiver


class Cloud:
    """What stands around the alarms: a registry, and the latest readings that the store would give back."""

    def __init__(self, database: Database, secrets: Secrets, clock: ToldClock, receiver: Receiver) -> None:
        self.database, self.secrets, self.clock, self.receiver = database, secrets, clock, receiver
        self.latest = Latest()
        self.alarms: Alarms | None = None
        self.seen: set[str] = set()
        self.lives = 0

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[Alarms]:
        if self.database.shared and self.lives:  # nobody can be sending any more what the last one had taken
            self.clock.advance(CLAIM_MS / 1000)
        self.lives += 1
        made = Alarms(
            self.database,
            Directory(self.database),
            self.latest,
            self.secrets,
            self.clock,
            Targets((self.receiver.allowed,)),
        )
        async with asyncio.TaskGroup() as group:
            task = group.create_task(made.run())
            self.alarms = made
            await self.look()
            yield made
            task.cancel()
        self.alarms = None

    async def look(self) -> None:
        """The registry was looked at, once more."""
        while await self.clock.asleep() != watch.LOOK_EVERY_S:
            pass

    async def a_second_later(self) -> None:
        while not self.clock.sleeps.empty():
            self.clock.sleeps.get_nowait()
        self.clock.advance(watch.LOOK_EVERY_S)
        await self.look()

    def commit(self, *rows: Row) -> None:
        block = columns(*rows)
        self.latest.take(block)
        if self.alarms is not None:
            self.alarms.watch(block)

    def now(self, offset: int = 0) -> int:
        return self.clock.now_ms() + offset

    def listed(self) -> list[Alarm]:
        with self.database.read() as tx:
            return alarms.page(tx, Filters(), 1000).items

    async def told(self) -> tuple[str, int]:
        """Type and alarm of the next message; one that came before under the same id is none, as for any receiver."""
        request = await self.receiver.next()
        while request.id in self.seen:
            request = await self.receiver.next()
        self.seen.add(request.id)
        message = json.loads(request.body)
        return message["type"], message["data"]["alarm"]["id"]

    def silent(self) -> bool:
        """Whether nothing new came."""
        requests = self.receiver.requests
        return all(requests.get_nowait().id in self.seen for _ in range(requests.qsize()))

    def outbox(self) -> list[str]:
        """The types of all messages so far."""
        with self.database.read() as tx:
            found = deliveries.page(tx, webhooks.enabled(tx)[0].id, 1000).items
        return [one.event for one in reversed(found)]

    async def written(self) -> None:
        assert self.alarms is not None
        async with asyncio.timeout(10):
            while self.alarms.waiting:
                await asyncio.sleep(0)


@pytest.fixture
def cloud(database: Database, secrets: Secrets, clock: ToldClock, receiver: Receiver) -> Cloud:
    return Cloud(database, secrets, clock, receiver)


@pytest.fixture
def stream(cloud: Cloud) -> int:
    with_rule(cloud.database)
    with_webhook(cloud.database, cloud.receiver.url)
    return with_neurons(cloud.database)[0][1]


async def test_reading_alarm_message(cloud: Cloud, stream: int) -> None:
    async with cloud.alive() as running:
        cloud.commit((stream, cloud.now(), 31.0), (stream + 1, cloud.now(), 99.0))
        assert await cloud.told() == ("alarm.raised", 1)
        cloud.commit((stream, cloud.now(1), 29.0))
        cloud.commit((stream, cloud.now(2), 27.0))
        assert await cloud.told() == ("alarm.cleared", 1)
        await cloud.written()
        assert running.counts.transitions == 2
    assert [(one.state, one.count) for one in cloud.listed()] == [(State.CLEARED_UNACKED, 1)]


async def test_other_start_on_the_same_readings_says_nothing_twice(cloud: Cloud, stream: int) -> None:
    cloud.commit((stream, cloud.now(), 31.0))
    async with cloud.alive():
        assert await cloud.told() == ("alarm.raised", 1)
        await cloud.written()
    for _ in range(2):
        async with cloud.alive() as running:
            await cloud.a_second_later()
            assert (running.active, running.counts.transitions) == (1, 0)
    assert cloud.silent()
    async with cloud.alive():
        cloud.commit((stream, cloud.now(), 20.0))
        assert await cloud.told() == ("alarm.cleared", 1)


async def test_readings_that_were_committed_and_not_evaluated_are_evaluated_at_the_start(
    cloud: Cloud, stream: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit and before anything of the alarm was written."""

    def killed(*_: object) -> int:
        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patched:
        patched.setattr(journal, "record", killed)
        async with cloud.alive() as running:
            cloud.commit((stream, cloud.now(), 31.0))
            assert running.waiting == 1
    assert cloud.listed() == []
    async with cloud.alive():
        assert await cloud.told() == ("alarm.raised", 1)
        await cloud.written()
    assert [one.count for one in cloud.listed()] == [1]
    assert cloud.silent()


async def test_writing_that_fails_is_tried_again(cloud: Cloud, stream: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = journal.record, [1, 2]

    def failing(*args: object) -> int:
        if failures:
            failures.pop()
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        return real(*args)  # type: ignore[arg-type] - handed on

    monkeypatch.setattr(journal, "record", failing)
    async with cloud.alive():
        cloud.commit((stream, cloud.now(), 31.0))
        for _ in range(2):
            while await cloud.clock.asleep() != 5.0:
                pass
            cloud.clock.advance(5)
        assert await cloud.told() == ("alarm.raised", 1)


async def test_new_rule_is_evaluated_on_what_is_there_without_a_new_reading(cloud: Cloud) -> None:
    with_webhook(cloud.database, cloud.receiver.url)
    [(_, young), (_, old)] = with_neurons(cloud.database, 2)
    cloud.commit((young, cloud.now(-1000), 31.0), (old, cloud.now(-3_600_000), 31.0))
    async with cloud.alive():
        with_rule(cloud.database)
        await cloud.a_second_later()
        assert await cloud.told() == ("alarm.raised", 1)
        await cloud.written()
        assert len(cloud.listed()) == 2
        assert cloud.outbox() == ["alarm.raised"], "nobody is woken by an hour-old reading"
        cloud.commit((old, cloud.now(), 31.0))
        assert await cloud.told() == ("alarm.raised", 2)


async def test_new_neuron_is_watched_by_standing_rules(cloud: Cloud, stream: int) -> None:
    async with cloud.alive():
        [(_, late)] = with_neurons(cloud.database)
        await cloud.a_second_later()
        cloud.commit((late, cloud.now(), 31.0))
        assert await cloud.told() == ("alarm.raised", 1)


async def test_retired_rule_clears_its_alarms(cloud: Cloud, stream: int) -> None:
    async with cloud.alive() as running:
        cloud.commit((stream, cloud.now(), 31.0))
        assert await cloud.told() == ("alarm.raised", 1)
        with cloud.database.begin() as tx:
            rules.retire(tx, 1, cloud.now())
        await cloud.a_second_later()
        assert await cloud.told() == ("alarm.cleared", 1)
        cloud.commit((stream, cloud.now(), 40.0))
        assert (running.waiting, running.active) == (0, 0)
    assert cloud.listed()[0].rule_name == "rule 1"


async def test_rule_retired_while_we_were_down_clears_at_the_start(cloud: Cloud, stream: int) -> None:
    cloud.commit((stream, cloud.now(), 31.0))
    async with cloud.alive():
        await cloud.told()
        await cloud.written()
    with cloud.database.begin() as tx:
        rules.retire(tx, 1, cloud.now())
    async with cloud.alive():
        assert await cloud.told() == ("alarm.cleared", 1)


async def test_acknowledgement_is_told_within_a_second(cloud: Cloud, stream: int) -> None:
    async with cloud.alive():
        cloud.commit((stream, cloud.now(), 31.0))
        await cloud.told()
        with cloud.database.begin() as tx:
            journal.acknowledge(tx, 1, "li", cloud.now())
        await cloud.a_second_later()
        assert await cloud.told() == ("alarm.acknowledged", 1)
        cloud.commit((stream, cloud.now(), 20.0))
        assert await cloud.told() == ("alarm.cleared", 1)
        await cloud.written()
    assert cloud.listed()[0].state is State.NORMAL


async def test_shelved_alarm_is_silent_and_comes_back_by_itself(cloud: Cloud, stream: int) -> None:
    async with cloud.alive():
        cloud.commit((stream, cloud.now(), 31.0))
        await cloud.told()
        with cloud.database.begin() as tx:
            journal.shelve(tx, 1, Shelf(cloud.now(600_000), "li", "repair"), cloud.now())
        await cloud.a_second_later()
        cloud.commit((stream, cloud.now(), 20.0))
        await cloud.written()
        assert cloud.listed()[0].state is State.CLEARED_UNACKED
        cloud.clock.advance(590)
        await cloud.a_second_later()
        await cloud.written()
        assert cloud.outbox() == ["alarm.raised"]
        cloud.clock.advance(10)
        await cloud.a_second_later()
        assert await cloud.told() == ("alarm.cleared", 1)


async def test_too_many_transitions_stop_the_evaluation_and_the_latest_readings_catch_up(
    cloud: Cloud, stream: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_WAITING", 4)
    others = [number for _, number in with_neurons(cloud.database, 3)]
    async with cloud.alive() as running:
        cloud.commit(*((number, cloud.now(), 31.0) for number in (stream, *others)))
        assert running.waiting == 4
        cloud.commit((stream, cloud.now(1), 20.0))
        cloud.commit((stream, cloud.now(2), 35.0), (others[0], cloud.now(2), 20.0))
        assert (running.waiting, running.counts.commits_passed_over) == (4, 2)
        told = [await cloud.told() for _ in range(5)]
        await cloud.written()
    assert told.count(("alarm.cleared", 2)) == 1
    assert [one.state.startswith("active") for one in cloud.listed()] == [True, False, True, True]


async def test_messages_that_waited_when_we_were_stopped_go_out_at_the_next_start(cloud: Cloud, stream: int) -> None:
    cloud.commit((stream, cloud.now(), 31.0))
    with cloud.database.begin() as tx:
        for _ in range(3):
            deliveries.enqueue(tx, hook_of(cloud), None, "alarm.raised", b'{"type":"x","data":{"alarm":{"id":0}}}', 1)
    async with cloud.alive():
        assert {await cloud.told() for _ in range(4)} == {("x", 0), ("alarm.raised", 1)}


def hook_of(cloud: Cloud) -> str:
    with cloud.database.read() as tx:
        return webhooks.enabled(tx)[0].id

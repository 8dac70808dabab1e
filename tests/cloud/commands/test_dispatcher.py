"""What goes down and what comes up, with a line that keeps what it is given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import patch

import pytest
from sqlalchemy.exc import OperationalError

from cloud.commands import dispatcher as dispatcher_module
from cloud.commands.dispatcher import Dispatcher
from cloud.registry import commands
from protocols.uplink import Command, Item, Kind, Result, Signed
from tests.cloud.commands.street import NOW, Line, Street


class Post:
    def __init__(self, street: Street) -> None:
        self.street = street
        self.line = Line()
        self.dispatcher = Dispatcher(street.database, street.keys, self.line, street.clock)
        self.settled = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.dispatcher.run())
            yield
            task.cancel()

    async def until(self, what: object, seconds: float = 0.0) -> None:
        """Turn the clock while it is not so."""
        async with asyncio.timeout(10):
            while not what():  # type: ignore[operator]
                self.street.clock.advance(seconds)
                await asyncio.sleep(0.005)

    def read(self, key: bytes, place: int = -1) -> Command:
        topic, payload = self.line.published[place]
        gateway = topic.split("/")[2]
        assert topic.endswith("/down/command")
        return Command.of(Signed.of_gateway(payload, Kind.COMMAND, gateway, [key]).body)

    def answer(
        self, name: str, key: bytes, gateway: str = "gw-1", signer: str = "gw-1", state: str = "applied"
    ) -> None:
        result = Result(name, 1, state, NOW, (Item("lamp_level", "applied", 40.0),))  # type: ignore[arg-type]
        self.dispatcher.receive(gateway, Signed(Kind.RESULT, signer, result.body()).encode(key), self._settle)

    def _settle(self) -> None:
        self.settled += 1


@pytest.fixture
def post(street: Street) -> Post:
    return Post(street)


async def test_a_command_goes_down_and_its_result_is_heard(street: Street, post: Post) -> None:
    key = street.gateway()
    given = street.give(street.neuron())
    await post.dispatcher.flush()
    assert post.read(key) == Command(given.id, given.neuron, given.version, NOW, NOW + 60_000, {"lamp_level": 40.0})
    assert street.get(given.id).state == "sent"
    async with post.running():
        post.answer(given.id, key)
        await post.until(lambda: post.settled)
        assert street.get(given.id).state == "applied"
        street.clock.advance(600)
        await post.dispatcher.flush()
    assert len(post.line.published) == 1
    assert (post.dispatcher.counts.sent, post.dispatcher.counts.results) == (1, 1)


async def test_it_is_sent_again_until_it_is_over(street: Street, post: Post) -> None:
    key = street.gateway()
    given = street.give(street.neuron(), lasts_s=60)
    async with post.running():
        await post.until(lambda: street.get(given.id).state == "expired", 0.5)
    assert len(post.line.published) == 4  # at 0, 5, 15 and 35 s
    assert {post.read(key, place).id for place in range(4)} == {given.id}
    assert (post.dispatcher.counts.sent, post.dispatcher.counts.resent) == (1, 3)


async def test_without_a_line_nothing_counts_as_sent(street: Street, post: Post) -> None:
    street.gateway()
    given, short = street.give(street.neuron()), street.give(street.neuron(), lasts_s=2)
    post.line.connected.clear()
    async with post.running():
        await post.until(lambda: street.get(short.id).state == "expired", 0.5)
        assert street.get(given.id).state == "pending"
        assert street.get(short.id).attempts == 0
        post.line.connected.set()
        await post.until(lambda: street.get(given.id).state == "sent", 0.5)
    assert len(post.line.published) == 1


async def test_a_group_goes_out_one_after_the_other(street: Street, post: Post) -> None:
    street.gateway()
    names = [street.give(street.neuron(), due_s=n / 10).id for n in range(20)]
    times: dict[str, int] = {}
    async with post.running():
        while len(times) < 20:
            await asyncio.sleep(0.02)
            for name in reversed(names):  # of two that go out while we look, the first is looked at last
                if street.get(name).state == "sent":
                    times.setdefault(name, street.clock.now_ms())
            street.clock.advance(0.1)
    sent = [times[name] for name in names]
    assert sent == sorted(sent)
    assert max(times.values()) - min(times.values()) >= 1700  # each is seen up to a step of 100 ms late


async def test_during_an_overlap_it_goes_out_under_each_key(street: Street, post: Post) -> None:
    old = street.gateway()
    new = street.rotate()
    street.give(street.neuron())
    await post.dispatcher.flush()
    assert {post.read(key, place).target for key, place in ((new, 0), (old, 1))} == {post.read(new, 0).target}


async def test_a_gateway_that_is_back_does_not_wait(street: Street, post: Post) -> None:
    street.gateway()
    given = street.give(street.neuron(), lasts_s=3600)
    with street.database.begin() as tx:
        commands.note_sent(tx, [given._replace(attempts=6)], NOW)
    async with post.running():
        for online, published in ((False, 0), (True, 1), (True, 1), (False, 1), (True, 2)):
            post.dispatcher.seen("gw-1", online=online)
            await post.until(lambda: len(post.line.published) >= published)  # noqa: B023
            await asyncio.sleep(0.02)
            assert len(post.line.published) == published


@pytest.mark.parametrize("kind", ["key", "other gateway", "signer", "garbage", "command"])
async def test_a_result_that_is_not_to_be_trusted_changes_nothing(street: Street, post: Post, kind: str) -> None:
    key, other = street.gateway(), street.gateway("gw-2")
    given = street.give(street.neuron())
    async with post.running():
        if kind == "key":
            post.answer(given.id, b"another")
        elif kind == "other gateway":
            post.answer(given.id, other, "gw-2", "gw-2")
        elif kind == "signer":
            post.answer(given.id, key, "gw-1", "gw-2")
        elif kind == "command":
            body = Command(given.id, given.neuron, 1, NOW, NOW, {"lamp_level": 1}).body()
            post.dispatcher.receive("gw-1", Signed(Kind.COMMAND, "gw-1", body).encode(key), post._settle)
        else:
            post.dispatcher.receive("gw-unknown", b"\xff", post._settle)
        await post.until(lambda: post.settled)
    assert street.get(given.id).result is None
    assert post.dispatcher.counts.untrusted == (kind != "other gateway")


async def test_too_many_results_are_dropped_and_counted(
    street: Street, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "MAX_RESULTS", 2)
    for _ in range(3):
        post.dispatcher.receive("gw-1", b"", post._settle)
    assert (post.settled, post.dispatcher.counts.dropped) == (1, 1)


async def test_a_registry_that_is_away_is_asked_again(street: Street, post: Post) -> None:
    key = street.gateway()
    given = street.give(street.neuron())
    away = OperationalError("", {}, Exception("away"))
    async with post.running():
        await post.until(lambda: street.get(given.id).state == "sent")
        with patch.object(commands, "heed", side_effect=away), patch.object(commands, "next_ms", side_effect=away):
            post.answer(given.id, key)
            await asyncio.sleep(0.05)
            assert post.settled == 0
        await post.until(lambda: post.settled, 1.0)
    assert street.get(given.id).state == "applied"

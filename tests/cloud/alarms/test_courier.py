import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from cloud.alarms import journal
from cloud.alarms.courier import CLAIM_MS, Courier
from cloud.alarms.post import Post
from cloud.alarms.schedule import Schedule
from cloud.alarms.target import Targets
from cloud.registry import deliveries, webhooks
from cloud.registry.database import Database
from cloud.registry.deliveries import Attempt, Delivery
from cloud.secrets import Secrets
from tests.cloud.alarms.conftest import ToldClock
from tests.cloud.alarms.district import cleared, raised, with_neurons, with_rule, with_webhook
from tests.cloud.alarms.receiver import BROKEN_OFF, HANG, NO_HTTP, Received, Receiver, receiving, reply


class Running:
    """A courier that can be killed and started again on the same registry."""

    def __init__(self, database: Database, secrets: Secrets, clock: ToldClock, targets: Targets) -> None:
        self.database, self.secrets, self.clock, self.targets = database, secrets, clock, targets
        self.rule = with_rule(database).id
        self.streams = [number for _, number in with_neurons(database, 3)]
        self.courier: Courier | None = None
        self.lives = 0

    @asynccontextmanager
    async def alive(self, timeout_s: float = 5.0) -> AsyncIterator[Courier]:
        if self.database.shared and self.lives:  # nobody can be sending any more what the last one had taken
            self.clock.advance(CLAIM_MS / 1000)
        self.lives += 1
        async with Post(self.targets, self.secrets, self.clock, timeout_s=timeout_s) as post:
            courier = Courier(self.database, post, self.clock, Schedule())
            async with asyncio.TaskGroup() as group:
                task = group.create_task(courier.run())
                self.courier = courier
                yield courier
                task.cancel()

    def happen(self, *transitions: object) -> None:
        with self.database.begin() as tx:
            journal.record(tx, transitions, self.clock.now_ms())  # type: ignore[arg-type] - Transition, said shorter
        if self.courier is not None:
            self.courier.wake()

    def raise_one(self, stream: int = 0, time: int = 5) -> None:
        self.happen(raised(self.rule, self.streams[stream], time))

    def deliveries(self, webhook: str) -> list[tuple[Delivery, list[Attempt]]]:
        with self.database.read() as tx:
            found = sorted(deliveries.page(tx, webhook, 1000).items)
            attempts = deliveries.attempts(tx, [one.number for one in found])
            return [(one, attempts.get(one.number, [])) for one in found]

    def states(self, webhook: str) -> list[str]:
        return [one.state for one, _ in self.deliveries(webhook)]


@pytest.fixture
def running(database: Database, secrets: Secrets, clock: ToldClock, receiver: Receiver) -> Running:
    return Running(database, secrets, clock, Targets((receiver.allowed,)))


async def settled(clock: ToldClock) -> float:
    """Wait until the only worker sleeps: what it did before is written down."""
    seconds = await clock.asleep()
    while not clock.sleeps.empty():
        seconds = clock.sleeps.get_nowait()
    return seconds


async def pass_until_due(running: Running, webhook: str) -> None:
    """Let as much time go by as the worker waits for, however often it looks at the clock meanwhile."""
    while True:
        wait = await settled(running.clock)
        [(delivery, _)] = running.deliveries(webhook)
        left_ms = 0 if delivery.next_ms is None else delivery.next_ms - running.clock.now_ms()
        running.clock.advance(wait)
        if left_ms <= wait * 1000:
            return


async def test_delivered_once_at_once_with_all_that_is_needed(running: Running, receiver: Receiver) -> None:
    webhook = with_webhook(running.database, receiver.url)
    running.raise_one()
    async with running.alive():
        request = await receiver.next()
        assert await settled(running.clock) == 3600
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["host"] == receiver.allowed
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-timestamp"] == str(running.clock.now_ms() // 1000)
    assert json.loads(request.body)["type"] == "alarm.raised"
    assert len(request.body) < 20_000
    [(delivery, attempts)] = running.deliveries(webhook.id)
    assert (delivery.state, delivery.id, delivery.next_ms) == ("delivered", request.id, None)
    assert attempts == [Attempt(1, running.clock.now_ms(), 0, 204, "")]
    assert receiver.requests.empty()


async def test_ten_attempts_with_one_id_and_then_given_up(running: Running, receiver: Receiver) -> None:
    webhook = with_webhook(running.database, receiver.url)
    receiver.replies.extend([reply(500)] * 20)
    running.raise_one()
    seen: list[Received] = []
    due: list[float] = []
    async with running.alive():
        for _ in range(10):
            seen.append(await receiver.next())
            due.append(running.clock.now_ms() / 1000)
            await pass_until_due(running, webhook.id)
    [(delivery, attempts)] = running.deliveries(webhook.id)
    assert (delivery.state, len(attempts), len(seen)) == ("failed", 10, 10)
    assert {request.id for request in seen} == {delivery.id}
    assert {request.body for request in seen} == {delivery.body}
    stamps = [int(request.headers["webhook-timestamp"]) for request in seen]
    assert stamps == sorted(set(stamps)), "the stamp is of the attempt"
    gaps = [after - before for before, after in pairwise(due)]
    nominal = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert all(want <= gap <= want * 1.1 + 0.001 for want, gap in zip(nominal, gaps, strict=True)), gaps
    assert attempts[0].error == "answered 500"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (reply(500), 500, "answered 500"),
        (reply(404), 404, "answered 404"),
        (reply(302, "location: http://127.0.0.1:1/"), 302, "answered 302, which is not followed"),
        (BROKEN_OFF, 200, "the answer broke off"),
        (NO_HTTP, None, "RemoteProtocolError"),
        (HANG, None, "no answer within 0.3 s"),
        (reply(200, "x: " + "y" * 300_000), None, "RemoteProtocolError"),
    ],
)
async def test_whatever_goes_wrong_is_tried_again(
    running: Running, receiver: Receiver, answer: bytes, status: int | None, error: str
) -> None:
    webhook = with_webhook(running.database, receiver.url)
    receiver.replies.append(answer)
    running.raise_one()
    async with running.alive(0.3 if answer == HANG else 5):
        first = await receiver.next()
        assert 5 <= await settled(running.clock) <= 5.5
        running.clock.advance(5.5)
        second = await receiver.next()
        await settled(running.clock)
    assert first.id == second.id
    [(delivery, attempts)] = running.deliveries(webhook.id)
    assert (delivery.state, attempts[0].status) == ("delivered", status)
    assert attempts[0].error.startswith(error)


async def test_redirect_is_not_followed(running: Running, receiver: Receiver) -> None:
    async with receiving() as inside:
        receiver.replies.append(reply(307, f"location: http://127.0.0.1:{inside.port}/admin"))
        with_webhook(running.database, receiver.url)
        running.raise_one()
        async with running.alive():
            await receiver.next()
            await settled(running.clock)
        assert inside.connections == 0


async def test_long_answer_is_not_read_to_its_end(running: Running, receiver: Receiver) -> None:
    webhook = with_webhook(running.database, receiver.url)
    receiver.replies.append(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n" + b"x" * 200_000)
    running.raise_one()
    async with running.alive():
        await receiver.next()
        await settled(running.clock)
    assert running.states(webhook.id) == ["delivered"]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_holds_the_whole_endpoint(running: Running, receiver: Receiver, status: int) -> None:
    with_webhook(running.database, receiver.url)
    receiver.replies.append(reply(status, "retry-after: 120"))
    running.raise_one(0)
    async with running.alive():
        await receiver.next()
        assert await settled(running.clock) == 120
        running.clock.advance(100)
        running.raise_one(1)
        assert await settled(running.clock) == 20
        running.clock.advance(19)
        assert receiver.requests.empty()
        running.clock.advance(1)
        await receiver.next()


async def test_gone_disables_the_endpoint(running: Running, receiver: Receiver) -> None:
    webhook = with_webhook(running.database, receiver.url)
    receiver.replies.append(reply(410))
    running.raise_one(0, 5)
    running.happen(cleared(running.rule, running.streams[0]))
    async with running.alive() as courier:
        await receiver.next()
        while courier._workers:
            await asyncio.sleep(0)
        running.raise_one(1)
    with running.database.read() as tx:
        found = webhooks.get(tx, webhook.id)
    assert (found.enabled, found.disabled_reason) == (False, "it answered 410 Gone")
    assert running.states(webhook.id) == ["failed", "disabled"]
    assert receiver.requests.empty()


async def test_order_of_one_alarm_is_kept_and_others_do_not_wait(running: Running, receiver: Receiver) -> None:
    with_webhook(running.database, receiver.url)
    receiver.replies.append(reply(500))
    running.raise_one(0)
    async with running.alive():
        first = await receiver.next()
        await settled(running.clock)
        running.happen(cleared(running.rule, running.streams[0]), raised(running.rule, running.streams[1]))
        other = await receiver.next()
        assert json.loads(other.body)["data"]["alarm"]["id"] != json.loads(first.body)["data"]["alarm"]["id"]
        await settled(running.clock)
        assert receiver.requests.empty()
        running.clock.advance(6)
        again, then = await receiver.next(), await receiver.next()
    assert again.id == first.id
    assert json.loads(then.body)["type"] == "alarm.cleared"


async def test_dead_and_hanging_endpoints_delay_nobody(running: Running, receiver: Receiver) -> None:
    async with receiving() as hanging:
        hanging.replies.extend([HANG] * 10)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            dead = f"127.0.0.1:{closed.getsockname()[1]}"
        running.targets = Targets((receiver.allowed, hanging.allowed, dead))
        for url in (hanging.url, f"http://{dead}/", receiver.url):
            with_webhook(running.database, url)
        async with running.alive(60):
            for step in range(10):
                running.raise_one(0, step) if step % 2 == 0 else running.happen(
                    cleared(running.rule, running.streams[0], step)
                )
                await receiver.next()
            assert hanging.connections == 1


async def test_killed_in_the_middle_nothing_is_lost(running: Running, receiver: Receiver) -> None:
    webhook = with_webhook(running.database, receiver.url)
    for step in range(40):
        running.happen((raised, cleared)[step % 2](running.rule, running.streams[step // 2 % 3], 10 + step))
    expected = [one.id for one, _ in running.deliveries(webhook.id)]
    assert len(expected) == 40
    seen: list[str] = []
    for kill_after in (1, 3, 2, 5, 100):
        async with running.alive():
            for _ in range(kill_after):
                seen.append((await receiver.next()).id)
                if len(set(seen)) == 40:
                    break
            else:
                continue
            while "pending" in running.states(webhook.id):
                await asyncio.sleep(0)
    while not receiver.requests.empty():
        seen.append(receiver.requests.get_nowait().id)
    assert set(seen) == set(expected)
    assert running.states(webhook.id) == ["delivered"] * 40
    first_seen = sorted(set(seen), key=seen.index)
    by_alarm = {one.id: one.alarm for one, _ in running.deliveries(webhook.id)}
    for alarm in set(by_alarm.values()):
        assert [one for one in first_seen if by_alarm[one] == alarm] == [
            one for one in expected if by_alarm[one] == alarm
        ]


async def test_removed_webhook_is_served_no_longer(running: Running, receiver: Receiver) -> None:
    webhook = with_webhook(running.database, receiver.url)
    receiver.replies.append(HANG)
    running.raise_one()
    async with running.alive(0.3) as courier:
        await receiver.next()
        with running.database.begin() as tx:
            webhooks.remove(tx, webhook.id)
        while courier._workers:
            await asyncio.sleep(0.01)
    assert running.deliveries(webhook.id) == []


async def test_name_that_is_rebound_to_an_internal_address_is_not_connected(
    running: Running, receiver: Receiver
) -> None:
    answers = [["127.0.0.1"]]

    def rebinding(_host: str, _port: int) -> Sequence[str]:
        return answers.pop() if len(answers) > 1 else answers[0]

    running.targets = Targets((), rebinding)
    answers.append(["93.184.215.14"])
    assert running.targets.judge("https://hook.example:8443/").addresses == ("93.184.215.14",)  # at creation
    webhook = with_webhook(running.database, "https://hook.example:8443/")
    running.raise_one()
    async with running.alive():
        await settled(running.clock)
    [(delivery, [attempt])] = running.deliveries(webhook.id)
    assert delivery.state == "pending"
    assert attempt.status is None
    assert attempt.error.startswith("not sent: hook.example is 127.0.0.1, which is a loopback address")
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0x7f000001", "2130706433", "127.1", "a@127.0.0.1", "[::1]"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_nothing_listening_on_loopback_is_ever_connected(
    running: Running, receiver: Receiver, host: str, scheme: str
) -> None:
    running.targets = Targets()
    webhook = with_webhook(running.database, f"{scheme}://{host}:{receiver.port}/")
    running.raise_one()
    async with running.alive():
        await settled(running.clock)
    assert running.deliveries(webhook.id)[0][1][0].error.startswith("not sent: ")
    assert receiver.connections == 0


async def test_connected_is_to_the_judged_address_and_asked_only_once(running: Running, receiver: Receiver) -> None:
    asked: list[str] = []

    def resolver(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    running.targets = Targets(("127.0.0.0/8",), resolver)
    with_webhook(running.database, f"http://no.such.host.invalid:{receiver.port}/hook?a=b")
    running.raise_one()
    async with running.alive():
        request = await receiver.next()
        await settled(running.clock)
    assert request.headers["host"] == f"no.such.host.invalid:{receiver.port}"
    assert request.line == "POST /hook?a=b HTTP/1.1"
    assert asked == ["no.such.host.invalid"]


async def test_second_address_is_tried_when_the_first_does_not_answer(running: Running, receiver: Receiver) -> None:
    running.targets = Targets(("127.0.0.0/8",), lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
    with_webhook(running.database, f"http://desk.internal:{receiver.port}/")
    running.raise_one()
    async with running.alive():
        await receiver.next()
        await settled(running.clock)


async def test_only_wanted_events_are_sent(running: Running, receiver: Receiver) -> None:
    with_webhook(running.database, receiver.url, "alarm.cleared")
    running.happen(raised(running.rule, running.streams[0]), cleared(running.rule, running.streams[0]))
    async with running.alive():
        assert json.loads((await receiver.next()).body)["type"] == "alarm.cleared"
        await settled(running.clock)
    assert receiver.requests.empty()


def test_outbox_is_bounded_and_says_what_it_gave_up(running: Running) -> None:
    webhook = with_webhook(running.database, "https://hook.example/")
    for step in range(10):
        running.happen((raised, cleared)[step % 2](running.rule, running.streams[0], 10 + step))
    with running.database.begin() as tx:
        assert deliveries.bound(tx, webhook.id, 1, most=4) == 6
        assert deliveries.bound(tx, webhook.id, 1, most=4) == 0
    found = running.deliveries(webhook.id)
    assert [one.state for one, _ in found] == ["failed"] * 6 + ["pending"] * 4
    assert found[0][1][0].error == "given up: more than 4 messages waited"
    with running.database.begin() as tx:
        deliveries.prune(tx, webhook.id, most=2)
    assert [one.number for one, _ in running.deliveries(webhook.id)] == [one.number for one, _ in found[4:]]

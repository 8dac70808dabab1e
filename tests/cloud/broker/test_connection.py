"""The session against a broker that misbehaves, is slow, or takes little at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cloud.broker import session as module
from cloud.broker.line import Endpoint, Inbound
from cloud.broker.outbox import MOST_LINES, MOST_WAITING, Letter, Outbox
from cloud.broker.session import BrokerSession
from protocols.mqtt import Version, publish
from protocols.vocabulary import Clock, ManualClock
from tests.cloud.broker.conftest import HastyClock
from tests.cloud.broker.scripted import ScriptedBroker
from tests.cloud.broker.test_session import until

ADMITTED = bytes.fromhex("20020000")
ADMITTED_V5 = bytes.fromhex("2003000000")
PUBLISH, PUBACK, SUBSCRIBE, PING, DISCONNECT = 3, 4, 8, 12, 14


class Client:
    def __init__(self, broker: ScriptedBroker, clock: Clock, group: str = "") -> None:
        self.messages: list[Inbound] = []
        endpoint = Endpoint("127.0.0.1", broker.port, "u", "p")
        self.session = BrokerSession(endpoint, "c", [("a/+", 1)], self.messages.append, clock, group=group)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[BrokerSession]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.session.run())
            yield self.session
            task.cancel()


@asynccontextmanager
async def talking(
    answer: bytes = ADMITTED, *, group: str = "", clock: Clock | None = None
) -> AsyncIterator[tuple[ScriptedBroker, Client, BrokerSession]]:
    async with ScriptedBroker(answer).running() as broker:
        client = Client(broker, clock or HastyClock(), group)
        async with client.running() as session:
            yield broker, client, session


def acknowledged(packet: bytes) -> bytes:
    """The PUBACK of a PUBLISH that was heard without its length."""
    at = 3 + int.from_bytes(packet[1:3], "big")
    return b"\x40\x02" + packet[at : at + 2]


async def test_no_more_go_out_at_once_than_the_broker_takes() -> None:
    """Receive maximum 2: MQTT 5 §4.9."""
    async with talking(bytes.fromhex("2006000003210002"), group="g") as (broker, _, session):
        await until(session.connected.is_set)
        for n in range(5):
            session.publish("t", b"%d" % n)
        await until(lambda: broker.kinds.count(PUBLISH) == 2)
        await asyncio.sleep(0.05)
        sent = [packet for packet in broker.heard if packet[0] >> 4 == PUBLISH]
        assert [packet[-1:] for packet in sent] == [b"0", b"1"]
        broker.say(acknowledged(sent[1]))
        await until(lambda: broker.kinds.count(PUBLISH) == 3)
        assert broker.heard[-1][-1:] == b"2"


async def test_what_was_not_answered_goes_out_again_on_the_next_line_and_first() -> None:
    async with talking() as (broker, _, session), asyncio.TaskGroup() as tasks:
        await until(session.connected.is_set)
        delivered = tasks.create_task(session.deliver("t", b"1"))
        await asyncio.sleep(0)
        session.publish("t", b"2")
        await until(lambda: broker.kinds.count(PUBLISH) == 2)
        broker.clients[-1].close()
        assert await delivered is False
        await until(lambda: session.connects == 2)
        session.publish("t", b"3")
        await until(lambda: broker.kinds.count(PUBLISH) == 4)
        assert [packet[-1:] for packet in broker.heard if packet[0] >> 4 == PUBLISH] == [b"1", b"2", b"2", b"3"]


async def test_delivered_says_what_the_broker_says() -> None:
    async with talking(ADMITTED_V5, group="g") as (broker, _, session), asyncio.TaskGroup() as tasks:
        await until(session.connected.is_set)
        for answer, taken in ((b"\x40\x03\0\0\x97", False), (b"\x40\x03\0\0\x10", True)):
            before = broker.kinds.count(PUBLISH)
            delivered = tasks.create_task(session.deliver("t", b"1"))
            await until(lambda before=before: broker.kinds.count(PUBLISH) > before)
            number = acknowledged(broker.heard[-1])[2:]
            broker.say(answer[:2] + number + answer[4:])
            assert await delivered is taken


async def test_a_silent_broker_is_pinged_and_then_given_up(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    async with talking(clock=clock) as (broker, _, session):
        await until(session.connected.is_set)
        assert session._line is not None
        session._line.keep_alive()
        assert PING not in broker.kinds
        clock.advance(module.KEEP_ALIVE_S / 2)
        session._line.keep_alive()
        await until(lambda: PING in broker.kinds)
        broker.say(b"\xd0\x00")
        await asyncio.sleep(0.05)
        clock.advance(module.KEEP_ALIVE_S * 1.4)
        session._line.keep_alive()
        assert session.connected.is_set()
        clock.advance(module.KEEP_ALIVE_S * 0.2)
        session._line.keep_alive()
        await until(lambda: "does not answer" in caplog.text)


async def test_who_only_says_what_needs_no_answer_pings_too() -> None:
    clock = ManualClock()
    async with talking(clock=clock) as (broker, _, session):
        await until(session.connected.is_set)
        line = session._line
        assert line is not None
        for second in range(1, 121):
            clock.advance(1)
            session.publish("t", b"%d" % second, 0)
            before = broker.kinds.count(PING)
            line.keep_alive()
            await until(lambda second=second: broker.heard[-1][-1:] != b"" and len(broker.heard) > second)
            await asyncio.sleep(0.001)
            if broker.kinds.count(PING) > before:
                broker.say(b"\xd0\x00")
                await asyncio.sleep(0.005)
        assert session.connects == 1
        assert 6 <= broker.kinds.count(PING) <= 9


async def test_a_broker_may_want_pings_more_often_and_shorter_messages() -> None:
    """Server keep alive 4 s and maximum packet size 100: MQTT 5 §3.2.2.3."""
    clock = ManualClock()
    async with talking(bytes.fromhex("200b0000081300042700000064"), group="g", clock=clock) as (broker, _, session):
        await until(session.connected.is_set)
        assert session._line is not None
        clock.advance(2)
        session._line.keep_alive()
        await until(lambda: PING in broker.kinds)
        assert await session.deliver("t", bytes(100)) is False
        session.publish("t", b"short")
        await until(lambda: PUBLISH in broker.kinds)
        assert broker.heard[-1][-5:] == b"short"
        assert session._outbox.dropped == 1


async def test_a_line_that_is_lost_while_it_is_made_does_not_outlive_a_cancellation() -> None:
    async with ScriptedBroker(b"").running() as broker:
        client = Client(broker, HastyClock())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(client.session.run())
            await until(lambda: broker.kinds == [1])
            assert client.session._line is not None
            client.session._line.fail("in the same turn")
            task.cancel()
        assert task.cancelled()


async def test_a_note_that_was_given_up_is_not_sent_again() -> None:
    async with talking() as (broker, _, session), asyncio.TaskGroup() as tasks:
        await until(session.connected.is_set)
        delivered = tasks.create_task(session.deliver("t", b"1"))
        await until(lambda: PUBLISH in broker.kinds)
        broker.clients[-1].close()
        assert await delivered is False
        await until(lambda: session.connects == 2)
        session.publish("t", b"2")
        await until(lambda: broker.kinds.count(PUBLISH) == 2)
        assert broker.heard[-1][-1:] == b"2"


async def test_the_broker_says_farewell_for_who_has_no_room_to() -> None:
    async with ScriptedBroker(bytes.fromhex("2006000003210001")).running() as broker:
        endpoint = Endpoint("127.0.0.1", broker.port, "", "")
        session = BrokerSession(endpoint, "c", (), lambda _: None, HastyClock(), group="g", will=("w", b"gone"))
        for busy in (True, False):
            broker.heard.clear()
            async with asyncio.TaskGroup() as group:
                task = group.create_task(session.run())
                await until(session.connected.is_set)
                if busy:
                    session.publish("t", b"1")
                    await until(lambda: PUBLISH in broker.kinds)
                else:
                    session._outbox.line(1)
                    session._outbox._waiting.clear()
                task.cancel()
            await until(lambda: broker._serving == 0)
            assert (DISCONNECT in broker.kinds) is not busy


async def test_a_handler_of_ours_that_fails_ends_the_line_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedBroker(ADMITTED).running() as broker:
        endpoint = Endpoint("127.0.0.1", broker.port, "", "")
        session = BrokerSession(endpoint, "c", [("a", 1)], lambda _: None, HastyClock(), greet=lambda: 1 / 0)  # type: ignore[arg-type, return-value]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(session.run())
            await until(lambda: SUBSCRIBE in broker.kinds)
            broker.say(b"\x90\x03\0\1\1")
            await until(lambda: session.connects == 2)
            task.cancel()
        assert "ZeroDivisionError" in caplog.text


async def test_what_mqtt_cannot_carry_is_refused_at_once() -> None:
    async with talking() as (_, __, session):
        await until(session.connected.is_set)
        for name in ("t" * 65_536, "\ud800"):
            with pytest.raises(ValueError):
                session.publish(name, b"")
        assert session.connects == 1


async def test_one_that_is_not_listened_to_is_not_called_silent() -> None:
    clock = ManualClock()
    async with talking(clock=clock) as (broker, _, session):
        await until(session.connected.is_set)
        assert session._line is not None
        session.hold(back=True)
        clock.advance(module.KEEP_ALIVE_S * 5)
        session._line.keep_alive()
        await until(lambda: PING in broker.kinds)  # or the broker would give us up
        assert session.connected.is_set()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"\x36\x07\0\3a/b\0\x0a", "QoS 3"),
        (b"\x30\xff\xff\xff\xff", "more than four bytes"),
        (b"\x20\x02\0\0", "second CONNACK"),
        (b"\x50\x02\0\1", "0x50"),
    ],
)
async def test_what_is_no_mqtt_ends_the_line_and_the_next_is_made(
    said: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with talking() as (broker, _, session):
        await until(session.connected.is_set)
        broker.say(said)
        await until(lambda: session.connects == 2)
        assert why in caplog.text


@pytest.mark.parametrize(
    ("answer", "group", "why"),
    [
        (bytes.fromhex("20020004"), "", "Bad user name or password"),
        (bytes.fromhex("2003008900"), "g", "Server busy"),
        (bytes.fromhex("20020001"), "g", "Unacceptable protocol version"),
        (bytes.fromhex("2006000003210000"), "g", "receive maximum 0"),
        (b"\x30\x03\0\1a", "", "before it admitted us"),
        (b"\xe0\x02\x8b\x00", "g", "Server shutting down"),
    ],
)
async def test_why_it_is_not_admitted_is_told(
    answer: bytes, group: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with talking(answer, group=group) as (_, __, session):
        await until(lambda: why in caplog.text)
        assert not session.connected.is_set()


async def test_a_broker_that_never_answers(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "_CONNECT_TIMEOUT_S", 0.05)
    async with talking(b"") as (broker, _, session):
        await until(lambda: len(broker.clients) == 2)
        assert "the broker does not answer" in caplog.text
        assert not session.connected.is_set()


async def test_a_subscription_that_is_refused_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async with talking() as (broker, _, session):
        await until(lambda: SUBSCRIBE in broker.kinds)
        number = next(packet for packet in broker.heard if packet[0] >> 4 == SUBSCRIBE)[1:3]
        broker.say(b"\x90\x03" + number + b"\x80")
        await until(lambda: "no subscription to a/+: Unspecified error" in caplog.text)
        assert session.connected.is_set()


async def test_messages_are_settled_together_and_at_qos_0_not_at_all() -> None:
    async with ScriptedBroker(ADMITTED).running() as broker:
        client = Client(broker, HastyClock())
        async with client.running() as session:
            await until(session.connected.is_set)
            broker.say(b"".join(publish(Version.V311, "a/b", b"%d" % n, packet_id=n) for n in range(3)))
            await until(lambda: len(client.messages) == 3)
            for message in client.messages:
                message.settle()
            await until(lambda: broker.kinds.count(PUBACK) == 2)
            assert [packet[1:] for packet in broker.heard if packet[0] >> 4 == PUBACK] == [b"\0\1", b"\0\2"]
        await until(lambda: broker.kinds[-1] == DISCONNECT)


async def test_a_topic_that_is_no_text_is_settled_and_told(caplog: pytest.LogCaptureFixture) -> None:
    async with talking() as (broker, client, session):
        await until(session.connected.is_set)
        broker.say(b"\x32\x06\0\2\xff\xfe\0\5" + publish(Version.V311, "a/b", b"x", packet_id=6))
        await until(lambda: client.messages)
        await until(lambda: PUBACK in broker.kinds)
        assert "could not be received" in caplog.text
        assert [one.payload for one in client.messages] == [b"x"]


async def test_a_broker_that_takes_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_MOST_UNSENT", 1 << 20)
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    async with talking() as (broker, _, session):
        await until(session.connected.is_set)
        broker.clients[-1].transport.pause_reading()
        for _ in range(200):
            session.publish("t", bytes(100_000), 0)
        assert session.busy
        await until(lambda: "takes nothing" in caplog.text)


def outbox(window: int, count: int) -> Outbox:
    box = Outbox()
    box.line(window)
    assert all(box.add(Letter("t", b"%d" % n)) for n in range(count))
    return box


def test_numbers_come_round_and_none_is_used_twice() -> None:
    box = outbox(3, 70_000)
    open_: dict[int, bytes] = {}
    sent: list[bytes] = []
    while len(box):
        for number, letter in box.due():
            assert 0 < number <= 65_535
            assert number not in open_
            open_[number] = letter.payload
            sent.append(letter.payload)
        number = next(iter(open_))
        box.answered(number, taken=True)
        del open_[number]
    assert sent == [b"%d" % n for n in range(70_000)]


def test_a_full_outbox_drops_and_counts() -> None:
    box = outbox(1, MOST_WAITING)
    assert not box.add(Letter("t", b""))
    assert (len(box), box.dropped) == (MOST_WAITING, 1)


def test_what_is_withdrawn_takes_no_room() -> None:
    box = outbox(1, 0)
    first, second = Letter("t", b"1"), Letter("t", b"2")
    assert box.add(first)
    assert box.add(second)
    ((number, _),) = box.due()
    assert not box.withdraw(second)
    assert box.withdraw(first)  # its number is not free before the broker has answered
    assert (len(box), box.waiting, list(box.due())) == (1, 0, [])
    box.answered(number, taken=True)
    assert len(box) == 0


async def test_a_message_that_is_never_answered_ends_the_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_DELIVER_S", 0.05)
    async with talking() as (broker, _, session):
        await until(session.connected.is_set)
        assert await session.deliver("t", b"1") is False
        await until(lambda: session.connects == 2)
        assert "was not answered" in caplog.text
        assert broker.kinds.count(PUBLISH) == 1
        assert len(session._outbox) == 0


def test_an_answer_to_nothing_is_nothing() -> None:
    told: list[bool] = []
    box = outbox(1, 0)
    box.add(Letter("t", b"", told=told.append))
    ((number, _),) = box.due()
    for answer in (number + 1, number, number):
        box.answered(answer, taken=False)
    assert told == [False]


def test_one_that_ends_every_line_is_given_up() -> None:
    box = outbox(1, 2)
    for _ in range(MOST_LINES):
        assert [letter.payload for _, letter in box.due()] == [b"0"]
        box.line(1)
    assert [letter.payload for _, letter in box.due()] == [b"1"]
    assert box.dropped == 1

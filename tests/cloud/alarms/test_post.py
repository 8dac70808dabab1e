import json
import ssl
import threading
from datetime import UTC, datetime

import pytest
import trustme
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from cloud.alarms.post import Outcome, Post, signing_secret
from cloud.alarms.target import Targets
from cloud.registry.deliveries import Delivery
from cloud.registry.webhooks import Webhook
from cloud.secrets import Secrets
from protocols.vocabulary import ManualClock, SystemClock
from tests.cloud.alarms.receiver import Received, Receiver, receiving

BODY = json.dumps({"type": "alarm.raised", "data": {"name": "水位 é"}}, ensure_ascii=False).encode()


def delivery(body: bytes = BODY) -> Delivery:
    return Delivery(1, "msg_1", "whk-1", 1, "alarm.raised", body, 0, 0, 0, "pending")


def webhook(url: str, version: int = 1) -> Webhook:
    return Webhook("whk-1", url, ("alarm.raised",), True, None, None, version, 0)


@pytest.fixture
async def sent(receiver: Receiver, secrets: Secrets) -> Received:
    async with Post(Targets((receiver.allowed,)), secrets, SystemClock()) as post:
        assert await post.send(webhook(receiver.url), delivery()) == Outcome(204, "")
    return await receiver.next()


def test_standard_verifier_accepts_what_was_sent(sent: Received, secrets: Secrets) -> None:
    verifier = Verifier(signing_secret(secrets, webhook("")))
    assert verifier.verify(sent.body, sent.headers) == json.loads(BODY)
    assert sent.body == BODY


def test_altered_body_or_header_is_rejected(sent: Received, secrets: Secrets) -> None:
    verifier = Verifier(signing_secret(secrets, webhook("")))
    for position in range(len(sent.body)):
        altered = bytearray(sent.body)
        altered[position] ^= 1
        with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
            verifier.verify(bytes(altered), sent.headers)
    for name, value in (
        ("webhook-id", "msg_2"),
        ("webhook-timestamp", str(int(sent.headers["webhook-timestamp"]) - 1)),
    ):
        with pytest.raises(WebhookVerificationError):
            verifier.verify(sent.body, {**sent.headers, name: value})


def test_retired_secret_is_rejected(sent: Received, secrets: Secrets) -> None:
    for other in (webhook("", version=2), webhook("")._replace(id="whk-2")):
        with pytest.raises(WebhookVerificationError):
            Verifier(signing_secret(secrets, other)).verify(sent.body, sent.headers)


async def test_message_of_six_minutes_ago_is_rejected(receiver: Receiver, secrets: Secrets) -> None:
    clock = ManualClock(int(datetime.now(UTC).timestamp() * 1000) - 6 * 60_000)
    async with Post(Targets((receiver.allowed,)), secrets, clock) as post:
        await post.send(webhook(receiver.url), delivery())
    stale = await receiver.next()
    verifier = Verifier(signing_secret(secrets, webhook("")))
    with pytest.raises(WebhookVerificationError, match="too old"):
        verifier.verify(stale.body, stale.headers)


async def test_tls_is_verified_against_the_name_and_not_the_pinned_address(secrets: Secrets) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.example").configure_cert(server)
    names: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    targets = Targets(("127.0.0.0/8",), lambda _host, _port: ["127.0.0.1"])
    async with receiving(server) as receiver, Post(targets, secrets, SystemClock(), tls=trusting) as post:
        outcome = await post.send(webhook(f"https://hook.example:{receiver.port}/"), delivery())
        assert outcome == Outcome(204, "")
        assert (await receiver.next()).headers["host"] == f"hook.example:{receiver.port}"
        other = await post.send(webhook(f"https://other.example:{receiver.port}/"), delivery())
        assert "CERTIFICATE_VERIFY_FAILED" in other.error
        assert names == ["hook.example", "other.example"]
        assert receiver.requests.empty()
    async with receiving(server) as receiver, Post(targets, secrets, SystemClock()) as distrusting:
        outcome = await distrusting.send(webhook(f"https://hook.example:{receiver.port}/"), delivery())
        assert "CERTIFICATE_VERIFY_FAILED" in outcome.error
        assert receiver.requests.empty()


async def test_proxies_of_the_environment_are_not_asked(
    receiver: Receiver, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Post(Targets((receiver.allowed,)), secrets, SystemClock()) as post:
            assert await post.send(webhook(receiver.url), delivery()) == Outcome(204, "")
        assert proxy.connections == 0


async def test_slow_name_server_counts_against_the_time(secrets: Secrets, receiver: Receiver) -> None:
    answer = threading.Event()

    def resolver(_host: str, _port: int) -> list[str]:
        answer.wait(10)
        return ["127.0.0.1"]

    async with Post(Targets((receiver.allowed,), resolver), secrets, SystemClock(), timeout_s=0.2) as post:
        outcome = await post.send(webhook(receiver.url), delivery())
        answer.set()
    assert outcome == Outcome(None, "no answer within 0.2 s")
    assert receiver.connections == 0

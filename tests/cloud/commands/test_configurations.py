"""Configurations of gateways: in the registry, and on their way."""

import pytest

from cloud.registry import configurations
from cloud.registry.configurations import ASK_AGAIN_MS, Ordered
from cloud.registry.errors import Conflict
from protocols.uplink import Configuration, Kind, Result, Signed
from tests.cloud.commands.street import NOW, Street
from tests.cloud.commands.test_dispatcher import Post
from tests.cloud.commands.test_registry import arrived


def give(street: Street, toml: str = "# one", version: int | None = None, gateway: str = "gw-1") -> Ordered:
    with street.database.begin() as tx:
        return configurations.give(tx, gateway, toml, "tester", street.clock.now_ms(), version)


def newest(street: Street, gateway: str = "gw-1") -> list[tuple[int, str]]:
    with street.database.read() as tx:
        return [(one.version, one.state) for one in configurations.newest(tx, gateway, 10)]


def test_versions_rise_and_the_newest_counts(street: Street) -> None:
    street.gateway()
    street.gateway("gw-2")
    assert give(street).version == NOW
    assert give(street).version == NOW + 1
    assert give(street, version=NOW + 9).version == NOW + 9
    with pytest.raises(Conflict, match="expected more than"):
        give(street, version=5)
    assert give(street, version=5, gateway="gw-2").version == 5
    assert newest(street) == [(NOW + 9, "pending"), (NOW + 1, "superseded"), (NOW, "superseded")]


def result(one: Ordered, state: str, reason: str = "") -> Result:
    return Result(one.id, one.version, state, NOW, reason=reason)  # type: ignore[arg-type]


def test_the_gateways_word_counts(street: Street) -> None:
    street.gateway()
    one = give(street)
    with street.database.begin() as tx:
        assert not configurations.heed(tx, "gw-2", result(one, "applied"), NOW)
        assert not configurations.heed(tx, "gw-1", result(one, "failed"), NOW)
        assert configurations.heed(tx, "gw-1", result(one, "trying"), NOW)
        assert configurations.next_ms(tx) == NOW + ASK_AGAIN_MS
        assert configurations.heed(tx, "gw-1", result(one, "rolled_back", "why"), NOW + 3)
        assert not configurations.heed(tx, "gw-1", result(one, "applied"), NOW)
        assert not configurations.heed(tx, "gw-1", result(one, "trying"), NOW)
        found = configurations.newest(tx, "gw-1", 1)[0]
    assert (found.state, found.reason, found.ended_ms, found.next_ms) == ("rolled_back", "why", NOW + 3, None)


def test_events_repeat_what_results_say(street: Street) -> None:
    street.gateway()
    one, two = give(street), give(street)
    with street.database.begin() as tx:
        configurations.heed_events(
            tx,
            [
                arrived(None, "config.applied", config=5),
                arrived(None, "config.applied", config="cfg-00000000"),
                arrived(None, "door.applied", config=two.id),
                arrived(None, "config.applied", gateway="gw-2", config=two.id),
                arrived(None, "config.refused", config=one.id, reason="config-1.toml:3: x\0"),
                arrived(None, "config.applied", config=two.id),
            ],
            NOW,
        )
        found = configurations.newest(tx, "gw-1", 2)
    assert [one.state for one in found] == ["applied", "refused"], "also of what was given up meanwhile"
    assert found[1].reason == "config-1.toml:3: x"


async def test_it_goes_to_a_gateway_that_is_there(street: Street) -> None:
    key, post = street.gateway(), Post(street)
    one = give(street, "# 灯\n" * 50_000)
    async with post.running():
        await post.until(lambda: newest(street) and street.clock.now_ms() > NOW + 3_000, 0.5)
        assert not post.line.published, "a megabyte each does not pile up at the broker"
        assert newest(street) == [(one.version, "pending")]
        post.dispatcher.seen("gw-1", online=True)
        await post.until(lambda: post.line.published)
        await post.until(lambda: newest(street) == [(one.version, "sent")])
        topic, payload = post.line.published[0]
        assert topic == "yz/v1/gw-1/down/config"
        found = Configuration.of(Signed.of_gateway(payload, Kind.CONFIGURATION, "gw-1", [key]).body)
        assert found == Configuration(one.id, one.version, NOW, one.toml)
        await post.until(lambda: len(post.line.published) == 3, 0.5)  # it comes again
        answer = Signed(Kind.RESULT, "gw-1", result(one, "applied").body()).encode(key)
        post.dispatcher.receive("gw-1", answer, post._settle)
        await post.until(lambda: newest(street) == [(one.version, "applied")])

"""The guard's bounds, by a clock that is turned by hand."""

from collections import Counter

import pytest

from edge.coap.guard import EXCHANGE_LIFETIME_S, MAX_NETWORKS, Guard, Limits
from edge.coap.network import network_of
from protocols.vocabulary import ManualClock


def guard_of(**limits):
    clock, counters = ManualClock(), Counter()
    return Guard(Limits(**limits), clock, counters), clock, counters


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:a00:7", "10.0.0.7"),
    ],
)
def test_networks(host, network):
    assert network_of(host) == network


def test_a_burst_then_a_rate_each_network_by_itself():
    guard, clock, counters = guard_of(burst=3, datagrams_per_s=2.0)
    assert [guard.lets_in("a") for _ in range(5)] == [True, True, True, False, False]
    assert guard.lets_in("b")
    clock.advance(1.0)
    assert [guard.lets_in("a") for _ in range(3)] == [True, True, False]
    assert counters == {"too_fast": 3}


def test_networks_that_were_silent_for_longest_are_forgotten():
    guard, _, counters = guard_of()
    for number in range(MAX_NETWORKS + 5):
        guard.lets_in(str(number))
    assert guard.networks == MAX_NETWORKS
    assert counters == {"network_forgotten": 5}


def test_exchanges_are_bounded_until_they_are_forgotten():
    guard, clock, counters = guard_of(exchanges=3, exchanges_per_network=2)
    assert [guard.refuses("a") for _ in range(3)] == [None, None, "network"]
    assert [guard.refuses("b") for _ in range(2)] == [None, "all"]
    assert guard.exchanges == 3
    clock.advance(EXCHANGE_LIFETIME_S)
    assert guard.refuses("a") is None
    assert guard.exchanges == 1
    assert counters == {"too_many_of_network": 1, "too_many_exchanges": 1}


def test_registrations_are_counted_and_given_back():
    guard, _, counters = guard_of(registrations_per_network=1)
    assert guard.may_register("a")
    guard.registered("a")
    assert not guard.may_register("a")
    assert guard.may_register("b")
    guard.gone("a")
    assert guard.may_register("a")
    assert counters == {"too_many_registrations": 1}


def test_strangers_do_not_use_up_what_registered_devices_need():
    guard, clock, counters = guard_of(exchanges=8, exchanges_per_network=8)
    guard.registered("10.0.0.1")
    assert [guard.refuses(f"192.0.2.{n}") for n in range(7)] == [None] * 6 + ["all"]
    assert [guard.refuses("10.0.0.1") for _ in range(3)] == [None, None, "all"]
    guard.gone("10.0.0.1")
    clock.advance(EXCHANGE_LIFETIME_S)
    assert [guard.refuses(f"192.0.2.{n}") for n in range(9)] == [None] * 8 + ["all"]
    assert counters == {"too_many_exchanges": 3}

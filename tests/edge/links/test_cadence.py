"""Cadence, back-off and the breaker."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.links.cadence import GRID_S, Breaker, Cadence, phase_of


def test_ticks_stand_on_the_grid_however_late_each_was():
    cadence = Cadence(1000.0, 10.0, 0.25)
    assert cadence.due_s == 1001.25  # early, not 1002.5
    dues = []
    for n in range(10_000):
        cadence.advance(cadence.due_s + 0.004 * (n % 7))
        dues.append(cadence.due_s)
    assert dues == [1002.5 + 10.0 * n for n in range(10_000)]
    assert cadence.missed == 0


def test_what_was_missed_is_skipped_and_counted():
    cadence = Cadence(0.0, 1.0, 0.0)
    cadence.advance(0.1)
    assert cadence.due_s == 1.0
    cadence.advance(4.5)  # 2, 3 and 4 went by
    assert (cadence.due_s, cadence.missed) == (5.0, 3)
    cadence.advance(5.0)
    assert (cadence.due_s, cadence.missed) == (6.0, 3)


def test_a_suspension_is_not_a_miss():
    cadence = Cadence(0.0, 1.0, 0.5)
    cadence.advance(0.5)
    cadence.suspend(20.0)
    assert (cadence.due_s, cadence.missed) == (20.5, 0)
    cadence.advance(20.6)
    assert (cadence.due_s, cadence.missed) == (21.5, 0)


@given(st.floats(0, 1e6), st.floats(0.1, 1e5), st.floats(0, 0.999), st.floats(0, 1e6))
def test_the_next_tick_is_always_to_come_and_within_a_period(start, period, phase, later):
    cadence = Cadence(start, period, phase)
    assert start - 1e-9 <= cadence.due_s <= start + min(period, 5.0) + min(GRID_S, period / 4) + 1e-9
    now = cadence.due_s + later
    cadence.advance(now)
    assert now < cadence.due_s + 1e-6
    assert cadence.due_s <= now + period * 1.0001 + 1e-6


def test_five_hundred_devices_do_not_fire_together():
    tenths = Counter(int(phase_of(f"10.0.0.{n}:502/1/serial:{n}") * 10) for n in range(500))
    assert sorted(tenths) == list(range(10))
    assert max(tenths.values()) < 80


def test_the_gateway_wakes_for_many_devices_at_once_whenever_their_links_started():
    cadences = [Cadence(77.7 + n / 9999, 1.0, phase_of(f"10.0.0.{n}:502/1/serial:{n}")) for n in range(500)]
    instants = Counter(round(cadence.due_s, 6) for cadence in cadences)
    assert len(instants) <= 1 / GRID_S + 1
    assert max(instants.values()) < 50
    for cadence in cadences:
        cadence.advance(cadence.due_s)
    assert len({round(cadence.due_s % 1.0, 6) for cadence in cadences}) <= 1 / GRID_S + 1


@pytest.mark.parametrize(("period", "pauses"), [(10, [20, 40, 80, 160, 300, 300]), (900, [900, 900])])
def test_the_breaker_pauses_longer_and_longer(period, pauses):
    breaker = Breaker(period)
    assert not breaker.open
    assert [breaker.silence() for _ in pauses] == pauses
    assert breaker.open
    breaker.answer()
    assert not breaker.open

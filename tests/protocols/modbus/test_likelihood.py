"""How often the right reading comes first, over what instruments show; and what is said where nobody can tell."""

from random import Random

import pytest

from protocols.modbus.likelihood import KINDS, ORDERS, weigh
from protocols.modbus.values import WIDTH, registers_of

SIZES = ((0.05, 0.5), (4, 9), (20, 40), (210, 240), (990, 1030), (5_000, 80_000))


def answers(values, kind, order):
    return [tuple(registers_of(value, kind, order)) for value in values]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("decimals", [1, 3, None])
def test_floats_of_instruments_in_every_order(order, decimals):
    random = Random(order)
    hits = certain = total = 0
    for low, high in SIZES:
        for _ in range(50):
            value = random.uniform(low, high)
            live = [value * (1 + 0.002 * random.uniform(-1, 1)) for _ in range(3)]
            if decimals:
                live = [round(one, decimals) for one in live]
            verdict = weigh(answers(live, "f32", order))
            best = verdict.readings[0]
            total += 1
            hits += (best.kind, best.order) == ("f32", order)
            certain += verdict.certain
            if verdict.certain and (best.kind, best.order) != ("f32", order):
                assert best.kind == "f32", (value, verdict)
    assert hits / total >= (0.97 if order in ("ABCD", "CDAB") else 0.85)
    assert certain / total > 0.7


@pytest.mark.parametrize("order", ["ABCD", "CDAB"])
def test_counters_that_grow_are_among_the_first_and_hardly_ever_is_something_wrong_certain(order):
    random = Random(order)
    wrong = 0
    for _ in range(500):
        start = random.randrange(70_000, 50_000_000)
        live = [start, start + random.randrange(1, 20), start + random.randrange(20, 40)]
        verdict = weigh(answers(live, "u32", order))
        assert ("u32", order) in [(r.kind, r.order) for r in verdict.readings[:5]]
        wrong += verdict.certain and verdict.readings[0].order != order
    assert wrong <= 15


@pytest.mark.parametrize(("first", "second"), [(2301, 45), (553, 65_435), (230, 500), (1019, 0), (214, 9999)])
def test_plain_registers(first, second):
    best = weigh([(first, second)]).readings[0]
    assert (best.kind, best.order, best.value) == ("u16", "ABCD", first)


def test_a_temperature_below_zero():
    best = weigh([(0xFF9B, 553)]).readings[0]
    assert (best.kind, best.value) == ("s16", -101)
    assert best.reason == "small and negative"


def test_nobody_can_tell_a_small_number_from_the_upper_half_of_a_large_one():
    assert not weigh([(3, 812)]).certain


def test_what_the_display_shows_decides():
    verdict = weigh([(2301, 45)], 230)
    best = verdict.readings[0]
    assert (best.kind, best.divisor, verdict.certain) == ("u16", 10, True)
    assert best.reason == "is 230.1 with divisor 10, where 230 is expected"
    for kind in KINDS:
        for order in ORDERS if WIDTH[kind] == 2 else ("ABCD", "BADC"):
            registers = (*registers_of(4242, kind, order), 77)[:2]
            reading = next(r for r in weigh([registers], 4242).readings if (r.kind, r.order) == (kind, order))
            assert reading.value == 4242
            assert reading.score > 0.8


def test_a_display_that_shows_what_no_reading_is():
    verdict = weigh([(2301, 45)], 77.7)
    assert not verdict.certain
    assert verdict.readings[0].reason == "cannot be 77.7"


@pytest.mark.parametrize("answer", [(0, 0), (0xFFFF, 0xFFFF), (0x7FC0, 0x0000), (0x7FFF, 0x7FFF)])
def test_what_says_nothing_is_never_certain(answer):
    assert not weigh([answer]).certain


def test_words_in_the_wrong_order_leap():
    live = [(0x0001, 0xFFFE), (0x0001, 0xFFFF), (0x0002, 0x0001)]
    wrong = next(r for r in weigh(live).readings if (r.kind, r.order) == ("u32", "CDAB"))
    assert "leaps by" in wrong.reason
    assert weigh(live).readings[0].order == "ABCD"


def test_any_registers_have_a_verdict():
    random = Random(1)
    for _ in range(2000):
        verdict = weigh(
            [(random.randrange(0x1_0000), random.randrange(0x1_0000)) for _ in range(random.randrange(1, 4))]
        )
        assert len(verdict.readings) == 16
        assert all(0 <= reading.score <= 1 for reading in verdict.readings)


def test_no_answer():
    with pytest.raises(ValueError, match="at least one"):
        weigh([])

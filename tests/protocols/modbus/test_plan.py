"""The fewest requests, and what refusals teach."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protocols.modbus.plan import Block, Limits, Plan, Readable, Table, forget, learn, plan_of, settle


class Row(NamedTuple):
    table: Table
    address: int
    end: int


def rows_at(*addresses: int, width: int = 1, table: Table = "holding") -> list[Row]:
    return [Row(table, address, address + width) for address in addresses]


def spans(plan: Plan[Row]) -> list[tuple[int, int]]:
    return [(block.address, block.count) for block in plan.blocks]


def rows_of(plan: Plan[Row]) -> list[Row]:
    return sorted([row for block in plan.blocks for row in block.rows] + list(plan.absent))


# --- the fewest ---


def permitted(rows: list[Row], limits: Limits) -> bool:
    """Whether one request may bring these rows: said once more, and differently."""
    if len({row.table for row in rows}) > 1:
        return False
    start, end = min(row.address for row in rows), max(row.end for row in rows)
    if end - start > limits.most(rows[0].table):
        return False
    wanted = {address for row in rows for address in range(row.address, row.end)}
    longest = run = 0
    for address in range(start, end):
        run = 0 if address in wanted else run + 1
        longest = max(longest, run)
    if longest > limits.gap:
        return False
    pieces = [p for p in limits.readable if p.table == rows[0].table]
    if not limits.readable or any(p.start <= start and end <= p.end for p in pieces):
        return True
    outside = all(not (p.start <= row.address and row.end <= p.end) for p in pieces for row in rows)
    return longest == 0 and (outside or len(rows) == 1)


def fewest(rows: list[Row], limits: Limits) -> int:
    """The size of the smallest partition into permitted requests, by trying all."""
    if not rows:
        return 0
    first, rest = rows[0], rows[1:]
    best = len(rows)
    for choice in range(1 << len(rest)):
        together = [first] + [row for place, row in enumerate(rest) if choice >> place & 1]
        if permitted(together, limits):
            others = [row for place, row in enumerate(rest) if not choice >> place & 1]
            best = min(best, 1 + fewest(others, limits))
    return best


tables = st.sampled_from(["holding", "coil"])
apart = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([1, 2, 4]), tables), min_size=1, max_size=6)
shared = st.lists(st.builds(lambda a, w: Row("holding", a, a + w), st.integers(0, 12), st.sampled_from([1, 2])),
                  min_size=1, max_size=6, unique=True)  # fmt: skip


def laid_out(steps: list[tuple[int, int, Table]]) -> list[Row]:
    rows, address = [], 0
    for hole, width, table in steps:
        rows.append(Row(table, address + hole, address + hole + width))
        address += hole + width
    return rows


singles = st.lists(st.tuples(st.integers(0, 4), st.just(1), tables), min_size=1, max_size=6)  # none across a border
limits = st.builds(Limits, st.integers(4, 12), st.integers(4, 12), st.integers(0, 4))


@settings(max_examples=200)
@given(apart.map(laid_out) | shared, limits)
def test_no_other_partition_has_fewer_requests(rows, bound):
    plan = plan_of(rows, bound)
    assert rows_of(plan) == sorted(rows)
    assert all(permitted(list(block.rows), bound) for block in plan.blocks)
    assert len(plan.blocks) == fewest(rows, bound)


@settings(max_examples=200)
@given(singles.map(laid_out), limits, st.lists(st.integers(0, 30), min_size=2, max_size=4, unique=True).map(sorted))
def test_neither_has_one_within_declared_blocks(rows, bound, borders):
    pieces = tuple(Readable("holding", a, b) for a, b in pairwise(borders))
    bound = Limits(bound.registers, bound.bits, bound.gap, pieces)
    plan = plan_of(rows, bound)
    assert all(permitted(list(block.rows), bound) for block in plan.blocks)
    assert len(plan.blocks) == fewest(rows, bound)


def test_holes_are_read_over_up_to_the_gap():
    rows = rows_at(0, 1, 4, 20)
    assert spans(plan_of(rows, Limits(gap=2))) == [(0, 5), (20, 1)]
    assert spans(plan_of(rows, Limits(gap=1))) == [(0, 2), (4, 1), (20, 1)]
    assert spans(plan_of(rows, Limits(gap=15))) == [(0, 21)]


def test_no_row_is_cut_in_two():
    rows = rows_at(*range(0, 160, 4), width=4)
    assert spans(plan_of(rows, Limits())) == [(0, 124), (124, 36)]
    assert spans(plan_of(rows, Limits(registers=6)))[:2] == [(0, 4), (4, 4)]
    with pytest.raises(ValueError, match="holding 0: 4 at once, 3 are allowed"):
        plan_of(rows, Limits(registers=3))


def test_bits_have_their_own_limit():
    rows = rows_at(*range(300), table="coil")
    assert spans(plan_of(rows, Limits(registers=10, bits=160))) == [(0, 160), (160, 140)]


def test_a_hole_outside_of_all_declared_blocks_is_not_read_over():
    pieces = (Readable("holding", 0, 10), Readable("holding", 10, 20))
    bound = Limits(gap=5, readable=pieces)
    assert spans(plan_of(rows_at(0, 5, 9, 10, 30, 31, 33), bound)) == [(0, 10), (10, 1), (30, 2), (33, 1)]
    assert spans(plan_of(rows_at(0, 5, table="input"), bound)) == [(0, 1), (5, 1)]


@pytest.mark.parametrize("wrong", [{"registers": 0}, {"registers": 126}, {"bits": 0}, {"bits": 2001}, {"gap": -1}])
def test_limits_that_the_standard_does_not_know(wrong):
    with pytest.raises(ValueError, match="expected"):
        Limits(**wrong)


# --- what refusals teach ---


class Device(NamedTuple):
    """Has some registers, and serves so many at once."""

    has: frozenset[int]
    at_once: int = 125
    too_many: int = 3

    def answer(self, block: Block[Row]) -> int:
        """The exception, or 0."""
        if block.count > self.at_once:
            return self.too_many
        return 0 if set(range(block.address, block.end)) <= self.has else 2


def round_of(plan: Plan[Row], device: Device) -> tuple[Plan[Row], int, list[Row]]:
    """One round as a poller does it: (plan after it, refusals, rows that it brought)."""
    index = refusals = 0
    brought: list[Row] = []
    while index < len(plan.blocks):
        block = plan.blocks[index]
        code = device.answer(block)
        if code:
            refusals += 1
            plan = learn(plan, block, code)
        else:
            brought += block.rows
            index += 1
    return settle(plan), refusals, brought


def settled(plan: Plan[Row], device: Device) -> tuple[Plan[Row], list[Row]]:
    """Rounds until nothing is refused any more."""
    for _ in range(30):
        plan, refusals, brought = round_of(plan, device)
        if not refusals:
            return plan, brought
    raise AssertionError("it never comes to rest")


devices = st.builds(Device, st.frozensets(st.integers(0, 40)), st.integers(2, 30), st.sampled_from([2, 3]))


@settings(max_examples=200)
@given(apart.map(laid_out) | st.sets(st.integers(0, 40), min_size=1).map(lambda s: rows_at(*s)), devices)
def test_in_the_end_all_that_the_device_has_is_brought_and_nothing_is_refused(rows, device):
    rows = [row for row in rows if row.table == "holding"]
    assume(all(row.end - row.address <= device.at_once for row in rows))
    first = plan_of(rows, Limits(gap=8))
    plan, refusals, brought = round_of(first, device)
    has = [row for row in rows if set(range(row.address, row.end)) <= device.has]
    assert sorted(brought) == sorted(has), "the first round already brings all there is"
    plan, brought = settled(plan, device)
    assert sorted(brought) == sorted(has)
    assert sorted(plan.absent) == sorted(set(rows) - set(has))
    assert rows_of(plan) == sorted(rows)
    assert forget(plan) == first
    if not refusals:
        assert plan == first


def test_holes_go_first_then_halves_then_it_is_absent():
    plan = plan_of(rows_at(0, 1, 5, 6, 7), Limits(gap=8))
    plan = learn(plan, plan.blocks[0], 2)
    assert spans(plan) == [(0, 2), (5, 3)]
    plan = learn(plan, plan.blocks[1], 2)
    assert spans(plan) == [(0, 2), (5, 1), (6, 2)]
    plan = learn(plan, plan.blocks[1], 2)
    assert spans(plan) == [(0, 2), (6, 2)]
    assert plan.absent == (Row("holding", 5, 6),)


def test_too_many_at_once_is_halved_whatever_holes_there_are():
    plan = plan_of(rows_at(*range(0, 32, 2)), Limits(gap=1))
    assert spans(plan) == [(0, 31)]
    assert spans(learn(plan, plan.blocks[0], 3)) == [(0, 15), (16, 15)]


def test_an_unknown_function_has_none_of_the_rows():
    plan = plan_of([*rows_at(0, 1, 5), *rows_at(0, table="input")], Limits(gap=8))
    plan = learn(plan, plan.blocks[0], 1)
    assert (spans(plan), len(plan.absent)) == ([(0, 1)], 3)


@pytest.mark.parametrize("code", [0, 4, 5, 6, 8, 10, 11, 99])
def test_exceptions_of_the_moment_teach_nothing(code):
    plan = plan_of(rows_at(0, 1), Limits())
    assert learn(plan, plan.blocks[0], code) is plan


def test_a_block_of_another_plan_is_an_error():
    plan, other = plan_of(rows_at(0, 1), Limits()), plan_of(rows_at(2), Limits())
    with pytest.raises(ValueError, match="not in tuple"):
        learn(plan, other.blocks[0], 2)


def test_an_absent_row_costs_one_more_request_and_not_one_for_each_halving():
    plan, _, _ = round_of(plan_of(rows_at(*range(32)), Limits()), Device(frozenset(range(32)) - {5}))
    assert spans(plan) == [(0, 5), (6, 26)]


def test_a_hole_that_was_innocent_is_read_over_again():
    rows = rows_at(0, 1, 4, 5, 6)
    plan, _, _ = round_of(plan_of(rows, Limits(gap=2)), Device(frozenset(range(7)) - {5}))
    assert spans(plan) == [(0, 5), (6, 1)]


def test_a_hole_that_was_guilty_is_not():
    plan, _, _ = round_of(plan_of(rows_at(0, 1, 4, 5), Limits(gap=2)), Device(frozenset({0, 1, 4, 5})))
    assert spans(plan) == [(0, 2), (4, 2)]
    assert round_of(plan, Device(frozenset({0, 1, 4, 5})))[:2] == (plan, 0)


@pytest.mark.parametrize("code", [2, 3])
def test_what_was_too_long_stays_apart(code):
    device = Device(frozenset(range(32)), 10, code)
    plan, refusals, _ = round_of(plan_of(rows_at(*range(32)), Limits()), device)
    assert spans(plan) == [(0, 8), (8, 8), (16, 8), (24, 8)]
    assert refusals == 3
    assert round_of(plan, device)[:2] == (plan, 0)


def test_fields_that_share_a_register_are_absent_together():
    rows = [Row("holding", 5, 6), Row("holding", 5, 7)]
    plan = plan_of(rows, Limits())
    assert spans(plan) == [(5, 2)]
    assert learn(plan, plan.blocks[0], 2).absent == tuple(rows)

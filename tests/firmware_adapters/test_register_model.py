"""Plans, splitting, and reading answers."""

import struct
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_adapters.interpretation import shortest
from firmware_adapters.register_model import ReadBlock, RegisterModel, split
from firmware_adapters.rows import REGISTERS, RegisterRow
from protocols.modbus import registers_of
from protocols.vocabulary import Reason


def model_of(*rows: RegisterRow, gap: int = 8) -> RegisterModel:
    return RegisterModel("v", "m", "any", "test", rows, gap)


def row(address: int, kind: str = "u16", **more) -> RegisterRow:
    return RegisterRow("x", address, kind, channel=f"{more.get('table', 'holding')}{address}", **more)


def spans(blocks):
    return [(block.table, block.address, block.count) for block in blocks]


def test_neighbours_and_small_holes_are_one_request():
    model = model_of(row(0), row(1), row(4, "f32"), row(20))
    assert spans(model.plan(gap=2)) == [("holding", 0, 6), ("holding", 20, 1)]
    assert spans(model.plan(gap=0)) == [("holding", 0, 2), ("holding", 4, 2), ("holding", 20, 1)]
    assert spans(model.plan(gap=14)) == [("holding", 0, 21)]


def test_tables_are_never_mixed():
    model = model_of(row(0), row(1, table="input"), row(0, "bit", table="coil"), row(1, "bit", table="discrete"))
    assert sorted(spans(model.plan())) == [
        ("coil", 0, 1), ("discrete", 1, 1), ("holding", 0, 1), ("input", 1, 1),
    ]  # fmt: skip


def test_a_wide_value_is_never_cut_by_the_limit():
    model = model_of(*(row(4 * n, "f64") for n in range(40)))
    assert spans(model.plan()) == [("holding", 0, 124), ("holding", 124, 36)]
    assert spans(model.plan(limit=6))[:2] == [("holding", 0, 4), ("holding", 4, 4)]


@given(st.sets(st.integers(0, 600), min_size=1, max_size=60), st.integers(4, 125), st.integers(0, 30))
def test_a_plan_brings_every_row_once_in_the_fewest_requests(addresses, limit, gap):
    model = model_of(*(row(address) for address in addresses))
    blocks = model.plan(limit=limit, gap=gap)
    assert sorted(r.address for block in blocks for r in block.rows) == sorted(addresses)
    assert all(block.count <= limit for block in blocks)
    fewest, last, start = 0, None, 0
    for address in sorted(addresses):  # the classic greedy cover, written the other way round
        if last is None or address - last - 1 > gap or address - start + 1 > limit:
            fewest, start = fewest + 1, address
        last = address
    assert len(blocks) == fewest


@pytest.mark.parametrize("limit", [0, 3, 126])
def test_a_limit_outside_of_its_range_is_refused(limit):
    with pytest.raises(ValueError, match="expected 4 to 125"):
        model_of(row(0)).plan(limit=limit)


def test_splitting_goes_by_holes_then_by_halves_then_gives_up():
    (block,) = model_of(row(0), row(1), row(5), row(6), row(7)).plan()
    parts = split(block)
    assert spans(parts) == [("holding", 0, 2), ("holding", 5, 3)]
    assert spans(split(parts[1])) == [("holding", 5, 1), ("holding", 6, 2)]
    assert split(ReadBlock.of([row(5)])) == ()


@given(st.sets(st.integers(0, 100), min_size=1, max_size=40))
def test_splitting_to_the_end_loses_no_row(addresses):
    todo = list(model_of(*(row(address) for address in addresses)).plan(gap=100))
    alone = []
    while todo:
        block = todo.pop()
        parts = split(block)
        alone += [] if parts else block.rows
        todo += parts
    assert sorted(r.address for r in alone) == sorted(addresses)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (RegisterRow("ph", 0), RegisterRow("ph", 1)),
        (RegisterRow("ph", 0, "f32"), RegisterRow("orp", 1)),
    ],
)
def test_a_model_that_cannot_be_is_refused(rows):
    with pytest.raises(ValueError, match=r"no rows|comes twice|share address 1"):
        model_of(*rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ph", 0, "bit"), "goes with tables coil and discrete"),
        (("ph", 65535, "f32"), "expected 0 to 65534"),
        (("ph", 0, "u16", "ABCD", 0), "divisor 0"),
        (("ph", 0, "u16", "ABCD", 1, "holding", frozenset(), "", "kPa"), "no exact way"),
    ],
)
def test_a_row_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RegisterRow(*arguments)


def test_division_is_by_integers():
    (block,) = model_of(RegisterRow("water_temperature", 0, divisor=10)).plan()
    assert [block.interpret(struct.pack(">H", raw)).value[0] for raw in (214, 3, 7)] == [21.4, 0.3, 0.7]


def test_a_unit_and_a_divisor_become_one_exact_ratio():
    assert RegisterRow("air_pressure", 0, divisor=10, unit="kPa").scale == (1, 1)
    assert RegisterRow("air_pressure", 0, unit="kPa").scale == (10, 1)
    assert RegisterRow("wind_speed", 0, divisor=10, unit="km/h").scale == (1, 36)
    (block,) = model_of(RegisterRow("air_pressure", 0, "f32", unit="kPa")).plan()
    assert block.interpret(struct.pack(">f", 101.3)).value == [1013.0]


def test_marks_are_compared_before_dividing_and_leave_no_value():
    (block,) = model_of(
        RegisterRow("air_temperature", 0, "s16", divisor=10, invalid=frozenset({-32768, 0x7FFF})),
        RegisterRow("ph", 1, divisor=100, invalid=frozenset({0xFFFF})),
    ).plan()
    value, faults = block.interpret(bytes.fromhex("8000 02BC"))
    assert isnan(value[0])
    assert value[1] == 7.0
    assert faults == {0: Reason.DEVICE_FAULT}
    assert block.interpret(bytes.fromhex("7FFF FFFF")).faults == {0: Reason.DEVICE_FAULT, 1: Reason.DEVICE_FAULT}


def test_what_is_no_finite_number_is_no_value():
    (block,) = model_of(row(0, "f32"), row(2, "f64"), row(6)).plan()
    for single, double in ((nan, 1.5), (inf, 1.5), (-inf, 1.5)):
        value, faults = block.interpret(struct.pack(">fdH", single, double, 9))
        assert isnan(value[0])
        assert value[1:] == [1.5, 9.0]
        assert faults == {0: Reason.INVALID_VALUE}
    value, faults = block.interpret(struct.pack(">fdH", 1.0, 1.7e308, 9))
    assert faults == {}
    assert value == [1.0, 1.7e308, 9.0]


KINDS = sorted(set(REGISTERS) - {"bit"})
LOW_HIGH = {"u16": (0, 2**16 - 1), "s16": (-(2**15), 2**15 - 1), "u32": (0, 2**32 - 1), "s32": (-(2**31), 2**31 - 1)}


@given(st.data())
def test_any_mixture_of_kinds_orders_and_holes_is_read_back(data):
    rows, expected, registers, address = [], [], [], 0
    for _ in range(data.draw(st.integers(1, 12))):
        hole = data.draw(st.integers(0, 3)) if rows else 0
        kind = data.draw(st.sampled_from(KINDS))
        order = data.draw(st.sampled_from(["ABCD", "BADC", "CDAB", "DCBA"]))
        if kind[0] == "f":
            number = data.draw(st.floats(width=32, allow_nan=False, allow_infinity=False))
        else:
            low, high = LOW_HIGH.get(kind, (0, 2**53))
            number = data.draw(st.integers(low, high))
        address += hole
        rows.append(row(address, kind, order=order))
        registers += [0xBEEF] * hole + list(registers_of(number, kind, order))
        expected.append(number)
        address += REGISTERS[kind]
    (block,) = model_of(*rows).plan(gap=3)
    value, faults = block.interpret(struct.pack(f">{len(registers)}H", *registers))
    assert faults == {}
    for r, one, number in zip(rows, value, expected, strict=True):
        if r.kind == "f32":
            assert struct.pack(">f", one) == struct.pack(">f", number)
        else:
            assert one == number


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_the_shortest_decimal_is_the_same_single(single):
    assert struct.pack(">f", shortest(single)) == struct.pack(">f", single)


@given(st.integers(-999_999, 999_999))
def test_two_decimals_come_back_as_they_were_written(hundredths):
    (block,) = model_of(row(0, "f32", order="CDAB"), row(2)).plan()
    image = struct.pack(">f", hundredths / 100)
    assert block.interpret(image[2:] + image[:2] + b"\0\1").value[0] == hundredths / 100


def test_bits_come_lowest_first():
    rows = [row(address, "bit", table="coil") for address in (3, 4, 11, 12)]
    (block,) = model_of(*rows).plan()
    assert (block.address, block.count) == (3, 10)
    assert block.interpret(bytes([0b0000_0001, 0b0000_0011])).value == [1.0, 0.0, 1.0, 1.0]

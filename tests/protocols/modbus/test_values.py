import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus.values import (
    WIDTH,
    Kind,
    Order,
    bcd,
    bcd_registers,
    bit_field,
    bits,
    candidates,
    number,
    register_of_bits,
    registers_of,
    text,
    text_registers,
    with_bit_field,
)
from protocols.vocabulary import ProtocolError

ORDERS = get_args(Order)
RANGES = {
    "u16": (0, 2**16 - 1),
    "s16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "s32": (-(2**31), 2**31 - 1),
    "u64": (0, 2**64 - 1),
    "s64": (-(2**63), 2**63 - 1),
    "bcd16": (0, 9999),
    "bcd32": (0, 99_999_999),
    "sm16": (-(2**15) + 1, 2**15 - 1),
    "sm32": (-(2**31) + 1, 2**31 - 1),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", get_args(Kind))
@given(data=st.data())
def test_what_is_written_is_read(kind, order, data):
    if kind in RANGES:
        value = data.draw(st.integers(*RANGES[kind]))
    else:
        value = data.draw(st.floats(width=int(kind[1:]), allow_nan=False))
    registers = registers_of(value, kind, order)
    assert len(registers) == WIDTH[kind]
    assert number(registers, kind, order) == value


@pytest.mark.parametrize(
    ("order", "registers"),
    [
        ("ABCD", (0x47F1, 0x2000)),
        ("CDAB", (0x2000, 0x47F1)),
        ("BADC", (0xF147, 0x0020)),
        ("DCBA", (0x0020, 0xF147)),
    ],
)
def test_the_four_orders_of_123456(order, registers):
    assert number(registers, "f32", order) == 123456.0


@pytest.mark.parametrize(
    ("order", "registers"),
    [
        ("ABCD", (0x0102, 0x0304, 0x0506, 0x0708)),
        ("CDAB", (0x0708, 0x0506, 0x0304, 0x0102)),
        ("BADC", (0x0201, 0x0403, 0x0605, 0x0807)),
        ("DCBA", (0x0807, 0x0605, 0x0403, 0x0201)),
    ],
)
def test_the_four_orders_of_64_bits(order, registers):
    assert number(registers, "u64", order) == 0x0102030405060708


def test_real_values():
    assert number((0xFF9B,), "s16") / 10 == -10.1
    assert number((0x9BFF,), "s16", "DCBA") == -101
    assert math.isnan(number((0x7FC0, 0), "f32"))


@pytest.mark.parametrize(
    ("value", "kind"),
    [(10_000, "bcd16"), (-1, "bcd32"), (-32_768, "sm16"), (2**31, "sm32"), (0.5, "sm16"), (math.nan, "bcd16"),
     (65_536, "u16"), (-1, "u16"), (1.5, "u16"), (math.nan, "s32"), (math.inf, "u64"), (1e39, "f32"), (2**64, "u64")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(value, kind):
    with pytest.raises(ProtocolError):
        registers_of(value, kind)


def test_another_count_of_registers_is_refused():
    with pytest.raises(ProtocolError, match="expected 2"):
        number((1,), "u32")


@given(st.integers(0, 99_999_999))
def test_bcd(value):
    assert bcd(bcd_registers(value, 2)) == value


def test_bcd_that_is_none():
    assert bcd((0x1234, 0x5678)) == 12_345_678
    for registers in ((0x12FA,), ()):
        with pytest.raises(ProtocolError):
            bcd(registers)
    for value in (-1, 10_000):
        with pytest.raises(ProtocolError):
            bcd_registers(value, 1)


@given(st.integers(0, 65_535))
def test_bits(register):
    assert register_of_bits(bits(register)) == register
    assert bits(register)[0] == bool(register & 1)


def test_texts():
    assert text(text_registers("SEN0658", 6)) == "SEN0658"
    assert text((0x5345, 0x4E20)) == "SEN"
    assert text((0x4553, 0x004E), "BADC") == "SEN"
    with pytest.raises(ProtocolError):
        text((0xC3BC,))
    for wrong in ("温", "ABC"):
        with pytest.raises(ProtocolError):
            text_registers(wrong, 1)


@pytest.mark.parametrize(
    ("registers", "kind", "order", "value"),
    [
        ((0x0065,), "sm16", "ABCD", 101),
        ((0x8065,), "sm16", "ABCD", -101),
        ((0x6580,), "sm16", "BADC", -101),
        ((0x8000,), "sm16", "ABCD", 0),
        ((0xFFFF,), "sm16", "ABCD", -32_767),
        ((0x8001, 0x86A0), "sm32", "ABCD", -100_000),
        ((0x86A0, 0x8001), "sm32", "CDAB", -100_000),
        ((0x1234,), "bcd16", "ABCD", 1234),
        ((0x3412,), "bcd16", "BADC", 1234),
        ((0x0012, 0x3456), "bcd32", "ABCD", 123_456),
        ((0x3456, 0x0012), "bcd32", "CDAB", 123_456),
        ((0x1200, 0x5634), "bcd32", "BADC", 123_456),
        ((0x5634, 0x1200), "bcd32", "DCBA", 123_456),
    ],
)
def test_decimals_and_sign_and_magnitude(registers, kind, order, value):
    assert number(registers, kind, order) == value


@pytest.mark.parametrize("register", [0xFFFF, 0x7FFF, 0x12A4])
def test_a_digit_above_9_is_no_decimal(register):
    with pytest.raises(ProtocolError, match="digit above 9"):
        number((register,), "bcd16")


def test_orders_that_are_no_number_are_no_candidates():
    assert candidates((0x1234,), "bcd16") == {"ABCD": 1234, "BADC": 3412, "CDAB": 1234, "DCBA": 3412}
    assert set(candidates((0x12FF,), "bcd16")) == set()
    assert len(candidates((0x47F1, 0x2000), "f32")) == 4


@pytest.mark.parametrize(
    ("registers", "low_bit", "width", "order", "value"),
    [
        ((0b1010_1100_0000_0001,), 0, 1, "ABCD", 1),
        ((0b1010_1100_0000_0001,), 15, 1, "ABCD", 1),
        ((0b1010_1100_0000_0001,), 10, 4, "ABCD", 0b1011),
        ((0x5A00,), 8, 8, "ABCD", 0x5A),
        ((0x5A00,), 0, 8, "BADC", 0x5A),
        ((0x0003, 0xC000), 14, 4, "ABCD", 0xF),  # two bits of each register
        ((0xC000, 0x0003), 14, 4, "CDAB", 0xF),
        ((0x1234, 0x5678), 0, 32, "ABCD", 0x12345678),
        ((0x1234, 0x5678), 16, 16, "ABCD", 0x1234),
    ],
)
def test_bit_fields(registers, low_bit, width, order, value):
    assert bit_field(registers, low_bit, width, order) == value


@given(st.lists(st.integers(0, 65_535), min_size=1, max_size=4), st.sampled_from(ORDERS), st.data())
def test_a_bit_field_that_is_set_is_read_and_its_neighbours_stay(registers, order, data):
    low_bit = data.draw(st.integers(0, 16 * len(registers) - 1))
    width = data.draw(st.integers(1, 16 * len(registers) - low_bit))
    value = data.draw(st.integers(0, 2**width - 1))
    changed = with_bit_field(registers, value, low_bit, width, order)
    assert bit_field(changed, low_bit, width, order) == value
    before = bit_field(registers, low_bit, width, order)
    assert with_bit_field(changed, before, low_bit, width, order) == tuple(registers)


@pytest.mark.parametrize(("low_bit", "width"), [(-1, 2), (0, 0), (0, 17), (16, 1), (9, 8)])
def test_a_bit_field_outside_of_its_registers_is_refused(low_bit, width):
    with pytest.raises(ProtocolError, match="1 registers have no such"):
        bit_field((0,), low_bit, width)
    with pytest.raises(ProtocolError, match="1 registers have no such"):
        with_bit_field((0,), 0, low_bit, width)


@pytest.mark.parametrize("value", [-1, 4])
def test_a_number_that_does_not_fit_a_bit_field_is_refused(value):
    with pytest.raises(ProtocolError, match="does not fit into 2"):
        with_bit_field((0,), value, 3, 2)

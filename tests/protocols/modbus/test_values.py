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
    bits,
    number,
    register_of_bits,
    registers_of,
    text,
    text_registers,
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
    [(65_536, "u16"), (-1, "u16"), (1.5, "u16"), (math.nan, "s32"), (math.inf, "u64"), (1e39, "f32"), (2**64, "u64")],
)
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
    with pytest.raises(ProtocolError):
        bcd((0x12FA,))
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

"""Plans, splitting, and reading answers."""

import struct
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_adapters.interpretation import Interpreted, interpreter, shortest
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.rows import REGISTERS, RegisterRow
from protocols.modbus import registers_of
from protocols.modbus.plan import Plan, Readable
from protocols.vocabulary import Reason


def model_of(*rows: RegisterRow, gap: int = 8) -> RegisterModel:
    return RegisterModel("v", "m", "any", "test", rows, gap)


def row(address: int, kind: str = "u16", **more) -> RegisterRow:
    return RegisterRow("x", address, kind, channel=f"{more.get('table', 'holding')}{address}", **more)


def spans(plan: Plan):
    return [(block.table, block.address, block.count) for block in plan.blocks]


def interpret(plan: Plan, data: bytes) -> Interpreted:
    """What the answer to the only request means."""
    (block,) = plan.blocks
    return interpreter(block.rows)(data)


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


@pytest.mark.parametrize("limit", [0, 3, 126])
def test_a_limit_outside_of_its_range_is_refused(limit):
    with pytest.raises(ValueError, match="expected 4 to 125"):
        model_of(row(0)).plan(limit=limit)


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
        (("ph", 0, "bits"), "expected 1 to 32"),
        (("ph", 0, "bits", "ABCD", 1, "holding", frozenset(), "", "", 31, 2), "expected 1 to 32"),
        (("ph", 0, "bits", "ABCD", 1, "coil", frozenset(), "", "", 0, 2), "goes with tables coil and discrete"),
        (("ph", 0, "u16", "ABCD", 1, "holding", frozenset(), "", "", 0, 2), "go with kind 'bits' only"),
        (("ph", 65535, "bits", "ABCD", 1, "holding", frozenset(), "", "", 15, 2), "expected 0 to 65534"),
    ],
)
def test_a_row_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RegisterRow(*arguments)


def test_division_is_by_integers():
    plan = model_of(RegisterRow("water_temperature", 0, divisor=10)).plan()
    assert [interpret(plan, struct.pack(">H", raw)).value[0] for raw in (214, 3, 7)] == [21.4, 0.3, 0.7]


def test_a_unit_and_a_divisor_become_one_exact_ratio():
    assert RegisterRow("air_pressure", 0, divisor=10, unit="kPa").scale == (1, 1)
    assert RegisterRow("air_pressure", 0, unit="kPa").scale == (10, 1)
    assert RegisterRow("wind_speed", 0, divisor=10, unit="km/h").scale == (1, 36)
    plan = model_of(RegisterRow("air_pressure", 0, "f32", unit="kPa")).plan()
    assert interpret(plan, struct.pack(">f", 101.3)).value == [1013.0]


def test_marks_are_compared_before_dividing_and_leave_no_value():
    plan = model_of(
        RegisterRow("air_temperature", 0, "s16", divisor=10, invalid=frozenset({-32768, 0x7FFF})),
        RegisterRow("ph", 1, divisor=100, invalid=frozenset({0xFFFF})),
    ).plan()
    value, faults = interpret(plan, bytes.fromhex("8000 02BC"))
    assert isnan(value[0])
    assert value[1] == 7.0
    assert faults == {0: Reason.DEVICE_FAULT}
    assert interpret(plan, bytes.fromhex("7FFF FFFF")).faults == {0: Reason.DEVICE_FAULT, 1: Reason.DEVICE_FAULT}


def test_what_is_no_finite_number_is_no_value():
    plan = model_of(row(0, "f32"), row(2, "f64"), row(6)).plan()
    for single, double in ((nan, 1.5), (inf, 1.5), (-inf, 1.5)):
        value, faults = interpret(plan, struct.pack(">fdH", single, double, 9))
        assert isnan(value[0])
        assert value[1:] == [1.5, 9.0]
        assert faults == {0: Reason.INVALID_VALUE}
    value, faults = interpret(plan, struct.pack(">fdH", 1.0, 1.7e308, 9))
    assert faults == {}
    assert value == [1.0, 1.7e308, 9.0]


@pytest.mark.parametrize(
    ("side", "order", "said", "value"),
    [
        ("before", "ABCD", "0003 04D2", 1.234),
        ("behind", "ABCD", "04D2 0003", 1.234),
        ("before", "ABCD", "0000 FFFE", -2.0),
        ("before", "BADC", "0200 D204", 12.34),
        ("behind", "BADC", "D204 0100", 123.4),
        ("before", "ABCD", "000A 0001", None),
    ],
)
def test_a_register_may_say_how_many_digits_are_decimals(side, order, said, value):
    plan = model_of(RegisterRow("water_level", 7, "s16", order, decimals=side), row(9)).plan()
    assert spans(plan) == [("holding", 7, 3)]
    values, faults = interpret(plan, bytes.fromhex(said + "0009"))
    assert values[1] == 9.0
    if value is None:
        assert isnan(values[0])
        assert faults == {0: Reason.INVALID_VALUE}
    else:
        assert values[0] == value
        assert faults == {}


def test_decimals_go_with_divisor_unit_offset_marks_and_wide_numbers():
    plan = model_of(
        RegisterRow("air_pressure", 0, "u32", "CDAB", unit="kPa", decimals="before", invalid=frozenset({0xFFFFFFFF})),
        RegisterRow("ph", 3, "u16", offset=-1, divisor=10, decimals="behind"),
    ).plan()
    assert interpret(plan, bytes.fromhex("0002 2791 0000 0048 0001")).value == [1012.9, 0.71]
    assert interpret(plan, bytes.fromhex("0002 FFFF FFFF 0048 0001")).faults == {0: Reason.DEVICE_FAULT}


@pytest.mark.parametrize("more", [{"kind": "f32"}, {"writable": True}, {"codes": ((1, 1.0),)}, {"kind": "bcd16"}])
def test_decimals_go_with_integers_that_are_read(more):
    with pytest.raises(ValueError, match="decimals goes with"):
        RegisterRow("x", 0, **{"kind": "u16", **more, "decimals": "before"})


KINDS = sorted(set(REGISTERS) - {"bit"})
LOW_HIGH = {
    "u16": (0, 2**16 - 1),
    "s16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "s32": (-(2**31), 2**31 - 1),
    "bcd16": (0, 9999),
    "bcd32": (0, 99_999_999),
    "sm16": (-(2**15) + 1, 2**15 - 1),
    "sm32": (-(2**31) + 1, 2**31 - 1),
}


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
    plan = model_of(*rows).plan(gap=3)
    value, faults = interpret(plan, struct.pack(f">{len(registers)}H", *registers))
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
    plan = model_of(row(0, "f32", order="CDAB"), row(2)).plan()
    image = struct.pack(">f", hundredths / 100)
    assert interpret(plan, image[2:] + image[:2] + b"\0\1").value[0] == hundredths / 100


def test_bits_come_lowest_first():
    rows = [row(address, "bit", table="coil") for address in (3, 4, 11, 12)]
    plan = model_of(*rows).plan()
    assert spans(plan) == [("coil", 3, 10)]
    assert interpret(plan, bytes([0b0000_0001, 0b0000_0011])).value == [1.0, 0.0, 1.0, 1.0]


def test_fields_of_bits_share_their_registers():
    state = RegisterRow("state", 5, "bits", low_bit=0, width=4)
    mode = RegisterRow("mode", 5, "bits", low_bit=14, width=4)  # its lower two are the highest of 6
    door = RegisterRow("door", 6, "bits", low_bit=15, width=1, order="BADC")
    plan = model_of(state, mode, door, row(7)).plan()
    assert spans(plan) == [("holding", 5, 3)]
    # 5 and 6 as one value: 0002_4080; bits 14 to 17 of it are 1001
    value, faults = interpret(plan, bytes.fromhex("0002 4080 0011"))
    assert faults == {}
    assert [r.observed for r in plan.blocks[0].rows] == ["state", "mode", "door", "x"]
    assert value == [2.0, 9.0, 1.0, 17.0]


@pytest.mark.parametrize("kind", ["u16", "f32", "bcd16"])
def test_only_fields_of_bits_share_registers(kind):
    field = RegisterRow("state", 6, "bits", low_bit=0, width=20)
    with pytest.raises(ValueError, match="share address 6"):
        model_of(RegisterRow("ph", 5 if kind == "f32" else 6, kind), field)
    with pytest.raises(ValueError, match="share address 7"):
        model_of(field, RegisterRow("mode", 6, "bits", width=1), RegisterRow("ph", 7, kind))


def test_a_decimal_register_with_a_digit_above_9_is_no_value():
    plan = model_of(RegisterRow("ph", 0, "bcd16", divisor=100), RegisterRow("orp", 1, "bcd32")).plan()
    assert interpret(plan, bytes.fromhex("0701 0012 3456")).value == [7.01, 123_456.0]
    value, faults = interpret(plan, bytes.fromhex("FFFF 0012 3456"))
    assert isnan(value[0])
    assert value[1] == 123_456.0
    assert faults == {0: Reason.INVALID_VALUE}


def test_sign_and_magnitude():
    plan = model_of(RegisterRow("air_temperature", 0, "sm16", divisor=10, invalid=frozenset({-32767}))).plan()
    assert [interpret(plan, struct.pack(">H", raw)).value[0] for raw in (0x0065, 0x8065)] == [10.1, -10.1]
    assert interpret(plan, b"\xff\xff").faults == {0: Reason.DEVICE_FAULT}


def test_an_offset_is_added_before_dividing():
    plan = model_of(RegisterRow("air_temperature", 0, divisor=10, offset=-400, invalid=frozenset({0xFFFF}))).plan()
    assert [interpret(plan, struct.pack(">H", raw)).value[0] for raw in (0, 614, 1255)] == [-40.0, 21.4, 85.5]
    assert interpret(plan, b"\xff\xff").faults == {0: Reason.DEVICE_FAULT}, "the mark is the device's own number"


def test_codes_mean_values_and_an_unlisted_one_is_no_value():
    plan = model_of(
        RegisterRow("state", 0, codes=((1, 0.0), (2, 1.0)), invalid=frozenset({9})),
        RegisterRow("mode", 1, "bits", low_bit=4, width=4, codes=((3, 30.0),)),
        RegisterRow("ph", 2, divisor=100),
    ).plan()
    assert interpret(plan, bytes.fromhex("0002 0F3F 02BC")).value == [1.0, 30.0, 7.0]
    value, faults = interpret(plan, bytes.fromhex("0003 0F4F 02BC"))
    assert (isnan(value[0]), isnan(value[1]), value[2]) == (True, True, 7.0)
    assert faults == {0: Reason.INVALID_VALUE, 1: Reason.INVALID_VALUE}
    assert interpret(plan, bytes.fromhex("0009 0030 02BC")).faults == {0: Reason.DEVICE_FAULT}
    decimal = model_of(RegisterRow("x", 0, "bcd16", codes=((10, 1.0),))).plan()
    assert interpret(decimal, b"\x00\x10").value == [1.0]
    assert interpret(decimal, b"\x00\x1f").faults == {0: Reason.INVALID_VALUE}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"kind": "f32", "codes": ((1, 1.0),)}, "codes go with kinds of integers"),
        ({"divisor": 10, "codes": ((1, 1.0),)}, "codes go with kinds of integers"),
        ({"codes": ((1, 1.0), (1, 2.0))}, "a number comes twice"),
        ({"kind": "f32", "offset": 1}, "offset goes with kinds of integers"),
        ({"kind": "bit", "table": "coil", "offset": 1}, "offset goes with kinds of integers"),
        ({"low": 2.0, "high": 2.0}, "range 2 to 2"),
    ],
)
def test_a_meaning_that_cannot_be_is_refused(more, message):
    with pytest.raises(ValueError, match=message):
        RegisterRow("x", 0, **more)


def test_declared_blocks_are_not_left():
    rows = tuple(row(address) for address in (0, 4, 8, 12))
    model = RegisterModel("v", "m", "any", "t", rows, 8, (Readable("holding", 0, 6), Readable("holding", 6, 10)))
    assert spans(model.plan()) == [("holding", 0, 5), ("holding", 8, 1), ("holding", 12, 1)]

"""Layouts by family and length, units, times in both orders, status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.cjt188 import read
from protocols.cjt188.control import family, identifier, identifier_name, type_name
from protocols.cjt188.status import read_status
from protocols.cjt188.units import UNITS

WATER, HEAT, GAS, OTHER = 0x10, 0x20, 0x30, 0x40


def numbers(meter_type, di, hexadecimal):
    told = read(meter_type, di, bytes.fromhex(hexadecimal))
    if told is None:
        return None
    return {v.part.key: (v.number, v.unit_name) for v in told if v.part.kind in ("quantity", "number")}


READING = "00776655 {unit} 00776655 {unit} 31012211051520 2184"
HEAT_READING = "19285300 05 19285300 05 50010000 17 34120000 35 42331800 2C 031900 101900 612700 26572331031520 0301"


@pytest.mark.parametrize(
    ("unit", "value", "name"),
    [
        ("2C", 556677.0, "m3"),
        ("2D", 5566770.0, "m3"),
        ("2E", 55667700.0, "m3"),
        ("29", 556677.0, "L"),
        ("2B", 55667700.0, "L"),
        ("05", 556677.0, "kWh"),
        ("13", 55667700.0, "GJ"),
        ("00", None, ""),
        ("FF", None, ""),
    ],
)
def test_water_and_gas(unit, value, name):
    for kind in (WATER, GAS, OTHER, 0x19, 0x99):
        told = numbers(kind, 0x901F, READING.format(unit=unit))
        assert told == {"current": (value, name), "settle": (value, name)}


def test_decimals_come_out_exactly():
    told = numbers(WATER, 0x901F, "27010000 2C 07000000 2C 00000000000000 0000")
    assert told == {"current": (1.27, "m3"), "settle": (0.07, "m3")}


@pytest.mark.parametrize("figures", ["FFFFFFFF", "0A000000", "EEEEEEEE", "FFFFFF00"])
def test_what_is_no_number_is_none(figures):
    told = read(WATER, 0x901F, bytes.fromhex(f"{figures} 2C 00000000 2C 00000000000000 0000"))
    assert told[0].number is told[0].digits is None
    assert told[0].reason == ("not available" if figures == "FFFFFFFF" else "not BCD")
    assert told[1].number == 0.0


def test_heat():
    assert numbers(HEAT, 0x901F, HEAT_READING) == {
        "settle_heat": (5328.19, "kWh"),
        "heat": (5328.19, "kWh"),
        "power": (1.5, "kW"),
        "flow": (0.1234, "m3/h"),
        "volume": (1833.42, "m3"),
        "supply_temperature": (19.03, "Cel"),
        "return_temperature": (19.1, "Cel"),
        "hours": (2761.0, "h"),
    }


def test_units_before_the_digits_are_seen_when_all_of_them_stand_there():
    before = "05 19285300 05 19285300 17 50010000 35 34120000 2C 42331800" + HEAT_READING[59:]
    assert numbers(HEAT, 0x901F, before) == numbers(HEAT, 0x901F, HEAT_READING)
    assert {v.unit_place for v in read(HEAT, 0x901F, bytes.fromhex(before)) if v.unit_code is not None} == {"before"}
    mixed = "05 19285300 05 19285300 17 50010000 35 34120000 42331800 2C" + HEAT_READING[59:]
    assert {v.unit_place for v in read(HEAT, 0x901F, bytes.fromhex(mixed)) if v.unit_code is not None} == {"behind"}


def test_a_water_meter_whose_digits_look_like_units_keeps_them_behind():
    told = read(WATER, 0x901F, bytes.fromhex("05000002 2C 05000002 2C" + "00" * 9))
    assert told[0].digits == "02000005"


@pytest.mark.parametrize(
    ("meter_type", "di", "data", "expected"),
    [
        (HEAT, 0x901F, "19285300 05 19285300 05 500100 17 341200 35 42331800 2C 0319 1019 61270000 26572331031520 0301",
         {"power": (1.5, "kW"), "flow": (1.234, "m3/h"), "supply_temperature": (19.03, "Cel"), "hours": (2761.0, "h")}),
        (WATER, 0xD120, "00230100 2C", {"settle": (123.0, "m3")}),
        (WATER, 0xD12B, "00230100 2C", {"settle": (123.0, "m3")}),
        (HEAT, 0xD120, "00230100 11", {"settle_heat": (123.0, "GJ")}),
        (HEAT, 0xD200, "00230100 05 00000000 05 00230100 2C", {"settle_volume": (123.0, "m3")}),
        (GAS, 0xD3FF, "31012211051520 00230100 2C 34120000 35 031900 000100", {"flow": (0.1234, "m3/h")}),
        (WATER, 0x8103, "01", {"settlement_day": (1.0, "")}),
        (WATER, 0x8102, "500100 300000 000200 600000 000300", {"price_1": (1.5, "CNY"), "volume_2": (60.0, "m3")}),
        (WATER, 0x8105, "03 00500000 00900000 00120000 0000", {"purchase": (50.0, "CNY")}),
    ],
)  # fmt: skip
def test_other_layouts(meter_type, di, data, expected):
    told = numbers(meter_type, di, data)
    assert {key: told[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("meter_type", "di", "data"),
    [
        (HEAT, 0x901F, "7856341200FF"),
        (WATER, 0x901F, "00230100 2C"),
        (WATER, 0xD12C, "00230100 2C"),
        (WATER, 0x9999, "00"),
    ],
)
def test_a_makers_own_length_and_an_unlisted_identifier_are_not_read(meter_type, di, data):
    assert numbers(meter_type, di, data) is None


@pytest.mark.parametrize(
    ("wire", "text", "order"),
    [
        ("31012211051520", "2015-05-11 22:01:31", "low first"),
        ("20200528205824", "2020-05-28 20:58:24", "forward"),
        ("20160715095959", "2016-07-15 09:59:59", "forward"),
        ("20201110122020", "2020-12-10 11:20:20", "low first"),
        ("00000000000000", None, None),
        ("FFFFFFFFFFFFFF", None, None),
        ("60202000000000", None, None),
        ("31012211051500", None, None),
        ("3101221105150A", None, None),
    ],
)
def test_times_in_both_orders(wire, text, order):
    (value,) = read(WATER, 0x907F, bytes.fromhex(wire))
    assert (value.stamp.text, value.stamp.order) == (text, order) if text else value.stamp is None


@pytest.mark.parametrize(
    ("first", "valve", "closed", "fault", "low_battery"),
    [
        (0x00, "open", False, False, False),
        (0x01, "closed", True, False, False),
        (0x02, "undefined", False, True, False),
        (0x03, "fault", True, True, False),
        (0x04, "open", False, False, True),
        (0x21, "closed", True, False, False),
        (0xFF, "fault", True, True, True),
    ],
)
def test_both_readings_of_the_status(first, valve, closed, fault, low_battery):
    told = read_status(bytes([first, 0xFF]))
    assert (told.valve, told.valve_closed, told.valve_fault, told.low_battery) == (valve, closed, fault, low_battery)
    assert told.bits == [bit for bit in range(8) if first >> bit & 1]
    assert told.fault is (first & 3 == 3)


@pytest.mark.parametrize(
    ("wire", "di"),
    [
        ("901F", 0x901F),
        ("1F90", 0x901F),
        ("810A", 0x810A),
        ("0A81", 0x810A),
        ("A017", 0xA017),
        ("17A0", 0xA017),
        ("D120", 0xD120),
        ("20D1", 0xD120),
        ("D201", 0xD201),
        ("90D2", 0xD290),
        ("D290", 0xD290),
        ("05A1", 0xA105),
        ("9099", 0x9099),
        ("9990", 0x9099),
        ("1234", 0x1234),
    ],
)
def test_the_order_of_an_identifier_is_found(wire, di):
    assert identifier(bytes.fromhex(wire)) == di


def test_every_listed_identifier_is_found_in_both_orders_or_is_listed_in_both():
    for di in range(0x10000):
        if identifier_name(di) is None:
            continue
        wire = di.to_bytes(2, "big")
        assert identifier(wire) == di
        assert identifier(wire[::-1]) == di or identifier_name(int.from_bytes(wire, "little")) is not None


def test_families_and_names():
    assert [family(kind) for kind in (0x10, 0x19, 0x25, 0x30, 0x40, 0x1A, 0xAA)] == [
        "water",
        "water",
        "heat",
        "gas",
        "other",
        "other",
        "other",
    ]
    assert (type_name(0x21), type_name(0x25)) == ("heat meter (cooling)", "heat meter, type 25")


def test_the_table_of_units():
    assert len(UNITS) == 2 + 16 * 3
    assert (UNITS[0x2C], UNITS[0x2E], UNITS[0x35], UNITS[0x13], UNITS[0x4B]) == (
        ("m3", 1),
        ("m3", 100),
        ("m3/h", 1),
        ("GJ", 100),
        ("GJ/h", 100),
    )
    assert 0x41 not in UNITS


@given(st.integers(0, 255), st.integers(0, 0xFFFF) | st.sampled_from([0x901F, 0xD120, 0xD300]), st.binary(max_size=60))
def test_any_data_are_values_or_nothing(meter_type, di, data):
    told = read(meter_type, di, data)
    if told is not None:
        assert b"".join(value.data for value in told) == data

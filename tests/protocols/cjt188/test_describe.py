"""What the golden frames do not show: histories, commands, answers of a valve, and what stands around a frame."""

import pytest

from protocols.cjt188 import EVERYBODY, Frame, encode, requests
from protocols.cjt188.answer import answer
from protocols.cjt188.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.cjt188.test_requests import NEW, OLD, WHEN

ME = "00000019121301"


def told(frame, before=b"", behind=b""):
    return describe(before + encode(frame) + behind)


def answered(asked, hexadecimal, meter_type=0x10):
    return told(answer(asked, meter_type, ME, bytes.fromhex(hexadecimal)))


def expect(said, **expected):
    assert {name: said.get(name) for name in expected} == expected


def test_a_history():
    said = answered(requests.read(OLD, 1, 0xD120), "00230100 2C")
    expect(said, DI="D120", item="settlement data, 1 months back", settle_raw="00012300", unit1="2C", settle_m3=123.0)


def test_a_gas_meter_with_tens_of_cubic_metres():
    said = answered(requests.read(OLD, 1), "00230100 2D 00230100 00 00000000000000 0400", 0x30)
    expect(said, type_name="gas meter", current_m3=1230.0, settle_note="unknown unit", low_battery=True, unit2="00")
    assert "settle_m3" not in said


def test_the_status_is_told_in_both_readings():
    said = answered(requests.valve(OLD, 1, 0x99), "0200")
    expect(said, status_wire="0200", valve="undefined", valve_other_reading={"closed": False, "fault": True})


def test_digits_that_are_none_are_shown_as_they_came():
    said = answered(requests.read(OLD, 1), "0A000000 2C FFFFFFFF 2C 00000000000000 0000")
    expect(said, current_raw=None, current_m3=None, current_wire="0A0000002C", settle_raw=None, settle_m3=None)


def test_a_makers_own_layout_is_carried():
    said = answered(requests.read(OLD, 1), "7856341200FF", 0x20)
    assert said["note"].endswith("carried as bytes")
    assert "heat_raw" not in said


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (requests.valve(OLD, 1, 0x55), {"item": "valve", "valve_command": "55", "valve_meaning": "open"}),
        (requests.valve(OLD, 1, 0x12), {"valve_command": "12", "valve_meaning": "unlisted"}),
        (requests.set_time(NEW, 1, WHEN), {"DI": "A015", "DI_order": "low first", "time": "2015-05-11 22:01:31"}),
        (requests.write_address(OLD, 1, "1" * 14), {"new_address": "1" * 14}),
        (requests.settlement_day(OLD, 1, 25), {"written": "25"}),
        (requests.read(requests.Meter(0xAA, EVERYBODY), 1), {"address_note": "all meters; none answers"}),
        (requests.read_address(), {"type_name": "any meter", "address_note": "AA stands for any pair"}),
        (Frame(0x10, ME, 0xA1, bytes.fromhex("901F01")), {"more": True}),
    ],
)
def test_commands(frame, expected):
    expect(told(frame), **expected)


def test_what_stands_around_a_frame_is_told():
    said = told(requests.read(OLD, 0), before=b"\x00\xfe\xfe", behind=b"\x1f")
    expect(said, stray="00", preamble_FE=2, trailing="1F")
    assert "signal strength" in said["trailing_note"]
    assert "stray" not in told(requests.read(OLD, 0))


def test_two_frames_are_not_one():
    raw = encode(requests.read(OLD, 0))
    with pytest.raises(ProtocolError, match="second frame"):
        describe(raw + raw)


@pytest.mark.parametrize("function", [1, 3, 4, 9, 0x15, 0x16, 0x1F])
@pytest.mark.parametrize("direction", [0x00, 0x80, 0xC0])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 22, 46, 255])
def test_every_function_with_any_length_is_told(function, direction, count):
    for head in (b"", b"\x90\x1f\x00", b"\x17\xa0\x00"):
        data = (head + bytes(count))[:255]
        for kind in (0x10, 0x20, 0x40):
            assert told(Frame(kind, ME, direction | function, data))["length"] == len(data)

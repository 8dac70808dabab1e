import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.bcd import packed_low_first
from protocols.dlt645.reading import read

TIMES = ["2021-04-03 02:01:00", "2021-04-03 03:02:00"]


def values(di, hexadecimal, edition="2007"):
    told = read(di, bytes.fromhex(hexadecimal), edition)
    return None if told is None else [value.number if value.scaled is not None else value.text for value in told.values]


@pytest.mark.parametrize(
    ("di", "data", "expected"),
    [
        (0x02010100, "0110", [100.1]),
        (0x02010100, "9999", [999.9]),
        (0x02020100, "994900", [4.999]),
        (0x02020100, "994980", [-4.999]),
        (0x02030000, "345682", [-2.5634]),
        (0x02030000, "999979", [79.9999]),
        (0x02060000, "0090", [-1.0]),
        (0x02060000, "0010", [1.0]),
        (0x02800002, "9849", [49.98]),
        (0x02800007, "5580", [-5.5]),
        (0x00010000, "56341200", [1234.56]),
        (0x00010000, "99999999", [999999.99]),
        (0x00000000, "56341280", [-1234.56]),
        (0x01010000, "5634002309230721", [0.3456, "2021-07-23 09:23"]),
        (0x04000101, "05230721", ["2021-07-23 weekday 5"]),
        (0x04000102, "592309", ["09:23:59"]),
        (0x0400010C, "59230905230721", ["2021-07-23 weekday 5 09:23:59"]),
        (0x04000401, "610100000000", ["000000000161"]),
        (0x04000404, "000056303232", ["220V"]),
        (0x04000501, "0480", ["8004"]),
        (0x04000B01, "0001", ["day 01 hour 00"]),
        (0x03110000, "120000", [12.0]),
        (0x03110001, "000102030421000203030421", ["2021-04-03 02:01:00", "000203030421"]),
        (0x03300401, "78563412000102030421000203030421", ["12345678", *TIMES]),
        (0x03010000, "010000" * 6, [1.0] * 6),
        (0x05060001, "0000230721", ["2021-07-23 00:00"]),
        (0x05060101, "563412000100000002000000", [1234.56, 0.01, 0.02]),
        (0x0201FF00, "012200220322", [220.1, 220.0, 220.3]),
        (0x0201FF00, "0122FFFFFFFF", [220.1, None, None]),
    ],
)
def test_what_data_say(di, data, expected):
    assert values(di, data) == expected


def test_decimals_come_out_exactly():
    assert values(0x02020100, "270100") == [0.127]
    assert values(0x00010000, "07000000") == [0.07]


@pytest.mark.parametrize(
    ("di", "data", "reason"),
    [
        (0x00010000, "FFFFFFFF", "not available"),
        (0x02020100, "FFFFFF", "not available"),
        (0x00010000, "00000E00", "not BCD"),
        (0x00010000, "EEEEEEEE", "not BCD"),
        (0x00010000, "FFFFFF00", "not BCD"),
        (0x02010100, "0A22", "not BCD"),
        (0x02020100, "FFFF7F", "not BCD"),
        (0x04000102, "606060", "no time"),
        (0x04000101, "00000000", "no time"),
        (0x04000102, "FFFFFF", "not available"),
    ],
)
def test_what_is_no_value_is_none_and_says_why(di, data, reason):
    (value,) = read(di, bytes.fromhex(data)).values
    assert (value.number, value.text, value.reason) == (None, None, reason)
    assert value.data == bytes.fromhex(data)


@pytest.mark.parametrize(
    ("di", "data"),
    [(0x02010100, "011000"), (0x02010100, "01"), (0x00010000, "5634120000"), (0x09000000, "00"), (0x04000102, "")],
)
def test_another_width_and_an_unlisted_identifier_are_not_read(di, data):
    assert values(di, data) is None


def test_1997():
    assert values(0x9010, "48632400", "1997") == [2463.48]
    assert values(0xB611, "2002", "1997") == [220.0]
    assert values(0xB630, "563412", "1997") == [12.3456]
    assert values(0xB010, "23092307", "1997") == ["07-23 09:23"]
    assert values(0xC010, "05230721", "1997") == ["2021-07-23 weekday 5"]


def test_a_block_of_1997_may_end_with_aa():
    block = "01000000" * 5
    assert values(0x901F, block, "1997") == values(0x901F, block + "AA", "1997") == [0.01] * 5
    assert values(0x901F, block + "AB", "1997") is None
    assert values(0x9010, "01000000AA", "1997") is None, "one item has one width"
    assert values(0x0001FF00, block + "AA") is None, "2007 has no such end"


@given(st.integers(-799_999, 799_999))
def test_any_current_is_read_as_it_was_written(milliamps):
    data = packed_low_first(milliamps, 3, signed=True)
    assert read(0x02020100, data).values[0].number == milliamps / 1000


@given(st.binary(max_size=30), st.integers(0, 0x0FFF_FFFF), st.sampled_from(["2007", "1997"]))
def test_any_data_of_any_identifier_are_values_or_nothing(data, di, edition):
    told = read(di & 0xFFFF if edition == "1997" else di, data, edition)
    if told is not None:
        assert b"".join(value.data for value in told.values) in (data, data[:-1])

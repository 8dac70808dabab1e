from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sl651.numbers import MISSING, NO_DATA, NOT_DECIMAL, VENDOR_FILL, number, packed_number
from protocols.vocabulary import ProtocolError


@pytest.mark.parametrize(
    ("data", "decimals", "value", "why"),
    [
        ("00000127", 3, 0.127, None),
        ("000005", 1, 0.5, None),
        ("1115", 2, 11.15, None),
        ("27", 0, 27, None),
        ("FF0266", 1, -26.6, None),
        ("FF001234", 3, -1.234, None),
        ("FF00000172", 2, -1.72, None),
        ("FF0000", 1, 0.0, None),
        ("FF", 0, None, MISSING),
        ("FFFFFF", 2, None, MISSING),
        ("AAAAAAAA", 3, None, VENDOR_FILL),
        ("AA", 0, None, VENDOR_FILL),
        ("", 0, None, NO_DATA),
        ("0A00", 1, None, NOT_DECIMAL),
        ("FFFF12", 1, None, NOT_DECIMAL),
        ("F123", 1, None, NOT_DECIMAL),
        ("AAFF", 1, None, NOT_DECIMAL),
        ("12FF", 1, None, NOT_DECIMAL),
        ("9" * 62, 7, int("9" * 62) / 10**7, None),
    ],
)
def test_numbers(data, decimals, value, why):
    assert number(bytes.fromhex(data), decimals) == (value, why)


def test_whole_numbers_stay_whole():
    assert isinstance(number(b"\x27", 0).value, int)


@given(st.integers(-(10**10) + 1, 10**12 - 1), st.integers(0, 7))
def test_round_trip(whole, decimals):
    text = Decimal(whole).scaleb(-decimals)
    assert number(packed_number(text, 6, decimals), decimals).value == (whole / 10**decimals if decimals else whole)


def test_missing_is_all_f():
    assert packed_number(None, 3, 1) == b"\xff\xff\xff"


@pytest.mark.parametrize(
    ("value", "length", "decimals"),
    [("0.05", 3, 1), ("100", 1, 0), ("-1", 1, 0), ("-100", 2, 0), ("x", 2, 0), ("NaN", 2, 0)],
)
def test_what_does_not_fit_is_refused(value, length, decimals):
    with pytest.raises(ProtocolError):
        packed_number(value, length, decimals)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import bcd
from protocols.vocabulary import ProtocolError


@given(st.integers(0, 10**12 - 1))
def test_round_trip(number):
    assert int(bcd.digits(bcd.packed(number, 6))) == number


def test_leading_zeros_are_digits():
    assert bcd.packed("0012", 2) == b"\x00\x12"
    assert bcd.digits(b"\x00\x12") == "0012"
    assert bcd.digits(b"") == ""


@pytest.mark.parametrize("data", [b"\x1a", b"\xfa", b"\xff\xff"])
def test_a_digit_above_nine_is_an_error(data):
    with pytest.raises(ProtocolError, match="above 9"):
        bcd.digits(data)


@pytest.mark.parametrize("number", [-1, 100, "１", "", "1.5"])
def test_what_does_not_fit_is_an_error(number):
    with pytest.raises(ProtocolError, match="does not fit"):
        bcd.packed(number, 1)

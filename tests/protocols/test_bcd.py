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


@given(st.integers(0, 10**8 - 1))
def test_low_first_round_trip(number):
    assert bcd.low_first(bcd.packed_low_first(number, 4)) == number


@given(st.integers(-(8 * 10**7) + 1, 8 * 10**7 - 1))
def test_low_first_with_a_sign_round_trip(number):
    assert bcd.low_first(bcd.packed_low_first(number, 4, signed=True), signed=True) == number


def test_the_sign_is_the_highest_bit_of_the_last_byte():
    assert bcd.low_first(bytes.fromhex("345682"), signed=True) == -25634
    assert bcd.low_first(bytes.fromhex("345682")) == 825634


@pytest.mark.parametrize("data", ["0A", "FF", "00000E00", "EEEE", "FA"])
def test_what_is_no_bcd_is_no_number(data):
    assert bcd.low_first(bytes.fromhex(data)) is None


def test_hexadecimal_behind_a_sign_is_no_number():
    assert bcd.low_first(b"\xff", signed=True) is None
    assert bcd.low_first(b"\x0a", signed=True) is None
    assert bcd.low_first(b"\xf1", signed=True) == -71, "1111 is the sign and 7"


@pytest.mark.parametrize(("number", "signed"), [(100, False), (-1, False), (80, True), (-80, True), (100, True)])
def test_low_first_what_does_not_fit_is_an_error(number, signed):
    with pytest.raises(ProtocolError, match="does not fit"):
        bcd.packed_low_first(number, 1, signed=signed)

import pytest

from protocols.dlt645.frame import LAYOUT as L645
from protocols.meter_line.address import (
    address_text,
    address_wire,
    addresses,
    is_broadcast,
    is_wildcard,
    shortened,
)
from protocols.vocabulary import ProtocolError


def test_the_wire_has_the_lowest_pair_first():
    assert address_wire("000000000161", L645) == bytes.fromhex("610100000000")
    assert address_text(bytes.fromhex("68610100000000"), L645) == "000000000161"


@pytest.mark.parametrize("text", ["", "161", "0000000001610", "00000000016g", "00000000016１", "aaaaaaaaaaaa"])
def test_other_digits_are_an_error(text):
    with pytest.raises(ProtocolError, match="expected 12 digits"):
        address_wire(text, L645)


def test_a_shortened_address_has_aa_in_front():
    assert shortened("0161", L645) == "AAAAAAAA0161"
    for digits in ("161", "", "0A", "00000000000161"):
        if digits:
            with pytest.raises(ProtocolError):
                shortened(digits, L645)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("000000000161", True),
        ("AAAAAAAAAAAA", True),
        ("AAAAAAAA0161", True),
        ("AAAAAAAA0162", False),
        ("000000000162", False),
        ("999999999999", True),
        ("A00000000161", False),
    ],
)
def test_whom_a_frame_is_for(asked, meant):
    assert addresses(asked, "000000000161") is meant


def test_wildcards_and_broadcasts():
    assert is_wildcard("AAAAAAAA0161")
    assert not is_wildcard("0AA000000161"), "AA counts as a pair only"
    assert is_broadcast("9" * 12)
    assert not is_broadcast("999999999990")

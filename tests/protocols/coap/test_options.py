import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.coap import Block, Option, block_bytes, block_of, uint_bytes, unrecognised
from protocols.coap.options import KINDS, uint, value_of
from protocols.vocabulary import ProtocolError


@given(st.integers(0, 2**32 - 1))
def test_integers_take_the_fewest_bytes(number):
    raw = uint_bytes(number)
    assert uint(raw) == number
    assert not raw.startswith(b"\0")
    assert uint(b"\0" * (4 - len(raw)) + raw) == number


@pytest.mark.parametrize("number", [-1, 2**32])
def test_integers_have_a_bound(number):
    with pytest.raises(ProtocolError):
        uint_bytes(number)


@given(st.builds(Block, st.integers(0, 2**20 - 1), st.booleans(), st.integers(0, 6)))
def test_blocks(block):
    assert block_of(block_bytes(block)) == block
    assert len(block_bytes(block)) <= 3


def test_blocks_as_rfc_7959_writes_them():
    assert block_of(b"") == Block(0, more=False, szx=0)
    assert block_of(b"\x0e") == Block(0, more=True, szx=6)
    assert (block_of(b"\x26").num, block_of(b"\x26").size, block_of(b"\x26").start) == (2, 1024, 2048)
    assert block_of(b"\xff\xff\xf6") == Block(2**20 - 1, more=False, szx=6)


@pytest.mark.parametrize("raw", [b"\x07", b"\x0f", b"\xff\xff\xff", b"\x00\x00\x00\x01"])
def test_reserved_and_overlong_blocks_are_refused(raw):
    with pytest.raises(ProtocolError):
        block_of(raw)


@pytest.mark.parametrize(
    "block", [Block(2**20, more=False, szx=0), Block(-1, more=False, szx=0), Block(0, more=True, szx=7)]
)
def test_blocks_that_cannot_be_written(block):
    with pytest.raises(ProtocolError):
        block_bytes(block)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (Option(6), 0),
        (Option(6, b"\0\0\1"), 1),
        (Option(6, b"\0\0\0\1"), b"\0\0\0\1"),  # four bytes: not an Observe value any more
        (Option(12, b"\x2d\x16"), 11_542),
        (Option(11, "海".encode()), "海"),
        (Option(11, b"\xff"), b"\xff"),
        (Option(4, b"abcd"), b"abcd"),
        (Option(5), b""),
        (Option(40, b"x"), b"x"),
        (Option(60, b"\xff\xff\xff\xff"), 2**32 - 1),
    ],
)
def test_values_in_their_form(option, value):
    assert value_of(option) == value


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((Option(11, b"rd"), Option(11, b"0"), Option(12, b"(")), []),
        ((Option(9_999),), [(9_999, True, "not a listed number")]),
        ((Option(9_998),), [(9_998, False, "not a listed number")]),
        ((Option(12, b"123"),), [(12, False, "3 bytes: expected 0 to 2")]),
        ((Option(5, b"1"),), [(5, True, "1 bytes: expected 0")]),
        ((Option(3),), [(3, True, "0 bytes: expected 1 to 255")]),
        ((Option(11, b"\xff"),), [(11, True, "no UTF-8")]),
        ((Option(12), Option(12)), [(12, False, "may come once only")]),
        ((Option(23), Option(23)), [(23, True, "may come once only")]),
    ],
)
def test_what_a_receiver_treats_as_unknown(options, expected):
    assert [tuple(found) for found in unrecognised(options)] == expected


def test_the_lowest_bit_says_critical():
    names = {kind.name for number, kind in KINDS.items() if Option(number).critical}
    assert names == {
        "If-Match", "Uri-Host", "If-None-Match", "Uri-Port", "OSCORE", "Uri-Path", "Uri-Query", "Accept", "Q-Block1",
        "EDHOC", "Block2", "Block1", "Q-Block2", "Proxy-Uri", "Proxy-Scheme",
        "OCF-Accept-Content-Format-Version", "OCF-Content-Format-Version",
    }  # fmt: skip

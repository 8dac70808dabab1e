import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.coap import Message, Notified, Observations, Option, Type, decode, is_newer, uint_bytes
from protocols.vocabulary import ProtocolError

HALF = 2**23


@pytest.mark.parametrize(
    ("last", "sequence", "newer"),
    [
        (1, 2, True),
        (2, 1, False),
        (5, 5, False),
        (0, HALF - 1, True),
        (0, HALF, False),
        (HALF, 0, False),
        (HALF + 1, 0, True),
        (2**24 - 1, 0, True),
        (0, 2**24 - 1, False),
    ],
)
def test_the_order_of_rfc_7641(last, sequence, newer):
    assert is_newer(last, 0, sequence, 1) is newer
    assert is_newer(last, 0, sequence, 128) is newer
    assert is_newer(last, 0, sequence, 128.5)


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1))
def test_of_two_at_most_one_is_newer(one, other):
    assert not (is_newer(one, 0, other, 0) and is_newer(other, 0, one, 0))
    if one != other and abs(one - other) != HALF:
        assert is_newer(one, 0, other, 0) or is_newer(other, 0, one, 0)


def notification(token, sequence=None, code=0x45):
    options = () if sequence is None else (Option(6, uint_bytes(sequence)),)
    return Message(Type.NON, code, 1, token, options, b"x")


def test_a_notification_that_was_overtaken_is_told():
    observations = Observations()
    observations.begin(b"t", "ep/3303", 0)
    verdicts = [observations.receive(notification(b"t", n), at).verdict for n, at in ((7, 1), (9, 2), (8, 3), (8, 200))]
    assert verdicts == ["newer", "newer", "older", "newer"]


def test_the_bc68_leaves_observe_out_and_the_token_says_whose_it_is():
    observations = Observations()
    observations.begin(bytes(4), "ep/19/0/0", 0)
    first = decode(bytes.fromhex("6445F4A6000000006060"))
    data = decode(bytes.fromhex("5445286600000000C12AFFDEADBEEF"))
    assert observations.receive(first, 1) == Notified("ep/19/0/0", "newer")
    assert observations.receive(data, 2) == Notified("ep/19/0/0", "newer")
    assert observations.receive(data, 3) == Notified("ep/19/0/0", "newer")


def test_an_observe_value_that_is_too_long_counts_as_absent():
    observations = Observations()
    observations.begin(b"t", 1, 0)
    observations.receive(notification(b"t", 9), 1)
    odd = Message(Type.NON, 0x45, 1, b"t", (Option(6, b"\0\0\0\1"),))
    assert observations.receive(odd, 2) == Notified(1, "newer")
    assert observations.receive(notification(b"t", 8), 3) == Notified(1, "older")


def test_an_error_ends_it_and_an_unknown_token_is_nobodys():
    observations = Observations()
    observations.begin(b"t", 1, 0)
    assert observations.receive(notification(b"u", 1), 0) is None
    assert observations.receive(Message(Type.CON, 1, 1, b"t"), 0) is None
    assert observations.receive(notification(b"t", None, 0x84), 0) == Notified(1, "ended")
    assert observations.receive(notification(b"t", 2), 0) is None
    assert len(observations) == 0


def test_there_is_a_bound():
    observations = Observations(limit=2)
    observations.begin(b"a", 1, 0)
    observations.begin(b"b", 2, 0)
    observations.begin(b"a", 3, 0)
    with pytest.raises(ProtocolError, match="2 are open"):
        observations.begin(b"c", 4, 0)
    observations.end(b"b")
    observations.end(b"b")
    observations.begin(b"c", 4, 0)

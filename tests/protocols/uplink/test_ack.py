import hmac
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.uplink import Ack, HeldRanges, Stream
from protocols.uplink.ack import MAX_RANGES
from protocols.vocabulary import ProtocolError

KEY, OTHER = b"k" * 32, b"o" * 32
numbers = st.integers(0, 2**32 - 1)
ranges = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
acks = st.builds(
    Ack,
    st.from_regex(r"gw-[a-z0-9-]{1,29}", fullmatch=True),
    st.lists(
        st.builds(
            HeldRanges, st.sampled_from(Stream), st.integers(0, 2**63 - 1), st.lists(ranges, max_size=8).map(tuple)
        ),
        max_size=4,
    ).map(tuple),
)
SOUND = Ack("gw-1", (HeldRanges(Stream.READINGS, 77, ((0, 5), (7, 7))), HeldRanges(Stream.EVENTS, 78, ((1, 2),))))


def signed(message: bytes) -> bytes:
    return message + hmac.digest(KEY, message, "sha256")


@given(acks)
def test_an_acknowledgement_is_read_back(ack: Ack) -> None:
    assert Ack.decode(ack.encode(KEY), [KEY]) == ack
    assert Ack.decode(ack.encode(KEY), [OTHER, KEY]) == ack


@given(acks)
def test_another_key_is_refused(ack: Ack) -> None:
    for keys in ([], [OTHER], [KEY[:-1]]):
        with pytest.raises(ProtocolError, match="MAC is wrong"):
            Ack.decode(ack.encode(KEY), keys)


def test_every_altered_cut_or_lengthened_one_is_refused() -> None:
    data = SOUND.encode(KEY)
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        for wrong in (bytes(altered), data[:place]):
            with pytest.raises(ProtocolError):
                Ack.decode(wrong, [KEY])
    with pytest.raises(ProtocolError):
        Ack.decode(data + b"\0", [KEY])


def test_every_altered_one_under_a_right_mac_is_read_or_refused() -> None:
    message = SOUND.encode(KEY)[:-32]
    for place in range(len(message)):
        for value in (0, 1, 2, 3, 0x7F, 0x80, 0xFF):
            altered = message[:place] + bytes((value,)) + message[place + 1 :]
            try:
                ack = Ack.decode(signed(altered), [KEY])
            except ProtocolError:
                continue
            assert all(first <= last for held in ack.held for first, last in held.ranges)
        with pytest.raises(ProtocolError):
            Ack.decode(signed(message[:place]), [KEY])
    with pytest.raises(ProtocolError, match="left over"):
        Ack.decode(signed(message + b"\0"), [KEY])


@given(st.binary(max_size=120))
def test_garbage_is_refused(garbage: bytes) -> None:
    for data in (garbage, signed(garbage), signed(b"YA\1\4" + garbage)):
        try:
            Ack.decode(data, [KEY])
        except ProtocolError:
            continue


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (b"YZ\1\4\0\0gw-1", "594101"),
        (b"YA\2\4\0\0gw-1", "version 1"),
        (b"YA\1\4\0\0GW-1", "gateway"),
        (b"YA\1\4\1\0gw-1" + struct.pack("<BQH", 3, 1, 0), "not a valid Stream"),
        (b"YA\1\4\1\0gw-1" + struct.pack("<BQHII", 1, 1, 1, 5, 4), "ends before it begins"),
        (
            b"YA\1\4\1\0gw-1" + struct.pack("<BQH", 1, 1, MAX_RANGES + 1) + bytes(8 * (MAX_RANGES + 1)),
            "over the limits",
        ),
        (b"YA\1\4\1\0gw-1" + struct.pack("<BQH", 1, 1 << 63, 0), "over the limits"),
        (b"YA\1\4\xff\xffgw-1", "unpack"),
    ],
)
def test_what_is_wrong_is_named(message: bytes, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        Ack.decode(signed(message), [KEY])

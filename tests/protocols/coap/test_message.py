import pytest

from protocols.coap import MAX_FRAME, Message, Option, Type, decode, encode
from protocols.vocabulary import FrameTooLong, ProtocolError

GET = bytes.fromhex("40010000")
EDGES = [0, 12, 13, 268, 269, 300, 65_535]


@pytest.mark.parametrize("number", EDGES)
@pytest.mark.parametrize("length", [0, 12, 13, 268, 269, 270])
def test_deltas_and_lengths_at_the_edges_of_their_forms(number, length):
    message = Message(Type.CON, 1, 7, options=(Option(number, b"x" * length), Option(65_535, b"y")))
    assert decode(encode(message)) == message


def test_the_head_of_an_option_has_as_many_bytes_as_it_needs():
    for number, head in ((12, "C0"), (13, "D000"), (268, "D0FF"), (269, "E00000"), (65_535, "E0FEF2")):
        raw = encode(Message(Type.CON, 1, 0, options=(Option(number),)))
        assert raw == GET + bytes.fromhex(head)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ("", "0 bytes, the header alone has 4"),
        ("40", "1 bytes, the header"),
        ("400100", "3 bytes, the header"),
        ("80010000", "version 2, expected 1"),
        ("00", "version 0, expected 1"),
        ("4F010000" + "00" * 15, "token length 15 is reserved"),
        ("44010000AABB", "token of 4 bytes, 2 are there"),
        ("4000000000", "an empty message ends after the message number, found 1 bytes"),
        ("40010000FF", "byte 4: payload marker FF without a payload"),
        ("4001000011", "byte 4: option 1 has 1 bytes, 0 are there"),
        ("40010000D0", "byte 4: the option's delta is cut off"),
        ("40010000E000", "byte 4: the option's delta is cut off"),
        ("400100000D", "byte 4: the option's length is cut off"),
        ("400100000E00", "byte 4: the option's length is cut off"),
        ("40010000F0", "byte 4: option delta 15 is reserved"),
        ("400100000F", "byte 4: option length 15 is reserved"),
        ("40010000F1FF00", "byte 4: option delta 15 is reserved"),
        # mbed-coap CVE-2020-12887: the sum of deltas ran over 16 bits and came back small
        ("40010000E0FFFF", "option number 65804, 65535 is the highest"),
        ("40010000E0FEF210", "option number 65536, 65535 is the highest"),
        # RIOT GHSA-p9hp-2jxm-6rqp: an extended length behind the end of a short packet
        ("4001000000DE", "byte 5: the option's delta is cut off"),
    ],
)
def test_malformed(frame, says):
    with pytest.raises(ProtocolError) as refused:
        decode(bytes.fromhex(frame))
    assert says in str(refused.value)


def test_a_message_cut_anywhere_is_another_message_or_refused():
    raw = encode(Message(Type.CON, 2, 1, b"ab", (Option(11, b"rd"), Option(15, b"ep=" + b"x" * 20)), b"</1/0>"))
    for end in range(len(raw)):
        try:
            cut = decode(raw[:end])
        except ProtocolError:
            continue
        assert encode(cut) == raw[:end]


def test_a_hundred_segments():
    message = Message(Type.CON, 1, 1, options=tuple(Option(11, b"a") for _ in range(100)))
    assert decode(encode(message)).texts(11) == ("a",) * 100


def test_longer_than_a_datagram(benchmark_s):
    with benchmark_s(0.5):
        assert len(decode(GET + b"\xff" + b"x" * (MAX_FRAME - 5)).payload) == MAX_FRAME - 5
        assert len(decode(GET + b"\x00" * (MAX_FRAME - 4)).options) == MAX_FRAME - 4
        with pytest.raises(FrameTooLong):
            decode(GET + b"\xff" + b"x" * MAX_FRAME)
        with pytest.raises(FrameTooLong):
            encode(Message(Type.CON, 1, 0, payload=b"x" * MAX_FRAME))
        with pytest.raises(FrameTooLong):
            encode(Message(Type.CON, 1, 0, options=(Option(1, b"x" * 70_000),)))


@pytest.mark.parametrize(
    "message",
    [
        Message(Type.CON, 256, 0),
        Message(Type.CON, -1, 0),
        Message(Type.CON, 1, 65_536),
        Message(Type.CON, 1, 0, b"123456789"),
        Message(Type.CON, 0, 0, b"a"),
        Message(Type.CON, 0, 0, payload=b"a"),
        Message(Type.CON, 0, 0, options=(Option(1),)),
        Message(Type.CON, 1, 0, options=(Option(12), Option(11))),
        Message(Type.CON, 1, 0, options=(Option(65_536),)),
        Message(Type.CON, 1, 0, options=(Option(-1),)),
    ],
)
def test_what_cannot_be_written_is_refused(message):
    with pytest.raises(ProtocolError):
        encode(message)


def test_options_by_number():
    message = Message(Type.CON, 1, 0, options=(Option(6, b"\x01\x00"), Option(11, b"a"), Option(11, b"\xe6\xb5\xb7")))
    assert message.texts(11) == ("a", "海")
    assert (message.uint(6), message.uint(12)) == (256, None)
    assert message.values(11) == (b"a", b"\xe6\xb5\xb7")
    with pytest.raises(ProtocolError, match="no UTF-8"):
        Message(Type.CON, 1, 0, options=(Option(11, b"\xff"),)).texts(11)
    with pytest.raises(ProtocolError, match="an integer of 5 bytes, 4 are allowed"):
        Message(Type.CON, 1, 0, options=(Option(6, b"12345"),)).uint(6)

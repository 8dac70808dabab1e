import pytest

from protocols.hj212 import Decoder, Packet, encode
from protocols.hj212.frame import MAX_FRAME, seal
from protocols.vocabulary import FrameTooLong, ProtocolError

PACKET = Packet(
    mn="A110000_0001", cn="2011", st="21", pw="123456", qn="20260706103512345", flag=9, groups=((("w01001-Rtd", "7"),),)
)
RAW = encode(PACKET)


def feed(*chunks: bytes) -> list[Packet | ProtocolError]:
    decoder = Decoder()
    return [found for chunk in chunks for found in decoder.feed(chunk)]


def test_a_packet_is_given_when_its_crc_is_there_before_cr_lf():
    decoder = Decoder()
    assert decoder.feed(RAW[:-3]) == []
    assert decoder.feed(RAW[-3:-2]) == [PACKET]
    assert decoder.feed(b"\r\n") == []


def test_glued_packets_with_and_without_cr_lf():
    assert feed(RAW + RAW[:-2] + b"\r\n\r\n" + RAW) == [PACKET] * 3


def test_garbage_is_one_error_in_its_place():
    before, packet, between, again = feed(b"\x00\xffHELLO" + RAW + b"#junk#" + RAW)
    assert (packet, again) == (PACKET, PACKET)
    assert isinstance(before, ProtocolError)
    assert before.raw == b"\x00\xffHELLO"
    assert isinstance(between, ProtocolError)
    assert between.raw == b"#junk#"


def test_a_wrong_crc_is_one_error_and_the_next_packet_is_read():
    wrong = RAW[:-6] + b"0000\r\n"
    error, packet = feed(wrong + RAW)
    assert isinstance(error, ProtocolError)
    assert "CRC: found 0000" in str(error)
    assert error.raw == wrong[:-2]
    assert packet == PACKET


def test_bytes_lost_inside_of_a_packet_do_not_cost_the_next_one():
    error, packet = feed(RAW[:40] + RAW[60:] + RAW)
    assert isinstance(error, ProtocolError)
    assert "cut short" in str(error)
    assert packet == PACKET


def test_a_length_field_too_small_or_too_large_is_refused():
    length = int(RAW[2:6])
    for wrong in (length - 1, length + 1, 0):
        *errors, packet = feed(b"##%04d" % wrong + RAW[6:] + RAW)
        assert packet == PACKET
        assert len(errors) == 1


def test_more_than_1024_is_refused_at_the_head_without_waiting():
    assert isinstance(feed(b"##1025")[0], FrameTooLong)
    assert isinstance(feed(b"##9999")[0], FrameTooLong)
    assert feed(b"##1024") == []


@pytest.mark.parametrize("head", [b"##", b"##01", b"##12a4", b"##-123", b"## 123", "##１２３４".encode(), b"#", b"###"])
def test_a_head_that_is_none_does_not_hide_the_packet_behind_it(head):
    assert feed(head + RAW)[-1] == PACKET


def test_endless_garbage_is_reported_and_not_kept():
    decoder = Decoder()
    errors = [found for _ in range(100) for found in decoder.feed(b"#" * 1000)]
    assert len(errors) == 100_000 // MAX_FRAME
    assert len(decoder._buffer) < 6


def test_a_million_hash_signs_take_no_time(benchmark_s):
    with benchmark_s(2):
        feed(b"##0994&&ABCD" * 80_000)


def test_the_two_rules_of_the_crc_are_a_setting():
    raw = seal(PACKET.segment(), "modbus")
    assert isinstance(Decoder().feed(raw)[0], ProtocolError)
    (packet,) = Decoder("either").feed(raw)
    assert isinstance(packet, Packet)
    assert packet.crc == "modbus"
    assert encode(packet) == raw

from dataclasses import replace

from protocols.sl651 import Decoder, End, Frame, Mode, Packet, decode, encode
from protocols.sl651.decoder import Decoder as _Decoder
from protocols.vocabulary import ProtocolError

RAW = bytes.fromhex("7E7E01001234567812342F0008020003591011155111036BCA")
FRAME = decode(RAW)
TEXT = replace(FRAME, mode=Mode.ASCII, body=b"0003591011155111")
LONG = encode(replace(FRAME, body=bytes(1000)))


def feed(*chunks: bytes) -> list[Frame | ProtocolError]:
    decoder = Decoder()
    return [found for chunk in chunks for found in decoder.feed(chunk)]


def messages(found) -> list[str]:
    return [str(error) for error in found if isinstance(error, ProtocolError)]


def test_both_modes_in_one_stream():
    assert feed(RAW + encode(TEXT) + RAW + b"\r\n" + encode(TEXT) + b"\r\n") == [FRAME, TEXT, FRAME, TEXT]


def test_a_frame_is_given_with_its_last_byte():
    decoder = Decoder()
    assert decoder.feed(RAW[:-1]) == []
    assert decoder.feed(RAW[-1:]) == [FRAME]
    assert len(decoder._buffer) == 0


def test_garbage_is_one_error_in_its_place():
    before, frame, between, again = feed(b"\x00\xffHELLO" + RAW + b"junk" + RAW)
    assert (frame, again) == (FRAME, FRAME)
    assert isinstance(before, ProtocolError)
    assert before.raw == b"\x00\xffHELLO"
    assert isinstance(between, ProtocolError)
    assert between.raw == b"junk"


def test_a_wrong_crc_is_one_error_with_both_values_and_the_next_frame_is_read():
    wrong = RAW[:-2] + b"\x00\x00"
    error, frame = feed(wrong + RAW)
    assert isinstance(error, ProtocolError)
    assert str(error) == "CRC: found 0000, 6BCA is right"
    assert error.raw == wrong
    assert frame == FRAME


def test_a_frame_that_was_cut_does_not_hide_the_next_one():
    error, frame = feed(LONG[:200], RAW)
    assert isinstance(error, ProtocolError)
    assert "cut short after 200 bytes" in str(error)
    assert error.raw == LONG[:200]
    assert frame == FRAME
    # and it is not waited for: the good frame is given as soon as it is there
    decoder = Decoder()
    decoder.feed(LONG[:200] + RAW[:-1])
    assert decoder.feed(RAW[-1:])[-1] == FRAME


def test_start_marks_inside_of_a_body_do_not_cut_it():
    for mark in (b"\x7e\x7e", b"\x01", RAW[:14], RAW[:-1], encode(TEXT)[:-1]):
        body = b"\x00\x03" + bytes(6) + mark + bytes(100)
        for frame in (replace(FRAME, body=body), replace(FRAME, body=body, packet=Packet(2, 1), end=End.ETB)):
            raw = encode(frame)
            assert feed(raw) == [frame]
            assert [found for at in range(len(raw)) for found in feed_on(raw, at)] == [frame]


def feed_on(raw: bytes, at: int, state: dict[bytes, _Decoder] = {}) -> list:  # noqa: B006  # one decoder for each stream
    return state.setdefault(raw, Decoder()).feed(raw[at : at + 1])


def test_a_length_field_that_lies_does_not_cost_the_next_frame():
    for length in (b"\x00\x07", b"\x00\x09", b"\x0f\xff", b"\x80\x08", b"\x70\x08", b"\x00\x00"):
        found = feed(RAW[:11] + length + RAW[13:] + RAW)
        assert found[-1] == FRAME
        assert len(messages(found)) == 1
        assert len(found) == 2


def test_a_wrong_packet_number_is_told():
    broken = bytearray(encode(replace(FRAME, packet=Packet(3, 2))))
    broken[16] = 0x05
    raw = encode(replace(FRAME, body=bytes.fromhex("003005") + FRAME.body))
    assert messages(feed(bytes(broken)))
    assert feed(raw) == [decode(raw)]


def test_glued_frames_with_nothing_between():
    assert feed(RAW * 50) == [FRAME] * 50


def test_endless_garbage_is_reported_and_not_kept():
    decoder = Decoder()
    errors = [found for _ in range(200) for found in decoder.feed(b"\x02" * 1000)]
    assert len(errors) == 200_000 // Decoder.MAX_FRAME
    assert len(decoder._buffer) < 24


def test_nothing_but_heads_takes_no_time(benchmark_s):
    head = bytes.fromhex("7E7E010012345678123430FFFF16")
    with benchmark_s(2):
        decoder = Decoder()
        for _ in range(100):
            decoder.feed(head * 100)
            assert len(decoder._buffer) <= Decoder.MAX_FRAME
            assert len(decoder._crc._registers) <= Decoder.MAX_FRAME + 1


def test_a_million_start_marks_take_no_time(benchmark_s):
    with benchmark_s(2):
        feed(b"\x7e" * 500_000)
    with benchmark_s(2):
        feed(b"\x01" * 500_000)

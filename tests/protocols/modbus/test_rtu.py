import pytest

from protocols.checksums import crc16_modbus
from protocols.modbus import ReadRegisters, Refusal, Registers, rtu
from protocols.vocabulary import ProtocolError

ASK = bytes.fromhex("010301F400040407")
ANSWER = bytes.fromhex("010308000E00010002006E67FB")
ANSWERED = rtu.Adu(1, Registers(3, (14, 1, 2, 110)))


def test_the_crc_goes_low_byte_first():
    assert rtu.encode(rtu.Adu(1, ReadRegisters(3, 0, 2))) == bytes.fromhex("010300000002C40B")
    swapped = bytes.fromhex("0103000000020BC4")
    with pytest.raises(ProtocolError, match="found 0BC4, C40B is right"):
        rtu.decode(swapped, "request")


def test_an_echo_of_the_request_is_passed_over():
    decoder = rtu.Decoder("response")
    error, answer = decoder.feed(ASK + ANSWER) + decoder.silence()
    assert isinstance(error, ProtocolError)
    assert error.raw == ASK
    assert answer == ANSWERED


def test_a_master_that_knows_whom_it_asked_need_not_wait_for_silence():
    """03 01 F4 inside of the echo could be unit 3 with 244 bytes of coils."""
    assert rtu.Decoder("response").feed(ASK + ANSWER) == []
    assert rtu.Decoder("response", unit=1).feed(ASK + ANSWER)[-1] == ANSWERED


def test_silence_ends_what_is_incomplete():
    decoder = rtu.Decoder("response")
    assert decoder.feed(b"\x01\x03\xfa" + ANSWER) == []  # a byte count of 250 waits for what will not come
    error, answer = decoder.silence()
    assert isinstance(error, ProtocolError)
    assert error.raw == b"\x01\x03\xfa"
    assert answer == ANSWERED
    assert decoder.silence() == []
    assert decoder.feed(ANSWER) == [ANSWERED]


def test_an_answer_cut_short_does_not_cost_the_next():
    decoder = rtu.Decoder("response")
    assert decoder.feed(ANSWER[:-1]) == []
    (error,) = decoder.silence()
    assert isinstance(error, ProtocolError)
    assert decoder.feed(ANSWER) == [ANSWERED]


def test_an_exception_is_a_frame():
    assert rtu.Decoder("response").feed(bytes.fromhex("018302C0F1")) == [rtu.Adu(1, Refusal(3, 2))]


def test_a_wrong_crc_and_a_right_frame():
    wrong = ANSWER[:-1] + b"\x00"
    error, answer = rtu.Decoder("response").feed(wrong + ANSWER)
    assert isinstance(error, ProtocolError)
    assert error.raw == wrong
    assert answer == ANSWERED


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\x01\x03\x00", rtu.encode(ANSWERED)[:-1], b"\x00" * 257])
def test_no_frames(raw):
    with pytest.raises(ProtocolError):
        rtu.decode(raw, "response")


@pytest.mark.parametrize(
    "adu", [rtu.Adu(256, ANSWERED.pdu), rtu.Adu(-1, ANSWERED.pdu), rtu.Adu(1, Registers(3, (0,) * 127))]
)
def test_what_does_not_fit_is_not_written(adu):
    with pytest.raises(ProtocolError):
        rtu.encode(adu)


def test_sliding_over_the_worst_garbage_is_bounded(benchmark_s):
    with benchmark_s(3):
        rtu.Decoder("response").feed(b"\x03\x03\xfa" * 20_000)


@pytest.mark.parametrize("decoder", [lambda: rtu.Decoder("response"), rtu.Listener])
def test_nothing_but_beginnings_of_long_frames_is_not_summed_again_and_again(decoder, monkeypatch):
    """01 03 FA announces 255 bytes at every third place: 17 s of CRC for a megabyte, were each frame summed alone."""
    summed = []
    monkeypatch.setattr(rtu, "crc16_modbus", lambda data: summed.append(len(data)) or crc16_modbus(data))
    hostile, right = b"\x01\x03\xfa" * 5_000, rtu.seal(b"\x01\x03\x02\x00\x09")
    summed.clear()
    line = decoder()
    frames = [found for found in line.feed(hostile + right) + line.silence() if not isinstance(found, ProtocolError)]
    assert [getattr(found, "adu", found).raw for found in frames] == [right]
    assert sum(summed) <= len(hostile)

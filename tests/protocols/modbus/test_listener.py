"""Both directions of a line, or of a connection, as a bystander hears them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus import (
    Bits,
    Heard,
    ReadBits,
    ReadRegisters,
    Refusal,
    Registers,
    WriteCoil,
    WriteCoils,
    WriteRegister,
    Written,
    rtu,
    tcp,
)
from protocols.vocabulary import ProtocolError
from tests.protocols.modbus.pdus import requests, responses

READ = rtu.Adu(1, ReadRegisters(3, 500, 4))
VALUES = rtu.Adu(1, Registers(3, (14, 1, 2, 110)))
WRITE = rtu.Adu(1, WriteRegister(7, 3))


def heard(*frames: rtu.Adu | bytes) -> list:
    listener = rtu.Listener()
    stream = b"".join(frame if isinstance(frame, bytes) else rtu.encode(frame) for frame in frames)
    return listener.feed(stream) + listener.silence()


def told(results) -> list:
    return [
        "noise" if isinstance(one, ProtocolError) else (one.direction, one.asked.pdu if one.asked else None, one.note)
        for one in results
    ]


def test_an_answer_knows_its_question():
    assert heard(READ, VALUES) == [Heard(READ, "request"), Heard(VALUES, "response", READ)]
    refusal = rtu.Adu(1, Refusal(3, 2))
    assert heard(READ, refusal)[1] == Heard(refusal, "response", READ)


def test_a_write_and_its_echo():
    assert told(heard(WRITE, WRITE, READ, VALUES)) == [
        ("request", None, ""),
        ("response", WRITE.pdu, ""),
        ("request", None, ""),
        ("response", READ.pdu, ""),
    ]


def test_an_answer_of_eight_bytes_is_no_question_when_it_was_asked_for():
    """Three bytes of coils make a frame as long as a request."""
    asked, answer = rtu.Adu(3, ReadBits(1, 0, 20)), rtu.Adu(3, Bits(1, (True,) * 24))
    assert len(rtu.encode(answer)) == 8
    assert heard(asked, answer)[1] == Heard(answer, "response", asked)


def test_two_masters_questions_interleaved_with_other_units():
    other = rtu.Adu(2, ReadRegisters(3, 500, 4))
    assert told(heard(READ, other, rtu.Adu(2, VALUES.pdu), VALUES)) == [
        ("request", None, ""),
        ("request", None, ""),
        ("response", other.pdu, ""),
        ("response", READ.pdu, ""),
    ]
    late = told(heard(READ, other, VALUES, rtu.Adu(2, VALUES.pdu)))
    assert late[2] == ("response", READ.pdu, "late: others were asked since")
    assert late[3] == ("response", other.pdu, "")


def test_an_answer_that_nobody_asked_for():
    assert told(heard(VALUES)) == [("response", None, "answers no request that was heard")]
    assert told(heard(READ, rtu.Adu(2, VALUES.pdu)))[1][1:] == (None, "answers no request that was heard")
    assert told(heard(READ, rtu.Adu(1, Registers(3, (1,)))))[1][1:] == (None, "answers no request that was heard")


def test_an_adapter_that_echoes():
    """SEN0658's capture: the request comes back before the answer; then a write has three frames that are alike."""
    assert told(heard(READ, READ, VALUES, WRITE, WRITE, WRITE, READ, READ, VALUES)) == [
        ("request", None, ""),
        ("request", None, "the same again: an echo, or repeated"),
        ("response", READ.pdu, ""),
        ("request", None, ""),
        ("request", None, "the same again: an echo, or repeated"),
        ("response", WRITE.pdu, ""),
        ("request", None, ""),
        ("request", None, "the same again: an echo, or repeated"),
        ("response", READ.pdu, ""),
    ]


def test_a_broadcast_is_not_answered():
    broadcast = rtu.Adu(0, WriteCoils(0, (True,)))
    assert told(heard(broadcast, rtu.Adu(0, Written(15, 0, 1)))) == [
        ("request", None, ""),
        ("response", None, "answers no request that was heard"),
    ]


def test_noise_stands_in_its_place():
    assert told(heard(READ, b"\xff\xff\x55", VALUES, VALUES.raw, b"\x01\x03")) == [
        ("request", None, ""),
        "noise",
        ("response", READ.pdu, ""),
        "noise",
    ]


def test_questions_without_answers_are_not_remembered_without_bound():
    listener = rtu.Listener()
    for unit in range(1, 200):
        listener.feed(rtu.encode(rtu.Adu(unit, READ.pdu)))
    assert len(listener._pairing._open) == 32
    assert told(listener.feed(rtu.encode(rtu.Adu(199, VALUES.pdu))))[0][1] == READ.pdu
    assert told(listener.feed(rtu.encode(rtu.Adu(1, VALUES.pdu))))[0][1] is None


@given(st.lists(st.tuples(st.integers(1, 247), requests(other=False) | responses(other=False)), max_size=5), st.data())
def test_any_split_of_a_line_gives_the_same(frames, data):
    stream = b"".join(rtu.encode(rtu.Adu(*frame)) for frame in frames)
    stream += data.draw(st.binary(max_size=10))
    whole = rtu.Listener()
    expected = whole.feed(stream) + whole.silence()
    single = rtu.Listener()
    found = [one for at in range(len(stream)) for one in single.feed(stream[at : at + 1])] + single.silence()
    assert [(str(o), o.raw) for o in found] == [(str(o), o.raw) for o in expected]


@given(st.lists(st.tuples(st.integers(1, 247), requests(other=False)), max_size=6))
def test_questions_alone_are_all_heard(frames):
    adus = [rtu.Adu(*frame) for frame in frames]
    found = heard(*adus)
    assert [one.adu for one in found] == adus


# --- TCP ---

ASK = tcp.Adu(7, 1, ReadRegisters(3, 500, 4))
SAID = tcp.Adu(7, 1, VALUES.pdu)


def overheard(*frames: tcp.Adu | bytes) -> list:
    return tcp.Listener().feed(b"".join(one if isinstance(one, bytes) else tcp.encode(one) for one in frames))


def test_transactions_may_overlap():
    second, answer = tcp.Adu(8, 1, ReadRegisters(3, 0, 1)), tcp.Adu(8, 1, Registers(3, (5,)))
    assert overheard(ASK, second, SAID, answer) == [
        Heard(ASK, "request"),
        Heard(second, "request"),
        Heard(SAID, "response", ASK, "late: others were asked since"),
        Heard(answer, "response", second),
    ]


def test_a_transaction_that_nobody_began():
    assert told(overheard(ASK, tcp.Adu(6, 1, SAID.pdu)))[1] == ("response", None, "answers no request that was heard")


def test_unit_0_is_the_device_itself_over_tcp():
    write = tcp.Adu(1, 0, WriteCoil(3, on=True))
    assert told(overheard(write, write)) == [("request", None, ""), ("response", write.pdu, "")]


def test_a_frame_of_neither_direction_is_an_error():
    found = overheard(bytes.fromhex("0001 0000 0004 01 03 00 00"), ASK)
    assert isinstance(found[0], ProtocolError)
    assert "neither a request" in str(found[0])
    assert found[1] == Heard(ASK, "request")


@pytest.mark.parametrize("listener", [rtu.Listener, tcp.Listener])
@given(st.binary(max_size=600))
def test_garbage_never_raises(listener, data):
    decoder = listener()
    decoder.feed(data)
    assert len(decoder._buffer) <= decoder.MAX_FRAME

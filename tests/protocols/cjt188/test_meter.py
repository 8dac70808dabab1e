"""A meter and a master on one line, a bad one too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import cjt188
from protocols.cjt188 import EVERYBODY, Exchange, Refused, check, requests
from protocols.cjt188.meter import Meter
from protocols.enquiry import Answered, Enquirer, Failed, Unanswered
from protocols.vocabulary import DeviceRefused
from tests.protocols.lossy_line import Line

ME = "78330011223344"
WHOM = requests.Meter(0x10, ME)
READING = bytes.fromhex("00776655 2C 00776655 2C 31012211051520 0000")


def meter():
    return Meter(0x10, ME, {0x901F: READING, 0xD120: READING[:5], 0x8106: b"\x01"})


def said(end, frame):
    answers = [each.frame for each in end.receive(frame, 0)]
    return answers[0] if answers else None


@pytest.mark.parametrize("order", ["high first", "low first"])
@pytest.mark.parametrize("whom", [(0x10, ME), (0xAA, "A" * 14), (0x10, "AAAAAA11223344")])
def test_it_answers_to_its_address_and_to_wildcards(whom, order):
    question = requests.read(requests.Meter(*whom, order), 9)
    assert check(question, said(meter(), question)).data == READING


@pytest.mark.parametrize(
    "frame",
    [
        requests.read(requests.Meter(0x20, ME), 0),
        requests.read(requests.Meter(0x10, "1" * 14), 0),
        requests.read(requests.Meter(0x10, EVERYBODY), 0),
        cjt188.Frame(0x10, ME, 0x81, b"\x90\x1f\x00"),
    ],
)
def test_it_keeps_silent_to_others(frame):
    assert said(meter(), frame) is None


def test_what_it_does_not_have_it_refuses():
    for question in (requests.read(WHOM, 3, 0x8103), cjt188.Frame(0x10, ME, 0x1F, b"\x90\x1f\x03")):
        with pytest.raises(Refused):
            check(question, said(meter(), question))


def test_the_valve_turns_and_the_answer_says_so():
    end = meter()
    for command, status in ((0x99, b"\x01\x00"), (0x66, b"\x01\x00"), (0x55, b"\x00\x00")):
        question = requests.valve(WHOM, 1, command)
        assert check(question, said(end, question)).data == status
        assert end.valve_closed is (status[0] == 1)
    assert len(end.done) == 3


def test_addresses_and_keys():
    end = meter()
    question = requests.read_address(ser=None)
    assert said(end, question).address == ME
    assert check(question, said(end, question)).di == 0x810A
    question = requests.read_key_version(WHOM, 2)
    assert check(question, said(end, question)).data == b"\x01"
    question = requests.write_address(WHOM, 2, "1" * 14)
    check(question, said(end, question))
    assert end.address == "1" * 14


def test_a_broadcast_is_carried_out_in_silence():
    end = meter()
    assert said(end, requests.valve(requests.Meter(0x10, EVERYBODY), 0, 0x99)) is None
    assert end.valve_closed


def test_what_it_did_is_remembered_within_a_bound():
    end = meter()
    for _ in range(300):
        said(end, requests.factory_enable(WHOM, 0))
    assert len(end.done) == Meter.MAX_DONE


@settings(max_examples=60)
@given(data=st.data())
def test_over_a_bad_line_an_answer_is_right_or_there_is_none(data):
    line = Line(cjt188.encode, cjt188.Decoder, Enquirer(timeout_s=1, attempts=3), meter(), data)
    for ser, di in enumerate(data.draw(st.lists(st.sampled_from([0x901F, 0xD120, 0x8103]), min_size=1, max_size=4))):
        whom = data.draw(st.sampled_from([WHOM, requests.Meter(0xAA, "A" * 14), WHOM._replace(di_order="low first")]))
        outcome = line.run(Exchange(requests.read(whom, ser, di)))
        match outcome:
            case Answered(answer=answer):
                assert (answer.address, answer.di, answer.ser) == (ME, di, ser)
                assert answer.data == line.meter.values[di]
            case Failed(error=error):
                assert isinstance(error, DeviceRefused)
                assert di == 0x8103
            case _:
                assert isinstance(outcome, Unanswered)

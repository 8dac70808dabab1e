"""A meter and a master on one line, a bad one too."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import dlt645
from protocols.dlt645 import ANYONE, EVERYBODY, Credentials, Exchange, Meter, Refused, check, requests
from protocols.dlt645.meter import MAX_PART
from protocols.enquiry import Answered, Enquirer, Failed, Unanswered
from protocols.vocabulary import DeviceRefused
from tests.protocols.lossy_line import Line

ME = "558890213594"
WHO = Credentials(2, "123456", "87654321")
WHEN = datetime(2021, 7, 9, 15, 59, 0, tzinfo=UTC)
LONG = bytes(range(256)) * 2


def meter():
    values = {0x02010100: bytes.fromhex("4822"), 0x0001FF00: LONG, 0x9010: bytes(4), 0x04000103: b"\x15"}
    return Meter(ME, values, {2: "123456"})


def said(end, frame):
    answers = [each.frame for each in end.receive(frame, 0)]
    return answers[0] if answers else None


@pytest.mark.parametrize("address", [ME, ANYONE, "AAAAAAAA3594"])
def test_it_answers_to_its_address_and_to_wildcards(address):
    question = requests.read(address, 0x02010100)
    assert check(question, said(meter(), question)).data == bytes.fromhex("4822")


@pytest.mark.parametrize(
    "frame", [requests.read("1" * 12, 0x02010100), dlt645.Frame(ME, 0x91), requests.read(EVERYBODY, 0)]
)
def test_it_keeps_silent_to_others(frame):
    assert said(meter(), frame) is None


def test_what_it_does_not_have_it_refuses():
    question = requests.read(ME, 0x02010200)
    with pytest.raises(Refused) as error:
        check(question, said(meter(), question))
    assert error.value.code == 2


def test_commands_need_the_password():
    end = meter()
    wrong = Credentials(2, "000000", "0")
    before = (end.closed, dict(end.values), list(end.done))
    for make in (
        lambda who: requests.write(ME, 0x04000103, b"\x30", who),
        lambda who: requests.remote_switch(ME, who, 0x1A, WHEN),
        lambda who: requests.clear_demand(ME, who),
    ):
        with pytest.raises(Refused) as error:
            check(make(wrong), said(end, make(wrong)))
        assert error.value.code == 4
        assert (end.closed, end.values, end.done) == before
        check(make(WHO), said(end, make(WHO)))
        before = (end.closed, dict(end.values), list(end.done))
    assert not end.closed
    assert end.values[0x04000103] == b"\x30"
    assert [frame.control for frame in end.done] == [0x14, 0x1C, 0x19]
    check(requests.remote_switch(ME, WHO, 0x1C, WHEN), said(end, requests.remote_switch(ME, WHO, 0x1C, WHEN)))
    assert end.closed


def test_addresses_are_read_and_written():
    end = meter()
    assert check(requests.read_address(), said(end, requests.read_address())).address == ME
    check(requests.write_address("1" * 12), said(end, requests.write_address("1" * 12)))
    assert end.address == "1" * 12


def test_time_freeze_speed_and_what_is_unheard_of():
    end = meter()
    assert said(end, requests.broadcast_time(WHEN)) is None
    assert end.clock == bytes.fromhex("005923090721")
    assert said(end, requests.freeze(None, None, None, None)) is None
    assert said(end, requests.freeze(None, None, None, None, ME)).control == 0x96
    assert said(end, requests.baud_rate(ME, 9600)).data == b"\x20"
    assert said(end, dlt645.Frame(ME, 0x1F)).control == 0xDF


def test_long_data_come_in_parts():
    master, end = Enquirer(), meter()
    heard = master.ask(Exchange(requests.read(ANYONE, 0x0001FF00)), 0)
    count = 0
    while not isinstance(heard[-1], Answered):
        (answered,) = end.receive(heard[-1].frame, 0)
        assert len(answered.frame.data) <= 200
        heard = master.receive(answered.frame, 0)
        count += 1
    assert count == -(-len(LONG) // MAX_PART)
    assert heard[-1].answer.data == LONG


def test_what_it_did_is_remembered_within_a_bound():
    end = meter()
    for _ in range(300):
        said(end, requests.baud_rate(ME, 9600))
    assert len(end.done) == Meter.MAX_DONE


@settings(max_examples=60)
@given(data=st.data())
def test_over_a_bad_line_an_answer_is_right_or_there_is_none(data):
    line = Line(dlt645.encode, dlt645.Decoder, Enquirer(timeout_s=1, attempts=3), meter(), data)
    asked = set()
    for di in data.draw(st.lists(st.sampled_from([0x02010100, 0x0001FF00, 0x02010200]), min_size=1, max_size=4)):
        address = data.draw(st.sampled_from([ME, ANYONE]))
        asked.add(di)
        outcome = line.run(Exchange(requests.read(address, di)))
        match outcome:
            case Answered(answer=answer):
                assert (answer.address, answer.di, answer.data) == (ME, di, line.meter.values[di])
            case Failed(error=error):
                assert isinstance(error, DeviceRefused)
                # an error names no identifier: one that comes late is taken for the answer to the next question
                assert 0x02010200 in asked
            case _:
                assert isinstance(outcome, Unanswered)

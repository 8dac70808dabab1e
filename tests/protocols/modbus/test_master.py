"""One question at a time on a line that hands back echoes, neighbours' answers and stragglers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.conversation import Send
from protocols.modbus import ReadBits, ReadRegisters, Refusal, Registers, WriteRegister, WriteRegisters, rtu
from protocols.modbus.master import Answered, Dropped, Master, Silent
from protocols.modbus.pdu import Bits

READ = rtu.Adu(1, ReadRegisters(3, 500, 4))
NEXT = rtu.Adu(1, ReadRegisters(3, 600, 4))
VALUES = Registers(3, (14, 1, 2, 110))
OTHERS = Registers(3, (5, 6, 7, 8))
WRITE = rtu.Adu(1, WriteRegister(7, 3))


def raw(adu: rtu.Adu) -> bytes:
    return rtu.encode(adu)


def answer(response, unit: int = 1) -> bytes:
    return raw(rtu.Adu(unit, response))


def kinds(said) -> list[str]:
    return [one.kind if isinstance(one, Dropped) else type(one).__name__ for one in said]


def asked(master: Master, adu: rtu.Adu, now_s: float = 0.0) -> Master:
    assert master.ask(adu, now_s) == [Send(raw(adu))]
    return master


def test_a_question_and_its_answer():
    master = asked(Master(1.0), READ)
    assert master.due_s == 1.0
    assert master.receive(answer(VALUES), 0.1) == [Answered(READ, VALUES)]
    assert master.due_s is None
    assert master.echoes is False


def test_the_devices_no_is_an_answer():
    assert asked(Master(1.0), READ).receive(answer(Refusal(3, 2)), 0.1) == [Answered(READ, Refusal(3, 2))]


def test_bits_are_cut_to_what_was_asked():
    question = rtu.Adu(1, ReadBits(1, 0, 3))
    said = asked(Master(1.0), question).receive(answer(Bits(1, (True,) * 8)), 0.1)
    assert said == [Answered(question, Bits(1, (True,) * 3))]


def test_one_question_at_a_time():
    with pytest.raises(ValueError, match="one question at a time"):
        asked(Master(1.0), READ).ask(NEXT, 0.1)


def test_the_echo_of_a_read_is_stripped_and_remembered():
    master = asked(Master(1.0), READ)
    assert kinds(master.receive(raw(READ) + answer(VALUES), 0.1)) == ["echo", "Answered"]
    assert master.echoes is True
    asked(master, WRITE)
    assert kinds(master.receive(raw(WRITE), 0.1)) == ["echo"], "a dead device must not seem to have obeyed"
    assert kinds(master.receive(raw(WRITE), 0.2)) == ["Answered"]


def test_a_write_on_a_line_without_echo_is_answered_by_its_own_bytes():
    master = asked(Master(1.0), READ)
    master.receive(answer(VALUES), 0.1)
    assert kinds(asked(master, WRITE).receive(raw(WRITE), 0.1)) == ["Answered"]
    assert master.echoes is False
    assert kinds(asked(Master(1.0), WRITE).receive(raw(WRITE), 0.1)) == ["Answered"]


def test_an_adapter_that_is_known_to_echo():
    master = asked(Master(1.0, echoes=True), WRITE)
    assert kinds(master.receive(raw(WRITE) + raw(WRITE), 0.1)) == ["echo", "Answered"]
    master = asked(Master(1.0, echoes=False), WRITE)
    assert kinds(master.receive(raw(WRITE), 0.1)) == ["Answered"]


def test_an_adapter_that_was_replaced():
    master = asked(Master(1.0), READ)
    master.receive(raw(READ) + answer(VALUES), 0.1)
    asked(master, READ).receive(answer(VALUES), 0.1)
    assert master.echoes is False


@given(st.lists(st.integers(0, 40), max_size=6).map(sorted))
def test_any_split_of_echo_and_answer_says_the_same(places):
    stream = raw(READ) + answer(VALUES)
    master, said = asked(Master(1.0), READ), []
    for start, end in zip([0, *places], [*places, len(stream)], strict=True):
        said += master.receive(stream[start:end], 0.1)
    assert kinds(said) == ["echo", "Answered"]


def test_an_answer_of_another_unit_is_not_ours():
    master = asked(Master(1.0), READ)
    assert kinds(master.receive(answer(VALUES, unit=2) + answer(VALUES), 0.1)) == ["wrong_unit", "Answered"]


@pytest.mark.parametrize("wrong", [Registers(3, (1,)), Registers(4, (1, 2, 3, 4)), Refusal(4, 2)])
def test_a_wrong_answer_is_dropped_and_the_right_one_waited_for(wrong):
    master = asked(Master(1.0), READ)
    (dropped,) = master.receive(answer(wrong), 0.1)
    assert dropped.kind == "wrong_answer"
    assert dropped.why.startswith("Modbus: ")
    assert kinds(master.receive(answer(VALUES), 0.2)) == ["Answered"]


def test_silence_is_asked_again_and_then_told():
    master = asked(Master(1.0, retries=1), READ)
    assert master.wake(0.9) == []
    assert master.wake(1.0) == [Send(raw(READ))]
    assert master.due_s == 2.0
    assert master.wake(2.0) == [Silent(READ)]
    assert master.due_s is None
    assert master.wake(9.0) == []


def test_bytes_that_were_no_answer_are_told_at_the_time_out():
    master = asked(Master(1.0, retries=0), READ)
    assert master.receive(answer(VALUES)[:-1], 0.5) == []
    assert kinds(master.wake(1.0)) == ["noise", "Silent"]
    master = asked(Master(1.0, retries=0), READ)
    assert master.receive(raw(READ)[:3], 0.5) == []
    assert kinds(master.wake(1.0)) == ["noise", "Silent"]


def test_a_late_answer_is_not_taken_for_the_next_questions():
    """Both are four registers of function 3: nothing on the line tells them apart but their order."""
    master = asked(Master(1.0, retries=0), READ)
    master.wake(1.0)
    asked(master, NEXT, 1.0)
    (late,) = master.receive(answer(VALUES), 1.1)
    assert (late.kind, late.why) == ("late_answer", "answers ReadRegisters(function=3, start=500, quantity=4)")
    assert master.receive(answer(OTHERS), 1.2) == [Answered(NEXT, OTHERS)]


def test_a_late_answer_to_the_same_question_is_welcome():
    master = asked(Master(1.0, retries=0), READ)
    master.wake(1.0)
    assert kinds(asked(master, READ, 1.0).receive(answer(VALUES), 1.1)) == ["Answered"]


def test_a_question_that_was_repeated_may_be_answered_twice():
    master = asked(Master(1.0), READ)
    master.wake(1.0)
    assert kinds(master.receive(answer(VALUES), 1.1)) == ["Answered"]
    asked(master, NEXT, 1.2)
    assert kinds(master.receive(answer(VALUES), 1.3)) == ["late_answer"]
    assert kinds(master.receive(answer(OTHERS), 1.4)) == ["Answered"]


def test_nobody_waits_for_a_late_answer_for_ever():
    master = asked(Master(1.0, retries=0), READ)
    master.wake(1.0)
    asked(master, NEXT, 4.0)
    assert kinds(master.receive(answer(OTHERS), 4.1)) == ["Answered"]


def test_what_a_network_held_back_is_not_taken_for_the_next_questions():
    master = asked(Master(1.0, retries=0, late_s=60.0), READ)
    assert kinds(master.wake(1.0)) == ["Silent"]
    asked(master, NEXT, 21.0)
    assert kinds(master.receive(answer(VALUES), 21.1)) == ["late_answer"]
    assert master.receive(answer(OTHERS), 21.2) == [Answered(NEXT, OTHERS)]


def test_answers_held_back_keep_their_order():
    master = Master(1.0, retries=0)
    for at, question in enumerate((READ, NEXT)):
        assert kinds(asked(master, question, at).wake(at + 1.0)) == ["Silent"]
    said = []
    for at, (question, late) in enumerate(((READ, VALUES), (NEXT, OTHERS), (READ, VALUES), (NEXT, OTHERS))):
        asked(master, question, 2.1 + 0.2 * at)
        said += master.receive(answer(late), 2.2 + 0.2 * at)
    assert said == [Answered(READ, VALUES), Answered(NEXT, OTHERS)] * 2


def test_an_answer_that_nobody_asked_for():
    master = Master(1.0)
    assert kinds(master.receive(answer(VALUES), 0.0)) == ["unasked"]
    assert kinds(asked(master, READ).receive(answer(VALUES), 0.1)) == ["Answered"]


def test_a_broadcast_is_not_answered():
    everybody = rtu.Adu(0, WriteRegisters(7, (3,)))
    master = asked(Master(1.0), everybody)
    assert master.due_s == 0.1
    assert master.wake(0.1) == [Answered(everybody, None)]


@given(st.lists(st.binary(max_size=40) | st.just(answer(VALUES)), max_size=8))
def test_whatever_comes_the_question_ends(pieces):
    master, said = asked(Master(1.0, retries=1), READ), []
    for piece in pieces:
        said += master.receive(piece, 0.1)
    said += master.wake(1.0) + master.wake(2.0) + master.wake(3.0)
    assert sum(isinstance(one, Answered | Silent) for one in said) == 1
    assert master.due_s is None

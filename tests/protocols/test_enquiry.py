"""The master that asks one question at a time, with a wire format of numbers: the answer to n is -n."""

from dataclasses import dataclass, replace

import pytest

from protocols.conversation import Send
from protocols.enquiry import Answered, Enquirer, Failed, Told, Unanswered
from protocols.vocabulary import DeviceRefused, FrameTooLong, ProtocolError


@dataclass(frozen=True)
class Numbers:
    """Each question is answered by its negative; there are as many parts as ``parts``."""

    question: int
    parts: int = 1
    wants_answer: bool = True
    got: tuple[int, ...] = ()

    @property
    def asking(self):
        return self.question + len(self.got)

    @property
    def answer(self):
        return self.got if len(self.got) == self.parts else None

    def take(self, frame):
        if frame == 0:
            raise DeviceRefused("no")
        if frame == 1000:
            raise FrameTooLong("no end")
        if frame != -self.asking:
            raise ProtocolError("another")
        return replace(self, got=(*self.got, frame))


def test_a_question_and_its_answer():
    master = Enquirer()
    assert master.due_s is None
    assert master.ask(Numbers(5), 10.0) == [Send(5)]
    assert master.due_s == 12.0
    assert master.receive(-5, 10.5) == [Answered(5, (-5,))]
    assert master.due_s is None
    assert master.wake(100) == []


def test_parts_are_asked_for_one_by_one_and_each_has_its_own_attempts():
    master = Enquirer(timeout_s=1, attempts=2)
    master.ask(Numbers(5, parts=3), 0)
    assert master.wake(1) == [Send(5)]
    assert master.receive(-5, 1.5) == [Send(6)]
    assert master.wake(2) == [], "it is not due yet"
    assert master.wake(2.5) == [Send(6)]
    assert master.receive(-6, 2.6) == [Send(7)]
    assert master.receive(-7, 2.7) == [Answered(5, (-5, -6, -7))]


def test_what_answers_nothing_is_counted_and_the_wait_goes_on():
    master = Enquirer(timeout_s=1)
    assert master.receive(-4, 0) == []
    master.ask(Numbers(5), 0)
    assert master.receive(5, 0.1) == [], "an echo"
    assert master.receive(-4, 0.2) == [], "a late answer to the question before"
    assert master.due_s == 1
    assert master.strays == 3
    assert master.receive(-5, 0.3) == [Answered(5, (-5,))]


def test_no_answer():
    master = Enquirer(timeout_s=1, attempts=3)
    master.ask(Numbers(5), 0)
    assert [master.wake(now) for now in (1, 2, 3)] == [[Send(5)], [Send(5)], [Unanswered(5, 3)]]
    assert master.due_s is None


@pytest.mark.parametrize(("frame", "kind"), [(0, DeviceRefused), (1000, FrameTooLong)])
def test_a_refusal_ends_it(frame, kind):
    master = Enquirer()
    master.ask(Numbers(5), 0)
    (outcome,) = master.receive(frame, 0.1)
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, kind)
    assert master.ask(Numbers(6), 0.2) == [Send(6)]


def test_nobody_answers_a_broadcast():
    master = Enquirer()
    assert master.ask(Numbers(5, wants_answer=False), 0) == [Send(5), Told(5)]
    assert master.due_s is None
    assert master.ask(Numbers(6), 0) == [Send(6)]


def test_one_question_at_a_time():
    master = Enquirer()
    master.ask(Numbers(5), 0)
    with pytest.raises(ValueError, match="one question"):
        master.ask(Numbers(6), 0)

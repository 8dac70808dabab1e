"""One question to a meter and its answer: a value. CJ/T 188 has no command for parts that follow."""

from dataclasses import dataclass, replace

from protocols.cjt188.answer import check
from protocols.cjt188.frame import Frame
from protocols.cjt188.payload import divide
from protocols.meter_line.address import is_broadcast


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer."""

    meter_type: int
    """Learned when the question was to AA."""
    address: str
    """Learned when the question was to AA."""
    function: int
    di: int | None
    ser: int | None
    data: bytes
    more: bool
    """The meter says that further data follow; there is no command to ask for them."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, once it has come. Obeys protocols.enquiry.Exchange."""

    question: Frame
    answered: Frame | None = None

    @property
    def wants_answer(self) -> bool:
        """Whether anybody is to answer: nobody does to 99...99."""
        return not is_broadcast(self.question.address)

    @property
    def asking(self) -> Frame:
        """The question."""
        return self.question

    @property
    def answer(self) -> Answer | None:
        """What was answered."""
        frame = self.answered
        if frame is None:
            return None
        parts = divide(frame)
        return Answer(frame.meter_type, frame.address, frame.function, parts.di, parts.ser, parts.data, frame.more)

    def take(self, frame: Frame) -> "Exchange":
        """With its answer.

        :raises Refused: the meter said no.
        :raises ProtocolError: it does not answer what is being asked.
        """
        check(self.question, frame)
        return replace(self, answered=frame)

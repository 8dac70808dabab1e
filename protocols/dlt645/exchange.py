"""One question to a meter and its answer, parts that follow included: a value that grows part by part."""

from dataclasses import dataclass, replace
from typing import Final

from protocols.dlt645.answer import check
from protocols.dlt645.control import READS, Edition, edition_of
from protocols.dlt645.frame import Frame
from protocols.dlt645.payload import divide
from protocols.dlt645.requests import read_next
from protocols.meter_line.address import is_broadcast
from protocols.vocabulary.errors import FrameTooLong

MAX_FOLLOWING: Final = 255
"""Parts that may follow the first one: the sequence number has one byte."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    address: str
    """Of the meter that answered, learned when the question was to AA."""
    function: int
    edition: Edition
    di: int | None
    data: bytes
    """Of all parts, without identifiers and sequence numbers."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and the parts of its answer that have come. Obeys protocols.enquiry.Exchange."""

    question: Frame
    parts: tuple[Frame, ...] = ()

    @property
    def wants_answer(self) -> bool:
        """Whether anybody is to answer: nobody does to 99...99."""
        return not is_broadcast(self.question.address)

    @property
    def asking(self) -> Frame:
        """The question, or the request for the part that follows, to the meter that answered."""
        if not self.parts:
            return self.question
        di = divide(self.question).di or 0
        return read_next(self.parts[0].address, di, len(self.parts), edition_of(self.question.function))

    @property
    def answer(self) -> Answer | None:
        """All parts together, once the last one says that nothing follows."""
        if not self.parts or self._more(self.parts[-1]):
            return None
        pieces = [divide(part) for part in self.parts]
        first = self.parts[0]
        data = b"".join(piece.data for piece in pieces)
        if pieces[0].address is not None:
            data = first.data
        return Answer(first.address, first.function, pieces[0].edition, pieces[0].di, data)

    def take(self, frame: Frame) -> "Exchange":
        """With one part more.

        :raises Refused: the meter said no.
        :raises FrameTooLong: more than MAX_FOLLOWING parts would follow.
        :raises ProtocolError: it does not answer what is being asked.
        """
        check(self.asking, frame)
        if self._more(frame) and len(self.parts) >= MAX_FOLLOWING:
            raise FrameTooLong(f"DL/T 645: more than {MAX_FOLLOWING} parts follow the first one", frame.raw)
        return replace(self, parts=(*self.parts, frame))

    @staticmethod
    def _more(frame: Frame) -> bool:
        return frame.more and frame.function in READS

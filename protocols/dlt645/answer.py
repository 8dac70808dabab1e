"""Whether a frame answers what was asked: address, function, identifier, sequence number; and what a meter answers."""

from typing import Final

from protocols.dlt645.control import (
    READS,
    edition_of,
    error_meaning,
    function_name,
)
from protocols.dlt645.frame import ERROR, FROM_METER, MORE, Frame
from protocols.dlt645.payload import Payload, di_text, di_wire, divide
from protocols.meter_line.address import addresses, is_broadcast, is_wildcard
from protocols.vocabulary.errors import DeviceRefused, ProtocolError

OTHER: Final = 0x01
NO_SUCH_DATA: Final = 0x02
NOT_AUTHORISED: Final = 0x04


class Refused(DeviceRefused):
    """The meter answered with an error byte."""

    def __init__(self, frame: Frame) -> None:
        code = frame.data[0] if frame.data else 0
        meaning = error_meaning(code, edition_of(frame.function))
        super().__init__(f"DL/T 645: {frame.address}: {function_name(frame.function)}: error {code:02X}, {meaning}")
        self.address = frame.address
        self.function = frame.function
        self.code = code


def check(asked: Frame, answered: Frame) -> Payload:
    """The answer's parts, when it is one to this question.

    A question to AA may be answered by any meter that AA stands for: its address is to be learned from the answer;
    some meters of 1997 answer with the AA they were asked by.

    :raises Refused: the meter said no.
    :raises ProtocolError: a question (an echo), another meter, function, identifier or sequence number.
    """
    if not answered.from_meter:
        raise ProtocolError("DL/T 645: an answer was expected, this is a question (an echo?)")
    if not _from_asked(asked.address, answered.address):
        raise ProtocolError(f"DL/T 645: asked {asked.address}, {answered.address} answered")
    if answered.function != asked.function:
        raise ProtocolError(f"DL/T 645: asked {_name(asked)}, answered {_name(answered)}")
    if answered.error:
        raise Refused(answered)
    question, answer = divide(asked), divide(answered)
    if asked.function not in READS:
        return answer
    if answer.di is None or answer.di != question.di:
        found = "none" if answer.di is None else di_text(answer.di, answer.edition)
        want = "none" if question.di is None else di_text(question.di, question.edition)
        raise ProtocolError(f"DL/T 645: asked for {want}, answered {found}")
    if answer.sequence != question.sequence:
        raise ProtocolError(f"DL/T 645: asked for part {question.sequence}, answered {answer.sequence}")
    return answer


def _from_asked(asked: str, answered: str) -> bool:
    if is_broadcast(asked):
        return False
    return asked == answered or (addresses(asked, answered) and not is_wildcard(answered))


def _name(frame: Frame) -> str:
    return f"{frame.function:02X} ({function_name(frame.function)})"


def answer(asked: Frame, address: str, data: bytes = b"", *, more: bool = False) -> Frame:
    """The answer to a question: the identifier and sequence number of a read are put around the data.

    :param address: the meter's own.
    """
    question = divide(asked)
    if asked.function in READS and question.di is not None:
        number = b"" if question.sequence is None else bytes([question.sequence])
        data = di_wire(question.di, question.edition) + data + number
    return Frame(address, FROM_METER | (MORE if more else 0) | asked.function, data)


def refusal(asked: Frame, address: str, code: int) -> Frame:
    """The answer of a meter that does not do it: ``code`` is a set of bits, see control.ERRORS."""
    return Frame(address, FROM_METER | ERROR | asked.function, bytes([code]))

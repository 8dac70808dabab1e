"""Whether a frame answers what was asked: type, address, function, SER, identifier; and what a meter answers."""

from protocols.cjt188.control import WRITE_ADDRESS, function_name
from protocols.cjt188.frame import ANY_TYPE, ERROR, FROM_METER, Frame
from protocols.cjt188.payload import Payload, divide
from protocols.meter_line.address import addresses, is_broadcast, is_wildcard
from protocols.vocabulary.errors import DeviceRefused, ProtocolError


class Refused(DeviceRefused):
    """The meter answered with an error."""

    def __init__(self, frame: Frame) -> None:
        self.status = divide(frame).status or b""
        told = self.status.hex().upper() or "none"
        super().__init__(f"CJ/T 188: {frame.address}: {function_name(frame.function)} refused, status {told}")
        self.address = frame.address
        self.function = frame.function


def check(asked: Frame, answered: Frame) -> Payload:
    """The answer's parts, when it is one to this question.

    A question to AA may be answered by any meter that AA stands for: its address and type are to be learned from the
    answer. The identifier may come back in the other byte order. A question without SER is answered with any.

    :raises Refused: the meter said no.
    :raises ProtocolError: a question (an echo), another meter, function, SER or identifier.
    """
    if not answered.from_meter:
        raise ProtocolError("CJ/T 188: an answer was expected, this is a question (an echo?)")
    question, answer = divide(asked), divide(answered)
    if not _from_asked(asked, answered, question):
        raise ProtocolError(
            f"CJ/T 188: asked {asked.meter_type:02X} {asked.address}, "
            f"{answered.meter_type:02X} {answered.address} answered"
        )
    if answered.function != asked.function:
        raise ProtocolError(f"CJ/T 188: asked {_name(asked)}, answered {_name(answered)}")
    if question.ser is not None and answer.ser != question.ser:
        raise ProtocolError(f"CJ/T 188: asked with SER {question.ser}, answered with {answer.ser}")
    if answered.error:
        raise Refused(answered)
    if answer.di is None or answer.di != question.di:
        raise ProtocolError(f"CJ/T 188: asked for {_hex(question.di)}, answered {_hex(answer.di)}")
    return answer


def _from_asked(asked: Frame, answered: Frame, question: Payload) -> bool:
    if is_broadcast(asked.address) or asked.meter_type not in (ANY_TYPE, answered.meter_type):
        return False
    if asked.address == answered.address:
        return True
    renamed = asked.function == WRITE_ADDRESS and question.data[::-1].hex().upper() == answered.address
    return renamed or (addresses(asked.address, answered.address) and not is_wildcard(answered.address))


def _name(frame: Frame) -> str:
    return f"{frame.function:02X} ({function_name(frame.function)})"


def _hex(di: int | None) -> str:
    return "none" if di is None else f"{di:04X}"


def answer(asked: Frame, meter_type: int, address: str, data: bytes = b"") -> Frame:
    """The answer to a question, its identifier and SER in front of the data, in the question's byte order."""
    question = divide(asked)
    serial = b"" if question.ser is None else bytes([question.ser])
    head = (question.di_wire or b"") + serial
    return Frame(meter_type, address, FROM_METER | asked.function, head + data)


def refusal(asked: Frame, meter_type: int, address: str, status: bytes = b"\x00\x00") -> Frame:
    """The answer of a meter that does not do it: SER and two bytes of status."""
    return Frame(meter_type, address, FROM_METER | ERROR | asked.function, bytes([divide(asked).ser or 0]) + status)

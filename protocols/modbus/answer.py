"""Whether a response answers the request: function, counts, echoes. Client libraries are known not to look."""

from dataclasses import replace

from protocols.modbus.diagnosis import (
    RETURN_QUERY_DATA,
    Ask,
    Diagnostics,
    EventCounter,
    EventLog,
    ExceptionStatus,
    ServerId,
)
from protocols.modbus.files import Fifo, FileContent, ReadFifo, ReadFile, WriteFile
from protocols.modbus.identification import Identification, ReadIdentification
from protocols.modbus.pdu import (
    Bits,
    MaskWrite,
    Other,
    ReadBits,
    ReadRegisters,
    ReadWriteRegisters,
    Refusal,
    Registers,
    Request,
    Response,
    WriteCoil,
    WriteCoils,
    WriteRegister,
    WriteRegisters,
    Written,
)
from protocols.vocabulary.errors import DeviceRefused, ProtocolError


class Refused(DeviceRefused):
    """The device answered with an exception; ``code`` 2 after a merged read means: read the parts alone."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"Modbus: function {refusal.function}: exception {refusal.code:02d}, {refusal.meaning}")
        self.function = refusal.function
        self.code = refusal.code


def check_answer(request: Request, response: Response) -> Response:
    """The response, bits cut to the number that was asked for.

    :raises Refused: the device said no.
    :raises ProtocolError: another function, another count, or an echo that is none.
    """
    if response.function != request.function:
        raise ProtocolError(f"Modbus: asked with function {request.function}, answered with {response.function}")
    if isinstance(response, Refusal):
        raise Refused(response)
    match request, response:
        case ReadBits(quantity=quantity), Bits(bits=bits) if len(bits) == (quantity + 7) // 8 * 8:
            return replace(response, bits=bits[:quantity])
        case ((ReadRegisters() | ReadWriteRegisters()), Registers(registers=registers)):
            if len(registers) == request.quantity:
                return response
        case ((WriteCoil() | WriteRegister() | MaskWrite() | WriteFile()), _) if response == request:
            return response
        case ((WriteCoils() | WriteRegisters()), Written(start=start, quantity=quantity)):
            if start == request.start and quantity == _written(request):
                return response
        case _ if _tells(request, response):
            return response
        case _:
            pass
    raise ProtocolError(f"Modbus: {_short(response)} does not answer {_short(request)}")


def _tells(request: Request, response: Response) -> bool:
    """Whether one of the rarer functions got what it asked for; of a function that is not read here all is taken."""
    match request, response:
        case Ask(), (ExceptionStatus() | EventCounter() | EventLog() | ServerId()):
            return True
        case Diagnostics(sub_function=asked), Diagnostics(sub_function=answered):
            return asked == answered and (asked != RETURN_QUERY_DATA or request == response)
        case ReadFile(ranges=ranges), FileContent(records=records):
            return [one.length for one in ranges] == [len(one) for one in records]
        case ReadIdentification(code=code), Identification(code=answered):
            return code == answered
        case (ReadFifo(), Fifo()) | (Other(), Other()):
            return True
        case _:
            return False


def _written(request: WriteCoils | WriteRegisters) -> int:
    return len(request.bits) if isinstance(request, WriteCoils) else len(request.registers)


def _short(pdu: Request | Response) -> str:
    match pdu:
        case Bits(bits=bits):
            return f"{len(bits)} bits"
        case Registers(registers=registers):
            return f"{len(registers)} registers"
        case _:
            return f"{pdu!s:.80}"

"""A frame as a table for people and scripts: ``yingzhou decode modbus-rtu`` and ``modbus-tcp``."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from protocols.modbus import rtu, tcp
from protocols.modbus.answer import Refused, check_answer
from protocols.modbus.diagnosis import SUB_FUNCTIONS, Diagnostics, EventLog, ServerId, event
from protocols.modbus.files import FileContent, ReadFile, WriteFile
from protocols.modbus.identification import MEI, MORE, Identification, ReadIdentification
from protocols.modbus.lengths import MIN_FRAME
from protocols.modbus.pairing import Heard
from protocols.modbus.pdu import (
    EXCEPTION,
    Bits,
    Direction,
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
    WriteRegisters,
    is_allowed,
)
from protocols.modbus.reader import decode_request, decode_response
from protocols.vocabulary.errors import ProtocolError

Pdu = TypeVar("Pdu")


def describe_rtu(raw: bytes) -> dict[str, Any]:
    """Unit, function, fields and CRC of one frame; whether it is a request or a response is found by its length.

    :raises ProtocolError: wrong length or wrong CRC; the message says which was found and which is right.
    """
    unit, pdu = rtu.open_frame(raw)
    told = _pdu(pdu)
    if told["direction"] == "vendor":
        _refuse_zeros_behind(raw)
    crc = raw[-2:].hex().upper()
    return {"address": unit} | told | {"crc_given_low_first": crc, "crc_computed": crc}


def _refuse_zeros_behind(raw: bytes) -> None:
    """A CRC of this kind is right again behind each zero byte: a line that rings when its driver lets go makes some.

    :raises ProtocolError: without zeros at its end it is a frame that says something.
    """
    for end in range(len(raw) - 1, max(len(raw.rstrip(b"\0")), MIN_FRAME) - 1, -1):
        try:
            _, pdu = rtu.open_frame(raw[:end])
            said = _pdu(pdu)["direction"] != "vendor"
        except ProtocolError:
            continue
        if said:
            raise ProtocolError(f"Modbus: a frame of {end} bytes, and {len(raw) - end} more that are zero", raw)


def describe_tcp(raw: bytes) -> dict[str, Any]:
    """MBAP, function and fields of one frame.

    :raises ProtocolError: protocol identifier, length field or PDU are wrong.
    """
    transaction, unit, pdu = tcp.open_frame(raw)
    told = _pdu(pdu)
    if told["direction"] == "vendor":
        decode_response(pdu)  # without a CRC nothing says that these bytes are what was sent
    return {"transaction": transaction, "protocol": 0, "length": len(pdu) + 1, "unit": unit} | told


def describe_heard(heard: Heard[rtu.Adu] | Heard[tcp.Adu]) -> dict[str, Any]:
    """One frame out of a capture of both directions; an answer comes with ``start`` and ``quantity`` of its request."""
    adu = heard.adu
    if isinstance(adu, tcp.Adu):
        head = {"transaction": adu.transaction, "protocol": 0, "length": len(adu.raw) - tcp.HEADER, "unit": adu.unit}
    else:
        head = {"address": adu.unit}
    told = head | _told(_paired(heard), heard.direction)
    asked = heard.asked.pdu if heard.asked is not None else None
    if isinstance(asked, ReadBits | ReadRegisters | ReadWriteRegisters):
        told |= {"start": asked.start, "quantity": asked.quantity}
    if heard.asked is not None:
        told |= {"answers": heard.asked.raw.hex().upper()}
    if isinstance(adu, rtu.Adu):
        crc = adu.raw[-2:].hex().upper()
        told |= {"crc_given_low_first": crc, "crc_computed": crc}
    return told | ({"note": heard.note} if heard.note else {})


def _paired(heard: Heard[rtu.Adu] | Heard[tcp.Adu]) -> Request | Response:
    """The PDU; of an answer, bits cut to the number that was asked for."""
    if heard.asked is None:
        return heard.adu.pdu
    try:
        return check_answer(heard.asked.pdu, heard.adu.pdu)  # type: ignore[arg-type]  # they were read as such
    except Refused:
        return heard.adu.pdu


def _pdu(data: bytes) -> dict[str, Any]:
    """The PDU in the direction that its length fits; both, when it fits both; its bytes, when it fits none."""
    request, response = _attempt(decode_request, data), _attempt(decode_response, data)
    if request is not None and request == response:
        alike = "request or response" if isinstance(request, Other) else "request or its echo"
        return _told(request, alike)
    if request is not None and not isinstance(request, Other) and (response is None or is_allowed(request)):
        told = _told(request, "request")
        return told if response is None else told | {"or_as_response": _fields(response)}
    if response is not None:
        return _told(response, "response")
    function = data[0]
    if not function & ~EXCEPTION or (function & EXCEPTION and len(data) == 1):
        decode_response(data)  # nobody's layout: function 0, or an exception that does not say which
    return {
        "direction": "vendor",
        "function": function & ~EXCEPTION,
        "exception": function > EXCEPTION,
        "data": data[1:].hex(),
        "note": "neither the request nor the response layout of this function",
    }


def _attempt(reader: Callable[[bytes], Pdu], data: bytes) -> Pdu | None:
    try:
        return reader(data)
    except ProtocolError:
        return None  # then it was not sent in that direction


def likely_direction(data: bytes) -> Direction | None:
    """The direction whose layout a PDU has; None: neither, or they are alike."""
    try:
        told = _pdu(data)["direction"] if data else ""
    except ProtocolError:
        return None
    return "request" if told == "request" else "response" if told == "response" else None


def _told(pdu: Request | Response, direction: str) -> dict[str, Any]:
    refused = isinstance(pdu, Refusal)
    return {"direction": direction, "function": pdu.function, "exception": refused} | _fields(pdu)


def _fields(pdu: Request | Response) -> dict[str, Any]:
    told: dict[str, Any]
    match pdu:
        case Refusal():
            told = {"exception_code": pdu.code, "meaning": pdu.meaning}
        case Other():
            told = {"data": pdu.data.hex()}
        case Bits():
            told = {"bits": [int(bit) for bit in pdu.bits]}
        case WriteCoil():
            told = {"coil": pdu.coil, "on": pdu.on, "value": 0xFF00 if pdu.on else 0}
        case WriteCoils():
            told = {"start": pdu.start, "quantity": len(pdu.bits), "bits": [int(bit) for bit in pdu.bits]}
        case WriteRegisters():
            told = {"start": pdu.start, "quantity": len(pdu.registers), "registers": list(pdu.registers)}
        case Registers():
            told = {"registers": list(pdu.registers)}
        case _:
            return _rarer(pdu)
    return told


def _rarer(pdu: Request | Response) -> dict[str, Any]:
    told: dict[str, Any]
    match pdu:
        case Diagnostics():
            meaning = SUB_FUNCTIONS.get(pdu.sub_function)
            told = {"sub_function": pdu.sub_function, "data": pdu.data.hex()} | (
                {"meaning": meaning} if meaning else {}
            )
        case EventLog():
            log = [event(byte) for byte in pdu.log]
            told = {"status": pdu.status, "events": pdu.events, "messages": pdu.messages, "log": log}
        case ServerId():
            more = {"additional": text_or_hex(pdu.additional)} if pdu.additional else {}
            told = {
                "data": pdu.data.hex(),
                "identifier": text_or_hex(pdu.identifier),
                "running": pdu.running,
            } | more
        case ReadFile():
            told = {"ranges": [one._asdict() for one in pdu.ranges]}
        case FileContent():
            told = {"records": [{"registers": list(one)} for one in pdu.records]}
        case WriteFile():
            told = {"records": [one._asdict() | {"registers": list(one.registers)} for one in pdu.records]}
        case Identification():
            objects = [{"id": one.number, "name": one.name, "value": text_or_hex(one.value)} for one in pdu.objects]
            told = {
                "mei_type": MEI,
                "code": pdu.code,
                "conformity": pdu.conformity,
                "more_follows": pdu.more == MORE,
                "following": pdu.following,
                "objects": objects,
            }
        case ReadIdentification():
            told = {"mei_type": MEI, "code": pdu.code, "first": pdu.first}
        case _:
            fields = asdict(pdu)
            fields.pop("function", None)
            told = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
    return told


def text_or_hex(data: bytes) -> str:
    """The text that it is, when all of it can be printed; else its digits."""
    text = data.decode("ascii", "replace")
    return text if text.isascii() and text.isprintable() else data.hex()

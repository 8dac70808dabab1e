"""A frame as a table for people and scripts: ``yingzhou decode modbus-rtu`` and ``modbus-tcp``."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from protocols.modbus import rtu, tcp
from protocols.modbus.pdu import EXCEPTION, Bits, Other, Refusal, Request, Response, is_allowed
from protocols.modbus.reader import decode_request, decode_response
from protocols.vocabulary.errors import ProtocolError

Pdu = TypeVar("Pdu")


def describe_rtu(raw: bytes) -> dict[str, Any]:
    """Unit, function, fields and CRC of one frame; whether it is a request or a response is found by its length.

    :raises ProtocolError: wrong length or wrong CRC; the message says which was found and which is right.
    """
    unit, pdu = rtu.open_frame(raw)
    crc = raw[-2:].hex().upper()
    return {"address": unit} | _pdu(pdu) | {"crc_given_low_first": crc, "crc_computed": crc}


def describe_tcp(raw: bytes) -> dict[str, Any]:
    """MBAP, function and fields of one frame.

    :raises ProtocolError: protocol identifier, length field or PDU are wrong.
    """
    transaction, unit, pdu = tcp.open_frame(raw)
    told = _pdu(pdu)
    if told["direction"] == "vendor":
        decode_response(pdu)  # without a CRC nothing says that these bytes are what was sent
    return {"transaction": transaction, "protocol": 0, "length": len(pdu) + 1, "unit": unit} | told


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


def _told(pdu: Request | Response, direction: str) -> dict[str, Any]:
    refused = isinstance(pdu, Refusal)
    return {"direction": direction, "function": pdu.function, "exception": refused} | _fields(pdu)


def _fields(pdu: Request | Response) -> dict[str, Any]:
    match pdu:
        case Refusal():
            return {"exception_code": pdu.code, "meaning": pdu.meaning}
        case Other():
            return {"data": pdu.data.hex()}
        case Bits():
            return {"bits": [int(bit) for bit in pdu.bits]}
        case _:
            fields = asdict(pdu)
            fields.pop("function", None)
            return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}

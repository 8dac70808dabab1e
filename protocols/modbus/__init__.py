"""Modbus: PDUs (Application Protocol V1.1b3), the RTU and TCP envelopes, and numbers in registers."""

from protocols.modbus import rtu, tcp
from protocols.modbus.answer import Refused, check_answer
from protocols.modbus.pdu import (
    Bits,
    Direction,
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
from protocols.modbus.reader import decode_request, decode_response
from protocols.modbus.values import Kind, Order, number, registers_of

__all__ = [
    "Bits",
    "Direction",
    "Kind",
    "MaskWrite",
    "Order",
    "Other",
    "ReadBits",
    "ReadRegisters",
    "ReadWriteRegisters",
    "Refusal",
    "Refused",
    "Registers",
    "Request",
    "Response",
    "WriteCoil",
    "WriteCoils",
    "WriteRegister",
    "WriteRegisters",
    "Written",
    "check_answer",
    "decode_request",
    "decode_response",
    "number",
    "registers_of",
    "rtu",
    "tcp",
]

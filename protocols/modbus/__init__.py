"""Modbus: PDUs (Application Protocol V1.1b3), the RTU and TCP envelopes, and numbers in registers."""

from protocols.modbus import rtu, tcp
from protocols.modbus.answer import Refused, check_answer
from protocols.modbus.diagnosis import (
    Ask,
    Diagnostics,
    EventCounter,
    EventLog,
    ExceptionStatus,
    ServerId,
)
from protocols.modbus.files import Fifo, FileContent, FileRange, FileRecord, ReadFifo, ReadFile, WriteFile
from protocols.modbus.identification import Identification, Object, ReadIdentification
from protocols.modbus.pairing import Heard
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
from protocols.modbus.values import Kind, Order, bit_field, number, registers_of, with_bit_field

__all__ = [
    "Ask",
    "Bits",
    "Diagnostics",
    "Direction",
    "EventCounter",
    "EventLog",
    "ExceptionStatus",
    "Fifo",
    "FileContent",
    "FileRange",
    "FileRecord",
    "Heard",
    "Identification",
    "Kind",
    "MaskWrite",
    "Object",
    "Order",
    "Other",
    "ReadBits",
    "ReadFifo",
    "ReadFile",
    "ReadIdentification",
    "ReadRegisters",
    "ReadWriteRegisters",
    "Refusal",
    "Refused",
    "Registers",
    "Request",
    "Response",
    "ServerId",
    "WriteCoil",
    "WriteCoils",
    "WriteFile",
    "WriteRegister",
    "WriteRegisters",
    "Written",
    "bit_field",
    "check_answer",
    "decode_request",
    "decode_response",
    "number",
    "registers_of",
    "rtu",
    "tcp",
    "with_bit_field",
]

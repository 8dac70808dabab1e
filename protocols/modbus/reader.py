"""Bytes of a PDU to values, every count compared with the bytes that are there: V1.1b3 §6."""

import struct
from collections.abc import Callable
from typing import Final

from protocols.modbus import diagnosis, files, identification
from protocols.modbus.packing import counted, sized, unpack_bits, words_of
from protocols.modbus.pdu import (
    EXCEPTION,
    MAX_PDU,
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
from protocols.vocabulary.errors import ProtocolError

_WORDS = struct.Struct(">BHH")
_COILS: Final = {0xFF00: True, 0: False}


def decode_request(data: bytes) -> Request:
    """Read what a master asks.

    :raises ProtocolError: its length or a byte count is wrong; a coil that is neither FF00 nor 0000.
    """
    function = _function(data)
    if function & EXCEPTION:
        raise ProtocolError(f"Modbus: function {function}: 128 and above are exceptions, and no requests", data)
    return _REQUESTS.get(function, _other)(data)


def decode_response(data: bytes) -> Response:
    """Read what a device answers; whether it answers the question, check_answer tells.

    :raises ProtocolError: as decode_request; a read that brings nothing; an exception without its code.
    """
    function = _function(data)
    if function & EXCEPTION:
        if len(data) != 2:
            raise ProtocolError(f"Modbus: exception response of {len(data)} bytes: expected 2", data)
        return Refusal(function & ~EXCEPTION, data[1])
    return _RESPONSES.get(function, _other)(data)


def _function(data: bytes) -> int:
    if not 1 <= len(data) <= MAX_PDU:
        raise ProtocolError(f"Modbus: PDU of {len(data)} bytes: expected 1 to {MAX_PDU}", data)
    if data[0] in (0, EXCEPTION):
        raise ProtocolError(f"Modbus: function {data[0]} does not exist", data)
    return data[0]


def _words(data: bytes) -> tuple[int, int, int]:
    function, first, second = _WORDS.unpack(sized(data, 5))
    return function, first, second


def _read_bits(data: bytes) -> ReadBits:
    _, start, quantity = _words(data)
    return ReadBits(1 if data[0] == 1 else 2, start, quantity)


def _read_registers(data: bytes) -> ReadRegisters:
    _, start, quantity = _words(data)
    return ReadRegisters(3 if data[0] == 3 else 4, start, quantity)


def _write_coil(data: bytes) -> WriteCoil:
    _, coil, value = _words(data)
    if value not in _COILS:
        raise ProtocolError(f"Modbus: coil value {value:04X}: expected FF00 or 0000", data)
    return WriteCoil(coil, _COILS[value])


def _write_register(data: bytes) -> WriteRegister:
    _, register, value = _words(data)
    return WriteRegister(register, value)


def _write_coils(data: bytes) -> WriteCoils:
    packed = counted(data, 5)
    _, start, quantity = _WORDS.unpack_from(data)
    if len(packed) != (quantity + 7) // 8:
        raise ProtocolError(f"Modbus: function 15: {quantity} coils in {len(packed)} bytes", data)
    return WriteCoils(start, unpack_bits(packed)[:quantity])


def _write_registers(data: bytes) -> WriteRegisters:
    numbers = words_of(counted(data, 5, 2))
    _, start, quantity = _WORDS.unpack_from(data)
    if len(numbers) != quantity:
        raise ProtocolError(f"Modbus: function 16: {quantity} registers announced, {len(numbers)} sent", data)
    return WriteRegisters(start, numbers)


def _mask_write(data: bytes) -> MaskWrite:
    register, and_mask, or_mask = struct.unpack(">HHH", sized(data, 7)[1:])
    return MaskWrite(register, and_mask, or_mask)


def _read_write(data: bytes) -> ReadWriteRegisters:
    numbers = words_of(counted(data, 9, 2))
    start, quantity, write_start, count = struct.unpack_from(">HHHH", data, 1)
    if len(numbers) != count:
        raise ProtocolError(f"Modbus: function 23: {count} registers announced, {len(numbers)} sent", data)
    return ReadWriteRegisters(start, quantity, write_start, numbers)


def _bits(data: bytes) -> Bits:
    packed = counted(data, 1)
    if not packed:
        raise ProtocolError(f"Modbus: function {data[0]}: an answer without bits", data)
    return Bits(1 if data[0] == 1 else 2, unpack_bits(packed))


def _read_answer(data: bytes) -> Registers:
    numbers = words_of(counted(data, 1, 2))
    if not numbers:
        raise ProtocolError(f"Modbus: function {data[0]}: an answer without registers", data)
    function = data[0]
    return Registers(23 if function == 23 else 3 if function == 3 else 4, numbers)


def _written(data: bytes) -> Written:
    _, start, quantity = _words(data)
    return Written(15 if data[0] == 15 else 16, start, quantity)


def _encapsulated_request(data: bytes) -> identification.ReadIdentification | Other:
    return identification.decode_request(data) if identification.is_identification(data) else _other(data)


def _encapsulated_response(data: bytes) -> identification.Identification | Other:
    return identification.decode_response(data) if identification.is_identification(data) else _other(data)


def _other(data: bytes) -> Other:
    return Other(data[0], data[1:])


_REQUESTS: Final[dict[int, Callable[[bytes], Request]]] = {
    1: _read_bits,
    2: _read_bits,
    3: _read_registers,
    4: _read_registers,
    5: _write_coil,
    6: _write_register,
    15: _write_coils,
    16: _write_registers,
    22: _mask_write,
    23: _read_write,
    43: _encapsulated_request,
    **diagnosis.REQUESTS,
    **files.REQUESTS,
}
_RESPONSES: Final[dict[int, Callable[[bytes], Response]]] = {
    1: _bits,
    2: _bits,
    3: _read_answer,
    4: _read_answer,
    5: _write_coil,
    6: _write_register,
    15: _written,
    16: _written,
    22: _mask_write,
    23: _read_answer,
    43: _encapsulated_response,
    **diagnosis.RESPONSES,
    **files.RESPONSES,
}

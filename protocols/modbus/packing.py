"""Bytes of PDUs to and from numbers and bits, every count compared with the bytes that are there: V1.1b3 §4.2, §6."""

import struct
from collections.abc import Sequence

from protocols.vocabulary.errors import ProtocolError


def pack(form: str, *numbers: int) -> bytes:
    """As struct.pack.

    :raises ProtocolError: a number does not fit its field.
    """
    try:
        return struct.pack(form, *numbers)
    except struct.error as error:
        raise ProtocolError(f"Modbus: {numbers[:6]} cannot be written: {error}") from None


def sized(data: bytes, size: int) -> bytes:
    """The PDU, which must be so long.

    :raises ProtocolError: it is not.
    """
    if len(data) != size:
        raise ProtocolError(f"Modbus: function {data[0]}: PDU of {len(data)} bytes: expected {size}", data)
    return data


def counted(data: bytes, at: int, multiple: int = 1) -> bytes:
    """What follows the byte count at ``at``: as many bytes as it says, a multiple of ``multiple``, and the end.

    :raises ProtocolError: there is no byte count, or it says something else.
    """
    if len(data) <= at:
        raise ProtocolError(f"Modbus: function {data[0]}: no byte count", data)
    count = data[at]
    found = len(data) - at - 1
    if count != found:
        raise ProtocolError(f"Modbus: function {data[0]}: byte count {count}, {found} bytes follow", data)
    if count % multiple:
        raise ProtocolError(f"Modbus: function {data[0]}: byte count {count}: expected a multiple of {multiple}", data)
    return data[at + 1 :]


def words_of(packed: bytes) -> tuple[int, ...]:
    """The registers in an even number of bytes."""
    return struct.unpack(f">{len(packed) // 2}H", packed)


def pack_words(registers: Sequence[int]) -> bytes:
    """The inverse.

    :raises ProtocolError: one is outside of 0 to 65535.
    """
    return pack(f">{len(registers)}H", *registers)


def pack_bits(bits: Sequence[bool]) -> bytes:
    """Eight to a byte, the first in the lowest bit, the last byte filled with zeros."""
    number = sum(1 << place for place, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def unpack_bits(packed: bytes) -> tuple[bool, ...]:
    """The inverse, in whole bytes."""
    return tuple([bool(byte >> place & 1) for byte in packed for place in range(8)])

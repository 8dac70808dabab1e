"""Requests and responses as values that know their bytes: Modbus Application Protocol V1.1b3 §6.

Addresses are those on the wire, from 0. A quantity that a server must refuse (0, or more than fits) can still be
written and read: refusing it with exception 03 is the server's answer, not the decoder's; see :func:`is_allowed`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from protocols.modbus import diagnosis, files
from protocols.modbus.identification import Identification, ReadIdentification
from protocols.modbus.packing import pack, pack_bits

Direction = Literal["request", "response"]
MAX_PDU: Final = 253
EXCEPTION: Final = 0x80
MAX_REGISTERS: Final = 125
MAX_BITS: Final = 2000
"""Of one read request (§6.1-6.4)."""
MAX_RANGES: Final = 35
"""File ranges that one question can hold."""

EXCEPTIONS: Final = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target failed to respond",
}


@dataclass(frozen=True, slots=True)
class ReadBits:
    """Function 1 (coils) or 2 (discrete inputs)."""

    function: Literal[1, 2]
    start: int
    quantity: int

    def encode(self) -> bytes:
        return pack(">BHH", self.function, self.start, self.quantity)


@dataclass(frozen=True, slots=True)
class ReadRegisters:
    """Function 3 (holding registers) or 4 (input registers)."""

    function: Literal[3, 4]
    start: int
    quantity: int

    def encode(self) -> bytes:
        return pack(">BHH", self.function, self.start, self.quantity)


@dataclass(frozen=True, slots=True)
class WriteCoil:
    """Function 5, and its echo."""

    coil: int
    on: bool

    @property
    def function(self) -> int:
        return 5

    def encode(self) -> bytes:
        return pack(">BHH", 5, self.coil, 0xFF00 if self.on else 0)


@dataclass(frozen=True, slots=True)
class WriteRegister:
    """Function 6, and its echo."""

    register: int
    value: int

    @property
    def function(self) -> int:
        return 6

    def encode(self) -> bytes:
        return pack(">BHH", 6, self.register, self.value)


@dataclass(frozen=True, slots=True)
class WriteCoils:
    """Function 15."""

    start: int
    bits: tuple[bool, ...]

    @property
    def function(self) -> int:
        return 15

    def encode(self) -> bytes:
        packed = pack_bits(self.bits)
        return pack(">BHHB", 15, self.start, len(self.bits), len(packed)) + packed


@dataclass(frozen=True, slots=True)
class WriteRegisters:
    """Function 16."""

    start: int
    registers: tuple[int, ...]

    @property
    def function(self) -> int:
        return 16

    def encode(self) -> bytes:
        count = len(self.registers)
        return pack(f">BHHB{count}H", 16, self.start, count, 2 * count, *self.registers)


@dataclass(frozen=True, slots=True)
class MaskWrite:
    """Function 22, and its echo: register = (register & and_mask) | (or_mask & ~and_mask)."""

    register: int
    and_mask: int
    or_mask: int

    @property
    def function(self) -> int:
        return 22

    def encode(self) -> bytes:
        return pack(">BHHH", 22, self.register, self.and_mask, self.or_mask)


@dataclass(frozen=True, slots=True)
class ReadWriteRegisters:
    """Function 23: writes first, then reads."""

    start: int
    quantity: int
    write_start: int
    registers: tuple[int, ...]

    @property
    def function(self) -> int:
        return 23

    def encode(self) -> bytes:
        count = len(self.registers)
        head = (23, self.start, self.quantity, self.write_start, count, 2 * count)
        return pack(f">BHHHHB{count}H", *head, *self.registers)


@dataclass(frozen=True, slots=True)
class Bits:
    """The answer to ReadBits: always whole bytes, up to 7 bits more than were asked; see check_answer."""

    function: Literal[1, 2]
    bits: tuple[bool, ...]

    def encode(self) -> bytes:
        packed = pack_bits(self.bits)
        return pack(">BB", self.function, len(packed)) + packed


@dataclass(frozen=True, slots=True)
class Registers:
    """The answer to ReadRegisters (3, 4) and ReadWriteRegisters (23)."""

    function: Literal[3, 4, 23]
    registers: tuple[int, ...]

    def encode(self) -> bytes:
        count = len(self.registers)
        return pack(f">BB{count}H", self.function, 2 * count, *self.registers)


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to WriteCoils (15) and WriteRegisters (16)."""

    function: Literal[15, 16]
    start: int
    quantity: int

    def encode(self) -> bytes:
        return pack(">BHH", self.function, self.start, self.quantity)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exception response; ``function`` without its high bit (§7)."""

    function: int
    code: int

    @property
    def meaning(self) -> str:
        return EXCEPTIONS.get(self.code, f"exception {self.code}")

    def encode(self) -> bytes:
        return pack(">BB", self.function | EXCEPTION, self.code)


@dataclass(frozen=True, slots=True)
class Other:
    """A function that is not read here, such as a maker's own, carried as it came."""

    function: int
    data: bytes

    def encode(self) -> bytes:
        return pack(">B", self.function) + self.data


Request = (
    ReadBits
    | ReadRegisters
    | WriteCoil
    | WriteRegister
    | WriteCoils
    | WriteRegisters
    | MaskWrite
    | ReadWriteRegisters
    | diagnosis.Question
    | files.Question
    | ReadIdentification
    | Other
)
Response = (
    Bits
    | Registers
    | WriteCoil
    | WriteRegister
    | Written
    | MaskWrite
    | diagnosis.Answer
    | files.Answer
    | Identification
    | Refusal
    | Other
)


def is_allowed(request: Request) -> bool:
    """Whether the quantities are within the standard's limits; a server answers others with exception 03."""
    match request:
        case ReadBits(quantity=quantity):
            quantities = {MAX_BITS: quantity}
        case ReadRegisters(quantity=quantity):
            quantities = {MAX_REGISTERS: quantity}
        case WriteCoils(bits=bits):
            quantities = {1968: len(bits)}
        case WriteRegisters(registers=registers):
            quantities = {123: len(registers)}
        case ReadWriteRegisters(quantity=quantity, registers=registers):
            quantities = {MAX_REGISTERS: quantity, 121: len(registers)}
        case files.ReadFile(ranges=parts) | files.WriteFile(records=parts):
            quantities = {MAX_RANGES: len(parts)}
        case _:
            quantities = {}
    return all(1 <= found <= most for most, found in quantities.items())

"""File records and FIFO queues: functions 20, 21 and 24 (V1.1b3 §6.14, §6.15 and §6.18)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.modbus.packing import counted, pack, pack_words, sized, words_of
from protocols.vocabulary.errors import ProtocolError

REFERENCE: Final = 6
"""The only reference type there is."""
_RANGE = struct.Struct(">BHHH")


class FileRange(NamedTuple):
    """Where to read: so many registers of a file, from a record on."""

    file: int
    record: int
    length: int


class FileRecord(NamedTuple):
    """What to write: registers of a file, from a record on."""

    file: int
    record: int
    registers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Function 20, the question."""

    ranges: tuple[FileRange, ...]

    @property
    def function(self) -> int:
        return 20

    def encode(self) -> bytes:
        parts = b"".join([pack(">BHHH", REFERENCE, *one) for one in self.ranges])
        return pack(">BB", 20, len(parts)) + parts


@dataclass(frozen=True, slots=True)
class FileContent:
    """Function 20, the answer: the registers of each range that was asked for."""

    records: tuple[tuple[int, ...], ...]

    @property
    def function(self) -> int:
        return 20

    def encode(self) -> bytes:
        parts = [pack(">BB", 1 + 2 * len(one), REFERENCE) + pack_words(one) for one in self.records]
        whole = b"".join(parts)
        return pack(">BB", 20, len(whole)) + whole


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Function 21, and its echo."""

    records: tuple[FileRecord, ...]

    @property
    def function(self) -> int:
        return 21

    def encode(self) -> bytes:
        parts = [
            pack(">BHHH", REFERENCE, one.file, one.record, len(one.registers)) + pack_words(one.registers)
            for one in self.records
        ]
        whole = b"".join(parts)
        return pack(">BB", 21, len(whole)) + whole


@dataclass(frozen=True, slots=True)
class ReadFifo:
    """Function 24, the question: the register that counts the queue."""

    start: int

    @property
    def function(self) -> int:
        return 24

    def encode(self) -> bytes:
        return pack(">BH", 24, self.start)


@dataclass(frozen=True, slots=True)
class Fifo:
    """Function 24, the answer: what is queued, the oldest first; at most 31 registers."""

    registers: tuple[int, ...]

    @property
    def function(self) -> int:
        return 24

    def encode(self) -> bytes:
        count = len(self.registers)
        return pack(">BHH", 24, 2 + 2 * count, count) + pack_words(self.registers)


def _read_file(data: bytes) -> ReadFile:
    ranges = []
    for kind, file, record, length in _RANGE.iter_unpack(counted(data, 1, _RANGE.size)):
        _reference(kind, data)
        ranges.append(FileRange(file, record, length))
    return ReadFile(tuple(ranges))


def _file_content(data: bytes) -> FileContent:
    packed, records = counted(data, 1), []
    while packed:
        length = packed[0]
        if length < 1 or length % 2 == 0 or length >= len(packed):
            raise ProtocolError(f"Modbus: function 20: a record of {length} bytes, {len(packed) - 1} follow", data)
        _reference(packed[1], data)
        records.append(words_of(packed[2 : 1 + length]))
        packed = packed[1 + length :]
    return FileContent(tuple(records))


def _write_file(data: bytes) -> WriteFile:
    packed, records = counted(data, 1), []
    while packed:
        if len(packed) < _RANGE.size:
            raise ProtocolError(f"Modbus: function 21: {len(packed)} bytes left: expected 7 or more", data)
        kind, file, record, length = _RANGE.unpack_from(packed)
        _reference(kind, data)
        end = _RANGE.size + 2 * length
        if end > len(packed):
            found = (len(packed) - _RANGE.size) // 2
            raise ProtocolError(f"Modbus: function 21: {length} registers announced, {found} sent", data)
        records.append(FileRecord(file, record, words_of(packed[_RANGE.size : end])))
        packed = packed[end:]
    return WriteFile(tuple(records))


def _reference(kind: int, data: bytes) -> None:
    if kind != REFERENCE:
        raise ProtocolError(f"Modbus: function {data[0]}: reference type {kind}: expected {REFERENCE}", data)


def _read_fifo(data: bytes) -> ReadFifo:
    return ReadFifo(int.from_bytes(sized(data, 3)[1:]))


def _fifo(data: bytes) -> Fifo:
    if len(data) < 5:
        raise ProtocolError(f"Modbus: function 24: PDU of {len(data)} bytes: expected 5 or more", data)
    size, count = struct.unpack_from(">HH", data, 1)
    if size != len(data) - 3 or size != 2 + 2 * count:
        found = len(data) - 3
        raise ProtocolError(f"Modbus: function 24: {count} registers, byte count {size}, {found} bytes follow", data)
    return Fifo(words_of(data[5:]))


Question = ReadFile | WriteFile | ReadFifo
Answer = FileContent | WriteFile | Fifo

REQUESTS: Final[dict[int, Callable[[bytes], Question]]] = {20: _read_file, 21: _write_file, 24: _read_fifo}
RESPONSES: Final[dict[int, Callable[[bytes], Answer]]] = {20: _file_content, 21: _write_file, 24: _fifo}

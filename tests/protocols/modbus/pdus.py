"""Strategies for PDUs that the standard allows."""

from hypothesis import strategies as st

from protocols.modbus import (
    Ask,
    Bits,
    Diagnostics,
    EventCounter,
    EventLog,
    ExceptionStatus,
    Fifo,
    FileContent,
    FileRange,
    FileRecord,
    Identification,
    MaskWrite,
    Object,
    Other,
    ReadBits,
    ReadFifo,
    ReadFile,
    ReadIdentification,
    ReadRegisters,
    ReadWriteRegisters,
    Refusal,
    Registers,
    ServerId,
    WriteCoil,
    WriteCoils,
    WriteFile,
    WriteRegister,
    WriteRegisters,
    Written,
)

word = st.integers(0, 65_535)
byte = st.integers(0, 255)
unknown = st.builds(Other, st.sampled_from([9, 13, 65, 100, 127]), st.binary(max_size=20)) | st.builds(
    Other, st.just(43), st.binary(max_size=20).map(lambda data: b"\x0d" + data)
)


def words(most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(word, min_size=1, max_size=most).map(tuple)


def bits(least: int, most: int) -> st.SearchStrategy[tuple[bool, ...]]:
    return st.lists(st.booleans(), min_size=least, max_size=most).map(tuple)


whole_bytes = (
    st.integers(1, 250)
    .flatmap(lambda count: st.binary(min_size=count, max_size=count))
    .map(lambda packed: tuple(bool(byte >> place & 1) for byte in packed for place in range(8)))
)


diagnostics = st.builds(
    Diagnostics, st.sampled_from([0, 1, 2, 3, 4, *range(10, 19), 20]), st.binary(min_size=2, max_size=2)
)
file_records = st.lists(st.builds(FileRecord, word, word, words(8)), min_size=1, max_size=10).map(tuple)
objects = st.lists(st.builds(Object, byte, st.binary(max_size=20)), max_size=10).map(tuple)

rarer_requests = st.one_of(
    st.builds(Ask, st.sampled_from([7, 11, 12, 17])),
    diagnostics,
    st.builds(ReadFile, st.lists(st.builds(FileRange, word, word, word), min_size=1, max_size=35).map(tuple)),
    st.builds(WriteFile, file_records),
    st.builds(ReadFifo, word),
    st.builds(ReadIdentification, st.integers(1, 4), byte),
)
rarer_responses = st.one_of(
    st.builds(ExceptionStatus, byte),
    diagnostics,
    st.builds(EventCounter, st.sampled_from([0, 0xFFFF]), word),
    st.builds(EventLog, st.sampled_from([0, 0xFFFF]), word, word, st.binary(max_size=64)),
    st.builds(ServerId, st.binary(min_size=1, max_size=250)),
    st.builds(FileContent, st.lists(words(20), min_size=1, max_size=5).map(tuple)),
    st.builds(WriteFile, file_records),
    st.builds(Fifo, st.lists(word, max_size=31).map(tuple)),
    st.builds(Identification, st.integers(1, 4), byte, st.sampled_from([0, 0xFF]), byte, objects),
)


def requests(*, other: bool = True) -> st.SearchStrategy:
    known = st.one_of(
        st.builds(ReadBits, st.sampled_from([1, 2]), word, st.integers(1, 2000)),
        st.builds(ReadRegisters, st.sampled_from([3, 4]), word, st.integers(1, 125)),
        st.builds(WriteCoil, word, st.booleans()),
        st.builds(WriteRegister, word, word),
        st.builds(WriteCoils, word, bits(1, 60)),
        st.builds(WriteRegisters, word, words(123)),
        st.builds(MaskWrite, word, word, word),
        st.builds(ReadWriteRegisters, word, st.integers(1, 125), word, words(121)),
        rarer_requests,
    )
    return known | unknown if other else known


def responses(*, other: bool = True) -> st.SearchStrategy:
    known = st.one_of(
        st.builds(Bits, st.sampled_from([1, 2]), whole_bytes),
        st.builds(Registers, st.sampled_from([3, 4, 23]), words(125)),
        st.builds(WriteCoil, word, st.booleans()),
        st.builds(WriteRegister, word, word),
        st.builds(Written, st.sampled_from([15, 16]), word, st.integers(1, 1968)),
        st.builds(MaskWrite, word, word, word),
        st.builds(Refusal, st.integers(1, 127), st.integers(1, 255)),
        rarer_responses,
    )
    return known | unknown if other else known

"""Strategies for PDUs that the standard allows."""

from hypothesis import strategies as st

from protocols.modbus import (
    Bits,
    MaskWrite,
    Other,
    ReadBits,
    ReadRegisters,
    ReadWriteRegisters,
    Refusal,
    Registers,
    WriteCoil,
    WriteCoils,
    WriteRegister,
    WriteRegisters,
    Written,
)

word = st.integers(0, 65_535)
unknown = st.builds(Other, st.sampled_from([7, 8, 11, 24, 43, 65, 100, 127]), st.binary(max_size=20))


def words(most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(word, min_size=1, max_size=most).map(tuple)


def bits(least: int, most: int) -> st.SearchStrategy[tuple[bool, ...]]:
    return st.lists(st.booleans(), min_size=least, max_size=most).map(tuple)


whole_bytes = (
    st.integers(1, 250)
    .flatmap(lambda count: st.binary(min_size=count, max_size=count))
    .map(lambda packed: tuple(bool(byte >> place & 1) for byte in packed for place in range(8)))
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
    )
    return known | unknown if other else known

import pytest

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
    Other,
    ReadBits,
    ReadFifo,
    ReadFile,
    ReadIdentification,
    ReadRegisters,
    ReadWriteRegisters,
    Refusal,
    Refused,
    Registers,
    ServerId,
    WriteCoil,
    WriteCoils,
    WriteFile,
    WriteRegister,
    WriteRegisters,
    Written,
    check_answer,
    rtu,
    tcp,
)
from protocols.vocabulary import DeviceRefused, ProtocolError

READ = ReadRegisters(3, 500, 2)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (READ, Registers(3, (1, 2))),
        (ReadWriteRegisters(0, 1, 0, (5,)), Registers(23, (1,))),
        (WriteCoil(1, on=True), WriteCoil(1, on=True)),
        (WriteRegister(1, 2), WriteRegister(1, 2)),
        (MaskWrite(1, 2, 3), MaskWrite(1, 2, 3)),
        (WriteCoils(1, (True, False)), Written(15, 1, 2)),
        (WriteRegisters(1, (7, 8)), Written(16, 1, 2)),
        (Other(65, b"a"), Other(65, b"b")),
        (Ask(7), ExceptionStatus(3)),
        (Ask(11), EventCounter(0, 3)),
        (Ask(12), EventLog(0, 3, 4, b"")),
        (Ask(17), ServerId(b"a")),
        (Diagnostics(0, b"ab"), Diagnostics(0, b"ab")),
        (Diagnostics(12, b"\0\0"), Diagnostics(12, b"\0\x07")),
        (ReadFile((FileRange(1, 0, 1), FileRange(2, 5, 2))), FileContent(((7,), (8, 9)))),
        (WriteFile((FileRecord(1, 0, (7,)),)), WriteFile((FileRecord(1, 0, (7,)),))),
        (ReadFifo(5), Fifo((1, 2))),
        (ReadIdentification(1), Identification(1, 1, 0, 0, ())),
    ],
)
def test_answers(asked, answered):
    assert check_answer(asked, answered) == answered


def test_bits_are_cut_to_what_was_asked():
    answer = Bits(1, (True, False, True, False, False, False, False, False))
    assert check_answer(ReadBits(1, 0, 3), answer) == Bits(1, (True, False, True))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (READ, Registers(3, (1,))),
        (READ, Registers(3, (1, 2, 3))),
        (READ, Registers(4, (1, 2))),
        (READ, WriteRegister(500, 2)),
        (READ, Refusal(4, 2)),
        (ReadBits(1, 0, 3), Bits(1, (True,) * 16)),
        (ReadBits(1, 0, 9), Bits(1, (True,) * 8)),
        (ReadBits(1, 0, 8), Bits(2, (True,) * 8)),
        (WriteCoil(1, on=True), WriteCoil(1, on=False)),
        (WriteRegister(1, 2), WriteRegister(2, 2)),
        (WriteRegister(1, 2), WriteRegister(1, 3)),
        (WriteRegisters(1, (7, 8)), Written(16, 1, 1)),
        (WriteRegisters(1, (7, 8)), Written(16, 2, 2)),
        (WriteRegisters(1, (7, 8)), Written(15, 1, 2)),
        (MaskWrite(1, 2, 3), MaskWrite(1, 2, 4)),
        (Ask(7), EventCounter(0, 3)),
        (Diagnostics(0, b"ab"), Diagnostics(0, b"ac")),
        (Diagnostics(12, b"\0\0"), Diagnostics(13, b"\0\0")),
        (ReadFile((FileRange(1, 0, 1),)), FileContent(((7, 8),))),
        (ReadFile((FileRange(1, 0, 1),)), FileContent(((7,), (7,)))),
        (WriteFile((FileRecord(1, 0, (7,)),)), WriteFile((FileRecord(1, 0, (8,)),))),
        (ReadIdentification(1), Identification(2, 1, 0, 0, ())),
        (ReadIdentification(1), Other(43, b"\x0d")),
    ],
)
def test_what_does_not_answer(asked, answered):
    with pytest.raises(ProtocolError):
        check_answer(asked, answered)


def test_an_exception_is_the_devices_no():
    with pytest.raises(Refused, match="illegal data address") as refused:
        check_answer(READ, Refusal(3, 2))
    assert isinstance(refused.value, DeviceRefused)
    assert (refused.value.function, refused.value.code) == (3, 2)


def test_an_unlisted_exception_is_carried():
    with pytest.raises(Refused) as refused:
        check_answer(READ, Refusal(3, 99))
    assert refused.value.code == 99


def test_another_unit_or_transaction_is_no_answer():
    right = Registers(3, (1, 2))
    assert rtu.check(rtu.Adu(1, READ), rtu.Adu(1, right)) == right
    with pytest.raises(ProtocolError, match="unit 2"):
        rtu.check(rtu.Adu(1, READ), rtu.Adu(2, right))
    assert tcp.check(tcp.Adu(7, 1, READ), tcp.Adu(7, 1, right)) == right
    for other in (tcp.Adu(6, 1, right), tcp.Adu(7, 2, right)):
        with pytest.raises(ProtocolError, match="answered"):
            tcp.check(tcp.Adu(7, 1, READ), other)

"""Our PDUs against the examples of the standard, and malformed ones; against pymodbus see test_oracle.py."""

import pytest

from protocols.modbus import (
    Ask,
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
    decode_request,
    decode_response,
)
from protocols.modbus.pdu import is_allowed
from protocols.vocabulary import ProtocolError


@pytest.mark.parametrize(
    ("pdu", "data"),
    [
        (ReadBits(1, 19, 37), "0100130025"),
        (ReadRegisters(3, 107, 3), "03006B0003"),
        (ReadRegisters(3, 80, 0), "0300500000"),
        (WriteCoil(172, on=True), "0500ACFF00"),
        (WriteRegister(1, 3), "0600010003"),
        (
            WriteCoils(19, (True, False, True, True, False, False, True, True, True, False)),
            "0F0013000A02CD01",
        ),
        (WriteRegisters(1, (10, 258)), "100001000204000A0102"),
        (MaskWrite(4, 0xF2, 0x25), "16000400F20025"),
        (ReadWriteRegisters(3, 6, 14, (255, 255, 255)), "1700030006000E00030600FF00FF00FF"),
        (Ask(7), "07"),
        (Diagnostics(0, b"\xa5\x37"), "080000A537"),
        (Ask(11), "0B"),
        (Ask(12), "0C"),
        (Ask(17), "11"),
        (ReadFile((FileRange(4, 1, 2), FileRange(3, 9, 2))), "140E0600040001000206000300090002"),
        (WriteFile((FileRecord(4, 7, (0x06AF, 0x04BE, 0x100D)),)), "150D0600040007000306AF04BE100D"),
        (ReadFifo(1246), "1804DE"),
        (ReadIdentification(1), "2B0E0100"),
        (Other(0x2B, b"\x0d\x01\x00"), "2B0D0100"),
        (Other(65, b"abc"), "41616263"),
    ],
)
def test_the_examples_of_the_standard_requests(pdu, data):
    assert pdu.encode().hex().upper() == data
    assert decode_request(bytes.fromhex(data)) == pdu


@pytest.mark.parametrize(
    ("pdu", "data"),
    [
        (Registers(3, (555, 0, 100)), "0306022B00000064"),
        (Written(15, 19, 10), "0F0013000A"),
        (Written(16, 1, 2), "1000010002"),
        (Refusal(1, 2), "8102"),
        (Registers(23, (254, 2765)), "170400FE0ACD"),
        (ExceptionStatus(0x6D), "076D"),
        (Diagnostics(0, b"\xa5\x37"), "080000A537"),
        (EventCounter(0xFFFF, 264), "0BFFFF0108"),
        (EventLog(0, 264, 289, b"\x20\x00"), "0C080000010801212000"),
        (ServerId(b"ABC\xff\x01"), "1105414243FF01"),
        (FileContent(((0x0DFE, 0x20), (0x33CD, 0x40))), "140C05060DFE0020050633CD0040"),
        (WriteFile((FileRecord(4, 7, (0x06AF, 0x04BE, 0x100D)),)), "150D0600040007000306AF04BE100D"),
        (Fifo((440, 4740)), "180006000201B81284"),
        (Fifo(()), "1800020000"),
        (
            Identification(1, 1, 0, 0, (Object(0, b"Company"), Object(1, b"XX"), Object(2, b"V2.11"))),
            "2B0E01010000030007436F6D70616E79010258580205" + b"V2.11".hex().upper(),
        ),
        (Other(0x2B, b"\x0d"), "2B0D"),
    ],
)
def test_the_examples_of_the_standard_responses(pdu, data):
    assert pdu.encode().hex().upper() == data
    assert decode_response(bytes.fromhex(data)) == pdu


@pytest.mark.parametrize(
    "data",
    ["", "00", "80", "8302", "FF", "03", "0300", "03000000", "030000000100", "0500AC0001", "0500ACFFFF",
     "0F0013000A01CD", "0F0013000A03CD0100", "0F0013000A02CD", "100001000203000A01", "100001000204000A", "1000010001",
     "1000010003040001 0002",
     "16000400F2", "1700030006000E00030400FF00FF", "1700030006000E0003", "03" + "00" * 253,
     "0700", "0B00", "0C00", "1100", "08", "0800", "08000001", "080001", "08000A00010002", "14", "140001",
     "1406060004000100", "140707000400010002", "140806000400010002 00", "1507060004000700", "15090600040007000206AF",
     "150907000400070001 06AF", "18", "1804", "1804DE00", "2B0E", "2B0E01", "2B0E010000"],
)  # fmt: skip
def test_malformed_requests(data):
    with pytest.raises(ProtocolError):
        decode_request(bytes.fromhex(data))


@pytest.mark.parametrize(
    "data",
    ["", "00", "80", "8002", "83", "830200", "03", "0300", "0301AA", "0303AABBCC", "0302AA", "0302AABBCC", "0304AABB",
     "07", "076D00", "0B", "0BFFFF01", "0BFFFF010800", "0C", "0C050000010801", "0C0800000108012120", "11", "1102AA",
     "1400AA", "140105", "14020506", "14040406AABB", "14050507AABBCC", "14030306AA", "1804", "180006",
     "1800060003AABBCCDD", "1800080002AABBCCDD", "1800060002AABBCC", "2B0E", "2B0E01010000", "2B0E0101000001",
     "2B0E010100000100",
     "2B0E01010000010002AA", "2B0E01010000010001AABB", "2B0E010100000000",
     "03FF" + "00" * 251, "0100", "0102AA", "0500010001", "06000100", "100001000200", "1600010001"],
)  # fmt: skip
def test_malformed_responses(data):
    with pytest.raises(ProtocolError):
        decode_response(bytes.fromhex(data))


@pytest.mark.parametrize(
    "pdu",
    [
        ReadRegisters(3, 65_536, 1),
        ReadRegisters(3, -1, 1),
        WriteRegister(0, 65_536),
        WriteRegisters(0, (70_000,)),
        Registers(3, (1,) * 128),
        WriteRegisters(0, (1,) * 128),
    ],
)
def test_what_does_not_fit_is_not_written(pdu):
    with pytest.raises(ProtocolError):
        pdu.encode()


@pytest.mark.parametrize(
    ("pdu", "allowed"),
    [
        (ReadRegisters(3, 0, 125), True),
        (ReadRegisters(3, 0, 126), False),
        (ReadRegisters(3, 0, 0), False),
        (ReadBits(1, 0, 2000), True),
        (ReadBits(1, 0, 2001), False),
        (WriteRegisters(0, (0,) * 123), True),
        (WriteRegisters(0, (0,) * 124), False),
        (WriteCoils(0, ()), False),
        (ReadWriteRegisters(0, 125, 0, (0,) * 121), True),
        (ReadWriteRegisters(0, 125, 0, (0,) * 122), False),
        (WriteCoil(0, on=True), True),
        (ReadFile(()), False),
        (ReadFile((FileRange(1, 0, 1),) * 35), True),
        (ReadFile((FileRange(1, 0, 1),) * 36), False),
        (WriteFile(()), False),
    ],
)
def test_limits(pdu, allowed):
    assert is_allowed(pdu) is allowed


@pytest.mark.parametrize(
    ("data", "identifier", "running", "additional"),
    [
        (b"\x0a\xff", b"\x0a", True, b""),
        (b"\x0a\x00v1.2", b"\x0a", False, b"v1.2"),
        (b"PM-3.16\xff", b"PM-3.16", True, b""),
        (b"\x00\xff\x01", b"\x00", True, b"\x01"),
        (b"ABC", b"ABC", None, b""),
        (b"", b"", None, b""),
    ],
)
def test_a_server_id_is_as_long_as_its_maker_wants(data, identifier, running, additional):
    said = ServerId(data)
    assert (said.identifier, said.running, said.additional) == (identifier, running, additional)

"""Our PDUs against pymodbus, which is what the edge polls with and what others' servers are made of."""

import logging

import pytest
from hypothesis import given
from pymodbus.pdu import DecodePDU

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
    decode_request,
    decode_response,
)
from protocols.modbus.pdu import is_allowed
from protocols.vocabulary import ProtocolError
from tests.protocols.modbus.pdus import requests, responses


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


@given(requests(other=False))
def test_pymodbus_reads_our_requests(request_pdu):
    data = request_pdu.encode()
    theirs = DecodePDU(True).decode(data)
    assert theirs is not None
    assert data == bytes([theirs.function_code]) + theirs.encode()


@given(responses(other=False))
def test_pymodbus_reads_our_responses(response_pdu):
    theirs = DecodePDU(False).decode(response_pdu.encode())
    assert theirs is not None
    match response_pdu:
        case Registers(registers=registers):
            assert tuple(theirs.registers) == registers
        case Bits(bits=bits):
            assert tuple(theirs.bits) == bits
        case Refusal(code=code):
            assert theirs.exception_code == code
        case _:
            assert response_pdu.encode() == bytes([theirs.function_code]) + theirs.encode()


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
        (Other(0x2B, b"\x0e\x01\x00"), "2B0E0100"),
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
        (Other(0x2B, b"\x0e"), "2B0E"),
    ],
)
def test_the_examples_of_the_standard_responses(pdu, data):
    assert pdu.encode().hex().upper() == data
    assert decode_response(bytes.fromhex(data)) == pdu


@pytest.mark.parametrize(
    "data",
    ["", "00", "80", "03", "0300", "03000000", "030000000100", "0500AC0001", "0500ACFFFF", "0F0013000A01CD",
     "0F0013000A03CD0100", "0F0013000A02CD", "100001000203000A01", "100001000204000A", "1000010001",
     "1000010003040001 0002",
     "16000400F2", "1700030006000E00030400FF00FF", "1700030006000E0003", "03" + "00" * 253],
)  # fmt: skip
def test_malformed_requests(data):
    with pytest.raises(ProtocolError):
        decode_request(bytes.fromhex(data))


@pytest.mark.parametrize(
    "data",
    ["", "00", "80", "8002", "83", "830200", "03", "0300", "0301AA", "0303AABBCC", "0302AA", "0302AABBCC", "0304AABB",
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
    ],
)
def test_limits(pdu, allowed):
    assert is_allowed(pdu) is allowed

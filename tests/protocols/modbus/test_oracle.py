"""Every PDU and both envelopes against pymodbus, which the edge polls with and others' servers are made of."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from protocols.modbus import (
    Ask,
    Bits,
    Diagnostics,
    EventCounter,
    EventLog,
    ExceptionStatus,
    Fifo,
    FileContent,
    Identification,
    MaskWrite,
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
    rtu,
    tcp,
)
from tests.protocols.modbus.pdus import requests, responses


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)


def their_records(records):
    return [(one.file_number, one.record_number, one.record_data) for one in records]


def packed(registers) -> bytes:
    return b"".join(register.to_bytes(2) for register in registers)


def their_objects(information):
    return sorted(one for value in information.values() for one in (value if isinstance(value, list) else [value]))


SAME_REQUEST = {
    ReadBits: lambda o, t: (t.address, t.count) == (o.start, o.quantity),
    ReadRegisters: lambda o, t: (t.address, t.count) == (o.start, o.quantity),
    WriteCoil: lambda o, t: (t.address, t.bits[0]) == (o.coil, o.on),
    WriteRegister: lambda o, t: (t.address, *t.registers) == (o.register, o.value),
    WriteCoils: lambda o, t: (t.address, tuple(t.bits)[: len(o.bits)]) == (o.start, o.bits),
    WriteRegisters: lambda o, t: (t.address, tuple(t.registers)) == (o.start, o.registers),
    MaskWrite: lambda o, t: (t.address, t.and_mask, t.or_mask) == (o.register, o.and_mask, o.or_mask),
    ReadWriteRegisters: lambda o, t: (
        (t.read_address, t.read_count, t.write_address, tuple(t.write_registers))
        == (o.start, o.quantity, o.write_start, o.registers)
    ),
    Ask: lambda o, t: t.function_code == o.function,
    Diagnostics: lambda o, t: t.sub_function_code == o.sub_function,
    ReadFile: lambda o, t: [(r.file_number, r.record_number) for r in t.records] == [(r[0], r[1]) for r in o.ranges],
    WriteFile: lambda o, t: their_records(t.records) == [(r.file, r.record, packed(r.registers)) for r in o.records],
    ReadFifo: lambda o, t: t.address == o.start,
    ReadIdentification: lambda o, t: (t.read_code, t.object_id) == (o.code, o.first),
}
"""Whether pymodbus understood every field as we meant it: (ours, theirs)."""

SAME_RESPONSE = SAME_REQUEST | {
    Registers: lambda o, t: tuple(t.registers) == o.registers,
    Bits: lambda o, t: tuple(t.bits) == o.bits,
    Written: lambda o, t: (t.address, t.count) == (o.start, o.quantity),
    Refusal: lambda o, t: (t.function_code & 0x7F, t.exception_code) == (o.function, o.code),
    ExceptionStatus: lambda o, t: t.status == o.status,
    EventCounter: lambda o, t: (t.status, t.count) == (o.status == 0, o.events),
    EventLog: lambda o, t: (
        (t.status, t.event_count, t.message_count, bytes(t.events)) == (o.status == 0, o.events, o.messages, o.log)
    ),
    ServerId: lambda o, t: t.identifier + o.data[-1:] == o.data,
    FileContent: lambda o, t: [r.record_data for r in t.records] == [packed(r) for r in o.records],
    Fifo: lambda o, t: tuple(t.values) == o.registers,
    Identification: lambda o, t: (
        (t.read_code, t.conformity, t.more_follows, t.next_object_id) == (o.code, o.conformity, o.more, o.following)
        and their_objects(t.information) == sorted(one.value for one in o.objects)
    ),
}
"""As SAME_REQUEST."""


@given(requests(other=False))
def test_pymodbus_reads_our_requests_and_writes_them_alike(ours):
    data = ours.encode()
    theirs = DecodePDU(True).decode(data)
    if isinstance(ours, ReadFile) and any(one.length % 2 for one in ours.ranges):
        assert theirs is None  # it takes the number of registers for a number of bytes
        return
    assert theirs is not None
    assert SAME_REQUEST[type(ours)](ours, theirs)
    if not isinstance(ours, ReadFile):  # it forgets the length of a range when it reads one
        assert data == bytes([theirs.function_code]) + theirs.encode()
    assert decode_request(data) == ours


@given(responses(other=False))
def test_pymodbus_reads_our_responses_and_writes_them_alike(ours):
    data = ours.encode()
    theirs = DecodePDU(False).decode(data)
    assert theirs is not None
    assert SAME_RESPONSE[type(ours)](ours, theirs)
    if not isinstance(
        ours, Identification | ServerId
    ):  # it sets conformity itself, and knows no data after the run mark
        assert data == bytes([theirs.function_code]) + theirs.encode()
    assert decode_response(data) == ours


@given(st.integers(0, 247), requests(other=False))
def test_pymodbus_cuts_our_requests_out_of_both_envelopes(unit, ours):
    if unit:
        frame = rtu.encode(rtu.Adu(unit, ours))
        assert FramerRTU(DecodePDU(True)).decode(frame) == (len(frame), unit, 0, ours.encode())
    frame = tcp.encode(tcp.Adu(7, unit, ours))
    assert FramerSocket(DecodePDU(True)).decode(frame) == (len(frame), unit, 7, ours.encode())


@given(st.integers(1, 247), responses(other=False))
def test_pymodbus_cuts_our_responses_out_of_both_envelopes(unit, ours):
    frame = rtu.encode(rtu.Adu(unit, ours))
    if not isinstance(ours, Fifo):  # it forgets the CRC when it counts the bytes of this one
        assert FramerRTU(DecodePDU(False)).decode(frame) == (len(frame), unit, 0, ours.encode())
    frame = tcp.encode(tcp.Adu(7, unit, ours))
    assert FramerSocket(DecodePDU(False)).decode(frame) == (len(frame), unit, 7, ours.encode())


@given(st.integers(1, 247), st.integers(0, 65_535), requests(other=False))
def test_we_read_what_pymodbus_sends(unit, transaction, ours):
    payload = ours.encode()
    theirs = FramerRTU(DecodePDU(True)).encode(payload, unit, 0)
    assert rtu.decode(theirs, "request") == rtu.Adu(unit, ours)
    theirs = FramerSocket(DecodePDU(True)).encode(payload, unit, transaction)
    assert tcp.decode(theirs, "request") == tcp.Adu(transaction, unit, ours)

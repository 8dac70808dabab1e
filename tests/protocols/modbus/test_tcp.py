import pytest

from protocols.modbus import ReadRegisters, Registers, tcp
from protocols.vocabulary import ProtocolError

RAW = bytes.fromhex("0100000000050103020011")
ADU = tcp.Adu(256, 1, Registers(3, (17,)))


def test_frames():
    assert tcp.decode(RAW, "response") == ADU
    assert tcp.encode(ADU) == RAW
    assert tcp.encode(tcp.Adu(256, 1, ReadRegisters(3, 0, 1))) == bytes.fromhex("010000000006010300000001")


@pytest.mark.parametrize(
    "data",
    ["", "01", "010000000005", "01000000000501", "0100000100050103020011", "0100000000040103020011",
     "0100000000060103020011", "010000000005010302001100", "01000000000001", "0100000000010103",
     "0100000000000103020011",
     "01000000FFFF0103020011", "0100000000050103030011", "0100000000050100020011", "0100000000050180020011"],
)  # fmt: skip
def test_refused(data):
    with pytest.raises(ProtocolError):
        tcp.decode(bytes.fromhex(data), "response")


def test_a_length_that_the_pdu_does_not_have_is_an_error_in_its_place():
    """Smuggling by MBAP length: the PDU must fill it, and the stream goes on where it ends."""
    smuggled = bytes.fromhex("01000000000A0103020011") + b"\x00" * 5
    error, adu = tcp.Decoder("response").feed(smuggled + RAW)
    assert isinstance(error, ProtocolError)
    assert error.raw == smuggled
    assert adu == ADU


def test_garbage_is_passed_over():
    error, adu = tcp.Decoder("response").feed(b"HTTP/1.1 400" + RAW)
    assert isinstance(error, ProtocolError)
    assert error.raw == b"HTTP/1.1 400"
    assert adu == ADU


@pytest.mark.parametrize("adu", [tcp.Adu(65_536, 1, ADU.pdu), tcp.Adu(0, 256, ADU.pdu), tcp.Adu(-1, 1, ADU.pdu)])
def test_what_does_not_fit_is_not_written(adu):
    with pytest.raises(ProtocolError):
        tcp.encode(adu)

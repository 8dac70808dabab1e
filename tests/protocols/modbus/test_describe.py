"""What a frame is told as; the frames of the collection are in test_golden.py."""

import pytest

from protocols.modbus import rtu
from protocols.modbus.describe import describe_rtu, describe_tcp
from protocols.vocabulary import ProtocolError


def told(pdu: str) -> dict:
    """Without the envelope."""
    found = describe_rtu(rtu.seal(bytes.fromhex("01" + pdu)))
    envelope = ("address", "exception", "crc_given_low_first", "crc_computed")
    return {name: value for name, value in found.items() if name not in envelope}


@pytest.mark.parametrize(
    ("pdu", "fields"),
    [
        ("0500ACFF00", {"direction": "request or its echo", "function": 5, "coil": 172, "on": True, "value": 65280}),
        ("0F0013000A02CD01", {"direction": "request", "function": 15, "start": 19, "quantity": 10,
                              "bits": [1, 0, 1, 1, 0, 0, 1, 1, 1, 0]}),
        ("1000010002 04000A0102", {"direction": "request", "function": 16, "start": 1, "quantity": 2,
                                   "registers": [10, 258]}),
        ("1000010002", {"direction": "response", "function": 16, "start": 1, "quantity": 2}),
        ("076D", {"direction": "response", "function": 7, "status": 109}),
        ("11", {"direction": "request", "function": 17}),
        ("1104 414243FF", {"direction": "response", "function": 17, "data": "414243ff", "identifier": "ABC",
                           "running": True}),
        ("1104 0A00AABB", {"direction": "response", "function": 17, "data": "0a00aabb", "identifier": "0a",
                           "running": False, "additional": "aabb"}),
        ("08000C0003", {"direction": "request or its echo", "function": 8, "sub_function": 12, "data": "0003",
                        "meaning": "return bus communication error count"}),
        ("0807D00003", {"direction": "request or its echo", "function": 8, "sub_function": 2000, "data": "0003"}),
        ("0BFFFF0108", {"direction": "response", "function": 11, "status": 65535, "events": 264}),
        ("0C080000010801212000", {"direction": "response", "function": 12, "status": 0, "events": 264,
                                  "messages": 289, "log": ["event 20", "communication restarted"]}),
        ("1804DE", {"direction": "request", "function": 24, "start": 1246}),
        ("180006000201B81284", {"direction": "response", "function": 24, "registers": [440, 4740]}),
        ("140E0600040001000206000300090002", {"direction": "request", "function": 20, "ranges": [
            {"file": 4, "record": 1, "length": 2}, {"file": 3, "record": 9, "length": 2}]}),
        ("140C05060DFE0020050633CD0040", {"direction": "response", "function": 20, "records": [
            {"registers": [3582, 32]}, {"registers": [13261, 64]}]}),
        ("150906000400070001 06AF", {"direction": "request or its echo", "function": 21, "records": [
            {"file": 4, "record": 7, "registers": [1711]}]}),
        ("2B0E0402", {"direction": "request", "function": 43, "mei_type": 14, "code": 4, "first": 2}),
        ("2B0E0181FF0301 00024142", {"direction": "response", "function": 43, "mei_type": 14, "code": 1,
                                     "conformity": 129, "more_follows": True, "following": 3,
                                     "objects": [{"id": 0, "name": "VendorName", "value": "AB"}]}),
        ("2B0D01", {"direction": "request or response", "function": 43, "data": "0d01"}),
        ("C101", {"direction": "response", "function": 65, "exception_code": 1, "meaning": "illegal function"}),
    ],
)  # fmt: skip
def test_every_function_by_name(pdu, fields):
    assert told(pdu) == fields


@pytest.mark.parametrize(
    "frame",
    ["", "0001", "000100000001", "00010000000001", "0001000000020180", "0001000000020100", "0001000000020183",
     "00010000000401830200", "000100000003010B00", "0001000000030107", "00010000FFFF0103", "0001000000010103",
     "000100010006010300000001", "0001000000060103000000", "00010000000601030000000100", "000100000005010303000102"],
)  # fmt: skip
def test_bad_frames_of_tcp_are_refused(frame):
    with pytest.raises(ProtocolError) as refused:
        describe_tcp(bytes.fromhex(frame))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("pdu", "why"), [("83", "expected 2"), ("00", "does not exist"), ("8000", "does not exist")])
def test_a_right_crc_does_not_make_an_exception_without_a_code_a_frame(pdu, why):
    with pytest.raises(ProtocolError, match=why):
        told(pdu)


@pytest.mark.parametrize("pdu", ["01", "0302AA", "0602AA", "830200"])
def test_a_layout_of_the_makers_own_is_shown_as_it_is_when_the_crc_is_right(pdu):
    found = told(pdu)
    assert (found["direction"], found["data"]) == ("vendor", pdu[2:].lower())


@pytest.mark.parametrize(
    ("frame", "zeros"), [("010301F400040407", 1), ("010308000E00010002006E67FB", 2), ("018302C0F1", 3)]
)
def test_zeros_behind_a_frame_keep_its_crc_right_and_are_no_layout_of_the_makers_own(frame, zeros):
    raw = bytes.fromhex(frame)
    rtu.open_frame(raw + bytes(zeros))
    with pytest.raises(ProtocolError, match=f"a frame of {len(raw)} bytes, and {zeros} more that are zero"):
        describe_rtu(raw + bytes(zeros))

import pytest

from protocols.nbiot import aep
from protocols.nbiot.aep import Kind, Payload
from protocols.nbiot.describe import describe_aep
from protocols.nbiot.explain import explain_aep
from protocols.nbiot.layout import parse
from protocols.vocabulary import FrameTooLong, ProtocolError


@pytest.mark.parametrize(
    ("frame", "payload"),
    [
        ("02000400020805", Payload(Kind.DATA_REPORT, 4, b"\x08\x05")),
        ("0703E9000101", Payload(Kind.EVENT, 1_001, b"\1")),
        ("061F41000100020102", Payload(Kind.COMMAND, 8_001, b"\1\2", 1)),
        ("862329FFFF0000", Payload(Kind.COMMAND_RESPONSE, 9_001, b"", 65_535)),
        ("0200000000", Payload(Kind.DATA_REPORT, 0, b"")),
    ],
)
def test_kinds(frame, payload):
    assert aep.decode(bytes.fromhex(frame)) == payload
    assert aep.encode(payload) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ("", "expected 02, 06, 07 or 86, found nothing"),
        ("01000400020805", "expected 02, 06, 07 or 86, found 01"),
        ("02", "data_report: a head of 5 bytes, 1 are there"),
        ("02000400", "data_report: a head of 5 bytes, 4 are there"),
        ("8623290001", "command_response: a head of 7 bytes, 5 are there"),
        ("020004000208", "length field says 2, the data has 1 bytes"),
        ("0200040002080500", "length field says 2, the data has 3 bytes"),
        ("02000400FF0805", "length field says 255, the data has 2 bytes"),
        ("020004000208050200040002", "length field says 2, the data has 7 bytes"),
    ],
)
def test_malformed(frame, says):
    with pytest.raises(ProtocolError) as refused:
        aep.decode(bytes.fromhex(frame))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "payload",
    [
        Payload(Kind.COMMAND, 1, b""),
        Payload(Kind.EVENT, 1, b"", 1),
        Payload(Kind.EVENT, 65_536, b""),
        Payload(Kind.COMMAND, 1, b"", -1),
        Payload(Kind.EVENT, 1, b"x" * 65_536),
    ],
)
def test_what_cannot_be_written_is_refused(payload):
    with pytest.raises(ProtocolError):
        aep.encode(payload)


def test_the_longest_frame_is_what_the_length_field_can_say():
    assert len(aep.encode(Payload(Kind.COMMAND, 1, b"x" * 65_535, 1))) == aep.MAX_FRAME


@pytest.mark.parametrize(
    ("wrapping", "frame"), [("none", "DEADBEEF"), ("length8", "04DEADBEEF"), ("nmgs", "000004DEADBEEF")]
)
def test_transparent_mode(wrapping, frame):
    assert aep.unwrap(bytes.fromhex(frame), wrapping) == bytes.fromhex("DEADBEEF")
    assert aep.wrap(bytes.fromhex("DEADBEEF"), wrapping) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("wrapping", "frame"),
    [("length8", ""), ("length8", "05DEADBEEF"), ("nmgs", ""), ("nmgs", "0000"), ("nmgs", "010004DEADBEEF"),
     ("nmgs", "000003DEADBEEF")],
)  # fmt: skip
def test_a_length_in_front_that_does_not_fit(wrapping, frame):
    with pytest.raises(ProtocolError):
        aep.unwrap(bytes.fromhex(frame), wrapping)


@pytest.mark.parametrize(("wrapping", "most"), [("length8", 255), ("nmgs", 65_535)])
def test_what_no_length_can_say(wrapping, most):
    assert aep.unwrap(aep.wrap(b"x" * most, wrapping), wrapping) == b"x" * most
    with pytest.raises(FrameTooLong):
        aep.wrap(b"x" * (most + 1), wrapping)


def test_four_bytes_are_told_as_a_float_too():
    assert describe_aep(bytes.fromhex("020001000441200000"))["payload_float"] == 10.0
    assert "payload_float" not in describe_aep(bytes.fromhex("02000100047FC00000"))
    assert "payload_float" not in describe_aep(bytes.fromhex("02000100020001"))


def test_the_fields_of_a_service():
    fields = parse("temperature:f32,battery:u8,sn:text16")
    raw = bytes.fromhex("020001000A41AC0000640003414243")
    told = describe_aep(raw, fields)
    assert told["fields"] == {"temperature": 21.5, "battery": 100, "sn": "ABC"}
    rows = [(field.name, field.meaning) for field in explain_aep(raw, fields)]
    assert rows == [
        ("type", "02 data report"),
        ("data set", "1"),
        ("length", "10 bytes"),
        ("temperature", "21.5 (f32)"),
        ("battery", "100 (u8)"),
        ("length of sn", "3"),
        ("sn", "ABC (text16)"),
    ]
    with pytest.raises(ProtocolError, match="battery: 1 bytes, 0 are left"):
        describe_aep(bytes.fromhex("020001000441AC0000"), fields)
    assert describe_aep(bytes.fromhex("02000100047FC00000"), parse("t:f32"))["fields"] == {"t": "nan"}


@pytest.mark.parametrize(
    ("frame", "last"),
    [
        ("FF01", ("not read", "")),
        ("0200", ("data set", "0; cut off: 1 of 2 bytes")),
        ("0200040003FF", ("data", "")),
    ],
)
def test_an_explanation_goes_as_far_as_it_can(frame, last):
    assert explain_aep(bytes.fromhex(frame))[-1][2:] == last


def test_an_explanation_says_where_the_layout_ends():
    fields = parse("a:u8,b:u16")
    assert explain_aep(bytes.fromhex("02000100020102"), fields)[-1][2:] == ("not read", "expected b")
    assert explain_aep(bytes.fromhex("020001000401020304"), fields)[-1][2:] == ("not read", "behind the last field")
    assert explain_aep(bytes.fromhex("0200010001FF"), parse("b:u16"))[-1][2:] == ("not read", "expected b")
    assert explain_aep(bytes.fromhex("0200010002FF01"), parse("a:u8"))[2].meaning == "2 bytes"
    assert explain_aep(bytes.fromhex("0200010003FF01"))[2].meaning == "3 bytes, 2 are there"

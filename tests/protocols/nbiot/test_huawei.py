import pytest

from protocols.nbiot import huawei
from protocols.nbiot.describe import describe_huawei
from protocols.nbiot.explain import explain_huawei
from protocols.nbiot.layout import parse
from protocols.vocabulary import FrameTooLong, ProtocolError

LAMP = {0: parse("light:u16,on:u8"), 1: parse("mid:u16,value:u8"), 2: parse("mid:u16,errcode:u8,value:u8")}


def test_messages_by_their_first_byte():
    report = huawei.decode(bytes.fromhex("00012C01"), LAMP)
    assert (report.message_id, report.fields, report.known) == (0, {"light": 300, "on": 1}, True)
    assert huawei.decode(bytes.fromhex("0200070001"), LAMP).fields == {"mid": 7, "errcode": 0, "value": 1}
    assert huawei.encode(1, {"mid": 7, "value": 1}, LAMP) == bytes.fromhex("01000701")


def test_a_message_without_a_layout_is_told_as_it_is():
    report = huawei.decode(bytes.fromhex("09AABB"), LAMP)
    assert (report.message_id, report.fields, report.data, report.known) == (9, {}, b"\xaa\xbb", False)
    assert describe_huawei(bytes.fromhex("09AABB")) == {
        "messageId": 9,
        "payload": "aabb",
        "note": "no layout is known for this message",
    }
    with pytest.raises(ProtocolError, match="has no layout"):
        huawei.encode(9, {}, LAMP)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ("", "expected a messageId"),
        ("0001", "message 0: layout: light: 2 bytes, 1 are left"),
        ("00012C", "message 0: layout: on: 1 bytes, 0 are left"),
        ("00012C0100", "message 0: layout: 1 bytes are left after on"),
    ],
)
def test_malformed(frame, says):
    with pytest.raises(ProtocolError) as refused:
        huawei.decode(bytes.fromhex(frame), LAMP)
    assert says in str(refused.value)


def test_longer_than_anything():
    with pytest.raises(FrameTooLong):
        huawei.decode(b"\0" * 65_537, LAMP)


def test_a_layout_of_the_whole_message():
    fields = parse("level:u8,temperature:u16")
    assert describe_huawei(bytes.fromhex("02013A"), fields) == {"level": 2, "temperature": 314}
    with pytest.raises(ProtocolError):
        describe_huawei(bytes.fromhex("0201"), fields)
    rows = [(field.name, field.meaning) for field in explain_huawei(bytes.fromhex("02013A"), fields)]
    assert rows == [("level", "2 (u8)"), ("temperature", "314 (u16)")]


def test_explanations():
    assert [field.name for field in explain_huawei(bytes.fromhex("0001013A"))] == ["messageId", "level", "temperature"]
    assert [field.name for field in explain_huawei(bytes.fromhex("09AABB"))] == ["messageId", "data"]
    assert [field.name for field in explain_huawei(bytes.fromhex("AAAA0000"))] == ["answer"]

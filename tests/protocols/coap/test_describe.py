import pytest

from protocols.coap import Message, Option, Type, encode
from protocols.coap.describe import describe
from protocols.coap.explain import explain


def told(*options, code=0x45, kind=Type.ACK, payload=b""):
    return describe(encode(Message(kind, code, 1, b"", tuple(options), payload)))


def test_names_of_codes_formats_and_places():
    seen = told(Option(11, b"rd"), Option(12, b"("), Option(15, b"ep=a"), Option(15, b"b=U"), code=2, kind=Type.CON)
    assert (seen["code_name"], seen["uri"], seen["content_format"]) == (
        "POST",
        "/rd?ep=a&b=U",
        "application/link-format",
    )
    assert told(Option(8, b"rd"), Option(8, b"7"), code=0x41)["location"] == "/rd/7"
    assert told(code=0x5F)["code_name"] == "Continue"
    assert told(code=0xA9)["code_name"] == "unlisted"


def test_blocks():
    seen = told(Option(23, b"\x0e"), Option(27, b"\x16"))
    assert seen["block2"] == {"num": 0, "more": True, "size": 1024}
    assert seen["block1"] == {"num": 1, "more": False, "size": 1024}
    assert seen["options"] == [[23, "Block2", 14], [27, "Block1", 22]]
    (note,) = told(Option(23, b"\x07"))["notes"]
    assert "size exponent 7 is reserved" in note


@pytest.mark.parametrize(
    ("payload", "content_format", "text"),
    [
        (b"22.3 C", None, "22.3 C"),
        (b"22.3 C\r\n", None, "22.3 C\r\n"),
        (b"\x0c\x0b\x0a", None, None),
        (b"a\0b", None, None),
        (b"\xff", None, None),
        (b"22.3", 0, "22.3"),
        (b"22.3", 42, None),
        (b"\xff", 0, None),
        ("℃".encode(), None, "℃"),
    ],
)
def test_payload_text_where_it_is_text(payload, content_format, text):
    options = [] if content_format is None else [Option(12, bytes([content_format]) if content_format else b"")]
    assert told(*options, payload=payload).get("payload_text") == text


def test_links():
    seen = told(Option(12, b"("), payload=b'</>;rt="oma.lwm2m",</3/0>')
    assert seen["links"] == [{"target": "/", "rt": "oma.lwm2m"}, {"target": "/3/0"}]
    assert "character 0" in told(Option(12, b"("), payload=b"x")["links_error"]
    assert "links" not in told(Option(12, b"("), Option(27, b"\x08"), payload=b"</1")  # a block is no whole list


@pytest.mark.parametrize(
    ("message", "note"),
    [
        (Message(Type.CON, 1, 1, options=(Option(9_999),)), "option 9999 Unknown: not a listed number: critical"),
        (Message(Type.CON, 1, 1, options=(Option(9_998),)), "option 9998 Unknown: not a listed number: ignored"),
        (Message(Type.CON, 0x21, 1), "code class 1 is reserved"),
        (Message(Type.CON, 0xE1, 1), "code class 7 is reserved"),
        (Message(Type.RST, 0x45, 1), "a reset is always empty"),
        (Message(Type.ACK, 1, 1), "an acknowledgement carries no request"),
        (Message(Type.NON, 0, 1), "a NON message is never empty"),
        (Message(Type.CON, 1, 1, payload=b"x" * 1_025), "more than the 1152 and 1024 that fit most paths"),
    ],
)
def test_what_a_receiver_must_not_take_is_noted(message, note):
    (found,) = describe(encode(message))["notes"]
    assert note in found


def test_a_right_message_has_no_notes():
    assert "notes" not in told(Option(12, b"*"), payload=b"x" * 1_024)


def test_the_registration_of_a_bc68_field_by_field():
    raw = bytes.fromhex(
        "440228622862A813B272641128396C776D326D3D312E300D0565703D38363737323330333030303536353503623D55086C743D3836343030FF3C2F3E"
    )
    rows = [(field.name, field.meaning) for field in explain(raw)]
    assert rows[:4] == [
        ("version, type, token length", "version 1, CON, 4 bytes"),
        ("code", "0.02 POST"),
        ("message number", "2862"),
        ("token", ""),
    ]
    assert ("option", "11 Uri-Path, 2 bytes") in rows
    assert ("Content-Format", "40 application/link-format") in rows
    assert ("Uri-Query", "ep=867723030005655") in rows
    assert rows[-2:] == [("payload marker", ""), ("payload", "application/link-format; </>")]


@pytest.mark.parametrize(
    ("frame", "last"),
    [
        ("C0010000", "version 3 (expected 1), CON, 0 bytes"),
        ("49010000AA", "the header is not that of a CoAP message"),
        ("4000000011", "an empty message ends after the message number"),
        ("40010000F0AA", "byte 4: option delta 15 is reserved"),
        ("40010000FF", "without a payload"),
        ("40010000B572", "cut off: 1 of 5 bytes"),
        ("40450000D10A0E", "block 0 of 1024 bytes, more follow"),
        ("40010000C0", "12 Content-Format, 0 bytes: 0"),
    ],
)
def test_an_explanation_goes_as_far_as_it_can(frame, last):
    fields = explain(bytes.fromhex(frame))
    assert any(last in field.meaning for field in fields[-1:] + fields[:1])

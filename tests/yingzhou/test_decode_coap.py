"""``yingzhou decode`` of CoAP, LwM2M and NB-IoT payloads: the golden frames through the front door."""

import pytest

from protocols.coap import Message, Option, Type, encode
from tests.protocols.golden import frame_id, frames

FOLDERS = {
    "coap": ("coap", "COAP_LWM2M"),
    "lwm2m-tlv": ("lwm2m", "LWM2M_TLV"),
    "nbiot-aep": ("nbiot", "NBIOT_AEP"),
    "nbiot-huawei": ("nbiot", "NBIOT_HUAWEI"),
}
ROWS = [
    pytest.param(name, row, id=frame_id(row))
    for name, (folder, protocol) in FOLDERS.items()
    for file in ("frames.json", "more.json")
    for row in frames(folder, protocol, file=file)
]
REGISTER = (
    "440228630000000AB272641128386C743D3836343030096C776D326D3D312E3103623D5501510D0E65703D75726E3A696D65693A"
    "383637373233303330303035363535FF3C2F312F303E2C3C2F332F303E2C3C2F31392F303E2C3C2F31392F313E2C3C2F333330332F303E"
)


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_golden(yingzhou, name, row):
    said = yingzhou("decode", name, row["frame"], "--json")
    if not row["accept"]:
        assert (said.code, said.out, len(said.err)) == (1, [], 1)
        return
    (told,) = said.json()
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]
    assert said.code == 0
    explained = yingzhou("decode", name, row["frame"], "--explain", "--json").json()[0]["fields"]
    assert "".join(field["bytes"] for field in explained) == row["frame"]


def test_a_registration_is_told_as_lwm2m_too(yingzhou):
    (told,) = yingzhou("decode", "coap", REGISTER, "--json").json()
    assert told["lwm2m"] == {
        "operation": "register",
        "endpoint": "urn:imei:867723030005655",
        "identities": ["imei:867723030005655"],
        "version": "1.1",
        "lifetime_s": 86_400,
        "binding": "U",
        "queue_mode": True,
        "root": "/",
        "instances": ["/1/0", "/3/0", "/19/0", "/19/1", "/3303/0"],
    }
    assert any(
        line.split() == ["3", "15", "Uri-Query", "lwm2m=1.1"] for line in yingzhou("decode", "coap", REGISTER).out
    )


def sent(code, *path, query=(), content_format=None, payload=b"", kind=Type.CON, more=()):
    options = [Option(11, part.encode()) for part in path] + [Option(15, part.encode()) for part in query] + [*more]
    if content_format is not None:
        options.append(Option(12, content_format.to_bytes(2)))
    return encode(Message(kind, code, 1, b"", tuple(sorted(options, key=lambda option: option.number)), payload)).hex()


@pytest.mark.parametrize(
    ("frame", "lwm2m"),
    [
        (sent(2, "rd", "0"), {"operation": "update", "location": "0"}),
        (
            sent(2, "rd", "0", query=("lt=60", "b=UQ", "x=1")),
            {
                "operation": "update",
                "location": "0",
                "lifetime_s": 60,
                "binding": "U",
                "queue_mode": True,
                "extra": {"x": "1"},
            },
        ),
        (
            sent(2, "rd", query=("ep=a",), content_format=40, payload=b"</1/0>,</3", more=[Option(27, b"\x0d")]),
            {"operation": "register", "answer": None, "links": "in blocks: this message has a part of them"},
        ),
        (
            sent(2, "rd", "0", content_format=40, payload=b"/0>", more=[Option(27, b"\x15")]),
            {"operation": "update", "instances": None, "links": "in blocks: this message has a part of them"},
        ),
        (sent(4, "rd", "0"), {"operation": "deregister", "location": "0"}),
        (sent(2, "rd", query=("lt=60",), payload=b"</1/0>"), {"answer": "4.00", "why": "parameter ep is missing"}),
        (sent(2, "rd", query=("ep=a", "lwm2m=9.9")), {"answer": "4.12", "why": "lwm2m=9.9: expected 1.0, 1.1, 1.2"}),
        (sent(3, "3416", "0", "5", content_format=11_542, payload=b"\xc1\5\1"), {"values": {"5": True}}),
        (sent(0x45, content_format=1_542, payload=b"\xc1\5\1", kind=Type.ACK), {"values": {"5": 1}}),
        (
            sent(0x45, content_format=11_542, payload=b"\xc1\5", kind=Type.ACK),
            {"error": "TLV: byte 0: resource 5 says 1 bytes, 0 are there"},
        ),
        (sent(0x45, content_format=11_542, payload=b"\xc1\5", kind=Type.ACK, more=[Option(23, b"\x08")]), {}),
        (sent(0x45, content_format=42, payload=b"\xc1\5\1", kind=Type.ACK), {}),
        (sent(1, "temp"), {}),
        (sent(0x45, "rd", kind=Type.ACK), {}),
    ],
)
def test_what_else_is_lwm2m(yingzhou, frame, lwm2m):
    (told,) = yingzhou("decode", "coap", frame, "--json").json()
    seen = told.get("lwm2m", {})
    assert {name: seen.get(name) for name in lwm2m} == lwm2m
    assert bool(seen) is bool(lwm2m)


def test_the_path_is_an_argument(yingzhou):
    (told,) = yingzhou("decode", "lwm2m-tlv", "C10501", "--path", "/3416/0", "--json").json()
    assert told["values"] == {"5": True}
    assert yingzhou("decode", "lwm2m-tlv", "C10501", "--path", "/x").code == 2
    said = yingzhou("decode", "lwm2m-tlv", "C10501", "--path", "/3416/0/6")
    assert (said.code, said.err) == (1, ["yingzhou decode: TLV: resource 5, 6 was asked"])


def test_the_layout_is_an_argument(yingzhou):
    layout = "temperature:f32,battery:u8"
    (told,) = yingzhou("decode", "nbiot-aep", "020001000541AC000064", "--layout", layout, "--json").json()
    assert told["fields"] == {"temperature": 21.5, "battery": 100}
    (told,) = yingzhou("decode", "nbiot-huawei", "02013A", "--layout", "level:u8,temperature:u16", "--json").json()
    assert told == {"level": 2, "temperature": 314}
    assert yingzhou("decode", "nbiot-huawei", "02013A", "--layout", "level:u9").code == 2
    assert yingzhou("decode", "nbiot-huawei", "02013A", "--layout", "level:u8").code == 1

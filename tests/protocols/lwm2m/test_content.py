import pytest

from protocols import cbor
from protocols.lwm2m import Node, ObjectLink, Path, nodes
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames

DEVICE = bytes.fromhex(frames("lwm2m", "LWM2M_TLV")[0]["frame"])


def read(payload, content_format, path):
    return {str(node.path): node.value for node in nodes(payload, content_format, Path.parse(path))}


@pytest.mark.parametrize("path", ["/3", "/3/0"])
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("content_format", [11_542, 1_542])
def test_the_device_object_with_and_without_its_instance(path, wrapped, content_format):
    raw = bytes([8, 0, len(DEVICE)]) + DEVICE if wrapped else DEVICE
    values = read(raw, content_format, path)
    assert values["/3/0/0"] == "Open Mobile Alliance"
    assert (values["/3/0/6/0"], values["/3/0/6/1"], values["/3/0/7/1"]) == (1, 5, 5_000)
    assert (values["/3/0/9"], values["/3/0/13"], values["/3/0/16"]) == (100, 1_367_491_215, "U")
    assert len(values) == 16


@pytest.mark.parametrize(
    ("payload", "path", "expected"),
    [
        ("E4164441A40000", "/3303/0/5700", {"/3303/0/5700": 20.5}),
        ("E4164441A40000", "/3303/1", {"/3303/1/5700": 20.5}),
        ("080107E4164441A40000", "/3303", {"/3303/1/5700": 20.5}),
        ("080007E4164441A40000080107E4164441A80000", "/3303", {"/3303/0/5700": 20.5, "/3303/1/5700": 21.0}),
        ("080007E4164441A40000", "/3303/0/5700", {"/3303/0/5700": 20.5}),  # an instance that was not asked for
        ("410001410105", "/3/0/6", {"/3/0/6/0": 1, "/3/0/6/1": 5}),
        ("8606410001410105", "/3/0/6", {"/3/0/6/0": 1, "/3/0/6/1": 5}),
        ("410105", "/3/0/6/1", {"/3/0/6/1": 5}),
        ("C10501", "/33333/0", {"/33333/0/5": b"\1"}),  # an object of the vendor's own: its type is not known
        ("", "/3303/0", {}),
        ("86004400DEADBEEF", "/19/0", {"/19/0/0/0": bytes.fromhex("DEADBEEF")}),
    ],
)
def test_tlv(payload, path, expected):
    assert read(bytes.fromhex(payload), 11_542, path) == expected


@pytest.mark.parametrize(
    ("payload", "path", "says"),
    [
        ("C10501", "/3/0/6", "resource 5, 6 was asked"),
        ("080107E4164441A40000", "/3303/0", "instance 1, 0 was asked"),
        ("410105", "/3/0/6/0", "resource instance 1, 0 was asked"),
        ("410105", "/3/0", "resource instance 1 without its resource"),
        ("C10501C10501", "/33333/0", "/33333/0/5 comes twice"),
        ("080003C10501080003C10501", "/33333", "/33333/0/5 comes twice"),
        ("E1164414", "/3303/0", "/3303/0/5700 Sensor Value: float of 1 bytes"),
        ("C3090000FF", "/3/0", "/3/0/9 Battery Level: integer of 3 bytes: expected 1 or 2 or 4 or 8"),
        ("C10501", "/", "does not name its object"),
    ],
)
def test_tlv_that_is_not_what_was_asked(payload, path, says):
    with pytest.raises(ProtocolError) as refused:
        read(bytes.fromhex(payload), 11_542, path)
    assert says in str(refused.value)


@pytest.mark.parametrize("content_format", [0, 1_541])
def test_plain_text(content_format):
    assert read(b"20.5", content_format, "/3303/0/5700") == {"/3303/0/5700": 20.5}
    assert read(b"100", content_format, "/3/0/9") == {"/3/0/9": 100}
    assert read(b"AQIDBAU=", content_format, "/5/0/0") == {"/5/0/0": b"\1\2\3\4\5"}
    assert read(b"20.5", content_format, "/33333/0/1") == {"/33333/0/1": "20.5"}
    for payload, path in ((b"x", "/3/0/9"), (b"1", "/3/0")):
        with pytest.raises(ProtocolError):
            read(payload, content_format, path)


def test_opaque_is_what_the_bc68_sends():
    assert read(bytes.fromhex("DEADBEEF"), 42, "/19/0/0") == {"/19/0/0": bytes.fromhex("DEADBEEF")}
    with pytest.raises(ProtocolError, match="carries one resource, /19/0 is more"):
        read(b"x", 42, "/19/0")


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [(20.5, "/3303/0/5700", 20.5), (True, "/3306/0/5850", True), ("Cel", "/3303/0/5701", "Cel"),
     (b"\1", "/19/0/0", b"\1"), ("66:0", "/3/0/22", ObjectLink(66, 0)),
     (cbor.DecimalFraction(-1, 214), "/3303/0/5700", 21.4)],
)  # fmt: skip
def test_cbor(value, path, expected):
    assert read(cbor.dumps(value), 60, path) == {path: expected}


@pytest.mark.parametrize("value", [None, [], {}, {0: 1}])
def test_cbor_that_is_no_single_value(value):
    with pytest.raises(ProtocolError, match="expected one value"):
        read(cbor.dumps(value), 60, "/3303/0/5700")


def test_other_content_formats_say_what_is_read():
    with pytest.raises(ProtocolError, match="content format 11544: expected one of 0, 42, 60, 1541, 1542, 1543, 11542"):
        read(b"", 11_544, "/3")


@pytest.mark.parametrize("content_format", [11_543, 1_543])
def test_json(content_format):
    payload = b'{"bn":"/3303/0/","bt":1498780000,"e":[{"n":"5700","v":23.5,"t":-5},{"n":"5701","sv":"Cel"}]}'
    assert nodes(payload, content_format, Path.parse("/3303/0")) == [
        Node(Path(3303, 0, 5700), 23.5, 1_498_779_995),
        Node(Path(3303, 0, 5701), "Cel", 1_498_780_000),
    ]
    assert read(b'{"e":[{"n":"0/0","sv":"AQI="}]}', content_format, "/5") == {"/5/0/0": b"\1\2"}
    for payload, path, says in (
        (b'{"bn":"/3/0/","e":[{"n":"9","v":1}]}', "/3303/0", "not below /3303/0"),
        (b'{"e":[{"n":"0","v":1}]}', "/3", "names no resource"),
        (b'{"e":[{"n":"0/0","sv":"?"}]}', "/5", "no Base64"),
    ):
        with pytest.raises(ProtocolError, match=says):
            read(payload, content_format, path)

import json

import cbor2
import pytest

from protocols.senml import Entry, decode_cbor, decode_json, encode_cbor, encode_json
from protocols.vocabulary import FrameTooLong, ProtocolError


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "null", "1", '"a"', "{}", '{"n":"a","v":1}', "[1]", "[[]]", "[null]", "[", "[{]", "[{}", "[]x", "[][]",
        '[{"n":"a","v":NaN}]', '[{"n":"a","v":Infinity}]', '[{"n":"a","v":-Infinity}]', '[{"n":"a","v":1e999}]',
        '[{"n":"a","v":-1e999}]', '[{"n":"a","v":"1"}]', '[{"n":"a","v":true}]', '[{"n":"a","v":null}]',
        '[{"n":"a","v":{}}]', '[{"n":"a","v":[1]}]', '[{"n":"a","v":01}]', '[{"n":"a","v":+5}]', '[{"n":"a","v":.5}]',
        '[{"n":"a","v":0x10}]', '[{"n":"a","v":1_000}]', '[{"n":"a","v":１２}]', '[{"n":"a","v":1,5}]',
        '[{"n":"a","vb":0}]', '[{"n":"a","vb":"true"}]', '[{"n":"a","vs":1}]', '[{"n":1,"v":1}]', '[{"n":null,"v":1}]',
        '[{"n":"a","t":"1","v":1}]', '[{"n":"a","t":true,"v":1}]', '[{"bn":7,"n":"a","v":1}]',
        '[{"n":"a","u":1,"v":1}]',
        '[{"n":"a","v":1,"v":2}]', '[{"n":"a","v":1,"x":{"y":1,"y":2}}]', '[{"n":"a","v":1,"vs":"b"}]',
        '[{"n":"a","vb":true,"vd":"aGk"}]', '[{"n":"a","vd":"a"}]', '[{"n":"a","vd":"a+b/"}]', '[{"n":"a","vd":"é"}]',
        '[{"n":"a","vd":1}]', '[{"n":"a","vs":"\\ud800"}]', '[{"n":"\\udfff","v":1}]', '[{"n":"a","v":1,"must_":1}]',
        '[{"bver":11,"n":"a","v":1}]', '[{"bver":99,"n":"a","v":1}]', '[{"bver":0,"n":"a","v":1}]',
        '[{"bver":10.0,"n":"a","v":1}]', '[{"bver":true,"n":"a","v":1}]', '[{"bver":"10","n":"a","v":1}]',
        '[{"n":"a","v":' + "9" * 401 + "}]", '[{"n":"a","v":' + "9" * 5000 + "}]", '[{"n":"a","v":' + "9" * 399 + "}]",
        '[{"n":"a","vs":"' + "x" * 4097 + '"}]', '[{"n":"a","v":1}]\x00',
    ],
)  # fmt: skip
def test_json_refused(text):
    with pytest.raises(ProtocolError):
        decode_json(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf[{"n":"a","v":1}]',
        '[{"n":"a","v":1}]'.encode("utf-16"),
        '[{"n":"a","v":1}]'.encode("utf-16-le"),
        '[{"n":"a","v":1}]'.encode("utf-32"),
        b'[{"n":"\xff","v":1}]',
        b'[{"n":"\xc0\xaf","v":1}]',
        b'[{"n":"a","vs":"\xed\xa0\x80"}]',
        '[{"n":"温度","v":1}]'.encode("gbk"),
        b"[" * 60_000,
        b'[{"x":' * 10_000,
        b'[{"n":"a","v":1,"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}]",
    ],
)
def test_json_bytes_refused(data):
    with pytest.raises(ProtocolError):
        decode_json(data)


def test_more_than_the_bounds_is_refused():
    with pytest.raises(FrameTooLong, match="65537 bytes"):
        decode_json(b" " * 65_537)
    with pytest.raises(FrameTooLong, match="65537 bytes"):
        decode_cbor(b"\x80" * 65_537)
    with pytest.raises(FrameTooLong, match="10001 records"):
        decode_json(b"[" + b",".join([b"{}"] * 10_001) + b"]")
    with pytest.raises(FrameTooLong, match="10001 records"):
        decode_cbor(cbor2.dumps([{}] * 10_001))
    with pytest.raises(FrameTooLong):
        decode_json(b'[{"n":"a","v":1}]', max_bytes=10)


def test_unknown_names_are_ignored():
    assert decode_json(b'[{"n":"a","v":1,"x":[{"y":1}],"":2,"_z":3}]') == [Entry(n="a", v=1)]
    assert decode_cbor(cbor2.dumps([{0: "a", 2: 1, 99: 1, -99: 2, "x": [1], "": 3}])) == [Entry(n="a", v=1)]


@pytest.mark.parametrize(
    "value",
    [
        [{0: "a", 2: float("nan")}], [{0: "a", 2: float("inf")}], [{0: "a", 3: b"b"}], [{0: b"a", 2: 1}],
        [{0: "a", 8: "text"}], [{0: "a", 4: 1}], [{0: "a", 2: True}], [{0: "a", 2: None}], [{0: "a", 2: 1, 3: "b"}],
        [{0: "a", 2: 1, "n": "b"}], [{0: "a", 2: 1, "x_": 1}], [{-1: 11, 0: "a", 2: 1}], {0: "a", 2: 1}, [1], 1, "a",
    ],
)  # fmt: skip
def test_cbor_refused(value):
    with pytest.raises(ProtocolError):
        decode_cbor(cbor2.dumps(value))


def test_an_array_of_indefinite_length_is_no_pack():
    pack = cbor2.dumps([{0: "a", 2: 1}])
    with pytest.raises(ProtocolError, match="definite"):
        decode_cbor(b"\x9f" + pack[1:] + b"\xff")


def test_decimal_fractions_are_numbers():
    assert decode_cbor(bytes.fromhex("81a200616102c48221190929")) == [Entry(n="a", v=23.45)]


def test_data_values():
    entries = [Entry(n="a", vd=b"\xff\xfe\x00")]
    assert json.loads(encode_json(entries)) == [{"n": "a", "vd": "__4A"}]
    assert decode_json(b'[{"n":"a","vd":"__4A"}]') == entries
    assert cbor2.loads(encode_cbor(entries)) == [{0: "a", 8: b"\xff\xfe\x00"}]


@pytest.mark.parametrize(
    "entry",
    [
        Entry(n="a", v=float("nan")),
        Entry(n="a", v=1, vs="b"),
        Entry(bver=11, n="a", v=1),
        Entry(n="a", vs="\ud800"),
        Entry(n="a", v=10**400),
    ],
)
@pytest.mark.parametrize("encode", [encode_json, encode_cbor])
def test_what_a_reader_refuses_is_not_written(entry, encode):
    with pytest.raises(ProtocolError):
        encode([entry])

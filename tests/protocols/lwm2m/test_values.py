import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.lwm2m import ObjectLink
from protocols.lwm2m.values import read, read_text, write
from protocols.vocabulary import ProtocolError

typed = st.one_of(
    st.tuples(st.just("string"), st.text(max_size=20)),
    st.tuples(st.sampled_from(["integer", "time"]), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("float"), st.floats(allow_nan=False)),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("opaque"), st.binary(max_size=20)),
    st.tuples(st.just("objlnk"), st.builds(ObjectLink, st.integers(0, 65_535), st.integers(0, 65_535))),
)


@given(typed)
def test_round_trip(pair):
    kind, value = pair
    assert read(write(value, kind), kind) == value


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("integer", "64", 100),
        ("integer", "FF", -1),
        ("integer", "EDCC", -0x1234),
        ("integer", "00015180", 86_400),
        ("integer", "7F34567891223344", 0x7F34567891223344),
        ("time", "5182428F", 1_367_491_215),
        ("float", "41A40000", 20.5),
        ("float", "4034800000000000", 20.5),
        ("boolean", "00", False),
        ("boolean", "01", True),
        ("objlnk", "00430000", ObjectLink(67, 0)),
        ("objlnk", "FFFFFFFF", ObjectLink(65_535, 65_535)),
        ("string", "E6B5B7", "海"),
        ("string", "", ""),
        ("opaque", "00FF", b"\0\xff"),
    ],
)
def test_bytes(kind, data, value):
    found = read(bytes.fromhex(data), kind)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("kind", ["integer", "time"])
@pytest.mark.parametrize("length", [0, 3, 5, 6, 7, 9, 16])
def test_integers_of_other_lengths_are_refused(kind, length):
    with pytest.raises(ProtocolError, match=f"{kind} of {length} bytes: expected 1 or 2 or 4 or 8"):
        read(b"\1" * length, kind)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("float", "00"), ("float", "0000"), ("float", ""), ("boolean", ""), ("boolean", "02"), ("boolean", "0001"),
     ("objlnk", "010203"), ("objlnk", "0102030405"), ("string", "FF")],
)  # fmt: skip
def test_bytes_that_cannot_be_of_the_type(kind, data):
    with pytest.raises(ProtocolError):
        read(bytes.fromhex(data), kind)


@pytest.mark.parametrize(
    ("value", "width"), [(0, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (32_768, 4), (2**31, 8), (-(2**63), 8)]
)
def test_integers_are_written_in_the_fewest_bytes(value, width):
    assert len(write(value, "integer")) == width


def test_floats_are_written_in_four_bytes_where_these_keep_them():
    assert write(20.5, "float") == bytes.fromhex("41A40000")
    assert len(write(0.1, "float")) == 8
    assert len(write(1e300, "float")) == 8
    assert math.isnan(read(write(math.nan, "float"), "float"))


@pytest.mark.parametrize(
    ("value", "kind"),
    [(2**63, "integer"), ("1", "integer"), (1.5, "integer"), (True, "integer"), (True, "float"), (1, "boolean"),
     (1, "string"), ("a", "opaque"), ("66:0", "objlnk")],
)  # fmt: skip
def test_what_is_of_another_type_is_not_written(value, kind):
    with pytest.raises(ProtocolError, match="is no such value"):
        write(value, kind)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "MyManufacturer", "MyManufacturer"),
        ("integer", "100", 100),
        ("integer", "-5", -5),
        ("float", "22.5", 22.5),
        ("float", "-1e-3", -0.001),
        ("float", "7", 7.0),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("opaque", "AQIDBAU=", b"\1\2\3\4\5"),
        ("objlnk", "66:0", ObjectLink(66, 0)),
        ("time", "1367491215", 1_367_491_215),
    ],
)
def test_plain_text(kind, text, value):
    assert read_text(text.encode(), kind) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", ""), ("integer", "1.0"), ("integer", "1_000"), ("integer", "１２"), ("integer", " 1"),
        ("integer", "9223372036854775808"), ("integer", "1" * 400), ("float", "nan"), ("float", "Infinity"),
        ("float", "1e999"), ("float", "1,5"), ("float", "0x10"), ("float", "+"), ("boolean", "true"), ("boolean", "2"),
        ("opaque", "!,-INVALID$_'"), ("opaque", "AQIDBAU"), ("objlnk", "66"), ("objlnk", "65536:0"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_of_the_type(kind, text):
    with pytest.raises(ProtocolError, match="is no such text"):
        read_text(text.encode(), kind)


def test_text_that_is_no_utf8():
    with pytest.raises(ProtocolError, match="no UTF-8"):
        read_text(b"\xff", "string")

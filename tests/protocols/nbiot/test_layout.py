import math

import pytest

from protocols.nbiot.layout import LayoutField, checked, parse, read, write
from protocols.vocabulary import ProtocolError


@pytest.mark.parametrize(
    ("text", "data", "values"),
    [
        ("a:u8,b:s8", "FFFF", {"a": 255, "b": -1}),
        ("a:u16,b:s16", "FFFEFFFE", {"a": 65_534, "b": -2}),
        ("a:u32,b:s32", "FFFFFFFFFFFFFFFF", {"a": 2**32 - 1, "b": -1}),
        ("a:u64", "FFFFFFFFFFFFFFFF", {"a": 2**64 - 1}),
        ("a:s64", "8000000000000000", {"a": -(2**63)}),
        ("a:f32,b:f64", "412000004024000000000000", {"a": 10.0, "b": 10.0}),
        ("a:text[3],b:hex[2]", "414243BEEF", {"a": "ABC", "b": "beef"}),
        ("a:text[6]", "E5B487E6988E", {"a": "崇明"}),
        ("n:u8,a:text[n],b:u8", "02414207", {"n": 2, "a": "AB", "b": 7}),
        ("n:u8,a:text[n]", "00", {"n": 0, "a": ""}),
        ("a:text8,b:text16,c:hex8,d:hex16", "014100014201FF0001EE", {"a": "A", "b": "B", "c": "ff", "d": "ee"}),
        (" a : u8 , $b_1 : u8 ", "0102", {"a": 1, "$b_1": 2}),
    ],
)
def test_fields_back_to_back(text, data, values):
    layout = parse(text)
    assert read(layout, bytes.fromhex(data)) == values
    assert write(layout, values) == bytes.fromhex(data)


@pytest.mark.parametrize(
    ("text", "data", "says"),
    [
        ("a:u16", "01", "a: 2 bytes, 1 are left"),
        ("a:u8", "0102", "1 bytes are left after a"),
        ("a:text[2]", "41", "a: 2 bytes, 1 are left"),
        ("a:text[1]", "FF", "a: ff is no UTF-8"),
        ("a:text16", "000541", "a: 7 bytes, 3 are left"),
        ("a:text16", "00", "a: 2 bytes, 1 are left"),
        ("n:s8,a:text[n]", "FF", "length -1 is none"),
        ("n:u32,a:hex[n]", "FFFFFFFF", "a: 4294967295 bytes, 0 are left"),
    ],
)
def test_data_that_does_not_fit(text, data, says):
    with pytest.raises(ProtocolError) as refused:
        read(parse(text), bytes.fromhex(data))
    assert says in str(refused.value)


def test_what_is_no_number_is_told():
    assert math.isnan(read(parse("a:f32"), bytes.fromhex("7FC00000"))["a"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected name:kind"),
        ("a", "expected name:kind"),
        ("a:u8,", "expected name:kind"),
        ("1a:u8", "expected name:kind"),
        ("a:u8[", "expected name:kind"),
        ("a:u24", "kind 'u24': expected one of u8"),
        ("a:text", "lacks a length"),
        ("a:text[0]", "lacks a length"),
        ("a:u8[2]", "one too many"),
        ("a:u8,a:u8", "comes twice"),
        ("a:text[n]", "no integer field in front of it"),
        ("n:f32,a:text[n]", "no integer field in front of it"),
        ("a:text[n],n:u8", "no integer field in front of it"),
    ],
)
def test_layouts_that_are_none(text, says):
    with pytest.raises(ProtocolError) as refused:
        parse(text)
    assert says in str(refused.value)


def test_a_layout_has_a_bound():
    fields = [LayoutField(f"a{number}", "u8") for number in range(257)]
    assert len(checked(fields[:256])) == 256
    with pytest.raises(ProtocolError):
        checked(fields)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a:u8", {}),
        ("a:u8", {"a": 256}),
        ("a:u8", {"a": -1}),
        ("a:u8", {"a": 1.5}),
        ("a:u8", {"a": "1"}),
        ("a:f32", {"a": 1e300}),
        ("a:text[3]", {"a": "AB"}),
        ("a:text[3]", {"a": "ABCD"}),
        ("a:hex[1]", {"a": "x"}),
        ("n:u8,a:text[n]", {"n": 3, "a": "AB"}),
        ("a:text8", {"a": "x" * 256}),
    ],
)
def test_values_that_do_not_fit(text, values):
    with pytest.raises(ProtocolError):
        write(parse(text), values)


def test_a_float_keeps_the_digits_that_its_field_has():
    assert write(parse("a:f32"), {"a": 0.1}) == bytes.fromhex("3DCCCCCD")

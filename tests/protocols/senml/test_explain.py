"""Which bytes mean what."""

import cbor2
import pytest
from hypothesis import given

from protocols import senml
from protocols.senml.explain import NAMES, explain_cbor, explain_json
from protocols.senml.pack import FIELDS
from tests.protocols.senml.laws import packs


def json_rows(text: str) -> list[tuple[str, str, str]]:
    raw = text.encode("utf-8", "surrogatepass")
    return [(raw[f.start : f.end].decode("utf-8", "replace"), f.name, f.meaning) for f in explain_json(raw)]


def cbor_rows(data: bytes) -> list[tuple[str, str, str]]:
    return [(data[f.start : f.end].hex().upper(), f.name, f.meaning) for f in explain_cbor(data)]


def test_every_field_has_a_name():
    assert set(NAMES) == set(FIELDS)


def test_a_json_pack():
    assert json_rows('[ {"bn": "a:", "bt":1320067464.5},\n {"n":"b","vb":false} ]\n') == [
        ("[ ", "pack", "begins"),
        ("{", "record 1", "begins"),
        ('"bn": "a:", ', "bn", "base name: a:"),
        ('"bt":1320067464.5', "bt", "base time: 2011-10-31T13:24:24.500Z"),
        ("},\n ", "record 1", "ends"),
        ("{", "record 2", "begins"),
        ('"n":"b",', "n", "name: b"),
        ('"vb":false', "vb", "boolean value: false"),
        ("} ", "record 2", "ends"),
        ("]\n", "pack", "ends"),
    ]


def test_a_cbor_pack():
    data = bytes.fromhex("D9D9F7") + cbor2.dumps([{-2: "a", 6: -5, 2: 1.5}, {4: True, 8: b"\x01"}])
    assert cbor_rows(data) == [
        ("D9D9F7", "tag 55799", "CBOR follows"),
        ("82", "pack", "array of 2 records"),
        ("A3", "record 1", "map of 3 fields"),
        ("21", "label", "-2: bn, base name"),
        ("61", "bn", "text of 1 bytes"),
        ("61", "bn", "base name: a"),
        ("06", "label", "6: t, time"),
        ("24", "t", "time: -5 s, from the base time or the receipt"),
        ("02", "label", "2: v, value"),
        ("FB3FF8000000000000", "v", "value: 1.5"),
        ("A2", "record 2", "map of 2 fields"),
        ("04", "label", "4: vb, boolean value"),
        ("F5", "vb", "boolean value: true"),
        ("08", "label", "8: vd, data value"),
        ("41", "vd", "bytes of 1 bytes"),
        ("01", "vd", "data value: 01"),
    ]


def test_a_decimal_fraction():
    assert cbor_rows(bytes.fromhex("81a1 02c48221190929"))[3:] == [
        ("C4", "v", "decimal fraction"),
        ("82", "v", "array of 2 items"),
        ("21", "v exponent", "-2"),
        ("190929", "v mantissa", "2345, value: 23.45"),
    ]
    assert cbor_rows(bytes.fromhex("81a1 02c482 1A7FFFFFFF 01"))[-1] == ("01", "v mantissa", "1")
    assert cbor_rows(bytes.fromhex("81a1 02c461 41"))[-1] == ("41", "v", "value: A")


def test_what_has_no_length_in_front():
    assert cbor_rows(bytes.fromhex("9FBF 61787F6161FF FF FF"))[1:] == [
        ("BF", "record 1", "map of so many fields"),
        ("6178", "label", "x: unknown"),
        ("7F", "x", "text in parts"),
        ("61", "x", "text of 1 bytes"),
        ("61", "x", "unknown, ignored: a"),
        ("FF", "break", "ends what has no length"),
        ("FF", "break", "ends what has no length"),
        ("FF", "break", "ends what has no length"),
    ]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("{}", ("{}", "no pack", "expected [")),
        ('[{"n":"a"', ("", "", "")),
        ('[{"n"=1}]', ('"n"=1}]', "no JSON", "expected a key and a value, or }")),
        ("[1]", ("1]", "no JSON", "expected { or ]")),
        ("[] x", ("x", "surplus", "behind the pack's end")),
        ('[{"x":[1,{"y":"]}"}],"x_":1}]', ("]", "pack", "ends")),
    ],
)
def test_json_that_breaks_off(text, last):
    if last[0]:
        assert json_rows(text)[-1] == last
    else:
        assert json_rows(text)[-1][1] == "n"


def test_unknown_fields():
    told = json_rows('[{"x":[1,{"y":"]}"}],"must_":1,"\\ud800":"\\ud800"}]')
    assert told[2:5] == [
        ('"x":[1,{"y":"]}"}],', "x", "unknown, ignored: an array or an object"),
        ('"must_":1,', "must_", "must be understood, and is not: 1"),
        ('"\\ud800":"\\ud800"', "\\ud800", "unknown, ignored: \\ud800"),
    ]
    assert ("1863", "label", "99: unknown") in cbor_rows(cbor2.dumps([{99: 1}]))
    assert cbor_rows(cbor2.dumps([{"x_": 1}]))[-1] == ("01", "x_", "must be understood, and is not: 1")


@pytest.mark.parametrize(
    ("data", "last"),
    [
        ("", None),
        ("82A10201", ("01", "v", "value: 1")),
        ("81A102", ("02", "label", "2: v, value")),
        ("81A10262FF", ("FF", "v", "value: \ufffd; cut off: 1 of 2 bytes")),
        ("81A1F401", ("F401", "surplus", "behind the pack's end, or no CBOR")),
        ("81A1021C", ("1C", "surplus", "behind the pack's end, or no CBOR")),
        ("8000", ("00", "surplus", "behind the pack's end, or no CBOR")),
        ("81" * 40, ("81" * 23, "surplus", "behind the pack's end, or no CBOR")),
    ],
)
def test_cbor_that_breaks_off(data, last):
    told = cbor_rows(bytes.fromhex(data))
    assert (told[-1] if told else None) == last


@given(packs)
def test_every_value_of_a_pack_is_told(pack):
    fields = [name for entry in pack for name in entry.fields()]
    assert [f.name for f in explain_json(senml.encode_json(pack)) if f.name in NAMES] == fields
    labels = [f.meaning.split()[1].rstrip(",") for f in explain_cbor(senml.encode_cbor(pack)) if f.name == "label"]
    assert [name for name in labels if name in NAMES] == [name for name in fields if name != "vlo"]


def test_a_great_pack_is_explained_quickly(benchmark_s):
    pack = [senml.Entry(n="a" * 20, v=1.5, t=-1)] * 2000
    with benchmark_s(2):
        assert len(explain_json(senml.encode_json(pack))) == 2 + 5 * 2000
        assert len(explain_cbor(senml.encode_cbor(pack))) > 2000

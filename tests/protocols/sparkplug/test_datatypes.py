import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sparkplug.arrays import ARRAYS
from protocols.sparkplug.datatypes import DataType, name_of, typed, value_of
from protocols.sparkplug.values import Value
from protocols.vocabulary import ProtocolError

INT, LONG = "int_value", "long_value"


@pytest.mark.parametrize(
    ("datatype", "slot", "content", "meant"),
    [
        (DataType.Int8, INT, 0xFF, -1),
        (DataType.Int8, INT, 0xFFFFFFFF, -1),
        (DataType.Int8, LONG, 2**64 - 1, -1),
        (DataType.Int8, INT, 0x80, -128),
        (DataType.Int8, INT, 0xFFFFFF80, -128),
        (DataType.Int8, INT, 127, 127),
        (DataType.Int16, INT, 0x8000, -32768),
        (DataType.Int16, INT, 0xFFFF8000, -32768),
        (DataType.Int16, INT, 0x00FF, 255),
        (DataType.Int32, INT, 0x80000000, -(2**31)),
        (DataType.Int32, LONG, 2**64 - 5, -5),
        (DataType.Int64, LONG, 2**63, -(2**63)),
        (DataType.Int64, INT, 7, 7),
        (DataType.UInt32, LONG, 2**32 - 1, 2**32 - 1),
        (DataType.UInt64, LONG, 2**64 - 1, 2**64 - 1),
        (DataType.Float, "double_value", 1.5, 1.5),
        (DataType.Double, "float_value", 1.5, 1.5),
        (DataType.Boolean, INT, 1, True),
        (DataType.Boolean, INT, 0, False),
        (DataType.DateTime, LONG, 1656107875000, 1656107875000),
        (99, INT, 0xFFFFFFFF, 0xFFFFFFFF),
        (DataType.Unknown, "string_value", "x", "x"),
        (None, INT, 0xFFFFFFFF, 0xFFFFFFFF),
    ],
)
def test_meaning(datatype, slot, content, meant):
    found = typed(Value(slot, content), datatype)
    assert (type(found), found) == (type(meant), meant)


@pytest.mark.parametrize(
    ("datatype", "slot", "content"),
    [
        (DataType.Int8, INT, 0x100),
        (DataType.Int8, INT, 0xFF80),
        (DataType.Int8, INT, 0xFFFFFF7F),
        (DataType.Int16, INT, 0x10000),
        (DataType.Int32, LONG, 0x1_0000_0000),
        (DataType.UInt8, INT, 256),
        (DataType.UInt16, INT, 0xFFFFFFFF),
        (DataType.UInt32, LONG, 2**32),
        (DataType.Boolean, INT, 2),
        (DataType.Boolean, "double_value", 1.0),
        (DataType.Double, INT, 1),
        (DataType.Int32, "float_value", 1.0),
        (DataType.String, INT, 1),
        (DataType.Bytes, "string_value", "x"),
        (DataType.DataSet, "bytes_value", b""),
        (DataType.Template, "dataset_value", None),
        (DataType.Int8Array, "string_value", "x"),
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(datatype, slot, content):
    with pytest.raises(ProtocolError):
        typed(Value(slot, content), datatype)


def meanings(datatype):
    width = {"8": 8, "16": 16, "32": 32, "64": 64}
    name = DataType(datatype).name.removesuffix("Array")
    digits = name.lstrip("UInt")
    if name.startswith("UInt"):
        return st.integers(0, 2 ** width[digits] - 1)
    if name.startswith("Int"):
        return st.integers(-(2 ** (width[digits] - 1)), 2 ** (width[digits] - 1) - 1)
    return {
        "Float": st.floats(width=32, allow_nan=False),
        "Double": st.floats(allow_nan=False),
        "Boolean": st.booleans(),
        "String": st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9),
        "Text": st.text(max_size=9),
        "UUID": st.uuids().map(str),
        "DateTime": st.integers(0, 2**64 - 1),
        "Bytes": st.binary(max_size=9),
        "File": st.binary(max_size=9),
    }[name]


SCALARS = [
    d for d in DataType if d not in ARRAYS and d.name not in ("Unknown", "DataSet", "Template") and d not in (20, 21)
]


@pytest.mark.parametrize("datatype", SCALARS, ids=lambda d: d.name)
@given(data=st.data())
def test_scalars_there_and_back(datatype, data):
    meant = data.draw(meanings(datatype))
    assert typed(value_of(datatype, meant), datatype) == meant


@pytest.mark.parametrize("datatype", [DataType(d) for d in sorted(ARRAYS)], ids=lambda d: d.name)
@given(data=st.data())
def test_arrays_there_and_back(datatype, data):
    meant = tuple(data.draw(st.lists(meanings(datatype), max_size=20)))
    assert typed(value_of(datatype, meant), datatype) == meant


@pytest.mark.parametrize(
    ("datatype", "packed", "meant"),
    [
        # the standard's own examples; its Int8Array prints EF where -23 is E9
        (DataType.Int8Array, "E97B", (-23, 123)),
        (DataType.Int16Array, "D08A3075", (-30000, 30000)),
        (DataType.Int32Array, "FFFFFFFFFAAFCB12", (-1, 315338746)),
        (DataType.UInt8Array, "17FA", (23, 250)),
        (DataType.UInt16Array, "1E0088CC", (30, 52360)),
        (DataType.UInt32Array, "3400000049FB55C4", (52, 3293969225)),
        (DataType.UInt64Array, "3400000000000000D99E02D1B27637E4", (52, 16444743074749521625)),
        (
            DataType.BooleanArray,
            "0C00000034D0",
            (False, False, True, True, False, True, False, False, True, True, False, True),
        ),
        (DataType.StringArray, "4142430068656C6C6F00", ("ABC", "hello")),
        # its examples of floats are printed big-endian, against its text; little-endian they are
        (DataType.DoubleArray, "D7A205685BB52840" + "8E171C6F4CF78F40", (12.354213, 1022.9123213)),
        (DataType.DateTimeArray, "C7D0907524010000" + "B8BAB89781010000", (1256102875335, 1656107875000)),
        (DataType.BooleanArray, "00000000", ()),
        (DataType.StringArray, "", ()),
        (DataType.StringArray, "00", ("",)),
    ],
)
def test_packed(datatype, packed, meant):
    value = Value("bytes_value", bytes.fromhex(packed))
    assert typed(value, datatype) == meant
    assert value_of(datatype, meant) == value


def test_the_last_bits_of_a_boolean_array_do_not_count():
    assert typed(Value("bytes_value", bytes.fromhex("0C00000034DF")), DataType.BooleanArray) == typed(
        Value("bytes_value", bytes.fromhex("0C00000034D0")), DataType.BooleanArray
    )


@pytest.mark.parametrize(
    ("datatype", "packed"),
    [
        (DataType.Int16Array, "000000"),
        (DataType.DoubleArray, "00"),
        (DataType.DateTimeArray, "C7D090752401B8BAB8978101"),
        (DataType.BooleanArray, "0C0000"),
        (DataType.BooleanArray, "FFFFFFFF00"),
        (DataType.BooleanArray, "0900000000"),
        (DataType.BooleanArray, "0100000080FF"),
        (DataType.StringArray, "414243"),
        (DataType.StringArray, "FF00"),
    ],
)
def test_arrays_that_do_not_come_out(datatype, packed):
    with pytest.raises(ProtocolError):
        typed(Value("bytes_value", bytes.fromhex(packed)), datatype)


@pytest.mark.parametrize(
    ("datatype", "meant"),
    [
        (DataType.Int8, 128),
        (DataType.Int8, -129),
        (DataType.UInt8, -1),
        (DataType.UInt64, 2**64),
        (DataType.Int32, True),
        (DataType.Int32, 1.0),
        (DataType.Double, "1"),
        (DataType.Double, True),
        (DataType.Boolean, 1),
        (DataType.String, b"x"),
        (DataType.Unknown, 1),
        (99, 1),
        (DataType.Int8Array, (128,)),
        (DataType.FloatArray, ("x",)),
        (DataType.StringArray, ("a\x00b",)),
    ],
)
def test_what_cannot_be_written(datatype, meant):
    with pytest.raises(ValueError):
        value_of(datatype, meant)


def test_a_whole_number_may_be_written_as_a_double():
    assert value_of(DataType.Double, 3) == ("double_value", 3.0)


def test_nan_is_carried():
    assert math.isnan(typed(value_of(DataType.Double, math.nan), DataType.Double))


def test_names():
    assert (name_of(1), name_of(34), name_of(99), name_of(None)) == ("Int8", "DateTimeArray", "datatype 99", None)

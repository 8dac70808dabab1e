import math
import struct

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols import cbor
from protocols.cbor import DecimalFraction
from protocols.vocabulary import ProtocolError

keys = st.integers(-(2**63), 2**64 - 1) | st.text(max_size=8)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.binary(max_size=30)
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


@given(values)
def test_we_read_what_cbor2_writes(value):
    assert cbor.loads(cbor2.dumps(value)) == value


@given(values)
def test_cbor2_reads_what_we_write(value):
    written = cbor.dumps(value)
    assert cbor2.loads(written) == value
    assert cbor.loads(written) == value


@given(values)
def test_we_write_the_shortest_form(value):
    assert len(cbor.dumps(value)) == len(cbor2.dumps(value, canonical=True))


def plain(value):
    """cbor2's Decimal of tag 4 as our DecimalFraction would be a float."""
    match value:
        case list() | tuple() if not isinstance(value, DecimalFraction):
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case DecimalFraction():
            return float(value)
        case float() if math.isnan(value):
            return "NaN"
        case _ if type(value).__name__ == "Decimal":
            return float(value)
        case _:
            return value


@given(st.binary(max_size=64))
@example(bytes.fromhex("c482001a1dcd6504"))
@example(bytes.fromhex("c4820c1a1dcd6504"))
@example(bytes.fromhex("5f42010243030405ff"))
@example(bytes.fromhex("7f657374726561646d696e67ff"))
@example(bytes.fromhex("bf61610161629f0203ffff"))
@example(bytes.fromhex("f97e00"))
@example(bytes.fromhex("d9d9f780"))
def test_what_we_read_cbor2_reads_the_same(data):
    """We are stricter, never different."""
    try:
        ours = cbor.loads(data)
    except ProtocolError:
        return
    assert plain(ours) == plain(cbor2.loads(data))


def test_half_floats():
    for bits in range(0, 0x7C00, 7):
        packed = struct.pack(">H", bits)
        assert cbor.loads(b"\xf9" + packed) == struct.unpack(">e", packed)[0]


def test_decimal_fractions_become_the_nearest_float():
    assert float(DecimalFraction(-2, 27315)) == 273.15
    assert cbor.loads(cbor.dumps(DecimalFraction(-2, 27315))) == DecimalFraction(-2, 27315)


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("empty", ""),
        ("cut", "18"),
        ("cut in an array", "8201"),
        ("cut in a map", "a101"),
        ("cut in a float", "fb0000"),
        ("trailing bytes", "8000"),
        ("trailing break", "80ff"),
        ("a break alone", "ff"),
        ("array of 2**64 - 1", "9bffffffffffffffff"),
        ("bytes of 2**63", "5b8000000000000000"),
        ("map of 2**32", "ba ffffffff"),
        ("reserved length", "1c"),
        ("indefinite integer", "1f"),
        ("negative indefinite integer", "3f"),
        ("indefinite tag", "df"),
        ("indefinite bytes in indefinite bytes", "5f5f4101ffff"),
        ("text in indefinite bytes", "5f6161ff"),
        ("indefinite array without end", "9f01"),
        ("undefined", "f7"),
        ("simple value", "e0"),
        ("two-byte simple value", "f8ff"),
        ("duplicate key", "a201020103"),
        ("bytes as key", "a1410102"),
        ("array as key", "a1800102"),
        ("float as key", "a1f93c0002"),
        ("true as key", "a1f502"),
        ("null as key", "a1f602"),
        ("no UTF-8", "62c328"),
        ("a character cut by chunks", "7f61c361bcff"),
        ("lone surrogate", "63eda080"),
        ("bignum", "c2420102"),
        ("negative bignum", "c3420102"),
        ("date", "c074323031332d30332d32315432303a30343a30305a"),
        ("regular expression", "d823622e2a"),
        ("shareable", "d81c80"),
        ("cycle", "d81c81d81d00"),
        ("decimal fraction of a text", "c4826161 01"),
        ("decimal fraction of one", "c48101"),
        ("decimal fraction of a float", "c48201f93c00"),
        ("decimal fraction with true", "c482f501"),
        ("huge exponent", "c4821a3b9aca0001"),
        ("huge negative exponent", "c4823a3b9ac9ff01"),
        ("self-described twice", "d9d9f7d9d9f780"),
        ("self-described inside", "81d9d9f780"),
        ("17 arrays deep", "81" * 17 + "01"),
        ("a hundred thousand arrays deep", "81" * 100_000),
        ("a hundred thousand tags deep", "c4" * 100_000),
        ("a hundred thousand indefinite arrays deep", "9f" * 100_000),
    ],
)
def test_refused(reason, data):
    with pytest.raises(ProtocolError):
        cbor.loads(bytes.fromhex(data))


def test_sixteen_deep_is_read():
    assert cbor.loads(bytes.fromhex("81" * 15 + "80")) is not None


def test_more_than_64_bits_are_not_written():
    with pytest.raises(OverflowError):
        cbor.dumps(2**64)

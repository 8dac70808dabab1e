import json

import cbor2
from hypothesis import given
from hypothesis import strategies as st

from protocols import senml
from tests.protocols.senml.laws import NOW_S

names = st.text("abcXYZ019:./_-", min_size=1, max_size=10).map(lambda name: "a" + name)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
base = {
    "bn": st.none() | names,
    "bt": st.none() | st.integers(0, 2**31),
    "bu": st.none() | st.just("Cel"),
    "n": names,
    "u": st.none() | st.text(max_size=5),
    "t": st.none() | st.integers(-1000, 1000) | st.floats(-1000, 1000),
    "ut": st.none() | numbers,
    "s": st.none() | numbers,
}
entries = st.one_of(
    st.builds(senml.Entry, **base, v=numbers),
    st.builds(senml.Entry, **base, vs=st.text(max_size=20)),
    st.builds(senml.Entry, **base, vb=st.booleans()),
    st.builds(senml.Entry, **base, vd=st.binary(max_size=20)),
)


@given(st.lists(entries, max_size=5))
def test_senml_round_trip(pack):
    for encode, decode in ((senml.encode_json, senml.decode_json), (senml.encode_cbor, senml.decode_cbor)):
        assert decode(encode(pack)) == pack
        assert senml.resolve(decode(encode(pack)), NOW_S) == senml.resolve(pack, NOW_S)


@given(st.lists(entries, max_size=5))
def test_senml_is_json_and_cbor_to_others(pack):
    assert len(json.loads(senml.encode_json(pack))) == len(cbor2.loads(senml.encode_cbor(pack))) == len(pack)

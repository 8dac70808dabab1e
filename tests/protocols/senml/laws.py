from hypothesis import strategies as st

from protocols import cbor, senml
from protocols.senml.describe import describe_cbor, describe_json
from protocols.senml.explain import explain_cbor, explain_json
from tests.protocols.codec import Laws, Message
from tests.protocols.golden import frames

NOW_S = 1.8e9

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
packs = st.lists(entries, max_size=5)

LAWS = Laws(
    messages={
        "senml-json": Message(senml.encode_json, senml.decode_json, packs),
        "senml-cbor": Message(senml.encode_cbor, senml.decode_cbor, packs),
    },
    readers={
        "cbor": cbor.loads,
        "senml-json resolved": lambda raw: senml.resolve(senml.decode_json(raw), NOW_S),
        "senml-cbor resolved": lambda raw: senml.resolve(senml.decode_cbor(raw), NOW_S),
        "describe senml-json": lambda raw: describe_json(raw, NOW_S),
        "describe senml-cbor": lambda raw: describe_cbor(raw, NOW_S),
    },
    explainers={"senml-json": explain_json, "senml-cbor": explain_cbor},
    golden=[
        *(row["frame"].encode() for row in frames("senml", "SENML_JSON")),
        *(bytes.fromhex(row["frame"]) for row in frames("senml", "SENML_CBOR")),
    ],
)

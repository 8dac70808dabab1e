import base64

from hypothesis import strategies as st

from protocols import sparkplug
from protocols.sparkplug.describe import describe
from protocols.sparkplug.explain import explain
from protocols.sparkplug.values import DataSet, MetaData, Parameter, Template
from tests.protocols.codec import Laws, Message
from tests.protocols.golden import frames

ROWS = frames("sparkplug", "SPARKPLUG_B")

u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)
text = st.text(max_size=8)
scalars = st.one_of(
    st.builds(sparkplug.Value, st.just("int_value"), u32),
    st.builds(sparkplug.Value, st.just("long_value"), u64),
    st.builds(sparkplug.Value, st.just("float_value"), st.floats(width=32, allow_nan=False)),
    st.builds(sparkplug.Value, st.just("double_value"), st.floats(allow_nan=False)),
    st.builds(sparkplug.Value, st.just("boolean_value"), st.booleans()),
    st.builds(sparkplug.Value, st.just("string_value"), text),
)
property_sets = st.recursive(
    st.just(sparkplug.PropertySet()),
    lambda inner: st.lists(
        st.builds(
            sparkplug.Property,
            text,
            st.none() | u32,
            st.none() | st.booleans(),
            st.none()
            | scalars
            | st.builds(sparkplug.Value, st.just("propertyset_value"), inner)
            | st.builds(sparkplug.Value, st.just("propertysets_value"), st.lists(inner, max_size=2).map(tuple)),
        ),
        max_size=2,
    ).map(lambda properties: sparkplug.PropertySet(tuple(properties))),
    max_leaves=3,
)


@st.composite
def tables(draw):
    width = draw(st.integers(0, 3))
    row = st.tuples(*[st.none() | scalars] * width)
    return DataSet(
        num_of_columns=draw(st.sampled_from([None, width])),
        columns=draw(st.tuples(*[text] * width)),
        types=draw(st.tuples(*[u32] * width)),
        rows=tuple(draw(st.lists(row, max_size=2))),
    )


meta_data = st.builds(
    MetaData,
    is_multi_part=st.none() | st.booleans(),
    content_type=st.none() | text,
    size=st.none() | u64,
    description=st.none() | text,
)


def metrics_of(values):
    return st.builds(
        sparkplug.Metric,
        name=st.none() | text,
        alias=st.none() | u64,
        timestamp=st.none() | u64,
        datatype=st.none() | st.integers(0, 40),
        is_historical=st.none() | st.booleans(),
        is_transient=st.none() | st.booleans(),
        is_null=st.none() | st.booleans(),
        metadata=st.none() | meta_data,
        properties=st.none() | property_sets,
        value=st.none() | values,
    )


def templates(metrics):
    return st.builds(
        Template,
        version=st.none() | text,
        metrics=st.lists(metrics, max_size=2).map(tuple),
        parameters=st.lists(
            st.builds(Parameter, st.none() | text, st.none() | u32, st.none() | scalars), max_size=2
        ).map(tuple),
        template_ref=st.none() | text,
        is_definition=st.none() | st.booleans(),
    )


flat = scalars | st.builds(sparkplug.Value, st.just("bytes_value"), st.binary(max_size=20))
flat |= st.builds(sparkplug.Value, st.just("dataset_value"), tables())
structures = st.recursive(
    metrics_of(flat),
    lambda metrics: metrics_of(st.builds(sparkplug.Value, st.just("template_value"), templates(metrics))),
    max_leaves=4,
)
payloads = st.builds(
    sparkplug.Payload,
    timestamp=st.integers(0, 2**63),
    metrics=st.lists(structures, max_size=3).map(tuple),
    seq=st.none() | u64,
    uuid=st.none() | text,
    body=st.none() | st.binary(max_size=10),
)
states = st.builds(sparkplug.State, st.booleans(), st.none() | st.integers(0, 2**63 - 1))


def read_topic(raw: bytes):
    return sparkplug.parse_topic(raw.decode("utf-8", "surrogateescape"))


LAWS = Laws(
    messages={
        "sparkplug": Message(sparkplug.encode, sparkplug.decode, payloads),
        "sparkplug state": Message(sparkplug.encode_state, sparkplug.decode_state, states),
    },
    readers={
        "describe sparkplug": describe,
        "sparkplug topic": read_topic,
        "describe sparkplug state": lambda raw: describe(raw, "spBv1.0/STATE/host"),
    },
    explainers={"sparkplug": explain},
    golden=[
        *(base64.b64decode(row["frame"]) for row in ROWS if len(row["frame"]) < 1000),
        b"spBv1.0/group/DDATA/edge/device",
        b'{"online":true,"timestamp":1700000000000}',
    ],
)

"""TLV entries as hypothesis makes them: as they may stand side by side."""

from hypothesis import strategies as st

from protocols.lwm2m import Kind, Tlv

ids = st.integers(0, 300) | st.integers(0, 65_535)
leaves = st.binary(max_size=12) | st.binary(max_size=300)
instances = st.builds(Tlv, st.just(Kind.RESOURCE_INSTANCE), ids, leaves)
multiples = st.builds(
    Tlv, st.just(Kind.MULTIPLE_RESOURCE), ids, st.just(b""), st.lists(instances, max_size=4).map(tuple)
)
resources = st.builds(Tlv, st.just(Kind.RESOURCE), ids, leaves) | multiples
objects = st.builds(Tlv, st.just(Kind.OBJECT_INSTANCE), ids, st.just(b""), st.lists(resources, max_size=4).map(tuple))
entries = st.one_of(*(st.lists(one, max_size=4) for one in (instances, resources, objects))).map(tuple)

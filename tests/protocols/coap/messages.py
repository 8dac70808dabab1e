"""Messages as hypothesis makes them."""

from hypothesis import strategies as st

from protocols.coap import Message, Option, Type

options = st.lists(
    st.builds(Option, st.integers(0, 70) | st.integers(0, 65_535), st.binary(max_size=20) | st.binary(max_size=300)),
    max_size=6,
).map(lambda found: tuple(sorted(found, key=lambda option: option.number)))
filled = st.builds(
    Message,
    st.sampled_from(Type),
    st.integers(1, 255),
    st.integers(0, 65_535),
    st.binary(max_size=8),
    options,
    st.binary(max_size=40),
)
empty = st.builds(Message, st.sampled_from(Type), st.just(0), st.integers(0, 65_535))
messages = filled | empty

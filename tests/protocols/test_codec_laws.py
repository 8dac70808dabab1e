"""The laws of protocols.framing.Decoder and protocols.fields over every wire format (tests/protocols/registry.py)."""

import time
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protocols.vocabulary import ProtocolError
from tests.protocols.codec import Codec
from tests.protocols.registry import LAWS

CODECS = {name: codec for laws in LAWS.values() for name, codec in laws.streams.items()}
MESSAGES = {name: message for laws in LAWS.values() for name, message in laws.messages.items()}
READERS = {name: codec.decode for name, codec in (CODECS | MESSAGES).items()} | {
    name: reader for laws in LAWS.values() for name, reader in laws.readers.items()
}
EXPLAINERS = {name: explain for laws in LAWS.values() for name, explain in laws.explainers.items()}
GOLDEN = [raw for laws in LAWS.values() for raw in laws.golden]
SUMMED = [name for name, codec in CODECS.items() if codec.checksum_at_end]

codecs = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
messages = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
readers = pytest.mark.parametrize("read", READERS.values(), ids=READERS)
explainers = pytest.mark.parametrize("explain", EXPLAINERS.values(), ids=EXPLAINERS)
garbage = st.binary(max_size=60) | st.lists(
    st.sampled_from([run for laws in LAWS.values() for run in laws.garbage])
).map(b"".join)


def seen(results):
    """Results as they can be compared: an error by what it says and what it carries."""
    return [(str(r), r.raw) if isinstance(r, ProtocolError) else r for r in results]


def at_rest(decoder) -> list:
    return decoder.silence() if hasattr(decoder, "silence") else []


def run(codec: Codec, chunks) -> list:
    decoder = codec.decoder()
    found = []
    for chunk in chunks:
        found += decoder.feed(chunk)
        assert len(decoder._buffer) <= decoder.MAX_FRAME
    return found + at_rest(decoder)


@codecs
@given(data=st.data())
def test_round_trip(codec, data):
    value = data.draw(codec.values)
    raw = codec.encode(value)
    assert codec.decode(raw) == value
    assert codec.encode(codec.decode(raw)) == raw
    assert len(raw) <= codec.decoder().MAX_FRAME


@messages
@given(data=st.data())
def test_messages_round_trip(message, data):
    value = data.draw(message.values)
    raw = message.encode(value)
    assert message.decode(raw) == value
    assert message.encode(message.decode(raw)) == raw


@codecs
@given(data=st.data())
def test_glued_frames_come_apart(codec, data):
    values = data.draw(st.lists(codec.values, max_size=4))
    assert run(codec, [b"".join(map(codec.encode, values))]) == values


@codecs
@given(data=st.data())
def test_any_split_of_the_bytes_gives_the_same(codec, data):
    parts = data.draw(st.lists(codec.values.map(codec.encode) | garbage, max_size=4))
    stream = b"".join(parts)
    whole = seen(run(codec, [stream]))
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    assert seen(run(codec, [stream[a:b] for a, b in pairwise([0, *places, len(stream)])])) == whole
    assert seen(run(codec, [stream[at : at + 1] for at in range(len(stream))])) == whole


@codecs
@given(data=st.data())
def test_after_garbage_frames_are_found_again(codec, data):
    noise, value = data.draw(garbage), data.draw(codec.values)
    raw = codec.encode(value)
    assume(not any(codec.begins((noise + raw)[at:]) for at in range(len(noise))))
    again = 2 + codec.decoder().MAX_FRAME // len(raw) if codec.lost_after_garbage else 1
    assert run(codec, [noise + raw * again])[-1] == value


@codecs
@given(stream=st.binary(max_size=3000) | st.lists(garbage, max_size=40).map(b"".join))
def test_garbage_never_hangs_and_never_raises(codec, stream):
    start = time.process_time()
    run(codec, [stream])
    assert time.process_time() - start < 2.5


@readers
@settings(max_examples=100)
@given(raw=st.binary(max_size=200) | st.text(max_size=60).map(str.encode) | st.sampled_from(GOLDEN))
def test_any_bytes_are_a_result_or_a_protocol_error(read, raw):
    with suppress(ProtocolError):
        read(raw)


@st.composite
def mutated(draw, originals):
    raw = bytearray(draw(originals))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.sampled_from(["flip", "cut", "insert", "double", "drop"])):
            case "flip" if at < len(raw):
                raw[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del raw[at:]
            case "insert":
                raw[at:at] = draw(st.binary(min_size=1, max_size=4))
            case "double":
                raw += raw[at:]
            case _:
                del raw[at : at + 3]
    return bytes(raw[:70_000])


@readers
@settings(max_examples=150)
@given(raw=mutated(st.sampled_from(GOLDEN)))
def test_broken_frames_are_a_result_or_a_protocol_error(read, raw):
    with suppress(ProtocolError):
        read(raw)


@pytest.mark.parametrize("name", SUMMED)
@given(data=st.data())
def test_one_flipped_bit_never_passes_a_checksum(name, data):
    codec = CODECS[name]
    value = data.draw(codec.values)
    raw = bytearray(codec.encode(value))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = codec.decode(bytes(raw))
    except ProtocolError:
        return
    assert found == value, "only the case of a CRC digit, or what follows it, may change without being noticed"
    assert at >= len(raw) - codec.checksum_at_end


@codecs
@given(data=st.data())
def test_a_frame_remembers_its_bytes(codec, data):
    value = data.draw(codec.values)
    (found,) = run(codec, [codec.encode(value)])
    assert codec.encode(value).startswith(found.raw)
    assert codec.decode(found.raw) == value


@explainers
@settings(max_examples=150)
@given(raw=st.sampled_from(GOLDEN) | mutated(st.sampled_from(GOLDEN)) | st.binary(max_size=100))
def test_an_explanation_names_every_byte_once(explain, raw):
    fields = explain(raw)
    assert [field.start for field in fields] == [0, *(field.end for field in fields)][: len(fields)]
    assert (fields[-1].end if fields else 0) == len(raw)
    assert all(field.name and field.end > field.start for field in fields)

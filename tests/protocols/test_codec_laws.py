"""The laws of protocols.framing.Decoder over every wire format; a new format is a new row and needs no new test."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import cbor, hj212, senml
from protocols.hj212.describe import describe as describe_hj212
from protocols.modbus import rtu, tcp
from protocols.modbus.describe import describe_rtu, describe_tcp
from protocols.modbus.reader import decode_request, decode_response
from protocols.senml.describe import describe_cbor, describe_json
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames
from tests.protocols.modbus.pdus import requests, responses

NOW_S = 1.8e9


@dataclass(frozen=True)
class Codec:
    """One wire format that comes as a stream."""

    decoder: Callable[[], Any]
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    values: st.SearchStrategy[Any]
    lost_after_garbage: int = 0
    """How many right frames garbage in front of them may cost, when a length in it swallows them."""


plain = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
cp_value = st.text(st.characters(codec="utf-8", exclude_characters=";,&#/="), max_size=12)
cp_group = st.lists(st.tuples(plain, cp_value), min_size=1, max_size=4).map(tuple)
log_group = st.text(st.characters(codec="utf-8", exclude_characters="&#/"), max_size=20).map(
    lambda log: (("i11001-Info", f"//{log}//"),)
)
packets = st.builds(
    hj212.Packet,
    mn=plain,
    cn=st.integers(1000, 9999).map(str),
    st=st.sampled_from(["21", "22", "91", "A0"]),
    qn=st.none() | plain,
    pw=st.none() | plain | st.just(""),
    flag=st.none() | st.integers(0, 255),
    pnum=st.none() | st.integers(5, 9999),
    pno=st.none() | st.integers(1, 5),
    groups=st.lists(cp_group | log_group, max_size=6).map(tuple),
    extra=st.just(()) | st.just((("Vendor", "x y"),)),
)

CODECS: dict[str, Codec] = {
    "hj212": Codec(hj212.Decoder, hj212.encode, hj212.decode, packets),
    "hj212, Modbus CRC": Codec(
        lambda: hj212.Decoder("modbus"),
        hj212.encode,
        lambda raw: hj212.decode(raw, "modbus"),
        packets.map(lambda packet: replace(packet, crc="modbus")),
    ),
    "modbus-rtu requests": Codec(
        lambda: rtu.Decoder("request"),
        rtu.encode,
        lambda raw: rtu.decode(raw, "request"),
        st.builds(rtu.Adu, st.integers(0, 255), requests(other=False)),
        lost_after_garbage=99,
    ),
    "modbus-rtu responses": Codec(
        lambda: rtu.Decoder("response"),
        rtu.encode,
        lambda raw: rtu.decode(raw, "response"),
        st.builds(rtu.Adu, st.integers(0, 255), responses(other=False)),
        lost_after_garbage=99,
    ),
    "modbus-tcp requests": Codec(
        lambda: tcp.Decoder("request"),
        tcp.encode,
        lambda raw: tcp.decode(raw, "request"),
        st.builds(tcp.Adu, st.integers(0, 65_535), st.integers(0, 255), requests()),
        lost_after_garbage=99,
    ),
    "modbus-tcp responses": Codec(
        lambda: tcp.Decoder("response"),
        tcp.encode,
        lambda raw: tcp.decode(raw, "response"),
        st.builds(tcp.Adu, st.integers(0, 65_535), st.integers(0, 255), responses()),
        lost_after_garbage=99,
    ),
}

READERS: dict[str, Callable[[bytes], Any]] = {
    **{name: codec.decode for name, codec in CODECS.items()},
    "modbus request": decode_request,
    "modbus response": decode_response,
    "cbor": cbor.loads,
    "senml-json": lambda raw: senml.resolve(senml.decode_json(raw), NOW_S),
    "senml-cbor": lambda raw: senml.resolve(senml.decode_cbor(raw), NOW_S),
    "hj212 measurements": lambda raw: hj212.measurements(hj212.decode(raw, "either")),
    "describe hj212": lambda raw: describe_hj212(raw, "either"),
    "describe modbus-rtu": describe_rtu,
    "describe modbus-tcp": describe_tcp,
    "describe senml-json": lambda raw: describe_json(raw, NOW_S),
    "describe senml-cbor": lambda raw: describe_cbor(raw, NOW_S),
}

GOLDEN: list[bytes] = [
    *(row["frame"].encode() for row in frames("hj212", "HJ212")),
    *(row["frame"].encode() for row in frames("senml", "SENML_JSON")),
    *(bytes.fromhex(row["frame"]) for row in frames("senml", "SENML_CBOR")),
    *(bytes.fromhex(row["frame"]) for row in frames("modbus", "MODBUS_RTU", "MODBUS_TCP")),
]

codecs = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
readers = pytest.mark.parametrize("read", READERS.values(), ids=READERS)
garbage = st.binary(max_size=60) | st.lists(
    st.sampled_from([b"##", b"#", b"\r\n", b"##0101", b"##9999", b"&&", b"\x01\x03", b"\x03\xfa", b"\x00\x00\x00\x06"])
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
    # Modbus has no start mark: garbage that looks like a header takes up to one longest frame with it
    again = 2 + codec.decoder().MAX_FRAME // len(raw) if codec.lost_after_garbage else 1
    assert run(codec, [noise + raw * again])[-1] == value


@codecs
@given(stream=st.binary(max_size=3000) | st.lists(garbage, max_size=40).map(b"".join))
def test_garbage_never_hangs_and_never_raises(codec, stream):
    start = time.process_time()
    run(codec, [stream])
    assert time.process_time() - start < 0.5


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


@pytest.mark.parametrize("name", ["hj212", "hj212, Modbus CRC", "modbus-rtu requests", "modbus-rtu responses"])
@given(data=st.data())
def test_one_flipped_bit_never_passes_a_checksum(name, data):
    codec = CODECS[name]
    value = data.draw(codec.values)
    raw = bytearray(codec.encode(value).removesuffix(b"\r\n"))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = codec.decode(bytes(raw))
    except ProtocolError:
        return
    assert found == value, "only the case of a CRC digit may change without being noticed"
    assert at >= len(raw) - 4


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

"""Envelopes and bodies that were altered: refused by the MAC, or with a new one read or refused, by both decoders."""

import hmac
import struct
import time
import tracemalloc
from random import Random

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.uplink import (
    BodyEncoder,
    Header,
    Stream,
    decode_events,
    encode_events,
    expand,
    read_header,
    sign,
    unsigned,
    verify,
)
from protocols.uplink.columns import decode
from protocols.uplink.describe import describe
from protocols.uplink.envelope import MAX_BODY, MAX_ENVELOPE
from protocols.uplink.rows import decode_rows
from protocols.uplink.table import decode_table
from protocols.vocabulary import Batch, Event, NeuronId, Point, ProtocolError, Quality, Reading, Reason
from tests.protocols.uplink.batches import as_batch, large_batch, small_batches

KEY = b"k" * 32
HEADER = Header("gw-1", 77, 3, 0, 1_767_225_600_000, 5)
A, B = Point(str(NeuronId.from_int(1)), "ph"), Point("mn:A1", "water_temperature", "2")
SMALL = Batch.of(
    [
        Reading(A, 5, 7.25),
        Reading(A, 6, 7.5, Quality.PASS, Reason.SPIKE),
        Reading(B, 5, 0.1 + 0.2),
        Reading.missing(B, 1000),
    ]
)


def sealed(batch: Batch) -> bytes:
    body, count = BodyEncoder().encode([batch])
    return sign(unsigned(HEADER._replace(readings=count), body), KEY)


def resigned(envelope: bytes) -> bytes:
    return envelope[:-32] + hmac.digest(KEY, envelope[:-32], "sha256")


def enveloped(
    stored: bytes, raw_length: int, count: int, *, compression: int = 1, stored_length: int | None = None
) -> bytes:
    length = len(stored) if stored_length is None else stored_length
    head = struct.pack("<2sBBBBBBQIIqQII", b"YZ", 1, 1, 0, compression, 0, 4, 77, 3, count, 0, 0, length, raw_length)
    return resigned(head + b"gw-1" + stored + bytes(32))


def read(envelope: bytes) -> Batch | None:
    """None when it is refused; any other end than ProtocolError fails the test."""
    try:
        header = read_header(envelope)
        body = expand(envelope, header)
    except ProtocolError:
        return None
    return same_verdict(body, header.readings)


def same_verdict(body: bytes, count: int) -> Batch | None:
    try:
        by_rows = decode_rows(body, count)
    except ProtocolError:
        by_rows = None
    try:
        by_columns = as_batch(decode(body, count))
    except ProtocolError:
        by_columns = None
    assert (by_rows is None) == (by_columns is None)
    if by_rows is None or by_columns is None:
        return None
    assert (by_rows.points, by_rows.point, by_rows.time) == (by_columns.points, by_columns.point, by_columns.time)
    assert (by_rows.quality, by_rows.reasons) == (by_columns.quality, by_columns.reasons)
    np.testing.assert_array_equal(np.array(by_rows.value), np.array(by_columns.value))
    return by_rows


ENVELOPE = sealed(SMALL)
BODY = BodyEncoder().encode([SMALL])[0]


def test_every_flipped_byte_is_told_by_the_mac() -> None:
    assert verify(ENVELOPE, KEY)
    for place in range(len(ENVELOPE)):
        for bit in (1, 0x80):
            altered = bytearray(ENVELOPE)
            altered[place] ^= bit
            assert not verify(bytes(altered), KEY)


def test_every_truncation_and_extension_is_told() -> None:
    for length in range(len(ENVELOPE)):
        assert not verify(ENVELOPE[:length], KEY)
        with pytest.raises(ProtocolError):
            read_header(ENVELOPE[:length])
    for tail in (b"\0", b"\xff", ENVELOPE, bytes(100)):
        assert not verify(ENVELOPE + tail, KEY)
        with pytest.raises(ProtocolError):
            read_header(ENVELOPE + tail)
        with pytest.raises(ProtocolError):
            read_header(resigned(ENVELOPE[:-32] + tail + bytes(32)))


def test_every_byte_altered_under_a_right_mac_is_read_or_refused() -> None:
    assert read(ENVELOPE) is not None
    for place in range(len(ENVELOPE) - 32):
        for value in (0, 1, 0x7F, 0x80, 0xFF, ENVELOPE[place] ^ 1, ENVELOPE[place] ^ 0x10):
            altered = bytearray(ENVELOPE)
            altered[place] = value
            read(resigned(bytes(altered)))


def test_every_byte_of_a_body_altered_is_read_or_refused_alike() -> None:
    assert same_verdict(BODY, 4) is not None
    for place in range(len(BODY)):
        for value in (0, 1, 2, 4, 8, 9, 10, 0x7F, 0x80, 0xFE, 0xFF, BODY[place] ^ 1):
            same_verdict(BODY[:place] + bytes((value,)) + BODY[place + 1 :], 4)


def test_every_body_cut_or_lengthened_is_refused() -> None:
    for length in range(len(BODY)):
        assert same_verdict(BODY[:length], 4) is None
    assert same_verdict(BODY + b"\0", 4) is None
    for count in (0, 1, 3, 5, 65_535):
        assert same_verdict(BODY, count) is None


@given(small_batches, st.data())
@settings(max_examples=200)
def test_any_bytes_of_any_body_altered(batch: Batch, data: st.DataObject) -> None:
    body, count = BodyEncoder().encode([batch])
    altered = bytearray(body)
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), min_size=1, max_size=6)
    ):
        altered[place] = value
    same_verdict(bytes(altered), count)


@given(st.binary(max_size=200), st.integers(0, 65_535))
def test_garbage_is_refused(body: bytes, count: int) -> None:
    same_verdict(body, count)
    read(enveloped(body, len(body), count, compression=0))
    read(body)


def test_large_bodies_altered_at_random() -> None:
    rng = Random(5)
    for seed in range(4):
        body, count = BodyEncoder().encode([large_batch(seed, 400)])
        for _ in range(100):
            altered = bytearray(body)
            for _ in range(rng.randint(1, 4)):
                altered[rng.randrange(len(body))] = rng.choice((0, 1, 0xFF, rng.randrange(256)))
            same_verdict(bytes(altered), count)


@pytest.mark.parametrize(
    ("at", "value", "says"),
    [
        (0, b"YX", "expected 595a01"),
        (2, b"\2", "version 1"),
        (3, b"\0", "stream 0"),
        (3, b"\3", "stream 3"),
        (4, b"\4", "flags 4"),
        (5, b"\2", "compression 2"),
        (7, b"\0", "header says"),
        (7, b"\xff", "header says"),
        (15, b"\x80", "epoch"),
        (20, b"\0\0\1\0", "readings"),
        (40, b"\xff\xff\xff\xff", "header says"),
        (44, b"\xff\xff\xff\x7f", "over the limits"),
        (48, b"GW-1", "gateway"),
        (48, b"\xff\xff\xff\xff", "gateway"),
        (48, b"gw-\n", "gateway"),
    ],
)
def test_a_header_that_is_none_is_named(at: int, value: bytes, says: str) -> None:
    altered = ENVELOPE[:at] + value + ENVELOPE[at + len(value) :]
    with pytest.raises(ProtocolError, match=says):
        read_header(resigned(altered))


def bounded(envelope: bytes) -> None:
    """Refused within 10 MB, and in a time that no attacker can stretch (a guard against hangs, not a measurement)."""
    started = time.process_time()
    assert read(envelope) is None
    took = time.process_time() - started
    tracemalloc.start()
    assert read(envelope) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (took < 0.5, peak < 10 << 20) == (True, True)


def test_what_expands_to_very_much_costs_little() -> None:
    zeros = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(200 << 20))
    for raw_length in (200 << 20, MAX_BODY, MAX_BODY + 1, 0, 1):
        bounded(enveloped(zeros, raw_length & 0xFFFF_FFFF, 1000))
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(50 << 20))
    bounded(enveloped(unsized, MAX_BODY, 1000))
    # says 100 bytes, holds 50 MB
    frame = bytearray(zstandard.ZstdCompressor(write_content_size=True).compress(bytes(50 << 20)))
    assert zstandard.get_frame_parameters(bytes(frame)).content_size == 50 << 20
    place = bytes(frame).index(struct.pack("<I", 50 << 20))
    frame[place : place + 4] = struct.pack("<I", 100)
    bounded(enveloped(bytes(frame), 100, 1))


def test_what_is_no_single_frame_of_the_announced_length() -> None:
    frame = zstandard.ZstdCompressor(write_content_size=True).compress(BODY)
    assert read(enveloped(frame, len(BODY), 4)) is not None
    for stored in (
        frame + b"\0", frame + frame, frame[:-1], b"", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18\5\0\0\0hello", BODY,
        b"\x50\x2a\x4d\x18\0\0\0\0" + frame,
    ):  # fmt: skip
        assert read(enveloped(stored, len(BODY), 4)) is None
    for raw_length in (len(BODY) - 1, len(BODY) + 1, 0):
        assert read(enveloped(frame, raw_length, 4)) is None
        assert read(enveloped(BODY, raw_length, 4, compression=0)) is None


def test_huge_counts_cost_little() -> None:
    table = BODY[4 : 4 + int.from_bytes(BODY[:4], "little")]
    for body in (
        b"\xff\xff\xff\xff" + BODY[4:],  # the table is longer than everything
        struct.pack("<I", len(table)) + table + b"\0\xff\xff",  # 65,535 readings of each point
        struct.pack("<IHHH", 6, 0, 0, 0) + b"\1",  # no point at all
        struct.pack("<IH", 2, 65_535),  # 65,535 sources in no bytes
        struct.pack("<I", 6 + 2 * 65_535) + struct.pack("<H", 65_535) + b"\1\0" * 65_535 + bytes(4),  # nameless sources
    ):
        for count in (1, 65_535):
            bounded(enveloped(body, len(body), count, compression=0))


def table(*parts: bytes) -> bytes:
    return b"".join(parts)


SOURCES, SERIES = b"\1\0\1\5mn:A1", b"\1\0\2ph"


@pytest.mark.parametrize(
    "wrong",
    [
        table(),
        table(SOURCES),
        table(SOURCES, SERIES),
        table(SOURCES, SERIES, b"\1\0", b"\1\0\0\0"),  # source 1 of 1
        table(SOURCES, SERIES, b"\1\0", b"\0\0\1\0"),  # series 1 of 1
        table(SOURCES, SERIES, b"\1\0", b"\0\0\0"),
        table(SOURCES, SERIES, b"\1\0", b"\0\0\0\0\0"),
        table(SOURCES, SERIES, b"\2\0", bytes(8)),  # the same point twice
        table(b"\1\0\2\5mn:A1", SERIES, b"\1\0", bytes(4)),  # a source of kind 2
        table(b"\1\0\1\5mn\xffA1", SERIES, b"\1\0", bytes(4)),
        table(b"\1\0\1\5mnxA1", SERIES, b"\1\0", bytes(4)),
        table(b"\1\0\1\xffmn:A1", SERIES, b"\1\0", bytes(4)),
        table(b"\1\0\0\1\2", SERIES, b"\1\0", bytes(4)),
        table(SOURCES, b"\1\0\2PH", b"\1\0", bytes(4)),
        table(SOURCES, b"\1\0\0", b"\1\0", bytes(4)),
        table(SOURCES, b"\1\0\5ph/\n1", b"\1\0", bytes(4)),
        # one neuron, as a number and as a text
        table(b"\2\0\0\0\0\0\0\1\1\15" + str(A.source).encode(), SERIES, b"\2\0", b"\0\1\0\0\0\0\0\0"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProtocolError, match="table of points"):
        decode_table(wrong)
    assert decode_table(table(SOURCES, SERIES, b"\1\0", bytes(4))) == (Point("mn:A1", "ph"),)


def test_the_limits_are_kept_when_sealing() -> None:
    with pytest.raises(ValueError, match="limits"):
        unsigned(HEADER, bytes(MAX_BODY + 1))
    with pytest.raises(ValueError, match="limits"):
        unsigned(HEADER, Random(1).randbytes(MAX_ENVELOPE))
    largest = Random(1).randbytes(MAX_ENVELOPE - 48 - 4 - 32)
    envelope = sign(unsigned(HEADER, largest), KEY)
    assert len(envelope) == MAX_ENVELOPE
    assert expand(envelope, read_header(envelope)) == largest


def test_events_are_told() -> None:
    events = [Event("gw-1", "door", 5, {"open": True}), Event("mn:A1", "alarm.raised", 6)]
    envelope = sign(unsigned(HEADER._replace(stream=Stream.EVENTS, readings=2), events_body(events)), KEY)
    assert describe(envelope)["events"] == [
        {"source": "gw-1", "kind": "door", "time": 5, "data": {"open": True}},
        {"source": "mn:A1", "kind": "alarm.raised", "time": 6, "data": {}},
    ]


@pytest.mark.parametrize("body", [b"", b'{"door": "open"}', b"\n", b"[]\n[]"])
def test_what_are_no_events(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        describe(sign(unsigned(HEADER._replace(stream=Stream.EVENTS, readings=1), body), KEY))


def test_as_many_events_as_the_header_says() -> None:
    body = events_body([Event("gw-1", "door", 5)] * 3)
    for count in (2, 4, 1001):
        with pytest.raises(ProtocolError, match="events announced"):
            decode_events(body, count)
    with pytest.raises(ValueError, match="expected 1 to 1000"):
        encode_events([b"{}"] * 1001)


def events_body(events: list[Event]) -> bytes:
    return encode_events([event.encode() for event in events])

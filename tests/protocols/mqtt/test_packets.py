"""Packets byte by byte; the examples are those of the standards where they give some."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt import (
    Connack,
    Connect,
    Disconnected,
    Message,
    PacketReader,
    Pong,
    Property,
    Puback,
    Suback,
    Version,
    Will,
    connect,
    disconnect,
    ping,
    puback,
    publish,
    received,
    subscribe,
)
from protocols.mqtt.fields import MOST, varint, write_varint
from protocols.mqtt.properties import properties
from protocols.vocabulary import ProtocolError

V311, V5 = Version.V311, Version.V5


def only(data: bytes, version: Version = V311) -> object:
    """The one packet that these bytes are."""
    reader = PacketReader(1 << 20)
    reader.feed(data)
    ((first, body),) = reader.packets()
    return received(version, first, body)


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"), (2_097_151, "ffff7f"),
     (2_097_152, "80808001"), (268_435_455, "ffffff7f")],
)  # fmt: skip
def test_lengths_of_table_1_1(value: int, written: str) -> None:
    assert write_varint(value).hex() == written
    assert varint(bytes.fromhex(written), 0) == (value, len(written) // 2)


@pytest.mark.parametrize("value", [-1, MOST + 1])
def test_lengths_beyond_four_bytes_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        write_varint(value)


@pytest.mark.parametrize("written", ["", "80", "ffffff", "ffffffff", "ffffffff01"])
def test_lengths_that_do_not_end(written: str) -> None:
    with pytest.raises(ProtocolError):
        varint(bytes.fromhex(written), 0)


def test_connect_as_the_standard_writes_it() -> None:
    """Flags of the example in figure 3-6: name, password, will at QoS 1, clean; its will is not retained, ours is."""
    how = Connect("c", 10, V5, username="u", password="p", will=Will("w", b"gone"))
    body = connect(how)[2:]
    assert body[:10] == bytes.fromhex("0004 4d515454 05 ee 000a")
    assert body[10:] == b"\0" + b"\0\1c" + b"\0" + b"\0\1w" + b"\0\4gone" + b"\0\1u" + b"\0\1p"
    plain = connect(Connect("c", 65_535, V311, clean=False))
    assert plain == b"\x10\x0d\0\4MQTT\4\0\xff\xff\0\1c"


def test_publish_as_figure_3_11_of_the_standard() -> None:
    """Topic a/b, packet identifier 10 (MQTT 3.1.1, §3.3.2)."""
    assert publish(V311, "a/b", b"", packet_id=10) == bytes.fromhex("32 07 0003 612f62 000a")
    assert publish(V5, "a/b", b"x", packet_id=10, retain=True, again=True) == bytes.fromhex(
        "3b 09 0003612f62 000a 00 78"
    )
    assert publish(V311, "a/b", b"x") == bytes.fromhex("30 06 0003612f62 78")


def test_subscribe_as_figure_3_23_of_the_standard() -> None:
    """a/b at QoS 1 and c/d at QoS 2 there (MQTT 3.1.1, §3.8.3); we ask for no more than 1."""
    written = subscribe(V311, 10, [("a/b", 1), ("c/d", 1)])
    assert written == bytes.fromhex("82 0e 000a 0003612f62 01 0003632f64 01")
    assert subscribe(V5, 10, [("a/b", 1)]) == bytes.fromhex("82 09 000a 00 0003612f62 01")


def test_short_ones() -> None:
    assert [one().hex() for one in (ping, disconnect)] == ["c000", "e000"]
    assert puback(0x1234).hex() == "40021234"


def test_what_a_broker_sends() -> None:
    assert only(bytes.fromhex("20 02 01 00")) == Connack(None, present=True)
    assert only(bytes.fromhex("20 02 00 05")) == Connack("Not authorized")
    assert only(bytes.fromhex("20 02 00 09")) == Connack("return code 9")
    told = {Property.RECEIVE_MAXIMUM: 20, Property.SERVER_KEEP_ALIVE: 7}
    assert only(bytes.fromhex("20 09 00 00 06 21 0014 13 0007"), V5) == Connack(None, properties=told)
    assert only(bytes.fromhex("20 03 00 87 00"), V5) == Connack("Not authorized")
    assert only(bytes.fromhex("40 02 000a")) == Puback(10, None)
    assert only(bytes.fromhex("40 02 000a"), V5) == Puback(10, None)
    assert only(bytes.fromhex("40 04 000a 10 00"), V5) == Puback(10, None)  # nobody listens: no failure
    assert only(bytes.fromhex("40 03 000a 97"), V5) == Puback(10, "Quota exceeded")
    assert only(bytes.fromhex("90 04 000a 01 80")) == Suback(10, (None, "Unspecified error"))
    assert only(bytes.fromhex("90 05 000a 00 01 8f"), V5) == Suback(10, (None, "Topic filter invalid"))
    assert only(bytes.fromhex("d0 00")) == Pong()
    assert only(bytes.fromhex("e0 01 8e"), V5) == Disconnected("Session taken over")
    assert only(bytes.fromhex("e0 07 8b 05 1f 0002 6279"), V5) == Disconnected("Server shutting down - by")
    assert only(bytes.fromhex("e0 00"), V5) == Disconnected("goodbye")


@given(
    st.sampled_from([V311, V5]), st.text(max_size=30), st.binary(max_size=300), st.integers(0, 65_535), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_a_message_comes_as_it_was_sent(
    version: Version, topic: str, payload: bytes, number: int, retain: bool, again: bool
) -> None:
    written = publish(version, topic, payload, packet_id=number, retain=retain, again=again)
    assert only(written, version) == Message(topic.encode(), payload, int(number > 0), number, retain, again)


@pytest.mark.parametrize(
    "data",
    ["20 00", "20 01 00", "30 01 00", "30 02 0003", "34 07 0003612f62 000a", "36 07 0003612f62 000a",
     "32 05 0003612f62", "40 01 00", "90 01 00", "e0 00", "10 02 0000", "00 00", "f0 00", "82 02 0000"],
)  # fmt: skip
def test_what_no_broker_may_send(data: str) -> None:
    with pytest.raises(ProtocolError):
        only(bytes.fromhex(data))


@pytest.mark.parametrize(
    "data", ["04 21 0014 13", "02 ff 00", "01 21", "05 26 0001 61 0001", "03 1f 0001 ff", "7f 01 00"]
)
def test_properties_that_are_none(data: str) -> None:
    with pytest.raises(ProtocolError):
        properties(bytes.fromhex(data), 0)


def test_every_kind_of_property_is_passed_over() -> None:
    written = bytes.fromhex(
        "01 01 02 00000005 03 0001 61 08 0001 62 09 0002 0102 0b 8001 11 00000006 12 0001 63 13 0007 15 0001 64"
        "16 0001 65 17 01 18 00000008 19 01 1a 0001 66 1c 0001 67 1f 0001 68 21 0009 22 000a 23 000b 24 01 25 01"
        "26 0001 69 0001 6a 27 0000000c 28 01 29 01 2a 01"
    )
    found, end = properties(bytes((len(written),)) + written, 0)
    assert (len(found), end) == (27, len(written) + 1)
    assert (found[0x0B], found[0x26], found[0x27], found[0x09]) == (128, ("i", "j"), 12, b"\1\2")


@given(st.lists(st.binary(max_size=400), max_size=12), st.randoms(use_true_random=False))
def test_however_a_stream_is_cut_the_packets_are_the_same(payloads: list[bytes], rng: Random) -> None:
    stream = b"".join(publish(V311, "t", payload, packet_id=n + 1) for n, payload in enumerate(payloads))
    reader, found, at = PacketReader(1000), [], 0
    while at < len(stream):
        size = rng.choice([1, 2, 3, 50, 1000])
        reader.feed(stream[at : at + size])
        at += size
        for first, body in reader.packets():
            found.append(received(V311, first, body))
            if rng.random() < 0.3:
                break  # the others are given the next time
    found += [received(V311, *one) for one in reader.packets()]
    assert [one.payload for one in found] == payloads  # type: ignore[union-attr]


def test_a_length_beyond_the_bound_is_refused_before_it_has_come() -> None:
    reader = PacketReader(1000)
    reader.feed(b"\x30\xe9\x07")
    with pytest.raises(ProtocolError, match="1001 bytes"):
        list(reader.packets())
    reader = PacketReader(1000)
    reader.feed(b"\x30\xe8\x07")
    assert list(reader.packets()) == []
    reader.feed(bytes(1000))
    assert list(reader.packets()) == [(0x30, bytes(1000))]


def test_a_length_of_five_bytes_is_refused() -> None:
    reader = PacketReader(1000)
    reader.feed(b"\x30\xff\xff\xff\xff")
    with pytest.raises(ProtocolError, match="four bytes"):
        list(reader.packets())


@given(st.sampled_from([V311, V5]), st.integers(0, 255), st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(version: Version, first: int, body: bytes) -> None:
    with suppress(ProtocolError):
        received(version, first, body)

import hmac
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.uplink import BodyEncoder, Header, expand, read_header, sign, unsigned, verify
from protocols.uplink.columns import Decoded, decode
from protocols.uplink.describe import describe
from protocols.uplink.rows import decode_rows
from protocols.vocabulary import Batch, Point, Reading, reason_names
from tests.protocols.uplink.batches import as_batch, grouped, headers, large_batch, rows, small_batches

KEY = bytes(range(32))


def same_bits(one: Batch, other: Batch) -> bool:
    return (one.points, one.point, one.time, one.value.tobytes(), one.quality, one.reasons) == (
        other.points, other.point, other.time, other.value.tobytes(), other.quality, other.reasons,
    )  # fmt: skip


def check(encoder: BodyEncoder, batches: list[Batch]) -> None:
    body, count = encoder.encode(batches)
    assert count == sum(map(len, batches))
    by_rows, by_columns = decode_rows(body, count), decode(body, count)
    assert same_bits(by_rows, as_batch(by_columns))
    joined = Batch.of(reading for batch in batches for reading in batch.readings())
    assert rows(by_rows) == rows(joined)
    assert by_rows.point == array("I", sorted(by_rows.point))


@given(small_batches)
@settings(max_examples=300)
def test_what_goes_in_comes_out_of_both_decoders(batch: Batch) -> None:
    check(BodyEncoder(), [batch])


encoders = st.shared(st.builds(BodyEncoder), key="encoder")


@given(encoders, st.lists(small_batches, min_size=1, max_size=4))
def test_an_encoder_that_remembers_decimals_stays_exact(encoder: BodyEncoder, batches: list[Batch]) -> None:
    for batch in batches:
        check(encoder, [batch])
    check(encoder, batches)


@pytest.mark.parametrize("count", [1, 2, 3, 255, 256, 1000, 2000])
@pytest.mark.parametrize("seed", range(3))
def test_large_batches(seed: int, count: int) -> None:
    batch = large_batch(seed, count, late=True)
    body, readings = BodyEncoder().encode([batch])
    assert grouped(decode_rows(body, readings)) == grouped(as_batch(decode(body, readings))) == grouped(batch)


def test_the_order_within_a_point_is_kept_and_points_come_as_they_first_appeared() -> None:
    a, b = Point("mn:A", "ph"), Point("mn:B", "ph")
    batch = Batch.of([Reading(b, 9, 1.0), Reading(a, 5, 2.0), Reading(b, 3, 3.0), Reading(a, 5, 4.0)])
    body, count = BodyEncoder().encode([batch])
    found = list(decode_rows(body, count).readings())
    assert [(r.point, r.time, r.value) for r in found] == [(b, 9, 1.0), (b, 3, 3.0), (a, 5, 2.0), (a, 5, 4.0)]


@pytest.mark.parametrize("count", [0, 65_536])
def test_an_envelope_holds_1_to_65535_readings(count: int) -> None:
    point = Point("mn:A", "ph")
    batch = Batch((point,), array("I", [0]) * count, array("q", range(count)), array("d", [1.5]) * count,
                  array("B", [1]) * count, array("I", [0]) * count)  # fmt: skip
    with pytest.raises(ValueError, match=f"{count} readings"):
        BodyEncoder().encode([batch])


def test_as_many_readings_and_points_as_there_may_be() -> None:
    count = 65_535
    table = tuple(Point(f"mn:{number}", "ph") for number in range(count))
    batch = Batch(table, array("I", range(count)), array("q", range(count)), array("d", range(count)),
                  array("B", [1]) * count, array("I", range(count)))  # fmt: skip
    body, found = BodyEncoder().encode([batch])
    assert same_bits(decode_rows(body, found), batch)
    assert same_bits(as_batch(decode(body, found)), batch)


def test_missing_values_are_nan_and_minus_zero_is_zero() -> None:
    point = Point("mn:A", "ph")
    body, count = BodyEncoder().encode(
        [Batch.of([Reading(point, 1, -0.0), Reading.missing(point, 2), Reading(point, 3, 0.5)])]
    )
    value = decode(body, count).value
    assert value[[0, 2]].tobytes() == np.array([0.0, 0.5]).tobytes()
    assert np.isnan(value[1])


@given(small_batches, headers, st.binary(max_size=40), st.integers(0, 255), st.booleans())
def test_an_envelope_says_what_was_sealed(batch: Batch, header: Header, key: bytes, key_id: int, late: bool) -> None:
    body, count = BodyEncoder().encode([batch])
    envelope = sign(unsigned(header._replace(readings=count), body), key, key_id=key_id, late=late)
    found = read_header(envelope)
    assert found[:6] == header._replace(readings=count)[:6]
    assert (found.key_id, found.late, found.flags & 2) == (key_id, late, header.flags)
    assert verify(envelope, key)
    assert not verify(envelope, key + b"\1")
    assert expand(envelope, found) == body


@pytest.mark.parametrize("length", [0, 1, 2046, 2047, 2048, 4094, 4095, 32_752, 32_753, 1_000_000])
def test_a_mac_is_right_whatever_the_length(length: int) -> None:
    signed = bytes(n % 251 for n in range(length))
    envelope = signed + hmac.digest(b"key", signed, "sha256")
    assert verify(envelope, b"key")
    assert not verify(envelope, b"yek")
    assert not verify(envelope[:-1] + bytes((envelope[-1] ^ 1,)), b"key")
    assert length == 0 or not verify(bytes((envelope[0] ^ 1,)) + envelope[1:], b"key")
    assert length == 0 or not verify(signed[:-1] + bytes((signed[-1] ^ 1,)) + envelope[length:], b"key")


@given(small_batches)
@settings(max_examples=30)
def test_describe_says_the_same(batch: Batch) -> None:
    body, count = BodyEncoder().encode([batch])
    envelope = sign(unsigned(Header("gw-1", 5, 6, count, 7, 8, flags=2), body), KEY, key_id=3)
    said = describe(envelope, KEY)
    told = [(Point.parse(r["key"]), r["time"], r["value"], r["quality"], r["reasons"]) for r in said["readings"]]
    found: Decoded = decode(body, count)
    assert told == [(r.point, r.time, r.value, r.quality, reason_names(r.reasons)) for r in as_batch(found).readings()]
    assert (said["mac_verified"], said["clock_synced"], said["late"], said["key_id"]) == (True, False, False, 3)
    assert describe(envelope)["mac_verified"] is None
    assert describe(envelope, b"other")["mac_verified"] is False

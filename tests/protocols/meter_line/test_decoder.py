"""What the laws do not say of the stream: errors in their place, modems, silence."""

import pytest

from protocols import cjt188, dlt645
from protocols.vocabulary import ProtocolError

VOLTAGE = bytes.fromhex("686101000000006891063334343534431016")
BROKEN = VOLTAGE[:-2] + b"\x11\x16"
WATER = bytes.fromhex("6810210900001700028116901F00000200002C000000002C0000000000000000005B16")


def feed(decoder, data):
    return [str(found) if isinstance(found, ProtocolError) else found.raw for found in decoder.feed(data)]


def test_fe_between_frames_is_no_noise():
    assert feed(dlt645.Decoder(), b"\xfe" * 4 + VOLTAGE + b"\xfe" * 20 + VOLTAGE) == [VOLTAGE, VOLTAGE]


def test_a_wrong_checksum_is_an_error_in_its_place_and_costs_one_frame():
    assert feed(dlt645.Decoder(), VOLTAGE + BROKEN + VOLTAGE) == [
        VOLTAGE,
        "DL/T 645: CS: found 11, 10 is right",
        VOLTAGE,
    ]


def test_a_lost_byte_never_costs_the_next_frame():
    for at in range(len(VOLTAGE)):
        decoder = dlt645.Decoder()
        found = decoder.feed(VOLTAGE[:at] + VOLTAGE[at + 1 :] + VOLTAGE)
        assert (found + decoder.silence())[-1] == dlt645.decode(VOLTAGE), at


def test_a_wrong_length_that_ends_where_the_next_frame_ends_does_not_cost_that_one():
    swallowing = VOLTAGE[:9] + bytes([6 + len(VOLTAGE)]) + VOLTAGE[10:]
    error, frame = feed(dlt645.Decoder(), swallowing + VOLTAGE)
    assert error.startswith("DL/T 645: CS: found 10")
    assert frame == VOLTAGE


def test_a_start_that_announces_more_than_comes_is_given_up_in_silence():
    decoder = cjt188.Decoder()
    assert decoder.feed(b"\x68" * 11 + WATER) == []
    noise, frame = decoder.silence()
    assert isinstance(noise, ProtocolError)
    assert frame.raw == WATER


@pytest.mark.parametrize("split", range(len(WATER) + 2))
def test_a_modems_byte_behind_each_frame_is_passed_over_when_it_is_told_of(split):
    stream = WATER + b"\x1f\xfe\xfe" + WATER + b"\x1e" + WATER
    decoder = cjt188.Decoder(modem_bytes=1)
    found = decoder.feed(stream[:split]) + decoder.feed(stream[split:])
    assert [frame.raw for frame in found] == [WATER] * 3
    assert decoder.silence() == []
    assert any(isinstance(found, ProtocolError) for found in cjt188.Decoder().feed(stream))


def test_a_missing_modem_byte_does_not_cost_the_next_frame():
    assert feed(cjt188.Decoder(modem_bytes=1), WATER + WATER) == [WATER, WATER]


def test_many_tiny_frames_stay_within_the_bound(benchmark_s):
    frame = dlt645.encode(dlt645.Frame("000000000001", 0x9C))
    decoder = dlt645.Decoder()
    with benchmark_s(5):
        count = sum(len(decoder.feed(frame * 1000)) for _ in range(50))
    assert count == 50_000

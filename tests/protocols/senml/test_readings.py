"""Packs as readings: times, units, and what is left out."""

import json
from collections import Counter

import pytest

from protocols.senml.readings import CBOR, JSON, understand
from protocols.vocabulary import Point, ProtocolError, Quality

NOW_MS = 1_795_420_800_123


def read(*records, limit=65_536):
    counters: Counter[str] = Counter()
    pack = understand(json.dumps(records).encode(), JSON, limit, NOW_MS, counters)
    return pack, dict(counters)


def test_times_are_the_senders_or_the_arrival():
    pack, counters = read(
        {"bn": "imei:1/", "n": "ph", "v": 7.1},
        {"n": "orp", "v": 200, "t": -60},
        {"n": "turbidity", "v": 3, "t": 1_795_000_000.5},
    )
    assert [(str(r.point), r.time, r.value, r.quality) for r in pack.readings] == [
        ("imei:1/ph", NOW_MS, 7.1, Quality.NOT_EVALUATED),
        ("imei:1/orp", NOW_MS - 60_000, 200.0, Quality.NOT_EVALUATED),
        ("imei:1/turbidity", 1_795_000_000_500, 3.0, Quality.NOT_EVALUATED),
    ]
    assert (pack.refused, counters) == ([], {})


def test_units_become_ours_and_a_unit_that_cannot_is_refused_alone():
    pack, counters = read(
        {"bn": "imei:1/", "n": "air_temperature", "u": "K", "v": 294.15},
        {"n": "conductivity", "u": "S/m", "v": 0.05},
        {"n": "soil_moisture", "u": "%", "v": 31},
        {"n": "dissolved_oxygen", "u": "mg/L", "v": 8.2},
        {"n": "ph", "u": "Cel", "v": 7},
        {"n": "something_of_the_site", "u": "frogs", "v": 4},
    )
    values = {r.point.observed: r.value for r in pack.readings}
    assert values == {
        "air_temperature": pytest.approx(21.0),
        "conductivity": 500.0,
        "soil_moisture": 31.0,
        "dissolved_oxygen": 8.2,
        "something_of_the_site": 4.0,
    }
    assert pack.refused == ["imei:1/ph: unit Cel is no way to [pH]"]
    assert counters == {"unit": 1}


def test_what_is_no_number_is_left_out_and_counted():
    pack, counters = read(
        {"bn": "imei:1/", "n": "ph", "v": 7},
        {"n": "door", "vb": True},
        {"n": "note", "vs": "hello"},
        {"n": "picture", "vd": "AAAA"},
        {"n": "energy", "s": 5},
    )
    assert [r.point for r in pack.readings] == [Point("imei:1", "ph")]
    assert (pack.refused, counters) == ([], {"not_a_number": 3, "sum_only": 1})


def test_a_name_that_means_nothing_is_refused_alone():
    pack, counters = read({"n": "temperature", "v": 7}, {"n": "imei:1/ph", "v": 7})
    assert [r.point for r in pack.readings] == [Point("imei:1", "ph")]
    assert len(pack.refused) == 1
    assert counters == {"name": 1}


def test_one_instant_holds_one_value():
    pack, counters = read({"n": "imei:1/ph", "v": 7}, {"n": "imei:1/ph", "v": 8}, {"n": "imei:1/ph", "v": 9, "t": -1})
    assert [r.value for r in pack.readings] == [7.0, 9.0]
    assert counters == {"double_record": 1}


@pytest.mark.parametrize(("payload", "content_format"), [(b"[{}]", JSON), (b"nope", JSON), (b"\x81", CBOR)])
def test_a_malformed_pack_is_refused_whole(payload, content_format):
    with pytest.raises(ProtocolError):
        understand(payload, content_format, 65_536, NOW_MS, Counter())


def test_a_pack_that_is_too_long():
    with pytest.raises(ProtocolError):
        read({"n": "imei:1/ph", "v": 7}, limit=10)

from datetime import UTC, datetime

from protocols.dlt645 import measurements
from protocols.vocabulary import OBSERVED_PROPERTIES, Quality, Reason


def test_a_power_is_observed_in_watts():
    (found,) = measurements(0x02030100, bytes.fromhex("345682"))
    assert (found.item, found.value, found.unit) == ("phase A active power", -2.5634, "kW")
    assert (found.observed.name, found.observed.channel, found.observed_value) == ("active_power", "a", -2563.4)
    assert found.observed.unit == "W"
    assert (found.time, found.quality, found.reasons) == (None, Quality.NOT_EVALUATED, Reason.NONE)


def test_channels_keep_series_apart():
    tariffs = measurements(0x0001FF00, bytes.fromhex("01000000" * 3))
    assert [(m.observed.name, m.observed.channel) for m in tariffs] == [
        ("active_energy", ""),
        ("active_energy", "t1"),
        ("active_energy", "t2"),
    ]
    for di, channel in (
        (0x00020000, "reverse"),
        (0x00020100, "reverse.t1"),
        (0, "combined"),
        (0x00160000, "a.reverse"),
    ):
        (found,) = measurements(di, bytes(4))
        assert found.observed.channel == channel
    assert measurements(0x00010001, bytes(4))[0].observed is None, "a past settlement is no reading of now"
    assert measurements(0x9010, bytes(4), "1997")[0].observed.name == "active_energy"
    assert measurements(0x9410, bytes(4), "1997")[0].observed is None, "nor is last month's"


def test_a_demand_has_its_own_time():
    (found,) = measurements(0x01010000, bytes.fromhex("5634002309230721"))
    assert found.value == 0.3456
    assert found.time == int(datetime(2021, 7, 23, 1, 23, tzinfo=UTC).timestamp() * 1000)
    (found,) = measurements(0x01010000, bytes.fromhex("5634000000000000"))
    assert (found.value, found.time) == (0.3456, None)


def test_the_time_of_the_next_item_in_a_block_is_not_its_own():
    block = "05230721 592309 15 01 8000 2309230721 2309230721 59230905230721"
    assert [(m.item, m.value, m.time) for m in measurements(0x040001FF, bytes.fromhex(block))] == [
        ("maximum demand period", 15.0, None),
        ("demand slip time", 1.0, None),
        ("pulse width", 80.0, None),
    ]


def test_missing_and_invalid_are_told_apart():
    a, b, c = measurements(0x0201FF00, bytes.fromhex("0122FFFF0A22"))
    assert [m.quality for m in (a, b, c)] == [Quality.NOT_EVALUATED, Quality.MISSING, Quality.MISSING]
    assert [m.reasons for m in (a, b, c)] == [Reason.NONE, Reason.NONE, Reason.INVALID_VALUE]
    assert b.value is b.observed_value is None


def test_what_is_no_number_is_no_measurement():
    assert measurements(0x04000101, bytes.fromhex("05230721")) == []
    assert measurements(0x09000000, b"\x01") == []
    assert measurements(0x02010100, b"\x01") == []


def test_every_observed_property_is_in_the_vocabulary():
    seen = set()
    for di3 in (0, 2):
        for di2 in range(256):
            for di1 in range(4):
                for di0 in range(12):
                    di = di3 << 24 | di2 << 16 | di1 << 8 | di0
                    for width in (2, 3, 4):
                        seen |= {m.observed.name for m in measurements(di, bytes(width)) if m.observed}
    assert seen == {
        "active_energy",
        "voltage",
        "current",
        "active_power",
        "power_factor",
        "frequency",
        "battery_voltage",
    }
    assert seen <= set(OBSERVED_PROPERTIES)

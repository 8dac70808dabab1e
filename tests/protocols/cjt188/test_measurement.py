from datetime import UTC, datetime

import pytest

from protocols.cjt188 import measurements
from protocols.vocabulary import OBSERVED_PROPERTIES, Quality, Reason
from tests.protocols.cjt188.test_reading import GAS, HEAT, HEAT_READING, READING, WATER


def measured(meter_type, text, di=0x901F):
    return measurements(meter_type, di, bytes.fromhex(text))


def test_a_water_meter():
    current, settle = measured(WATER, READING.format(unit="2C"))
    assert (current.item, current.value, current.unit) == ("current", 556677.0, "m3")
    assert current.time == int(datetime(2015, 5, 11, 14, 1, 31, tzinfo=UTC).timestamp() * 1000)
    assert (current.quality, current.reasons) == (Quality.NOT_EVALUATED, Reason.NONE)
    assert (current.observed.name, current.observed_value) == ("water_volume", 556677.0)
    assert (settle.item, settle.observed) == ("settle", None)


def test_a_gas_meter_and_one_of_electricity():
    assert measured(GAS, READING.format(unit="2C"))[0].observed.name == "gas_volume"
    for unit, factor in (("05", 1), ("08", 1000), ("11", 2500 / 9)):
        current, _ = measured(0x40, READING.format(unit=unit))
        assert (current.observed.name, current.observed_value) == ("active_energy", pytest.approx(556677 * factor))


def test_a_heat_meter():
    by_item = {m.item: m for m in measured(HEAT, HEAT_READING)}
    heat = by_item["heat"]
    assert (heat.value, heat.unit, heat.observed.name, heat.observed_value) == (5328.19, "kWh", "heat_energy", 5328.19)
    assert by_item["settle_heat"].observed is None
    assert by_item["volume"].observed.name == "water_volume"
    flow = by_item["flow"]
    assert (flow.value, flow.unit, flow.observed.name, flow.observed_value) == (
        0.1234,
        "m3/h",
        "water_flow",
        0.1234 / 3600,
    )
    assert by_item["supply_temperature"].observed.channel == "supply"
    assert {m.observed.name for m in by_item.values() if m.observed} <= set(OBSERVED_PROPERTIES)


def test_litres_are_marked_because_nobody_knows_their_decimals():
    current, _ = measured(GAS, READING.format(unit="29"))
    assert (current.value, current.quality, current.reasons) == (556677.0, Quality.SUSPECT, Reason.UNIT)


@pytest.mark.parametrize(
    ("figures", "unit", "reasons"),
    [
        ("FFFFFFFF", "2C", Reason.NONE),
        ("0A000000", "2C", Reason.INVALID_VALUE),
        ("00000000", "00", Reason.UNIT),
    ],
)
def test_missing_is_told_with_its_reason(figures, unit, reasons):
    current, settle = measured(WATER, f"{figures} {unit} 00000000 2C 00000000000000 0000")
    assert (current.value, current.quality, current.reasons, current.time) == (None, Quality.MISSING, reasons, None)
    assert settle.value == 0.0


def test_a_makers_own_layout_measures_nothing():
    assert measured(HEAT, "7856341200FF") == []
    assert measured(WATER, "00", 0x9999) == []

import math

import pytest

from protocols.lwm2m import ObjectLink, Path, measurement
from protocols.lwm2m.units import convert, ucum_of
from protocols.vocabulary import Quality, Reason


def measured(path, value, *more, **named):
    found = measurement(Path.parse(path), value, *more, **named)
    return found.value, found.unit, found.observed


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("/3303/0/5700", 21.4, (21.4, "Cel", "air_temperature")),
        ("/3304/0/5700", 55, (55.0, "%", "relative_humidity")),
        ("/3316/0/5700", 230.5, (230.5, "V", "voltage")),
        ("/3305/0/5805", 1_234_500, (1_234.5, "kW.h", "active_energy")),
        ("/3418/0/6", 214, (0.214, "kW.h", "active_energy")),
        ("/3426/0/3", 0.215, (215.0, "mV", "orp")),
        ("/3426/0/5", 8.25, (8.25, "mg/L", "dissolved_oxygen")),
        ("/3426/0/7", 0.05, (500.0, "uS/cm", "conductivity")),
        ("/3426/0/11", 1.5, (1.5, "g/kg", "salinity")),
        ("/3428/0/1", 35, (35.0, "ug/m3", "pm10")),
        ("/3428/0/17", 415, (415.0, "[ppm]", "co2")),
        ("/3428/0/7", 1, (28_010 / 24_465, "mg/m3", "co")),
        ("/3428/0/9", 0.01, (0.01 * 64_060_000 / 24_465, "ug/m3", "so2")),
        ("/3429/0/1", 0.1, (0.1, "rad", None)),
        ("/3424/0/1", 12.345, (12.345, "m3", None)),
        ("/3435/0/2", 63.5, (63.5, "%", "fill_level")),
        ("/3416/0/3", 80, (80.0, "%", "lamp_level")),
        ("/3411/0/3", 3.6, (3.6, "V", "battery_voltage")),
        ("/10243/0/6", 1.25, (1_250.0, "W", "active_power")),
        ("/10314/0/5700", 12, (12.0, None, None)),
        ("/4/0/2", -95, (-95.0, "dB[mW]", "signal_strength")),
        ("/3/0/7/1", 3_600, (3_600.0, "mV", None)),
        ("/33333/0/5700", 7, (7.0, None, None)),
        ("/33333/0/1", 7, (7.0, None, None)),
    ],
)
def test_units_become_those_of_the_property(path, value, expected):
    assert measured(path, value) == expected


@pytest.mark.parametrize("value", [True, False, "on", b"\1", ObjectLink(3, 0)])
def test_what_is_no_number_is_no_measurement(value):
    assert measurement(Path.parse("/3306/0/5850"), value) is None


def test_a_path_without_a_resource_measures_nothing():
    assert measurement(Path.parse("/3303/0"), 1.0) is None


@pytest.mark.parametrize(
    ("sensor_units", "value", "expected"),
    [
        ("Cel", 20.0, (20.0, "Cel", "air_temperature")),
        ("°C", 20.0, (20.0, "Cel", "air_temperature")),
        ("Celsius degrees", 20.0, (20.0, "Cel", "air_temperature")),
        ("K", 300.0, (300 - 273.15, "Cel", "air_temperature")),
        ("°F", 50, (10.0, "Cel", "air_temperature")),
    ],
)
def test_the_units_of_the_device_stand_above_the_table(sensor_units, value, expected):
    assert measured("/3303/0/5700", value, sensor_units) == expected


def test_units_that_nobody_knows_are_told_and_nothing_is_guessed():
    found = measurement(Path.parse("/3303/0/5700"), 20.0, "Réaumur")
    assert (found.value, found.unit, found.observed, found.reasons) == (20.0, None, None, Reason.UNIT)
    assert measured("/3303/0/5700", 3.6, "V") == (3.6, "V", None)
    assert measured("/3315/0/5700", 1_013.0) == (1_013.0, None, None)
    assert measured("/3315/0/5700", 101_300, "Pa") == (1_013.0, "hPa", "air_pressure")
    assert measured("/3327/0/5700", 0.05, "S/m") == (500.0, "uS/cm", "conductivity")


def test_sensor_units_count_for_the_sensor_value_only():
    assert measured("/3426/0/3", 0.2, "Cel") == (200.0, "mV", "orp")
    assert measured("/3303/0/5601", 68, "°F") == (68.0, "[degF]", None)


def test_the_device_model_says_what_is_measured():
    assert measured("/3303/0/5700", 12.5, observed="water_temperature") == (12.5, "Cel", "water_temperature")
    assert measured("/3330/0/5700", 2.5, "cm", observed="water_level") == (0.025, "m", "water_level")
    found = measurement(Path.parse("/3303/0/5700"), 12.5, observed="ph")
    assert (found.value, found.unit, found.observed, found.reasons) == (12.5, "Cel", None, Reason.UNIT)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_what_is_not_finite_is_missing(value):
    found = measurement(Path.parse("/3303/0/5700"), value)
    assert (found.value, found.quality, found.reasons) == (None, Quality.MISSING, Reason.INVALID_VALUE)


def test_a_number_is_not_evaluated_yet():
    found = measurement(Path.parse("/10242/0/4"), 231)
    assert (found.quality, found.reasons, found.channel) == (Quality.NOT_EVALUATED, Reason.NONE, "r")
    assert found.resource.name == "Tension R"


@pytest.mark.parametrize(
    ("value", "unit", "observed", "expected"),
    [
        (1.0, "[ppm]", "so2", 2_618.43),
        (1.0, "[ppm]", "no2", 1_880.65),
        (1.0, "[ppm]", "o3", 1_961.99),
        (1.0, "[ppm]", "no", 1_226.65),
        (1.0, "[ppm]", "co", 1.1449),
        (1_000.0, "[ppb]", "so2", 2_618.43),
        (1.0, "[ppm]", "turbidity", None),
        (1.0, "", "ph", None),
        (1.0, "V", "unknown_property", None),
    ],
)
def test_gases_at_25_degrees(value, unit, observed, expected):
    found = convert(value, unit, observed)
    assert found is None if expected is None else found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("%RH", "%"), ("lux", "lx"), (" hPa ", "hPa"), ("µg/m³", "ug/m3"), ("μg/m3", "ug/m3"), ("dB(A)", "dB"),
     ("uS/cm", "uS/cm"), ("", None), ("fortnight", None)],
)  # fmt: skip
def test_what_devices_write(text, unit):
    assert ucum_of(text) == unit

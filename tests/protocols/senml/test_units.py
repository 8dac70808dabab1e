import pytest

from protocols.senml import convert
from protocols.senml.units import UNITS
from protocols.vocabulary import OBSERVED_PROPERTIES

OURS = {row.unit for row in OBSERVED_PROPERTIES.values()}


def test_every_row_leads_to_a_unit_of_the_house():
    assert {ucum for _, ucum in UNITS} <= OURS


@pytest.mark.parametrize(
    ("value", "unit", "ucum", "converted"),
    [
        (21.4, "Cel", "Cel", 21.4),
        (273.15, "K", "Cel", 0.0),
        (55, "%RH", "%", 55.0),
        (0.5, "/", "%", 50.0),
        (101_325, "Pa", "hPa", 1013.25),
        (0.05, "S/m", "uS/cm", 500.0),
        (7.1, "pH", "[pH]", 7.1),
        (3600, "J", "kW.h", 0.001),
        (36, "km/h", "m/s", 10.0),
        (214, "mm", "m", 0.214),
        (-70, "dBm", "dB[mW]", -70.0),
        (-100, "dBW", "dB[mW]", -70.0),
    ],
)
def test_conversions(value, unit, ucum, converted):
    assert convert(value, unit, ucum) == converted


def test_what_cannot_be_converted_is_none():
    assert convert(1, "Cel", "%") is None
    assert convert(1, "furlong", "m") is None
    assert convert(1, "", "m") is None

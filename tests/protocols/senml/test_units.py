import pytest

from protocols.senml import convert
from protocols.senml.units import UCUM, UNITS
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
        (5.5, "Bspl", "dB", 55.0),
        (31, "/1000", "g/kg", 31.0),
    ],
)
def test_conversions(value, unit, ucum, converted):
    assert convert(value, unit, ucum) == converted


def test_what_cannot_be_converted_is_none():
    assert convert(1, "Cel", "%") is None
    assert convert(1, "furlong", "m") is None
    assert convert(1, "", "m") is None


# RFC 8428 §12.1 and RFC 8798 §2 and §3, as the IANA registry lists them
PRIMARY = """
m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s l/s W/m2 cd/m2
bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs var vars J/m kg/m3 deg
"""
SECONDARY = """
ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3 mm/h m/h ppm /100 /1000
hPa mm cm km km/h
"""
WITHOUT_A_CODE = {"var", "vars", "kvar", "varh", "kvarh"}


def test_every_registered_unit_has_its_ucum_code():
    registered = {*PRIMARY.split(), *SECONDARY.split()}
    assert registered >= WITHOUT_A_CODE
    assert set(UCUM) == registered - WITHOUT_A_CODE | {"g/l", "mg/l", "ug/l", "NTU"}


def test_conversions_start_from_registered_units():
    assert {unit for unit, _ in UNITS} <= set(UCUM)


def test_a_unit_that_is_its_own_code_is_not_scaled():
    for (unit, ours), scale in UNITS.items():
        assert (UCUM[unit] == ours) <= (scale == (1, 1, 0)), unit

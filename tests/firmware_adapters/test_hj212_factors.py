"""Factor codes of HJ 212 and their units."""

import pytest

from firmware_adapters.hj212_factors import Factor, FactorRow, FactorTable
from protocols.vocabulary import OBSERVED_PROPERTIES, Point


@pytest.mark.parametrize(
    ("code", "factor"),
    [
        ("w01001", Factor("ph", "", 1, 1)),
        ("001", Factor("ph", "", 1, 1)),
        ("a01006", Factor("air_pressure", "", 10, 1)),
        ("w00000", Factor("water_flow", "", 1, 1000)),
        ("LA", Factor("noise", "", 1, 1)),
        ("Leq", Factor("noise", "leq", 1, 1)),
        ("a21026", Factor("so2", "", 1000, 1)),
        ("a21005", Factor("co", "", 1, 1)),
        ("a34004", Factor("pm2_5", "", 1, 1)),
    ],
)
def test_listed_codes(code, factor):
    assert FactorTable()[code] == factor


def test_the_device_chooses_the_units_of_particles_and_gases():
    table = FactorTable(pm_unit="ng/m3", gas_unit="ug/m3")
    assert table["a34004"] == Factor("pm2_5", "", 1, 1000)
    assert table["a21026"] == Factor("so2", "", 1, 1)
    assert FactorTable(pm_unit="mg/m3")["a34001"] == Factor("tsp", "", 1000, 1)


@pytest.mark.parametrize("code", ["w99999", "a34011", "S03", "037"])
def test_unlisted_codes_are_carried(code):
    factor = FactorTable()[code]
    assert factor == Factor(f"hj212_{code.lower()}", "", 1, 1)
    Point("mn:A1", factor.observed).checked()


@pytest.mark.parametrize("code", ["", "温度", "a b", "x" * 33, "-"])
def test_what_no_name_can_hold_is_none(code):
    assert FactorTable()[code] is None


def test_every_row_is_a_property_of_ours_on_a_channel_that_a_key_can_hold():
    table = FactorTable()
    for code in table._known:
        factor = table[code]
        assert factor.observed in OBSERVED_PROPERTIES, code
        Point("mn:A1", factor.observed, factor.channel).checked()


def test_a_model_may_mean_something_else_by_a_code():
    rows = (FactorRow("w01018", "cod", unit="ug/L"), FactorRow("w99001", "chlorophyll_a", "top"))
    table = FactorTable(rows=rows)
    assert table["w01018"] == Factor("cod", "", 1, 1000)
    assert table["w99001"] == Factor("chlorophyll_a", "top", 1, 1)
    assert table["w01001"] == FactorTable()["w01001"]


@pytest.mark.parametrize("arguments", [("w 1", "ph"), ("", "ph"), ("w01001", "ph", "", "kPa")])
def test_a_factor_row_that_cannot_be_is_refused(arguments):
    with pytest.raises(ValueError, match=r"expected a factor code|no exact way"):
        FactorRow(*arguments)

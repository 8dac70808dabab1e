import pytest

from protocols.sl651.elements import elements, elements_by_name, parameters
from protocols.sl651.functions import FUNCTIONS, Content, function
from protocols.sl651.stations import STATION_TYPES
from protocols.vocabulary.properties import OBSERVED_PROPERTIES


def test_the_tables_are_whole():
    assert sorted(elements()) == [*range(0x01, 0x76), *range(0xF0, 0xFE)]
    assert sorted(parameters()) == [*range(0x01, 0x10), *range(0x20, 0xA9)]
    assert len(elements_by_name()) == len(elements())
    assert sorted(FUNCTIONS) == [*range(0x2F, 0x3B), *range(0x40, 0x52)]
    assert {kind.letter for kind in STATION_TYPES.values()} == set("PHKZDTMGQIO")
    assert STATION_TYPES[0x48].name == "river"


@pytest.mark.parametrize("kind", elements().values(), ids=lambda kind: kind.name)
def test_an_observed_property_has_the_elements_unit(kind):
    if kind.observed_property is None:
        return
    unit = OBSERVED_PROPERTIES[kind.observed_property].unit
    # a wind direction is a number of the compass in the frame, and degrees when it is measured
    assert unit == ("deg" if kind.name == "UC" else kind.unit)


@pytest.mark.parametrize(
    ("number", "name", "unit", "digits", "decimals"),
    [
        (0x39, "Z", "m", 7, 3),
        (0x20, "PJ", "mm", 5, 1),
        (0x26, "PT", "mm", 6, 1),
        (0x38, "VT", "V", 4, 2),
        (0x27, "Q", "m3/s", 9, 3),
        (0x2F, "Q8", "m3/s", 9, 3),
        (0x3B, "ZU", "m", 7, 3),
        (0x43, "Z8", "m", 7, 3),
        (0x4C, "NH4N", "mg/L", 6, 2),
        (0x17, "M100", "%", 4, 1),
        (0x67, "SYL8", "m3", 11, 3),
        (0x75, "VIC", "A", 4, 1),
        (0xFC, "DRZ8", "m", None, None),
    ],
)
def test_rows(number, name, unit, digits, decimals):
    kind = elements()[number]
    assert (kind.name, kind.unit, kind.digits, kind.decimals) == (name, unit, digits, decimals)


def test_totals_keep_their_names_and_are_no_rainfall():
    by_name = elements_by_name()
    assert by_name["PJ"].observed_property is None
    assert by_name["PT"].observed_property is None
    assert by_name["PN05"].observed_property == "rainfall"


def test_parameters_are_a_second_name_space():
    assert (elements()[0x20].name_en, parameters()[0x20].name_en) == (
        "rain since the day began",
        "timed report interval",
    )
    assert [number for number, row in FUNCTIONS.items() if row.takes_parameters] == [
        *(0x40, 0x41, 0x42, 0x43, 0x47, 0x48, 0x49)
    ]


def test_unlisted_functions_are_carried():
    assert function(0xE0).name == function(0xFF).name == "user function"
    assert function(0x10).name == function(0x60).name == "reserved"
    assert function(0xE0).up is Content.FREE

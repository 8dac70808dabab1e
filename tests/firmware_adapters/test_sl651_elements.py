import pytest

from firmware_adapters.sl651_elements import PRINCIPAL, meaning_of
from protocols.sl651.elements import elements_by_name
from protocols.vocabulary import Point, unit_of


def test_every_element_has_a_place_of_its_own():
    meanings = {name: meaning_of(name) for name in elements_by_name()}
    assert len(set(meanings.values())) == len(meanings)
    for name, meaning in meanings.items():
        Point("sl651:0012345678", *meaning).checked()
        kind = elements_by_name()[name]
        if kind.observed_property is not None and name != "UC":  # 1 to 16 becomes degrees
            assert (meaning.observed, unit_of(meaning.observed)) == (kind.observed_property, kind.unit)


def test_a_property_has_one_principal_element_at_most():
    assert {meaning_of(name) for name in PRINCIPAL} == {
        ("water_level", ""), ("water_flow", ""), ("water_velocity", ""), ("rainfall", ""),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("C", ("water_temperature", "")),
        ("pH", ("ph", "")),
        ("ZU", ("water_level", "ZU")),
        ("PN05", ("rainfall", "PN05")),
        ("PJ", ("sl651_pj", "")),
        ("FF02", ("sl651_ff02", "")),
        ("76", ("sl651_76", "")),
        ("a/b", None),
        ("", None),
        ("é", None),
        ("x" * 33, None),
    ],
)
def test_meanings(name, meaning):
    assert meaning_of(name) == meaning

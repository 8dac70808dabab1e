import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sparkplug import Descriptor
from protocols.sparkplug.points import hardware_id, point_of
from protocols.vocabulary import OBSERVED_PROPERTIES, HardwareId, IdentityError, Point
from protocols.vocabulary.identity import MAX_HARDWARE_VALUE

NODE = Descriptor("g", "e", "d")
ids = st.text(st.characters(codec="utf-8", exclude_characters="+#/\x00"), min_size=1, max_size=12)
descriptors = st.builds(Descriptor, ids, ids, ids | st.just(""))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (Descriptor("org_A", "702"), "org_A:702"),
        (Descriptor("org.A-1", "n@1", "d"), "org.A-1:n@1:d"),
        (Descriptor("Sparkplug B Devices", "Raspberry Pi"), "Sparkplug~20B~20Devices:Raspberry~20Pi"),
        (Descriptor("a:b", "c"), "a~3Ab:c"),
        (Descriptor("a", "b:c"), "a:b~3Ac"),
        (Descriptor("a~3Ab", "c"), "a~7E3Ab:c"),
        (Descriptor("崇明", "闸1"), "~E5~B4~87~E6~98~8E:~E9~97~B81"),
        (Descriptor("崇明区", "水闸", "一号流量计"), "~~b1a630a3a1b34969281814f4f09c63ea"),
    ],
)
def test_hardware_identity(source, value):
    assert hardware_id(source) == ("sparkplug", value)


@given(descriptors)
def test_it_is_always_a_hardware_identity(source):
    made = hardware_id(source)
    assert HardwareId.parse(str(made)) == made
    assert len(made.value) <= MAX_HARDWARE_VALUE


@given(descriptors, descriptors)
def test_two_sources_never_look_alike(one, other):
    assert (hardware_id(one) == hardware_id(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("water_temperature", "water_temperature"),
        ("Water Temperature", "water_temperature"),
        ("WaterTemperature", "water_temperature"),
        ("waterTemperature", "water_temperature"),
        ("WATER-TEMPERATURE", "water_temperature"),
        ("水温", "water_temperature"),
        ("pH", "ph"),
        ("PM2.5", "pm2_5"),
        ("CO2", "co2"),
        ("CODMn", "cod_mn"),
        ("Tank 1/Water Temperature", "water_temperature/tank_1"),
        ("North/Tank 1/pH", "ph/north.tank_1"),
        ("Temperature", None),
        ("bdSeq", None),
        ("Node Control/Rebirth", None),
        ("", None),
        ("/ph", None),
        ("水箱/ph", None),
        ("a" * 33 + "/ph", None),
        ("ph/x", None),
    ],
)
def test_observed_property(name, series):
    found = point_of(NODE, name, {})
    assert (found and found.series) == series
    if found:
        assert found.source == "sparkplug:g:e:d"
        assert Point.parse(str(found)) == found


def test_the_sites_own_names_come_first():
    site = {"Temperature": "water_temperature", "pH": "ph/inlet", "T3": "spindle_speed", "bad": "no property"}
    assert point_of(NODE, "Temperature", site) == ("sparkplug:g:e:d", "water_temperature", "")
    assert point_of(NODE, "pH", site) == ("sparkplug:g:e:d", "ph", "inlet")
    assert point_of(NODE, "T3", site) == ("sparkplug:g:e:d", "spindle_speed", "")
    with pytest.raises(IdentityError):
        point_of(NODE, "bad", site)


def test_every_property_is_found_by_its_names():
    for name, known in OBSERVED_PROPERTIES.items():
        assert point_of(NODE, name, {}) == ("sparkplug:g:e:d", name, "")
        assert point_of(NODE, known.name_zh, {}) == ("sparkplug:g:e:d", name, "")

import pytest

from protocols.lwm2m import resource
from protocols.lwm2m.resources import objects
from protocols.vocabulary import OBSERVED_PROPERTIES, Point

ROWS = [row for model in objects().values() for row in model.resources.values()]
MEASURING = [row for row in ROWS if row.observed]


def test_the_table_is_whole():
    assert len(objects()) > 60
    assert len(ROWS) > 900
    assert {row.type for row in ROWS} == {"string", "integer", "float", "boolean", "opaque", "time", "objlnk"}
    assert all(model.name for model in objects().values())
    assert all(0 <= row.resource_id < 65_535 and row.name for row in ROWS)


@pytest.mark.parametrize("row", MEASURING, ids=lambda row: f"{row.object_id}/{row.resource_id}")
def test_what_is_measured_is_a_number_of_a_known_property(row):
    assert row.observed in OBSERVED_PROPERTIES
    assert row.type in ("integer", "float")
    Point("imei:867723030005655", row.observed, row.channel).checked()


def test_no_object_measures_one_property_twice():
    for model in objects().values():
        series = [(row.observed, row.channel) for row in model.resources.values() if row.observed]
        assert len(set(series)) == len(series)


@pytest.mark.parametrize(
    ("path", "name", "kind", "unit", "observed"),
    [
        ((3, 9), "Battery Level", "integer", "%", "battery_level"),
        ((19, 0), "Data", "opaque", "", ""),
        ((3303, 5700), "Sensor Value", "float", "Cel", "air_temperature"),
        ((3323, 5700), "Sensor Value", "float", "", ""),
        ((3426, 3), "Redox or ORP", "float", "V", "orp"),
        ((3426, 5), "Dissolved oxygen", "float", "[ppm]", "dissolved_oxygen"),
        ((3426, 7), "Conductivity", "float", "S/m", "conductivity"),
        ((3428, 7), "CO", "float", "[ppm]", "co"),
        ((3428, 3), "PM2.5", "float", "ug/m3", "pm2_5"),
        ((3429, 1), "Angle", "float", "rad", ""),
        ((3416, 3), "Dimming level", "integer", "%", "lamp_level"),
        ((3408, 3), "Cover Open Status", "boolean", "", ""),
        ((3424, 1), "Cumulated water volume", "float", "m3", ""),
    ],
)
def test_rows(path, name, kind, unit, observed):
    row = resource(*path)
    assert (row.name, row.type, row.unit, row.observed) == (name, kind, unit, observed)


def test_reusable_resources_are_known_by_number_alone():
    row = resource(33_333, 5_700)
    assert (row.object_id, row.type, row.unit, row.observed) == (-1, "float", "", "")
    assert resource(None, 5_850).type == "boolean"
    assert resource(33_333, 0) is None
    assert resource(None, 3) is None
    assert resource(3303, 26_000) is None

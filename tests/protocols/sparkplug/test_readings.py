import math
from collections import Counter
from dataclasses import replace

import pytest

from protocols.sparkplug import DataType, Descriptor, Metric, Property, PropertySet, Sample, Value, understand, value_of
from protocols.sparkplug.edge_node import quality
from protocols.sparkplug.readings import quality_of
from protocols.sparkplug.samples import Definition, samples
from protocols.sparkplug.values import Template
from protocols.vocabulary import ProtocolError, Quality, Reason

NODE = Descriptor("g", "e")
NOW = 1_800_000_000_000


def sample(value, datatype=DataType.Double, name="ph", **more) -> Sample:
    fields = {
        "time": NOW - 5,
        "is_null": value is None,
        "historical": False,
        "transient": False,
        "quality": None,
        "unit": None,
    }
    return Sample(NODE, name, datatype, value, **(fields | more))


def one(*found, site=None):
    counters = Counter()
    return understand(found, NOW, counters, site), +counters


def test_a_number_is_a_reading():
    understood, counters = one(sample(7.25), sample(3, DataType.Int16, "Water Level"))
    assert [(str(r.point), *r[1:]) for r in understood.readings] == [
        ("sparkplug:g:e/ph", NOW - 5, 7.25, Quality.NOT_EVALUATED, 0),
        ("sparkplug:g:e/water_level", NOW - 5, 3.0, Quality.NOT_EVALUATED, 0),
    ]
    assert not counters
    assert not understood.refused


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (DataType.Boolean, True),
        (DataType.Boolean, None),
        (DataType.String, "7.2"),
        (DataType.Text, "x"),
        (DataType.DateTime, 1_700_000_000_000),
        (DataType.Bytes, b"1"),
        (DataType.DoubleArray, (1.0, 2.0)),
        (None, "x"),
        (99, 5),
    ],
)
def test_what_is_no_number_is_an_event(datatype, value):
    found = sample(value, datatype)
    understood, counters = one(found)
    assert (understood.readings, understood.events) == ([], [found])
    assert counters == {"not_a_number": 1}


def test_without_a_datatype_a_number_is_a_number():
    understood, _ = one(sample(7.5, None))
    assert [r.value for r in understood.readings] == [7.5]


def test_null_is_missing():
    understood, _ = one(sample(None), sample(None, quality=0, name="orp"))
    assert [(r.value, r.quality, r.reasons) for r in understood.readings] == [
        (None, Quality.MISSING, 0),
        (None, Quality.MISSING, Reason.DEVICE_FLAG),
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_missing(value):
    understood, _ = one(sample(value))
    assert [(r.value, r.quality, r.reasons) for r in understood.readings] == [
        (None, Quality.MISSING, Reason.INVALID_VALUE)
    ]


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        (None, (Quality.NOT_EVALUATED, 0)),
        (192, (Quality.NOT_EVALUATED, 0)),
        (0, (Quality.FAIL, Reason.DEVICE_FLAG)),
        (500, (Quality.SUSPECT, Reason.DEVICE_FLAG | Reason.LINK_FAULT)),
        (216, (Quality.NOT_EVALUATED, Reason.DEVICE_FLAG)),
        (24, (Quality.FAIL, Reason.DEVICE_FLAG)),
        (64, (Quality.SUSPECT, Reason.DEVICE_FLAG)),
        (515, (Quality.SUSPECT, Reason.DEVICE_FLAG)),
        (-1, (Quality.SUSPECT, Reason.DEVICE_FLAG)),
    ],
)
def test_quality(code, flags):
    assert quality_of(code) == flags
    understood, _ = one(sample(7.0, quality=code))
    assert [(r.quality, r.reasons) for r in understood.readings] == [flags]


def test_historical_is_backfilled_and_transient_is_not_stored():
    understood, counters = one(sample(7.0, historical=True), sample(8.0, transient=True))
    assert [(r.value, r.reasons) for r in understood.readings] == [(7.0, Reason.BACKFILLED)]
    assert counters == {"transient": 1}


def test_times():
    understood, counters = one(
        sample(1.0, time=None), sample(2.0, time=0, name="orp"), sample(3.0, time=253_402_300_800_000, name="cod")
    )
    assert [(r.time, r.reasons) for r in understood.readings] == [(NOW, 0), (NOW, Reason.CLOCK)]
    assert counters == {"no_time": 2, "time": 1}
    assert understood.refused == ["g/e: cod: time 253402300800000 is behind the year 9999"]


def test_units():
    understood, counters = one(
        sample(20.0, name="water_temperature", unit="°C"),
        sample(20.0, name="air_temperature", unit="Cel"),
        sample(68.0, name="soil_temperature", unit="°F"),
        sample(68.0, name="own", unit="rpm"),
        site={"own": "spindle_speed"},
    )
    assert [r.point.observed for r in understood.readings] == ["water_temperature", "air_temperature", "spindle_speed"]
    assert understood.refused == ["g/e: soil_temperature: unit '°F' is not Cel"]
    assert counters == {"unit": 1}


def test_names_that_mean_nothing_and_doubles_are_counted():
    understood, counters = one(
        sample(1.0, name="bdSeq"), sample(1.0), sample(2.0), sample(3.0, name="x"), site={"x": "X"}
    )
    assert [r.value for r in understood.readings] == [1.0]
    assert counters == {"property": 2, "double": 1}
    assert len(understood.refused) == 1


def metric(datatype, value, **more):
    return Metric(datatype=datatype, value=value_of(datatype, value), **more)


def told(found, definition=None, sent=NOW):
    return list(samples(NODE, definition or Definition("m"), found, sent))


def test_the_birth_says_what_the_data_does_not():
    birth = PropertySet((Property("engUnit", DataType.String, None, Value("string_value", "NTU")),))
    (found,) = told(Metric(value=Value("int_value", 0xFF)), Definition("m", DataType.Int8, birth))
    assert (found.value, found.unit, found.time) == (-1, "NTU", NOW)
    (found,) = told(metric(DataType.UInt8, 255, timestamp=3, properties=quality(500)), Definition("m", DataType.Int8))
    assert (found.value, found.datatype, found.time, found.quality) == (255, DataType.UInt8, 3, 500)


def test_a_quality_that_is_no_number_is_none():
    for value in (Value("string_value", "good"), Value("float_value", 0.0), None):
        properties = PropertySet((Property("Quality", DataType.Int32, None, value),))
        (found,) = told(metric(DataType.Double, 1.0, properties=properties))
        assert found.quality is None


def test_null_with_a_value_is_null():
    (found,) = told(metric(DataType.Double, 1.0, is_null=True))
    assert (found.value, found.is_null) == (None, True)


def pump(**more):
    members = (
        metric(DataType.Double, 1.5, name="Water Flow", timestamp=4),
        metric(DataType.Boolean, True, name="Running", is_historical=True),
        Metric(
            name="Motor",
            datatype=DataType.Template,
            value=Value("template_value", Template(metrics=(metric(DataType.Float, 2.5, name="Current"),))),
        ),
    )
    return Metric(datatype=DataType.Template, value=Value("template_value", Template(metrics=members, **more)))


def test_the_members_of_a_template_are_metrics():
    found = told(pump(template_ref="Pump"), Definition("Pump 1"))
    assert [(one.name, one.value, one.time, one.historical) for one in found] == [
        ("Pump 1/Water Flow", 1.5, 4, False),
        ("Pump 1/Running", True, NOW, True),
        ("Pump 1/Motor/Current", 2.5, NOW, False),
    ]
    understood, counters = one(*found)
    assert [str(r.point) for r in understood.readings] == [
        "sparkplug:g:e/water_flow/pump_1",
        "sparkplug:g:e/current/pump_1.motor",
    ]
    assert counters == {"not_a_number": 1}


def test_what_a_template_says_of_itself_holds_for_its_members():
    found = told(replace(pump(), is_historical=True, is_transient=True, properties=quality(0)))
    assert {(one.historical, one.transient, one.quality) for one in found} == {(True, True, 0)}


def test_a_member_without_a_name_is_refused():
    members = (metric(DataType.Double, 1.0, alias=1),)
    with pytest.raises(ProtocolError, match="without a name"):
        told(Metric(datatype=DataType.Template, value=Value("template_value", Template(metrics=members))))


def test_a_template_definition_is_no_data():
    assert told(pump(is_definition=True)) == []

import json
import math

import pytest

from protocols import sparkplug
from protocols.sparkplug import DataType, EdgeNode, Metric, Payload, PropertySet, Tag, Value, value_of
from protocols.sparkplug.describe import describe
from protocols.sparkplug.explain import explain
from protocols.sparkplug.rebirth import rebirth_request
from protocols.sparkplug.topic import Descriptor
from protocols.sparkplug.values import DataSet, MetaData, Parameter, Property, Template
from protocols.vocabulary import ProtocolError
from tests.protocols.sparkplug.test_payload import field

T = 1_700_000_000_123


def told_of(*metrics, **more):
    told = describe(sparkplug.encode(Payload(timestamp=T, metrics=metrics, **more)), "spBv1.0/g/NDATA/e")
    json.dumps(told, allow_nan=False)
    return told


def test_the_topic_says_the_type():
    raw = sparkplug.encode(Payload(timestamp=T, seq=1))
    told = describe(raw, "spBv1.0/g/DDATA/e/d")
    assert (told["message_type"], told["group"], told["edge_node"], told["device"]) == ("DDATA", "g", "e", "d")
    assert told["message_type_from"] == "topic"
    with pytest.raises(ProtocolError):
        describe(raw, "spBv1.0/g/DDATA/e")


def test_without_a_topic_it_is_guessed():
    node = EdgeNode(Descriptor("g", "e"), [Tag("a", DataType.Double, 1.0)])
    will = node.connect(T)
    messages = [
        will,
        *node.birth(T),
        node.add_device("d", [Tag("b", DataType.Double, 1.0)], T),
        node.data({"a": 2.0}, T),
        node.device_death("d", T),
        rebirth_request(node.node, T),
    ]
    for message in messages:
        told = describe(message.payload)
        assert told["message_type"] == message.topic.split("/")[2]
        assert told["message_type_from"].startswith("a guess")


def test_what_was_not_sent_is_not_told():
    told = told_of(Metric(alias=0, value=Value("int_value", 0)), seq=0)
    assert told["metrics"] == [{"alias": 0, "int_value": 0}]
    assert told["values"] == [{"alias": 0, "type": None, "value": 0}]
    assert "uuid" not in told


def test_values_are_what_the_datatype_makes_of_them():
    told = told_of(
        Metric(name="a", datatype=DataType.Int8, value=Value("int_value", 0xFFFF_FFFF)),
        Metric(name="b", datatype=DataType.Int8, value=Value("string_value", "x")),
        Metric(name="c", datatype=DataType.Double, is_null=True),
        Metric(name="d", datatype=DataType.Double, value=Value("double_value", math.nan)),
        Metric(name="e", datatype=99, value=Value("int_value", 5)),
        Metric(name="f", datatype=DataType.Bytes, value=Value("bytes_value", b"\x00\xff")),
        Metric(name="g", datatype=DataType.BooleanArray, value=value_of(DataType.BooleanArray, (True, False))),
    )
    assert [metric.get("int_value") for metric in told["metrics"]][:1] == [0xFFFF_FFFF]
    assert told["metrics"][2]["is_null"] is True
    assert told["metrics"][3]["double_value"] == "nan"
    assert told["values"] == [
        {"name": "a", "type": "Int8", "value": -1},
        {"name": "b", "type": "Int8", "error": "Int8: found string_value, expected int_value or long_value"},
        {"name": "c", "type": "Double", "value": None},
        {"name": "d", "type": "Double", "value": "nan"},
        {"name": "e", "type": "datatype 99", "value": 5},
        {"name": "f", "type": "Bytes", "value": "00ff"},
        {"name": "g", "type": "BooleanArray", "value": [True, False]},
    ]


def test_structures():
    table = DataSet(
        num_of_columns=2,
        columns=("n", "s"),
        types=(DataType.Int8, DataType.String),
        rows=((Value("int_value", 0xFF), Value("string_value", "x")), (None, Value("int_value", 1))),
    )
    member = Metric(name="Flow", datatype=DataType.Double, value=Value("double_value", 1.5))
    pump = Template(
        version="1",
        metrics=(member,),
        parameters=(Parameter("p", DataType.Int8, Value("int_value", 0xFF)),),
        template_ref="Pump",
        is_definition=False,
    )
    quality = Property("Quality", DataType.Int32, None, Value("int_value", 500))
    inner = Property("in", DataType.PropertySet, None, Value("propertyset_value", PropertySet((quality,))))
    several = Property("l", DataType.PropertySetList, None, Value("propertysets_value", (PropertySet((quality,)),)))
    told = told_of(
        Metric(name="t", datatype=DataType.DataSet, value=Value("dataset_value", table)),
        Metric(name="p", datatype=DataType.Template, value=Value("template_value", pump)),
        Metric(
            name="m",
            datatype=DataType.Double,
            metadata=MetaData(content_type="x"),
            properties=PropertySet((quality, inner, several, Property("none", DataType.String, True))),
            value=Value("double_value", 1.0),
        ),
    )
    assert told["metrics"][0]["dataset_value"] == {
        "num_of_columns": 2,
        "columns": ["n", "s"],
        "types": [1, 12],
        "rows": [[{"int_value": 255}, {"string_value": "x"}], [{}, {"int_value": 1}]],
    }
    assert told["values"][0]["value"] == [{"n": -1, "s": "x"}, {"n": None, "s": 1}]
    assert told["metrics"][1]["template_value"] == {
        "version": "1",
        "template_ref": "Pump",
        "is_definition": False,
        "metrics": [{"name": "Flow", "datatype": 10, "double_value": 1.5}],
        "parameters": [{"name": "p", "type": 1, "int_value": 255}],
    }
    assert told["values"][1]["value"] == {"Flow": 1.5}
    assert told["metrics"][2]["metadata"] == {"content_type": "x"}
    assert told["metrics"][2]["properties"]["keys"] == ["Quality", "in", "l", "none"]
    assert told["metrics"][2]["properties"]["values"][0] == {"type": 3, "int_value": 500}
    assert told["metrics"][2]["properties"]["values"][3] == {"type": 12, "is_null": True}
    assert told["values"][2]["properties"]["Quality"] == 500
    assert told["values"][2]["properties"]["none"] is None


def test_states_of_hosts():
    assert describe(b'{"online":true,"timestamp":5}') == {
        "message_type": "STATE",
        "version": "3.0",
        "online": True,
        "timestamp": 5,
    }
    assert describe(b"OFFLINE", "STATE/scada") == {
        "message_type": "STATE",
        "host": "scada",
        "version": "2.2",
        "online": False,
    }
    with pytest.raises(ProtocolError, match="JSON object"):
        describe(b"\x08\x01", "spBv1.0/STATE/scada")
    with pytest.raises(ProtocolError):
        describe(b"ONLINE", "spBv1.0/g/NDATA/e")


def test_an_explanation_tells_what_the_bytes_mean():
    metric = field(1, b"a") + b"\x20\x01" + b"\x50\xff\x01" + field(40, b"xyz") + b"\x5b\x08\x09\x5c"
    rows = explain(b"\x08\x01" + field(2, metric) + b"\x60\x07" + b"\x18\x05")
    assert [(row.name, row.meaning) for row in rows] == [
        ("timestamp", "1: 1970-01-01T00:00:00.001Z"),
        ("metrics[0]", f"Metric of {len(metric)} bytes"),
        ("metrics[0].name", "'a'"),
        ("metrics[0].datatype", "1: Int8"),
        ("metrics[0].int_value", "255: -1"),
        ("metrics[0].field 40", "unknown: 3 bytes"),
        ("metrics[0].field 11", "unknown: a group begins"),
        ("metrics[0].field 1", "unknown: 9"),
        ("metrics[0].field 11", "a group ends"),
        ("field 12", "unknown: 7"),
        ("seq", "5"),
    ]


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        (b"\x08", "byte 0: timestamp: a number of more than 10 bytes, or one that is cut off"),
        (b"\x08" + b"\xff" * 11, "byte 0: timestamp: a number of more than 10 bytes, or one that is cut off"),
        (b"\x08\x01\x12\x05\x0a", "byte 2: metrics[0]: 5 bytes announced, 1 follow"),
        (b"\x08\x01\x12\x02\x0a\x05", "byte 4: metrics[0].name: 5 bytes announced, 0 follow"),
        (b"\x08\x01\x12\x02\x61\x00", "byte 4: metrics[0].field 12: a number of 8 bytes is cut off"),
        (b"\x08\x01\x12\x01\x0c", "expected protobuf: "),
        (b"\x08\x01\x00", "byte 2: tag: field 0 of wire type 0: there is no such field"),
        (b"\x08\x01\x0f", "byte 2: tag: field 1 of wire type 7: there is no such field"),
        (b"\x08\x01\x80", "byte 2: tag: no field begins here"),
    ],
)
def test_flaws(raw, flaw):
    with pytest.raises(ProtocolError) as caught:
        sparkplug.decode(raw)
    assert str(caught.value).startswith(flaw)
    assert "\n" not in str(caught.value)

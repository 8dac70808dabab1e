import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sparkplug import Descriptor, MessageType, StateTopic, Topic, parse_topic
from protocols.vocabulary import ProtocolError

ids = st.text(st.characters(codec="utf-8", exclude_characters="+#/\x00"), min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("spBv1.0/g/NBIRTH/e", Topic(MessageType.NBIRTH, Descriptor("g", "e"))),
        (
            "spBv1.0/Sparkplug B Devices/DDATA/Raspberry Pi/Pibrella",
            Topic(MessageType.DDATA, Descriptor("Sparkplug B Devices", "Raspberry Pi", "Pibrella")),
        ),
        ("spBv1.0/崇明/NCMD/水闸1号", Topic(MessageType.NCMD, Descriptor("崇明", "水闸1号"))),
        ("spBv1.0/STATE/scada", StateTopic("scada")),
        ("STATE/scada", StateTopic("scada", old=True)),
        ("spBv1.0/STATE/NDATA/STATE", Topic(MessageType.NDATA, Descriptor("STATE", "STATE"))),
    ],
)
def test_there_and_back(text, topic):
    assert parse_topic(text) == topic
    assert str(topic) == text


@given(st.sampled_from(MessageType), ids, ids, ids)
def test_every_topic_there_and_back(kind, group, edge, device):
    topic = Topic(kind, Descriptor(group, edge, device if kind.of_device else ""))
    assert Topic.of(*topic) == topic


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty part"),
        ("/", "empty part"),
        ("spBv1.0", "expected"),
        ("spBv1.0/g/NDATA", "expected"),
        ("spBv1.0/g/NDATA/", "empty part"),
        ("spBv1.0//NDATA/e", "empty part"),
        ("spBv1.0/g/NDATA/e/d/x", "expected"),
        ("spAv1.0/g/NDATA/e", "'spBv1.0' is right"),
        ("spBv1.0/g/ndata/e", "one of NBIRTH"),
        ("spBv1.0/g/STATE/e", "one of NBIRTH"),
        ("spBv1.0/g/DDATA/e", "no device"),
        ("spBv1.0/org_A/NDATA/node_1/device_2", "a device is in it"),
        ("spBv1.0/+/NDATA/e", "cannot be in it"),
        ("spBv1.0/g/NDATA/#", "cannot be in it"),
        ("spBv1.0/g/NDATA/e\x00", "cannot be in it"),
        ("spBv1.0/g/NDATA/\udcff", "surrogate"),
        ("STATE", "name space"),
        ("STATE/a/b", "name space"),
        ("spBv1.0/g/NDATA/" + "x" * 65_535, "65551 bytes"),
    ],
)
def test_no_topic(text, said):
    with pytest.raises(ProtocolError, match=said) as caught:
        parse_topic(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_what_cannot_be_printed_as_a_topic():
    for source in (Descriptor("a/b", "e"), Descriptor("g", ""), Descriptor("g", "e", "d")):
        with pytest.raises(ProtocolError):
            Topic.of(MessageType.NDATA, source)


def test_descriptors():
    device = Descriptor("g", "e", "d")
    assert (str(device), str(device.node), device.node) == ("g/e/d", "g/e", Descriptor("g", "e"))

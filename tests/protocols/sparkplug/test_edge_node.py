import pytest

from protocols.sparkplug import DataType, Descriptor, EdgeNode, Published, Tag, decode
from protocols.sparkplug.rebirth import rebirth_request
from protocols.vocabulary import ProtocolError

NODE = Descriptor("g", "e")
T = 1_800_000_000_000


def edge(**more) -> EdgeNode:
    return EdgeNode(NODE, [Tag("Level", DataType.Int16, -3), Tag("Nothing", DataType.Double, None)], **more)


def test_the_will_and_the_birth_have_one_bdseq():
    node = edge(bd_seq=255)
    for expected in (255, 0, 1):
        will = node.connect(T)
        assert (will.topic, will.qos, will.retain) == ("spBv1.0/g/NDEATH/e", 1, False)
        death = decode(will.payload)
        assert death.seq is None
        assert [(metric.name, metric.value.content) for metric in death.metrics] == [("bdSeq", expected)]
        for _ in range(2):
            payload = decode(node.birth(T)[0].payload)
            assert next(payload.named("bdSeq")).value.content == expected


def test_a_birth_is_whole():
    node = edge()
    node.connect(T)
    (birth,) = node.birth(T)
    payload = decode(birth.payload)
    assert (birth.topic, birth.qos, birth.retain, payload.seq, payload.timestamp) == (
        "spBv1.0/g/NBIRTH/e",
        0,
        False,
        0,
        T,
    )
    assert all(metric.name and metric.datatype is not None and metric.timestamp == T for metric in payload.metrics)
    rebirth = next(payload.named("Node Control/Rebirth"))
    assert (rebirth.datatype, rebirth.value) == (DataType.Boolean, ("boolean_value", False))
    level, nothing = next(payload.named("Level")), next(payload.named("Nothing"))
    assert (level.alias, level.value) == (1, ("int_value", 0xFFFF_FFFD))
    assert (nothing.alias, nothing.is_null, nothing.value) == (2, True, None)


def test_data_goes_by_alias_and_numbers_go_round():
    node = edge()
    node.connect(T)
    node.birth(T)
    device = decode(node.add_device("d", [Tag("Flow", DataType.Float, 0.5)], T).payload)
    assert (device.seq, [metric.alias for metric in device.metrics]) == (1, [3])
    seqs = []
    for n in range(300):
        message = node.data({"Flow": float(n)}, T + n, device="d")
        payload = decode(message.payload)
        assert message.topic == "spBv1.0/g/DDATA/e/d"
        (metric,) = payload.metrics
        assert (metric.name, metric.alias, metric.timestamp) == (None, 3, T + n)
        seqs.append(payload.seq)
    assert seqs == [n % 256 for n in range(2, 302)]
    death = decode(node.device_death("d", T).payload)
    assert (death.seq, death.metrics) == (302 % 256, ())
    assert [message.topic for message in node.birth(T)] == ["spBv1.0/g/NBIRTH/e"], "the device is not there"


def test_without_aliases_data_goes_by_name():
    node = edge(aliases=False)
    node.birth(T)
    (metric,) = decode(node.data({"Level": 5}, T).payload).metrics
    assert (metric.name, metric.alias) == ("Level", None)


def test_a_birth_tells_the_newest_value_and_no_historical_one():
    node = edge()
    node.birth(T)
    node.data({"Level": 5}, T)
    (metric,) = decode(node.data({"Level": 4}, T - 1000, historical=True).payload).metrics
    assert (metric.is_historical, metric.timestamp) == (True, T - 1000)
    assert next(decode(node.birth(T)[0].payload).named("Level")).value.content == 5


def test_it_is_born_again_when_it_is_asked():
    node = edge()
    node.connect(T)
    node.birth(T)
    node.add_device("d", [Tag("Flow", DataType.Float, 0.5)], T)
    again = node.receive(rebirth_request(NODE, T), T + 1)
    assert [message.topic for message in again] == ["spBv1.0/g/NBIRTH/e", "spBv1.0/g/DBIRTH/e/d"]
    assert [decode(message.payload).seq for message in again] == [0, 1]
    assert node.receive(rebirth_request(Descriptor("g", "other"), T), T) == []
    assert node.receive(Published("spBv1.0/g/NCMD/e", b"\x08\x01"), T) == []
    assert node.receive(Published("spBv1.0/STATE/h", b"{}"), T) == []
    with pytest.raises(ProtocolError):
        node.receive(Published("spBv1.0/g/NCMD/e", b"junk"), T)


def test_what_it_does_not_have():
    node = edge()
    with pytest.raises(KeyError):
        node.data({"Other": 1}, T)
    with pytest.raises(KeyError):
        node.data({"Level": 1}, T, device="d")
    with pytest.raises(ValueError):
        node.data({"Level": 40_000}, T)
    with pytest.raises(ProtocolError):
        EdgeNode(Descriptor("a/b", "c")).birth(T)

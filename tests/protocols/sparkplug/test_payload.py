import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import sparkplug
from protocols.sparkplug import payload as bounds
from protocols.sparkplug.payload import MAX_DEPTH, MAX_METRICS, MAX_NAME, MAX_PAYLOAD
from protocols.sparkplug.schema import BY_NUMBER, CHOICES, MESSAGES
from protocols.sparkplug.values import DataSet, Template
from protocols.vocabulary import FrameTooLong, ProtocolError
from tests.protocols.sparkplug.laws import payloads

TIMESTAMP = b"\x08\x01"


def field(number: int, content: bytes) -> bytes:
    """A counted field, written by hand."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    tag, key = number << 3 | 2, b""
    while tag > 127:
        key += bytes([tag & 127 | 128])
        tag >>= 7
    return key + bytes([tag]) + length + bytes([size]) + content


def test_the_numbers_are_those_of_the_standard():
    def of(message):
        return {row.name: row.number for row in MESSAGES[message]}

    assert of("Payload") == {"timestamp": 1, "metrics": 2, "seq": 3, "uuid": 4, "body": 5}
    assert list(of("Metric").values()) == list(range(1, 19))
    assert of("Metric")["int_value"] == 10
    assert of("Metric")["template_value"] == 18
    for message, rows in MESSAGES.items():
        assert len(BY_NUMBER[message]) == len(rows)
        assert set(CHOICES.get(message, ())) <= set(rows)


def test_by_hand():
    metric = field(1, b"pH") + b"\x10\x05\x20\x09" + b"\x65\x00\x00\xe8\x40"
    payload = sparkplug.decode(TIMESTAMP + field(2, metric) + b"\x18\xff\x01")
    (found,) = payload.metrics
    assert (payload.timestamp, payload.seq) == (1, 255)
    assert (found.name, found.alias, found.datatype, found.value) == ("pH", 5, 9, ("float_value", 7.25))
    assert found.is_null is None


def test_of_two_values_the_last_one_counts():
    metric = field(1, b"a") + b"\x50\x01" + b"\x58\x02"
    assert sparkplug.decode(field(2, metric)).metrics[0].value == ("long_value", 2)


def test_unknown_fields_are_skipped():
    strange = b"\x30\x07" + field(99, b"vendor") + b"\x51" + bytes(8) + b"\x55" + bytes(4) + b"\x5b\x08\x09\x5c"
    metric = field(1, b"a") + field(40, b"vendor")
    payload = sparkplug.decode(TIMESTAMP + strange + field(2, metric))
    assert payload == sparkplug.Payload(timestamp=1, metrics=(sparkplug.Metric(name="a"),))


@pytest.mark.parametrize("raw", [b"\x30\x07", field(99, b"x"), b"hello, this is no payload", b"\xff" * 40, bytes(40)])
def test_what_has_nothing_of_a_payload_is_none(raw):
    with pytest.raises(ProtocolError):
        sparkplug.decode(raw)


def test_an_empty_payload_is_one():
    assert sparkplug.decode(b"") == sparkplug.Payload()


@pytest.mark.parametrize(
    "metric",
    [
        field(1, "温度".encode("gbk")),
        field(1, b"\xed\xa0\x80"),
        field(1, b"a") + field(15, b"\xc0\x80"),
        field(9, field(1, b"\xff") + field(2, b"")),
        field(17, b"\x08\x01" + field(2, b"\xff") + b"\x18\x03"),
    ],
)
def test_a_text_that_is_no_utf_8(metric):
    with pytest.raises(ProtocolError, match="UTF-8"):
        sparkplug.decode(field(2, metric))


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (field(9, field(1, b"a")), "1 keys and 0 values"),
        (field(17, field(2, b"a")), "1 columns and 0 types"),
        (field(17, b"\x08\x02" + field(2, b"a") + b"\x18\x03"), "2 columns announced, 1 found"),
        (field(17, b"\x08\x01" + field(2, b"a") + b"\x18\x03" + field(4, b"")), "row 0 has 0 elements"),
        (field(1, b"n" * (MAX_NAME + 1)), "1025 characters"),
        (field(15, b"n" * 65_537), "65537 characters"),
    ],
)
def test_what_is_uneven_or_too_long(metric, said):
    with pytest.raises(ProtocolError, match=said):
        sparkplug.decode(field(2, metric))


def test_packed_types_of_a_table_are_read_too():
    table = b"\x08\x02" + field(2, b"a") + field(2, b"b") + field(3, b"\x03\x0c")
    assert sparkplug.decode(field(2, field(17, table))).metrics[0].value == (
        "dataset_value",
        DataSet(num_of_columns=2, columns=("a", "b"), types=(3, 12)),
    )


def test_bounds(benchmark_s):
    with pytest.raises(FrameTooLong, match="1048577"):
        sparkplug.decode(bytes(MAX_PAYLOAD + 1))
    with benchmark_s(1.0), pytest.raises(ProtocolError, match=f"at most {MAX_METRICS}"):
        sparkplug.decode(b"\x12\x00" * (MAX_PAYLOAD // 2))
    members = field(2, b"") * (MAX_METRICS // 2)
    with pytest.raises(ProtocolError, match=f"at most {MAX_METRICS}"):
        sparkplug.decode(field(2, field(18, members)) * 2)
    with benchmark_s(1.0), pytest.raises(ProtocolError, match=f"more than {bounds.MAX_CELLS}"):
        sparkplug.decode(field(2, field(17, field(4, b"") * (bounds.MAX_CELLS + 1))))


@pytest.mark.parametrize("number", [18, 9])
def test_nesting_is_bound(number):
    def nested(depth):
        if number == 18:
            metric = sparkplug.Metric(name="x")
            for _ in range(depth):
                value = sparkplug.Value("template_value", Template(metrics=(metric,)))
                metric = sparkplug.Metric(name="x", value=value)
            return sparkplug.Payload(metrics=(metric,))
        properties = sparkplug.PropertySet()
        for _ in range(depth):
            value = sparkplug.Value("propertyset_value", properties)
            properties = sparkplug.PropertySet((sparkplug.Property("k", value=value),))
        return sparkplug.Payload(metrics=(sparkplug.Metric(properties=properties),))

    assert sparkplug.decode(sparkplug.encode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(ProtocolError, match="deep"):
        sparkplug.decode(sparkplug.encode(nested(MAX_DEPTH + 1)))
    with pytest.raises(ProtocolError):
        sparkplug.decode(sparkplug.encode(nested(200)))


def test_what_does_not_fit_its_field_is_not_written():
    for payload in (
        sparkplug.Payload(seq=-1),
        sparkplug.Payload(timestamp=2**64),
        sparkplug.Payload(metrics=(sparkplug.Metric(value=sparkplug.Value("int_value", 2**32)),)),
        sparkplug.Payload(uuid="\ud800"),
    ):
        with pytest.raises(ValueError):
            sparkplug.encode(payload)


@given(payloads, st.integers(16, 60), st.binary(max_size=9))
def test_an_extension_changes_nothing(payload, number, content):
    assert sparkplug.decode(sparkplug.encode(payload) + field(number, content)) == payload

import pytest

from protocols.sparkplug import State, decode_state, encode_state
from protocols.vocabulary import ProtocolError


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (b'{"online":true,"timestamp":1668114759262}', State(True, 1668114759262)),
        (b'{ "timestamp": 0, "online": false, "bdSeq": 7 }', State(False, 0)),
        (b"ONLINE", State(True)),
        (b"OFFLINE", State(False)),
        (b"OFFLINE\n", State(False)),
    ],
)
def test_both_forms(raw, state):
    assert decode_state(raw) == state


def test_written():
    assert encode_state(State(True, 5)) == b'{"online":true,"timestamp":5}'
    assert encode_state(State(False)) == b"OFFLINE"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"online",
        b"true",
        b"[]",
        b"{}",
        b'{"online":true}',
        b'{"online":1,"timestamp":1}',
        b'{"online":"true","timestamp":1}',
        b'{"online":true,"timestamp":"1"}',
        b'{"online":true,"timestamp":1.5}',
        b'{"online":true,"timestamp":true}',
        b'{"online":true,"timestamp":-1}',
        b'{"online":true,"timestamp":1e999}',
        b'{"online":true,"timestamp":NaN}',
        b'{"online":true,"timestamp":' + b"9" * 30 + b"}",
        b'{"online":true,"timestamp":1',
        b'{"a":' * 800 + b"1" + b"}" * 800,
        b"[" * 4_000,
        b"\xff\xfe",
        b" " * 4_097,
    ],
)
def test_no_state(raw):
    with pytest.raises(ProtocolError) as caught:
        decode_state(raw)
    assert "\n" not in str(caught.value)

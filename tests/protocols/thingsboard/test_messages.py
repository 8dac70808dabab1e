import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.thingsboard import (
    MAX_PAYLOAD,
    MAX_VALUES,
    Connected,
    Told,
    Topic,
    decode_connect,
    decode_device,
    decode_gateway,
)
from protocols.vocabulary import ProtocolError

TS = 1_795_000_000_000


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b'{"a": 1, "b": true, "c": "x"}', [Told("a", 1, None), Told("b", True, None), Told("c", "x", None)]),
        (b'{"ts": 1795000000000, "values": {"a": 1.5}}', [Told("a", 1.5, TS)]),
        (
            b'[{"ts": 1795000000000, "values": {"a": 1}}, {"a": 2}, {"ts": 1795000001000.0, "values": {"a": 3}}]',
            [Told("a", 1, TS), Told("a", 2, None), Told("a", 3, TS + 1000)],
        ),
        (
            b'{"a": null, "b": {"c": 1}, "d": [1]}',
            [Told("a", None, None), Told("b", None, None), Told("d", None, None)],
        ),
        (b'{"ts": 5}', [Told("ts", 5, None)]),
        ('{"水温": 20}'.encode(), [Told("水温", 20, None)]),
        (b"{}", []),
        (b"[]", []),
    ],
)
def test_what_a_device_tells(payload: bytes, told: list[Told]) -> None:
    assert decode_device(payload) == told
    assert decode_gateway(b'{"Device A": %s}' % payload) == {"Device A": told}


def test_a_gateway_tells_of_several() -> None:
    """The example of ThingsBoard's own documentation, in the form of it."""
    payload = {
        "Device A": [{"ts": TS, "values": {"temperature": 42, "humidity": 80}}, {"ts": TS + 1, "values": {"t": 43}}],
        "Device B": [{"ts": TS, "values": {"temperature": 42}}],
    }
    found = decode_gateway(json.dumps(payload).encode())
    assert {device: len(told) for device, told in found.items()} == {"Device A": 3, "Device B": 1}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"1",
        b"[1]",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"": 1}',
        b'{"ts": "x", "values": {}}',
        b'{"ts": true, "values": {}}',
        b'{"ts": 0, "values": {}}',
        b'{"ts": 1e300, "values": {}}',
        b'{"ts": 1, "values": [1]}',
        b'{"ts": 1.5, "values": {}}',
        b'{"%s": 1}' % (b"k" * 256),
        b'{"\\ud800": 1}',
        b'{"a": 1%s}' % (b"0" * 399),
        b" " * (MAX_PAYLOAD + 1),
        b"[" * 100_000,
        json.dumps([{"a": 1}] * (MAX_VALUES + 1)).encode(),
    ],
)
def test_what_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_device(payload)
    with pytest.raises(ProtocolError):
        decode_gateway(b'{"D": %s}' % payload if payload.strip() else payload)


def test_connects() -> None:
    assert decode_connect(b'{"device": "A", "type": "pump"}') == Connected("A", "pump")
    assert decode_connect(b'{"device": "A"}') == Connected("A", "")
    for payload in (b"[]", b"{}", b'{"device": 1}', b'{"device": ""}'):
        with pytest.raises(ProtocolError):
            decode_connect(payload)


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_else(payload: bytes) -> None:
    for decode in (decode_device, decode_gateway, decode_connect):
        with suppress(ProtocolError):
            decode(payload)


def test_topics() -> None:
    assert [topic for topic in Topic if topic.of_gateway] == [
        "v1/gateway/telemetry",
        "v1/gateway/connect",
        "v1/gateway/disconnect",
        "v1/gateway/attributes",
    ]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary import Event, ProtocolError

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
events = st.builds(
    Event,
    source=st.sampled_from(["nrn-0123abcdw", "mn:A110000_0001", "gw-1"]),
    kind=st.sampled_from(["alarm.raised", "picture.taken", "door"]),
    time=st.integers(0, 253_402_300_799_999),
    data=st.dictionaries(st.text(max_size=10), scalars | st.floats(allow_nan=False, allow_infinity=False), max_size=4),
)


@given(events)
def test_round_trip(event):
    try:
        line = event.encode()
    except UnicodeEncodeError:
        return
    assert b"\n" not in line
    assert Event.decode(line) == event


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": ""}, "source"),
        ({"source": "a b"}, "source"),
        ({"kind": "Alarm"}, "kind"),
        ({"kind": "a..b"}, "kind"),
        ({"time": -1}, "time"),
        ({"time": 1 << 60}, "time"),
    ],
)
def test_what_an_event_needs(change, told):
    with pytest.raises(ValueError, match=told):
        Event(**{"source": "gw-1", "kind": "door", "time": 0, **change})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"source":"gw-1","kind":"door","time":0}',
        b'{"source":"gw-1","kind":"door","time":true,"data":{}}',
        b'{"source":"gw-1","kind":"door","time":0,"data":{},"more":1}',
        b'{"source":"gw-1","kind":"door","time":0,"data":{"a":NaN}}',
        b'{"source":"gw-1","kind":"door","time":0,"data":{"a":{}}}',
        b'{"source":"gw 1","kind":"door","time":0,"data":{}}',
        b"[" * 10_000,
        b'{"source":"' + b"x" * 20_000,
    ],
)
def test_what_is_no_event(line):
    with pytest.raises(ProtocolError):
        Event.decode(line)


def test_an_event_has_a_bound():
    with pytest.raises(ValueError, match="16384"):
        Event("gw-1", "door", 0, {"text": "x" * 20_000}).encode()

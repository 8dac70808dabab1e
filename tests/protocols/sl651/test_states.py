import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sl651.states import (
    Gate,
    alarms,
    bits_set,
    events,
    gates,
    quota,
    status,
    switches,
    version,
    written_gates,
    written_switches,
)
from protocols.vocabulary import ProtocolError

QUIET = 1 << 7 | 1 << 10


def test_bits_7_and_10_have_the_opposite_sense():
    assert alarms(QUIET) == []
    assert status(QUIET)["door"] == "closed"
    assert status(QUIET)["pump"] == "stopped"
    assert alarms(0) == ["door: open"]
    assert status(0)["pump"] == "working"
    assert bits_set(0x480) == [7, 10]


def test_every_alarm():
    assert alarms(QUIET | 0xFFF) == [
        "mains: off",
        "battery: low",
        "level limit: alarm",
        "flow limit: alarm",
        "quality limit: alarm",
        "flow meter: fault",
        "level meter: fault",
        "memory: fault",
        "remaining water: over the limit",
    ]
    assert status(1 << 31)["bit 31"] == "set"
    assert len(status(QUIET)) == 12


def test_events():
    told = events(b"".join(n.to_bytes(2, "big") for n in range(1, 33)))
    assert told["history cleared"] == 1
    assert told["messages sent with errors"] == 18
    assert told["ERC32"] == 32
    assert len(events(bytes(64))) == 18
    with pytest.raises(ProtocolError, match="expected 64"):
        events(bytes(63))


def test_switches():
    assert switches(b"\x01\x05") == [True, False, True, False, False, False, False, False]
    assert written_switches([True, False, True]) == b"\x01\x05"
    assert written_switches([]) == b"\x00"
    for wrong in (b"", b"\x02\x05", b"\x00\x05"):
        with pytest.raises(ProtocolError):
            switches(wrong)
    with pytest.raises(ProtocolError):
        written_switches([True] * 2041)


@given(st.lists(st.booleans(), max_size=255), st.booleans(), st.data())
def test_gates_round_trip(states, with_openings, data):
    cm = st.integers(0, 9999) if with_openings else st.none()
    rows = [Gate(state, data.draw(cm)) for state in states]
    assert gates(written_gates(rows)) == rows


@pytest.mark.parametrize("data", ["", "02", "020100", "02010012", "0201001200340056", "01010A00"])
def test_no_gates(data):
    with pytest.raises(ProtocolError):
        gates(bytes.fromhex(data))


def test_gates_that_cannot_be_written():
    for rows in ([Gate(True, 1), Gate(True, None)], [Gate(True, None)] * 256, [Gate(True, 10_000)]):
        with pytest.raises(ProtocolError):
            written_gates(rows)


def test_version():
    assert version(bytes.fromhex("114441544138362D53572D56312E32284829")) == "DATA86-SW-V1.2(H)"
    assert version(b"\x01\xff") == "\\xff"
    for wrong in (b"", b"\x02A", b"\x00A"):
        with pytest.raises(ProtocolError):
            version(wrong)


def test_quota():
    assert quota(b"\xff")
    assert not quota(b"\x00")
    for wrong in (b"", b"\x01", b"\xff\xff"):
        with pytest.raises(ProtocolError):
            quota(wrong)

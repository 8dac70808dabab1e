"""What is kept of the devices is written when it changed, not when two clocks disagree by a millisecond."""

from collections import Counter

from edge.lwm2m.memory import HEARD_MS, RENEWED_MS, Kept, Memory
from protocols.lwm2m import Registration
from protocols.vocabulary import ManualClock


def kept(renewed_ms: int, heard_ms: int, location: str = "a") -> list[Kept]:
    return [Kept(Registration("imei:1"), location, ("::1", 5683, 0, 0), renewed_ms, heard_ms)]


def test_it_is_written_when_something_changed(tmp_path):
    told = [
        (kept(1000, 1000), True),
        (kept(1001, 999), False),
        (kept(1001, 1000 + HEARD_MS - 1), False),
        (kept(1001, 1000 + HEARD_MS), True),
        (kept(999, 1000 + HEARD_MS), False),
        (kept(1000, 1000 + HEARD_MS, "b"), True),
        (kept(1000 + RENEWED_MS, 1001 + HEARD_MS, "b"), True),
    ]
    now: list[Kept] = []
    memory = Memory(lambda: now, ManualClock(), Counter())
    memory.path = tmp_path / "memory"
    for now, is_written in told:
        data = memory._changed()
        assert (data is not None) is is_written, now
        if data is not None:
            memory._write(data)
            assert memory.load()[0].location == now[0].location

import pytest

from protocols import lwm2m
from protocols.lwm2m.describe import describe
from protocols.lwm2m.explain import explain
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

ALL = frames("lwm2m", "LWM2M_TLV") + frames("lwm2m", "LWM2M_TLV", file="more.json")
RIGHT = [row for row in ALL if row["accept"]]
BROKEN = [row for row in ALL if not row["accept"]]
TLV = [row for row in RIGHT if "object" not in row["expected"]]
# Every expected field of every frame holds: no frame of the collection was found to be wrong.


def test_the_collection_is_whole():
    assert len(frames("lwm2m", "LWM2M_TLV")) == 8
    assert (len(RIGHT), len(BROKEN), len(TLV)) == (11, 2, 9)


@pytest.mark.parametrize("row", RIGHT, ids=frame_id)
def test_right_entries_say_what_is_expected(row):
    told = describe(bytes.fromhex(row["frame"]))
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]


@pytest.mark.parametrize("row", BROKEN, ids=frame_id)
def test_broken_entries_are_refused_in_one_line(row):
    with pytest.raises(ProtocolError) as refused:
        describe(bytes.fromhex(row["frame"]))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("row", TLV, ids=frame_id)
def test_what_was_read_is_written_as_it_was(row):
    raw = bytes.fromhex(row["frame"])
    assert lwm2m.encode(lwm2m.decode(raw)) == raw


@pytest.mark.parametrize("row", [row for row in TLV if row["frame"].startswith("080079")], ids=frame_id)
def test_an_instance_around_the_resources_is_told_from_outside_in(row):
    names = [field.name for field in explain(bytes.fromhex(row["frame"]))]
    assert names[:7] == ["type", "number", "length", "type", "number", "length", "string"]

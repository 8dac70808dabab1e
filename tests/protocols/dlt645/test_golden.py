import pytest

from protocols import dlt645
from protocols.dlt645.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

GIVEN = frames("dlt645", "DLT645")
FOUND = frames("dlt645", "DLT645", file="found.json")
# Every expected field of every frame holds: no frame of the collection was found to be wrong.


def test_the_collection_is_whole():
    assert len(GIVEN) == 49
    assert [row["id"] for row in GIVEN if not row["accept"]] == ["pub-dlt645-010"]
    assert len(FOUND) == 8


@pytest.mark.parametrize("row", [row for row in GIVEN + FOUND if row["accept"]], ids=frame_id)
def test_a_right_frame_says_what_is_expected(row):
    told = describe(bytes.fromhex(row["frame"]))
    wanted = row["expected"] | row.get("source_states", {})
    assert {name: told.get(name) for name in wanted} == wanted
    assert told["edition"] == row.get("protocol_version", "1997" if "1997" in row["kind"] else "2007")


@pytest.mark.parametrize("row", [row for row in GIVEN + FOUND if row["accept"]], ids=frame_id)
def test_a_right_frame_is_written_as_it_was(row):
    raw = bytes.fromhex(row["frame"])
    frame = dlt645.decode(raw)
    assert dlt645.encode(frame) == raw.lstrip(b"\xfe") == frame.raw


def test_a_wrong_checksum_says_which_is_right():
    (row,) = [row for row in GIVEN if not row["accept"]]
    want = row["expected"]
    for read in (describe, dlt645.decode):
        with pytest.raises(ProtocolError, match=f"CS: found {want['cs_given']}, {want['cs_computed']} is right"):
            read(bytes.fromhex(row["frame"]))

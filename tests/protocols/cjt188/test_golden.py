import pytest

from protocols import cjt188
from protocols.cjt188.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

GIVEN = frames("cjt188", "CJT188")
FOUND = frames("cjt188", "CJT188", file="found.json")
BROKEN = [row for row in GIVEN if not row["accept"]]
# Every expected field of every accepted frame holds. The three that are refused have wrong checksums, as the
# collection says; two of them stand in found.json with the right one.


def test_the_collection_is_whole():
    assert len(GIVEN) == 27
    assert [row["id"][-3:] for row in BROKEN] == ["002", "022", "023"]
    assert len(FOUND) == 13


@pytest.mark.parametrize("row", [row for row in GIVEN + FOUND if row["accept"]], ids=frame_id)
def test_a_right_frame_says_what_is_expected(row):
    told = describe(bytes.fromhex(row["frame"]))
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]


@pytest.mark.parametrize("row", [row for row in GIVEN if row["accept"]], ids=frame_id)
def test_a_right_frame_is_written_as_it_was(row):
    raw = bytes.fromhex(row["frame"])
    frame = cjt188.decode(raw)
    assert cjt188.encode(frame) == raw.lstrip(b"\xfe") == frame.raw


@pytest.mark.parametrize("row", BROKEN, ids=frame_id)
def test_a_wrong_checksum_says_which_is_right(row):
    want = row["expected"]
    for read in (describe, cjt188.decode):
        with pytest.raises(ProtocolError, match=f"CS: found {want['cs_given']}, {want['cs_computed']} is right"):
            read(bytes.fromhex(row["frame"]))

import pytest

from protocols import sl651
from protocols.sl651.describe import describe
from protocols.sl651.explain import explain
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames
from tests.protocols.sl651.bodies import REAL

ALL = frames("sl651", "SL651")
PICTURE = next(row for row in ALL if row["encoding"] == "hex_list")
WRONG_CRC = [row for row in ALL if row["accept"] is False]
FOUND = frames("sl651", "SL651", file="found.json")
RIGHT = [row for row in ALL if row["accept"] is not False]
# Every expected field of every frame holds: no frame of the collection was found to be wrong. One (020) is neither
# accepted nor refused by it; it is read as its direction nibble says.


def test_the_collection_is_whole():
    assert (len(ALL), len(RIGHT), len(WRONG_CRC), len(PICTURE["frame"])) == (52, 42, 10, 13)


def raw_of(row) -> bytes:
    return bytes.fromhex("".join(row["frame"]) if row["encoding"] == "hex_list" else row["frame"])


@pytest.mark.parametrize("row", [*RIGHT, *FOUND], ids=frame_id)
def test_a_right_frame_says_what_is_expected(row):
    said = describe(raw_of(row))
    assert {name: said.get(name) for name in row["expected"]} == row["expected"]


@pytest.mark.parametrize("row", WRONG_CRC, ids=frame_id)
def test_a_wrong_crc_is_refused_and_the_right_one_told(row):
    expected = row["expected"]
    with pytest.raises(ProtocolError) as refused:
        describe(raw_of(row))
    assert str(refused.value) == f"CRC: found {expected['crc']}, {expected['crc_computed']} is right"


@pytest.mark.parametrize("row", WRONG_CRC, ids=frame_id)
def test_with_the_right_crc_the_same_frame_says_what_is_expected(row):
    raw = bytes.fromhex(row["frame"][:-4] + row["expected"]["crc_computed"])
    said = describe(raw)
    expected = row["expected"] | {"crc": row["expected"]["crc_computed"]}
    assert {name: said.get(name) for name in expected} == expected


@pytest.mark.parametrize("row", RIGHT, ids=frame_id)
def test_frames_are_written_as_they_came(row):
    for frame in sl651.Decoder().feed(raw_of(row)):
        assert sl651.encode(frame) == frame.raw


@pytest.mark.parametrize("row", [*(row for row in RIGHT if row is not PICTURE), *FOUND], ids=frame_id)
def test_bodies_are_written_as_they_came(row):
    frame = sl651.decode(raw_of(row))
    assert sl651.compose(frame, sl651.read_body(frame)).body == frame.body


@pytest.mark.parametrize("row", RIGHT, ids=frame_id)
def test_an_explanation_leaves_nothing_unread(row):
    rows = explain(raw_of(row))
    assert not [row for row in rows if row.name in ("not read", "rest of the body", "surplus")]
    crcs = [row.meaning for row in rows if row.name == "CRC"]
    assert crcs == ["right"] * len(crcs)
    assert crcs


def test_real_frames_that_are_no_row():
    said = {name: describe(bytes.fromhex(frame)) for name, frame in REAL.items()}
    assert [row["value"] for row in said["regular report"]["readings"]] == [13.0, 4.0, 0.55, 12.68]
    levels = [row["value"] for row in said["timed report"]["elements"] if row["id"] == "39"]
    assert levels == [10.49]
    assert said["real-time answer"]["readings"][2]["value"] == 0.122
    assert said["version"]["version"] == "DATA86-SW-V1.2(H)"
    assert said["factory reset"]["addr_F1"] == "0011223344"
    assert said["clock"]["send_time"] == "20210409084605"
    run = {row["id"]: row.get("value") for row in said["run parameters"]["parameters"]}
    assert run["20"] == 1
    assert run["25"] == 1.0
    assert run["28"] == 10.0
    assert run["30"] == 0.2
    assert run["38"] == 5.0
    assert (run["40"], run["41"]) == (0.03, 0.2)


@pytest.mark.parametrize("cut", [0, 5, 12])
def test_a_picture_with_a_packet_missing_is_refused_with_its_number(cut):
    packets = [bytes.fromhex(frame) for number, frame in enumerate(PICTURE["frame"]) if number != cut]
    with pytest.raises(ProtocolError, match=rf"\[{cut + 1}\] are missing"):
        describe(b"".join(packets))


def test_a_picture_in_any_order_and_with_packets_twice():
    packets = [bytes.fromhex(frame) for frame in PICTURE["frame"]]
    said = describe(b"".join([packets[3], *reversed(packets), packets[12]]))
    assert said["jpeg_sha256"] == PICTURE["expected"]["jpeg_sha256"]
    assert said["first_packet"] == PICTURE["expected"]["first_packet"]


def test_what_stands_in_front_of_a_makers_own_layout_is_read():
    """One station puts 7979, 7D7D and F9F9 behind its levels, which says neither a length nor an end."""
    frame = sl651.decode(raw_of(FOUND[0]))
    values = {(m.element, m.value) for m in sl651.measurements(frame) if m.element not in ("DRP", "DRZ1")}
    assert values == {("PT", 3.0), ("Z", 7.97), ("PJ", 0.5)}
    row = describe(frame.raw)["elements"][-1]
    assert (row["id"], row["raw"][:8], row["raw"][-8:]) == ("79", "79790211", "38121207")
    assert "maker's own" in [field.name for field in explain(frame.raw)]

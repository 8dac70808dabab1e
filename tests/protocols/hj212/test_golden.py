import pytest

from protocols import hj212
from protocols.checksums import crc16_hj212
from protocols.hj212.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

ALL = frames("hj212", "HJ212")
SEGMENTS = [row for row in ALL if row["kind"] == "crc_only"]
PACKETS = [row for row in ALL if row["kind"] != "crc_only"]
STANDARD = [row for row in PACKETS if row["accept"]]
MODBUS = [row for row in PACKETS if row.get("accept_in_modbus_crc_mode")]
BROKEN = [row for row in PACKETS if not row["accept"] and row not in MODBUS]
# Every expected field of every frame holds: no frame of the collection was found to be wrong.


def test_the_collection_is_whole():
    assert (len(STANDARD), len(MODBUS), len(BROKEN), len(SEGMENTS)) == (26, 18, 7, 2)


def told(row, crc):
    """What describe says, cut to the names that the collection has."""
    said = describe(row["frame"].encode(), crc)
    return {name: said.get(name) for name in row["expected"]}


@pytest.mark.parametrize("row", STANDARD, ids=frame_id)
@pytest.mark.parametrize("crc", ["standard", "either"])
def test_a_right_packet_says_what_is_expected(row, crc):
    assert told(row, crc) == row["expected"]


@pytest.mark.parametrize("row", STANDARD, ids=frame_id)
def test_the_crc_of_the_standard_is_refused_where_only_modbus_is_allowed(row):
    with pytest.raises(ProtocolError, match="by the Modbus rule"):
        hj212.decode(row["frame"].encode(), "modbus")


@pytest.mark.parametrize("row", MODBUS, ids=frame_id)
def test_a_modbus_crc_is_refused_by_default_and_accepted_where_the_device_is_set_so(row):
    raw = row["frame"].encode()
    with pytest.raises(ProtocolError, match="it is right by the Modbus rule"):
        hj212.decode(raw)
    for crc in ("modbus", "either"):
        assert told(row, crc) == row["expected"]
        assert hj212.decode(raw, crc).crc == "modbus"


@pytest.mark.parametrize("row", BROKEN, ids=frame_id)
@pytest.mark.parametrize("crc", ["standard", "modbus", "either"])
def test_a_broken_packet_is_refused(row, crc):
    with pytest.raises(ProtocolError):
        hj212.decode(row["frame"].encode(), crc)


@pytest.mark.parametrize("row", SEGMENTS, ids=frame_id)
def test_a_bare_segment_has_the_expected_crc(row):
    segment = row["frame"].encode()
    assert f"{crc16_hj212(segment):04X}" == row["expected"]["crc"]
    assert told(row, "standard") == row["expected"]
    assert hj212.encode(hj212.decode(hj212.frame.seal(segment))) == hj212.frame.seal(segment)


@pytest.mark.parametrize("row", STANDARD + MODBUS, ids=frame_id)
def test_what_was_read_can_be_written_and_read_again(row):
    packet = hj212.decode(row["frame"].encode(), "either")
    assert hj212.decode(hj212.encode(packet), packet.crc) == packet

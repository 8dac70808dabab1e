import pytest

from protocols import coap
from protocols.coap.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

ALL = frames("coap", "COAP_LWM2M") + frames("coap", "COAP_LWM2M", file="more.json")
RIGHT = [row for row in ALL if row["accept"]]
BROKEN = [row for row in ALL if not row["accept"]]
# Every expected field of every frame holds: no frame of the collection was found to be wrong.


def test_the_collection_is_whole():
    assert len(frames("coap", "COAP_LWM2M")) == 25
    assert (len(RIGHT), len(BROKEN)) == (23, 12)


@pytest.mark.parametrize("row", RIGHT, ids=frame_id)
def test_a_right_message_says_what_is_expected(row):
    told = describe(bytes.fromhex(row["frame"]))
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]
    assert ("payload_hex" in told) is ("payload_hex" in row["expected"])


@pytest.mark.parametrize("row", BROKEN, ids=frame_id)
def test_a_broken_message_is_refused_in_one_line(row):
    with pytest.raises(ProtocolError) as refused:
        coap.decode(bytes.fromhex(row["frame"]))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("row", RIGHT, ids=frame_id)
def test_what_was_read_is_written_as_it_was(row):
    raw = bytes.fromhex(row["frame"])
    assert coap.encode(coap.decode(raw)) == raw
    assert coap.decode(raw).raw == raw


@pytest.mark.parametrize("row", [row for row in RIGHT if "ip_datagram" in row], ids=frame_id)
def test_the_message_is_what_the_captured_datagram_carried(row):
    datagram = bytes.fromhex(row["ip_datagram"])
    assert datagram[28:] == bytes.fromhex(row["frame"])

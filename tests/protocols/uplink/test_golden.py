import pytest

from protocols.uplink import (
    BodyEncoder,
    Header,
    decode_events,
    encode_events,
    expand,
    read_header,
    sign,
    unsigned,
    verify,
)
from protocols.uplink.columns import decode
from protocols.uplink.describe import describe
from protocols.uplink.rows import decode_rows
from protocols.vocabulary import ProtocolError
from tests.protocols.uplink.batches import as_batch, rows
from tests.protocols.uplink.golden import SMALLEST, Golden, everything, load

ALL = everything()
SOUND = [golden for golden in ALL if "error" not in golden.expected]
BROKEN = [golden for golden in ALL if "error" in golden.expected]
READINGS = [golden for golden in SOUND if "readings" in golden.expected]


def test_the_collection_is_whole() -> None:
    assert (len(SOUND), len(BROKEN)) == (13, 3)
    assert min(SOUND, key=lambda golden: len(golden.envelope)).name == SMALLEST


@pytest.mark.parametrize("golden", SOUND, ids=lambda golden: golden.name)
def test_a_sound_envelope_says_what_is_expected(golden: Golden) -> None:
    assert describe(golden.envelope, golden.key) | {"why": golden.expected["why"]} == golden.expected


@pytest.mark.parametrize("golden", READINGS, ids=lambda golden: golden.name)
def test_both_decoders_read_the_same(golden: Golden) -> None:
    header = read_header(golden.envelope)
    body = expand(golden.envelope, header)
    assert rows(decode_rows(body, header.readings)) == rows(golden.batch)
    assert rows(as_batch(decode(body, header.readings))) == rows(golden.batch)


@pytest.mark.parametrize("golden", READINGS, ids=lambda golden: golden.name)
def test_the_encoder_still_makes_the_same_body(golden: Golden) -> None:
    header = read_header(golden.envelope)
    body, count = BodyEncoder().encode([golden.batch])
    assert (body, count) == (expand(golden.envelope, header), header.readings)
    # the compressed bytes are the library's business; header and MAC are not
    again = sign(unsigned(header, body), golden.key, key_id=header.key_id, late=header.late)
    assert read_header(again)._replace(stored_length=0) == header._replace(stored_length=0)
    assert verify(golden.envelope, golden.key) == golden.expected["mac_verified"] == (golden.name != "wrong_mac")


@pytest.mark.parametrize("golden", BROKEN, ids=lambda golden: golden.name)
def test_a_broken_envelope_is_refused_as_expected(golden: Golden) -> None:
    with pytest.raises(ProtocolError) as refused:
        describe(golden.envelope, golden.key)
    assert str(refused.value) == golden.expected["error"]


def test_an_uncompressed_one_is_made_again_byte_by_byte() -> None:
    golden = load(SMALLEST)
    body, count = BodyEncoder().encode([golden.batch])
    header = Header("gw-1", 77, 3, count, 1_767_225_601_000, 1000)
    assert sign(unsigned(header, body), golden.key, key_id=1) == golden.envelope


def test_events_are_made_again_byte_by_byte() -> None:
    golden = load("two_events")
    header = read_header(golden.envelope)
    events = decode_events(expand(golden.envelope, header), header.readings)
    body = encode_events([event.encode() for event in events])
    assert body == expand(golden.envelope, header)
    again = sign(unsigned(header, body), golden.key, key_id=1)
    assert read_header(again)._replace(stored_length=0) == header._replace(stored_length=0)

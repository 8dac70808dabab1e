import pytest

from protocols import senml
from protocols.senml.describe import describe_cbor, describe_json
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frame_id, frames

NOW_S = 1498780179.0
"""When the authors of RFC 8428 resolved their examples, as ex1's expected time tells."""
LATER_S = {"pub-senml-json-005": 1499109309.0}
"""... except for this one, which they resolved some days later."""

JSON = frames("senml", "SENML_JSON")
CBOR = frames("senml", "SENML_CBOR")
WITHOUT_DATA_VALUES = {"pub-senml-json-005"}
# The resolved form of RFC 8428 §5.1.4's pack lacks its fourth record, nfv-reader with vd=aGkgCg. The pack holds it and
# §4.2 lists vd among the values ("... one of v, vs, vb, vd"), so a resolver has four records: the copy is incomplete.


def test_the_collection_is_whole():
    assert (len(JSON), len(CBOR)) == (9, 30)
    assert sum(row["accept"] for row in CBOR) == 25
    assert all(row["accept"] for row in JSON)


def compare(row, told):
    expected = row["expected"]
    resolved = told["resolved"]
    if row["id"] in WITHOUT_DATA_VALUES:
        assert [record for record in resolved if "vd" in record] == [
            {"n": "urn:dev:ow:10e2073a01080063:nfv-reader", "t": LATER_S[row["id"]], "vd": "aGkgCg"}
        ]
        resolved = [record for record in resolved if "vd" not in record]
    if "resolved" in expected:
        assert resolved == expected["resolved"]
    if "parsed" in expected:
        assert told["parsed"] == expected["parsed"]
    if "cbor" in expected:
        assert told["cbor"] == expected["cbor"]


@pytest.mark.parametrize("row", JSON, ids=frame_id)
def test_json(row):
    compare(row, describe_json(row["frame"].encode(), LATER_S.get(row["id"], NOW_S)))


@pytest.mark.parametrize("row", [row for row in CBOR if row["accept"]], ids=frame_id)
def test_cbor(row):
    told = describe_cbor(bytes.fromhex(row["frame"]), NOW_S)
    compare(row, told)
    if "json_source" in row["expected"]:
        assert told["parsed"] == row["expected"]["json_source"]


@pytest.mark.parametrize("row", [row for row in CBOR if not row["accept"]], ids=frame_id)
def test_cbor_refused(row):
    with pytest.raises(ProtocolError):
        senml.decode_cbor(bytes.fromhex(row["frame"]))


@pytest.mark.parametrize("row", [row for row in JSON + CBOR if row["accept"]], ids=frame_id)
def test_what_was_read_can_be_written_and_read_again(row):
    frame = row["frame"]
    entries = senml.decode_json(frame.encode()) if row in JSON else senml.decode_cbor(bytes.fromhex(frame))
    assert senml.decode_json(senml.encode_json(entries)) == entries
    assert senml.decode_cbor(senml.encode_cbor(entries)) == entries

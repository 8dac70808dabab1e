"""The published frames, and frames that other people's writers made (tests/golden/sparkplug)."""

import base64
import json

import pytest

from protocols import sparkplug
from protocols.sparkplug.describe import describe
from protocols.sparkplug.explain import explain, first_flaw
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import GOLDEN, frame_id, frames

ROWS = frames("sparkplug", "SPARKPLUG_B")
OTHERS = json.loads((GOLDEN / "sparkplug" / "other_writers.json").read_text("utf-8"))


def bytes_of(row) -> bytes:
    return base64.b64decode(row["frame"], validate=True)


def test_the_collection_is_whole():
    assert len(ROWS) == 5
    assert all(row["accept"] for row in ROWS)
    assert {row["written_by"].split()[1] for row in OTHERS} == {"sparkplug-payload", "pysparkplug"}


@pytest.mark.parametrize("row", ROWS, ids=frame_id)
def test_published(row):
    told = describe(bytes_of(row))
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]


@pytest.mark.parametrize("row", OTHERS, ids=frame_id)
def test_of_other_writers(row):
    told = describe(bytes_of(row))
    expected = row["expected"]
    assert {name: told[name] for name in ("timestamp", "seq", "uuid", "body") if name in expected} == {
        name: expected[name] for name in ("timestamp", "seq", "uuid", "body") if name in expected
    }
    assert len(told["values"]) == len(expected["values"])
    by_name = {one.get("name") or f"alias {one['alias']}": one for one in told["values"]}
    for name, value in expected["values"].items():
        found = by_name[name]["value"]
        # numbers of more than 53 bits stand as text in the collection, since JavaScript wrote it
        assert (str(found) if isinstance(found, int) and isinstance(value, str) else found) == value
    for name, properties in expected.get("properties", {}).items():
        assert by_name[name]["properties"] == properties
    for name, metadata in expected.get("metadata", {}).items():
        (metric,) = [metric for metric in told["metrics"] if metric["name"] == name]
        assert metric["metadata"] == metadata


@pytest.mark.parametrize("row", ROWS + OTHERS, ids=frame_id)
def test_what_was_read_is_written_as_it_was(row):
    raw = bytes_of(row)
    payload = sparkplug.decode(raw)
    assert payload.raw == raw
    assert sparkplug.encode(payload) == raw


@pytest.mark.parametrize("row", ROWS + OTHERS, ids=frame_id)
def test_every_field_is_named(row):
    fields = explain(bytes_of(row))
    assert not [field for field in fields if "unknown" in field.meaning or "field " in field.name]
    assert first_flaw(bytes_of(row)) is None


def outcome(raw: bytes) -> sparkplug.Payload | ProtocolError:
    try:
        return sparkplug.decode(raw)
    except ProtocolError as error:
        return error


@pytest.mark.parametrize("row", ROWS, ids=frame_id)
def test_cut_at_every_byte_never_another_exception(row):
    raw = bytes_of(row)[:120]
    for end in range(1, len(raw)):
        found = outcome(raw[:end])
        if isinstance(found, ProtocolError):
            assert "\n" not in str(found)
            assert str(found).startswith("byte ")
        else:
            # a cut between two fields is a right payload of fewer fields
            assert sparkplug.encode(found) == raw[:end]


def test_a_broken_payload_is_told_where_and_why():
    raw = bytes_of(ROWS[0])
    with pytest.raises(ProtocolError, match=r"^byte 52: metrics\[2\]: 26 bytes announced, 21 follow$"):
        sparkplug.decode(raw[:-7])
    assert [field.name for field in explain(raw[:-7])][-1] == "metrics[2]"

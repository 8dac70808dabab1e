import json
from pathlib import Path

import pytest

from cloud.api import answers
from cloud.ingest.status import MAX_STATUS, read_status
from cloud.registry import gateways
from cloud.registry.database import Database
from tests.cloud.registry.place import registry_url


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_what_an_agent_says_is_kept() -> None:
    said = {"online": True, "spool": {"oldest_h": None, "share": 0.5}, "links": [{"devices": [{"name": "灯"}]}]}
    assert read_status(json.dumps(said).encode()) == said
    assert read_status(b"{}") == {}
    assert read_status(nested(16)) is not None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"junk",
        b"[]",
        b"null",
        b'{"a":',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\xff"}',
        nested(17),
        nested(300),
        nested(9000),
        json.dumps({"a": "x" * MAX_STATUS}).encode(),
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_what_could_not_be_shown_again_is_not_kept(payload: bytes) -> None:
    assert read_status(payload) is None


@pytest.mark.parametrize("payload", [nested(16), b'{"a":"\\u0000"}', b'{"a":' + b"9" * 40 + b"}"])
def test_what_is_kept_can_be_shown(tmp_path: Path, payload: bytes) -> None:
    with Database(registry_url(tmp_path)) as database, database.begin() as tx:
        gateways.add(tx, "gw-1", "", 1)
        gateways.note_status(tx, "gw-1", read_status(payload), 1)
        shown = answers.gateway(gateways.get(tx, "gw-1")).model_dump_json()
    assert json.loads(shown)["status"] == json.loads(payload)

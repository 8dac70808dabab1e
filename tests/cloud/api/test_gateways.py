import json
from pathlib import Path

import bcrypt
import httpx

from cloud.registry import gateways
from cloud.registry.mac_keys import MacKeys
from tests.cloud.api.conftest import Desk
from tests.cloud.registry.place import sqlite_only


async def test_credentials_are_shown_once_and_rotate(admin: httpx.AsyncClient, desk: Desk) -> None:
    made = await admin.post("/api/v1/gateways", json={"id": "gw-1", "name": "one"})
    assert made.json()["key_id"] is None
    first = (await admin.post("/api/v1/gateways/gw-1/credentials", json={})).json()
    assert set(first) == {"username", "password", "hmac_key", "key_id"}
    assert desk.reloads == 1
    second = (await admin.post("/api/v1/gateways/gw-1/credentials")).json()
    assert (first["key_id"], second["key_id"]) == (1, 2)
    assert first["password"] != second["password"]
    with desk.database.read() as tx:
        (account,) = gateways.broker_accounts(tx)
    assert bcrypt.checkpw(second["password"].encode(), account.password_hash.encode())
    assert not bcrypt.checkpw(first["password"].encode(), account.password_hash.encode())
    keys = MacKeys(desk.database, desk.context.secrets, desk.clock)
    assert {n: key.hex() for n, key in keys.mac_keys("gw-1").items()} == {1: first["hmac_key"], 2: second["hmac_key"]}
    shown = await admin.get("/api/v1/gateways/gw-1")
    assert shown.json()["previous_key_until"] == "2026-01-02T00:00:00.000Z"
    everything = shown.text + (await admin.get("/api/v1/gateways")).text
    for secret in (first["password"], second["password"], second["hmac_key"]):
        assert secret not in everything


@sqlite_only
async def test_dump_of_the_database_holds_no_usable_secret(admin: httpx.AsyncClient, desk: Desk) -> None:
    await admin.post("/api/v1/gateways", json={"id": "gw-1"})
    made = (await admin.post("/api/v1/gateways/gw-1/credentials", json={})).json()
    key = (await admin.post("/api/v1/keys", json={"name": "x", "scopes": ["read"]})).json()["key"]
    dump = b"".join(path.read_bytes() for path in Path(desk.folder).glob("registry.sqlite*"))
    assert b"gw-1" in dump
    for secret in (made["password"], made["hmac_key"], key, desk.context.secrets.admin_api_key):
        assert secret.encode() not in dump
    assert bytes.fromhex(made["hmac_key"]) not in dump


async def test_wrong_and_double_identifiers(admin: httpx.AsyncClient) -> None:
    for name in ("gateway", "gw-", "gw-A", "gw-" + "a" * 30, "gw-ä"):
        refused = await admin.post("/api/v1/gateways", json={"id": name})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "#/id"
    assert (await admin.post("/api/v1/gateways", json={"id": "gw-1"})).status_code == 201
    assert (await admin.post("/api/v1/gateways", json={"id": "gw-1"})).status_code == 409
    assert (await admin.post("/api/v1/gateways/gw-2/credentials", json={})).status_code == 404
    assert (await admin.post("/api/v1/gateways/gw-1/credentials", json={"password": "mine"})).status_code == 422


async def test_status_is_shown(admin: httpx.AsyncClient, desk: Desk) -> None:
    await admin.post("/api/v1/gateways", json={"id": "gw-1", "name": "one"})
    with desk.database.begin() as tx:
        gateways.note_status(tx, "gw-1", {"state": "up", "spool_h": 0.5}, 1_767_225_600_123)
    shown = (await admin.get("/api/v1/gateways/gw-1")).json()
    assert shown["status"] == json.loads('{"state": "up", "spool_h": 0.5}')
    assert shown["last_seen"] == "2026-01-01T00:00:00.123Z"

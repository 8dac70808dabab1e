import json

import bcrypt
import pytest
from sqlalchemy import select

from cloud.geo.towns import Place
from cloud.registry import gateways, neurons
from cloud.registry.database import Database
from cloud.registry.errors import Conflict, NotFound
from cloud.registry.mac_keys import MacKeys
from cloud.registry.neurons import Neuron
from cloud.registry.schema import GATEWAY
from cloud.registry.selection import Site
from cloud.secrets import Secrets
from protocols.vocabulary import ManualClock


def test_rotation_keeps_the_old_key_for_a_day(database: Database, secrets: Secrets) -> None:
    clock = ManualClock()
    keys = MacKeys(database, secrets, clock)
    with database.begin() as tx:
        gateways.add(tx, "gw-1", "one", clock.now_ms())
    assert keys.mac_keys("gw-1") == {}
    assert keys.mac_keys("gw-2") == {}
    with database.begin() as tx:
        first = gateways.rotate(tx, "gw-1", secrets, clock.now_ms())
    assert keys.mac_keys("gw-1") == {1: first.hmac_key}
    with database.begin() as tx:
        second = gateways.rotate(tx, "gw-1", secrets, clock.now_ms())
    assert keys.mac_keys("gw-1") == {2: second.hmac_key, 1: first.hmac_key}
    assert first.hmac_key != second.hmac_key
    clock.advance(24 * 3600)
    assert keys.mac_keys("gw-1") == {2: second.hmac_key}


def test_database_holds_no_usable_secret(database: Database, secrets: Secrets) -> None:
    with database.begin() as tx:
        gateways.add(tx, "gw-1", "one", 1)
        made = gateways.rotate(tx, "gw-1", secrets, 1)
        row = json.dumps(list(tx.execute(select(GATEWAY)).one()))
        account = gateways.broker_accounts(tx)[0]
    assert made.password not in row
    assert made.hmac_key.hex() not in row
    assert account.username == made.username == "gw-1"
    assert account.password_hash.startswith("$2a$")
    assert bcrypt.checkpw(made.password.encode(), account.password_hash.encode())
    assert len(made.hmac_key) == 32


def test_gateway_identifier_is_taken_once(database: Database, secrets: Secrets) -> None:
    with database.begin() as tx:
        gateways.add(tx, "gw-1", "one", 1)
        with pytest.raises(Conflict):
            gateways.add(tx, "gw-1", "two", 2)
        with pytest.raises(NotFound):
            gateways.rotate(tx, "gw-2", secrets, 1)


def test_scope_shows_gateways_of_own_neurons_only(database: Database) -> None:
    with database.begin() as tx:
        for name in ("gw-1", "gw-2", "gw-3"):
            gateways.add(tx, name, "", 1)
        neurons.add(tx, Neuron("", "k", "", "gw-2", Site(Place("310151101")), {}), [], 1)
        town = frozenset({"310151101"})
        assert [g.id for g in gateways.page(tx, 10, scope=town).items] == ["gw-2"]
        assert gateways.get(tx, "gw-2", town).id == "gw-2"
        with pytest.raises(NotFound):
            gateways.get(tx, "gw-1", town)
        assert [g.id for g in gateways.page(tx, 2).items] == ["gw-1", "gw-2"]


def test_status_is_kept(database: Database) -> None:
    with database.begin() as tx:
        gateways.add(tx, "gw-1", "", 1)
        gateways.note_status(tx, "gw-1", {"state": "up"}, 5)
        gateways.note_status(tx, "gw-1", None, 6)
        found = gateways.get(tx, "gw-1")
    assert (found.status, found.last_seen_ms) == ({"state": "up"}, 6)

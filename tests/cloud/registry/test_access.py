import pytest

from cloud.registry import keys, sessions
from cloud.registry.access import Access
from cloud.registry.database import Database
from cloud.registry.errors import NotFound
from cloud.registry.schema import API_KEY, SESSION
from cloud.secrets import new_api_key


def test_key_lets_in_until_it_expires_or_is_revoked(database: Database) -> None:
    access = Access(database)
    text = new_api_key()
    assert access.by_key(text, 0) is None
    with database.begin() as tx:
        made = keys.add(tx, text, "script", ["read"], 1, towns=["310151102", "310151101"], expires_ms=100)
    found = access.by_key(text, 99)
    assert found is not None
    assert (found.name, found.towns) == ("script", {"310151101", "310151102"})
    assert found.may("read")
    assert not found.may("write")
    assert access.by_key(text, 100) is None
    assert access.by_key(text[:-1], 99) is None
    assert access.by_key("", 99) is None
    with database.begin() as tx:
        keys.revoke(tx, made.prefix, 50)
    assert access.by_key(text, 51) is None


def test_admin_may_everything(database: Database) -> None:
    text = new_api_key()
    with database.begin() as tx:
        keys.install(tx, text, "admin", ["admin"], 1)
        keys.install(tx, text, "admin", ["admin"], 2)
        assert len(keys.page(tx, 10).items) == 1
    found = Access(database).by_key(text, 5)
    assert found is not None
    assert all(found.may(scope) for scope in ("read", "write", "admin"))  # type: ignore[arg-type]


def test_installed_key_that_was_revoked_stays_revoked(database: Database) -> None:
    text = new_api_key()
    with database.begin() as tx:
        keys.install(tx, text, "admin", ["admin"], 1)
        keys.revoke(tx, text[3:11], 2)
        keys.install(tx, text, "admin", ["admin"], 3)
    assert Access(database).by_key(text, 5) is None


def test_no_key_and_no_token_in_the_database(database: Database) -> None:
    text = new_api_key()
    with database.begin() as tx:
        keys.add(tx, text, "x", ["read"], 1)
        token = sessions.start(tx, 1)
        dump = repr(tx.execute(API_KEY.select()).all()) + repr(tx.execute(SESSION.select()).all())
    assert text not in dump
    assert text[-32:] not in dump
    assert token not in dump


def test_session_ends(database: Database) -> None:
    access = Access(database)
    with database.begin() as tx:
        token = sessions.start(tx, 0)
    assert access.by_session(token, sessions.LIFETIME_MS - 1) is not None
    assert access.by_session(token, sessions.LIFETIME_MS) is None
    assert access.by_session(token + "x", 0) is None
    with database.begin() as tx:
        sessions.end(tx, token)
    assert access.by_session(token, 1) is None
    with database.begin() as tx:
        sessions.start(tx, sessions.LIFETIME_MS + 1)
        assert len(sessions.every(tx)) == 1


def test_malformed_and_unknown_keys(database: Database) -> None:
    with database.begin() as tx:
        with pytest.raises(ValueError, match="form"):
            keys.add(tx, "secret", "x", ["read"], 1)
        with pytest.raises(NotFound):
            keys.revoke(tx, "00000000", 1)

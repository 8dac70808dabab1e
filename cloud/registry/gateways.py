"""Gateways: their credentials, which rotate with an overlap, and the last they said of themselves."""

import secrets as random
from typing import Any, Final, NamedTuple

import bcrypt
from sqlalchemy import Connection, Row, insert, select, update

from cloud.registry import revisions
from cloud.registry.errors import Conflict, NotFound
from cloud.registry.schema import GATEWAY, NEURON
from cloud.registry.selection import Page
from cloud.secrets import Secrets

OVERLAP_MS: Final = 24 * 3600 * 1000
"""How long the previous HMAC key is accepted after a rotation: backlog was signed with it."""
_PASSWORD_BYTES: Final = 24
_BCRYPT_ROUNDS: Final = 4  # the password is 192 random bits: cost would slow a fleet that comes back, not a guesser


class Gateway(NamedTuple):
    """The computer an edge agent runs on."""

    id: str
    name: str
    credential_version: int
    """0: it has no credentials yet."""
    overlap_until_ms: int | None
    created_ms: int
    status: dict[str, Any] | None
    """Its last up/status message."""
    last_seen_ms: int | None


class Credentials(NamedTuple):
    """What a gateway is configured with; shown once."""

    username: str
    password: str
    key_id: int
    hmac_key: bytes
    """32 bytes."""


class BrokerAccount(NamedTuple):
    """What the broker must know to let a gateway in."""

    username: str
    password_hash: str
    """bcrypt, ``$2a$``."""
    publish: tuple[str, ...] = ()
    """NATS subjects beside its own that it may publish on: doors that are open to it."""
    subscribe: tuple[str, ...] = ()
    """Likewise."""


def add(tx: Connection, gateway: str, name: str, now_ms: int) -> Gateway:
    """Register a gateway without credentials.

    :raises Conflict: the identifier is taken.
    """
    if tx.scalar(select(GATEWAY.c.id).where(GATEWAY.c.id == gateway)) is not None:
        raise Conflict(f"gateway {gateway} exists already", "id")
    tx.execute(insert(GATEWAY).values(id=gateway, name=name, credential_version=0, created_ms=now_ms))
    return get(tx, gateway)


def get(tx: Connection, gateway: str, scope: frozenset[str] = frozenset()) -> Gateway:
    """One gateway.

    :raises NotFound: there is none, or it speaks for no neuron in the asker's towns.
    """
    question = select(GATEWAY).where(GATEWAY.c.id == gateway)
    if scope:
        question = question.where(_speaks_for(scope))
    row = tx.execute(question).one_or_none()
    if row is None:
        raise NotFound(f"no gateway {gateway:.40}")
    return _gateway(row)


def page(tx: Connection, limit: int, after: str = "", scope: frozenset[str] = frozenset()) -> Page[Gateway]:
    """Gateways in the order of their identifiers, behind ``after``."""
    question = select(GATEWAY).where(GATEWAY.c.id > after).order_by(GATEWAY.c.id).limit(limit + 1)
    if scope:
        question = question.where(_speaks_for(scope))
    return Page.of([_gateway(row) for row in tx.execute(question)], limit, lambda one: one.id)


def rotate(tx: Connection, gateway: str, secrets: Secrets, now_ms: int) -> Credentials:
    """New credentials: the broker's password at once, the HMAC key with an overlap.

    :raises NotFound: there is no such gateway.
    """
    revisions.bump(tx, revisions.CREDENTIALS)
    version = get(tx, gateway).credential_version + 1
    password = random.token_urlsafe(_PASSWORD_BYTES)
    values = {
        "credential_version": version,
        "password_hash": hash_password(password),
        "overlap_until_ms": now_ms + OVERLAP_MS if version > 1 else None,
    }
    tx.execute(update(GATEWAY).where(GATEWAY.c.id == gateway).values(values))
    return Credentials(gateway, password, version, hmac_key(secrets, gateway, version))


def hmac_key(secrets: Secrets, gateway: str, version: int) -> bytes:
    """The key that signs a gateway's envelopes, 32 bytes; derived, so that no database dump holds it."""
    return secrets.derive("gateway-hmac", gateway, version)


def hash_password(password: str) -> str:
    """The bcrypt form that brokers read."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_ROUNDS, prefix=b"2a")).decode()


def broker_accounts(tx: Connection) -> list[BrokerAccount]:
    """All gateways that may log in at the broker."""
    question = select(GATEWAY.c.id, GATEWAY.c.password_hash).where(GATEWAY.c.password_hash.is_not(None))
    return [BrokerAccount(row.id, row.password_hash) for row in tx.execute(question.order_by(GATEWAY.c.id))]


def note_status(tx: Connection, gateway: str, status: dict[str, Any] | None, seen_ms: int) -> None:
    """Keep what it last said of itself, or with None only that it was heard; nothing for an unknown gateway."""
    values: dict[str, Any] = {"last_seen_ms": seen_ms}
    if status is not None:
        values["status"] = status
    tx.execute(update(GATEWAY).where(GATEWAY.c.id == gateway).values(values))


def _speaks_for(towns: frozenset[str]) -> Any:
    return select(NEURON.c.id).where(NEURON.c.gateway == GATEWAY.c.id, NEURON.c.town.in_(sorted(towns))).exists()


def _gateway(row: Row[Any]) -> Gateway:
    return Gateway(
        row.id, row.name, row.credential_version, row.overlap_until_ms, row.created_ms, row.status, row.last_seen_ms
    )

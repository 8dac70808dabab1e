"""API keys: prefix and SHA-256 in the database, the key itself shown once; scopes, and towns that it is limited to."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from cloud.registry import revisions
from cloud.registry.errors import NotFound
from cloud.registry.schema import API_KEY
from cloud.registry.selection import Page
from protocols.vocabulary.identity import CROCKFORD

Scope = Literal["read", "write", "command", "admin"]
"""``write`` changes the registry and commands devices; ``command`` only commands devices; ``admin`` may everything."""
_KEY: Final = re.compile(rf"yz_([{CROCKFORD}]{{8}})_[{CROCKFORD}]{{32}}", re.ASCII)


class ApiKey(NamedTuple):
    """What is known of a key; not the key."""

    prefix: str
    """8 characters, also its identifier."""
    sha256: str
    name: str
    scopes: tuple[Scope, ...]
    towns: tuple[str, ...]
    """9-digit codes; empty: all of them."""
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None

    def usable(self, now_ms: int) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


def digest(text: str) -> str:
    """How keys and session tokens are stored: SHA-256 suffices for what is random itself."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def add(  # noqa: PLR0913 - a key is made of these
    tx: Connection,
    key: str,
    name: str,
    scopes: Sequence[Scope],
    now_ms: int,
    *,
    towns: Sequence[str] = (),
    expires_ms: int | None = None,
) -> ApiKey:
    """Let a key in.

    :raises ValueError: it is not of the form that cloud.secrets.new_api_key gives.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError("an API key has the form yz_<8 characters>_<32 characters>")
    revisions.bump(tx, revisions.ACCESS)
    row = ApiKey(match[1], digest(key), name, tuple(scopes), tuple(sorted(set(towns))), now_ms, expires_ms, None)
    tx.execute(insert(API_KEY).values({**row._asdict(), "scopes": list(row.scopes), "towns": list(row.towns)}))
    return row


def install(tx: Connection, key: str, name: str, scopes: Sequence[Scope], now_ms: int) -> None:
    """Let a key in that was made outside (DATA/secrets/admin-api-key) unless it is known; a revoked one stays so."""
    if tx.scalar(select(API_KEY.c.prefix).where(API_KEY.c.sha256 == digest(key))) is None:
        add(tx, key, name, scopes, now_ms)


def get(tx: Connection, prefix: str) -> ApiKey:
    """One key.

    :raises NotFound: there is none of that prefix.
    """
    row = tx.execute(select(API_KEY).where(API_KEY.c.prefix == prefix)).one_or_none()
    if row is None:
        raise NotFound(f"no key {prefix:.20}")
    return _api_key(row)


def revoke(tx: Connection, prefix: str, now_ms: int) -> None:
    """Let it in no longer; a second time changes nothing.

    :raises NotFound: there is none of that prefix.
    """
    revisions.bump(tx, revisions.ACCESS)
    if get(tx, prefix).revoked_ms is None:
        tx.execute(update(API_KEY).where(API_KEY.c.prefix == prefix).values(revoked_ms=now_ms))


def page(tx: Connection, limit: int, after: str = "") -> Page[ApiKey]:
    """Keys in the order of their prefixes, revoked ones too."""
    question = select(API_KEY).where(API_KEY.c.prefix > after).order_by(API_KEY.c.prefix).limit(limit + 1)
    return Page.of([_api_key(row) for row in tx.execute(question)], limit, lambda one: one.prefix)


def every(tx: Connection) -> list[ApiKey]:
    """All keys that were not revoked."""
    return [_api_key(row) for row in tx.execute(select(API_KEY).where(API_KEY.c.revoked_ms.is_(None)))]


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.prefix,
        row.sha256,
        row.name,
        tuple(row.scopes),
        tuple(row.towns),
        row.created_ms,
        row.expires_ms,
        row.revoked_ms,
    )

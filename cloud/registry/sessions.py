"""Sessions of the console: a random token in a cookie, its SHA-256 here."""

import secrets as random
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from cloud.registry import revisions
from cloud.registry.keys import digest
from cloud.registry.schema import SESSION

LIFETIME_MS: Final = 12 * 3600 * 1000


def start(tx: Connection, now_ms: int) -> str:
    """A new session; returns the token. Those that ended are forgotten on this occasion."""
    revisions.bump(tx, revisions.ACCESS)
    tx.execute(delete(SESSION).where(SESSION.c.expires_ms <= now_ms))
    token = random.token_urlsafe(32)
    tx.execute(insert(SESSION).values(sha256=digest(token), created_ms=now_ms, expires_ms=now_ms + LIFETIME_MS))
    return token


def end(tx: Connection, token: str) -> None:
    """Let the token in no longer."""
    revisions.bump(tx, revisions.ACCESS)
    tx.execute(delete(SESSION).where(SESSION.c.sha256 == digest(token)))


def every(tx: Connection) -> dict[str, int]:
    """SHA-256 of the token -> when it expires, ms."""
    return {row.sha256: row.expires_ms for row in tx.execute(select(SESSION))}

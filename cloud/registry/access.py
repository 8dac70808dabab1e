"""Who is asking: keys and sessions answered from memory, renewed as soon as one is made or revoked."""

from threading import Lock
from typing import NamedTuple

from cloud.registry import keys, revisions, sessions
from cloud.registry.database import Database
from cloud.registry.keys import ApiKey, Scope, digest


class Principal(NamedTuple):
    """Somebody who was let in."""

    name: str
    scopes: frozenset[Scope]
    towns: frozenset[str] = frozenset()
    """9-digit codes; empty: all of them."""

    def may(self, scope: Scope) -> bool:
        """Whether it holds the scope; admin holds all."""
        return scope in self.scopes or "admin" in self.scopes


class Access:
    """Look-ups by SHA-256 of what was presented: timing tells nothing about a key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._seen_commits = -1
        self._revision = -1
        self._keys: dict[str, tuple[ApiKey, Principal]] = {}
        self._sessions: dict[str, int] = {}

    def by_key(self, text: str, now_ms: int) -> Principal | None:
        """Whose key it is; None when it is unknown, revoked or expired."""
        self._renew()
        key, holder = self._keys.get(digest(text), (None, None))
        return holder if key is not None and key.usable(now_ms) else None

    def by_session(self, token: str, now_ms: int) -> Principal | None:
        """The console's user; None when there is no such session or it has ended."""
        self._renew()
        expires_ms = self._sessions.get(digest(token))
        if expires_ms is None or now_ms >= expires_ms:
            return None
        return Principal("console", frozenset({"admin"}))

    def refresh(self) -> None:
        """Look for changes that another process made."""
        self._load()

    def _renew(self) -> None:
        if self._database.commits != self._seen_commits:
            self._load()

    def _load(self) -> None:
        with self._lock, self._database.read() as tx:
            commits = self._database.commits
            revision = revisions.current(tx, revisions.ACCESS)
            if revision != self._revision:
                self._keys = {
                    key.sha256: (key, Principal(key.name, frozenset(key.scopes), frozenset(key.towns)))
                    for key in keys.every(tx)
                }
                self._sessions = sessions.every(tx)
                self._revision = revision
            self._seen_commits = commits

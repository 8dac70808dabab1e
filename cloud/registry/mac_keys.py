"""The keys that gateways' envelopes are checked with, kept in memory and renewed after each rotation."""

from threading import Lock

from sqlalchemy import select

from cloud.registry import revisions
from cloud.registry.database import Database
from cloud.registry.gateways import hmac_key
from cloud.registry.schema import GATEWAY
from cloud.secrets import Secrets
from protocols.vocabulary import Clock


class MacKeys:
    """Key id -> key of each gateway; dictionary look-ups while nothing is rotated."""

    def __init__(self, database: Database, secrets: Secrets, clock: Clock) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._lock = Lock()
        self._seen_commits = -1
        self._revision = -1
        self._versions: dict[str, tuple[int, int | None]] = {}
        self._keys: dict[tuple[str, int], bytes] = {}

    def mac_keys(self, gateway: str) -> dict[int, bytes]:
        """The current key and, within the overlap after a rotation, the previous one; empty for an unknown gateway."""
        if self._database.commits != self._seen_commits:
            self._load()
        version, overlap_until_ms = self._versions.get(gateway, (0, None))
        if version == 0 and self._database.shared:  # another process may have let it in a moment ago
            self._load()
            version, overlap_until_ms = self._versions.get(gateway, (0, None))
        if version == 0:
            return {}
        keys = {version: self._key(gateway, version)}
        if overlap_until_ms is not None and self._clock.now_ms() < overlap_until_ms:
            keys[version - 1] = self._key(gateway, version - 1)
        return keys

    def refresh(self) -> None:
        """Look for rotations that another process made."""
        self._load()

    def _key(self, gateway: str, version: int) -> bytes:
        key = self._keys.get((gateway, version))
        if key is None:
            key = self._keys[gateway, version] = hmac_key(self._secrets, gateway, version)
        return key

    def _load(self) -> None:
        with self._lock, self._database.read() as tx:
            commits = self._database.commits
            revision = revisions.current(tx, revisions.CREDENTIALS)
            if revision != self._revision:
                columns = (GATEWAY.c.id, GATEWAY.c.credential_version, GATEWAY.c.overlap_until_ms)
                self._versions = {name: (version, until) for name, version, until in tx.execute(select(*columns))}
                self._revision = revision
            self._seen_commits = commits

"""Which store, where, and who we are there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, urlsplit

EMBEDDED: Final = "duckdb"
PORTS: Final = {"influxdb": 8086, "victoriametrics": 8428}
"""Engine -> its usual port."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are there."""

    token: str = ""
    username: str = ""
    """With it the token is a password."""
    organisation: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """Of every request."""
        return {"Authorization": f"Token {self.token}"} if self.token and not self.username else {}

    @property
    def basic(self) -> tuple[str, str] | None:
        """User name and password."""
        return (self.username, self.token) if self.username else None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where readings are kept; see ``[store]`` of cloud.toml."""

    url: str = EMBEDDED
    write_url: str = ""
    read_url: str = ""
    flush_urls: tuple[str, ...] = ()
    account: Account = field(default_factory=Account)
    v1: bool = False
    lookback_days: int = 400


def parse(url: str) -> SplitResult:
    """The parts of an engine's URL.

    :raises ValueError: it is none.
    """
    parts = urlsplit(url)
    engine, _, secure = parts.scheme.partition("+")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if engine not in PORTS or secure not in {"", "https"} or not parts.hostname or port == -1:
        raise ValueError("expected duckdb, influxdb://host:8086/database or victoriametrics://host:8428 (+https)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("expected neither user, password nor query in it: see token_file")
    if engine == "influxdb" and not parts.path.strip("/"):
        raise ValueError("expected a database (a bucket) behind the host: influxdb://host:8086/yingzhou")
    return parts

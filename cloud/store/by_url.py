"""Which store it is, by ``store.url``: the embedded one, or an engine that runs elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from cloud.registry.database import Database
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.influxdb import InfluxDB
from cloud.store.line_client import TIMEOUT_S, Account, LineClient, V1Client, V2Client
from cloud.store.lines import LineWriter
from cloud.store.remote_store import Engine, RemoteStore
from cloud.store.victoriametrics import VictoriaMetrics
from protocols.vocabulary import Point

EMBEDDED: Final = "duckdb"
_SCHEMES: Final = {"influxdb": 8086, "victoriametrics": 8428}


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
    if engine not in _SCHEMES or secure not in {"", "https"} or not parts.hostname or port == -1:
        raise ValueError("expected duckdb, influxdb://host:8086/database or victoriametrics://host:8428 (+https)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("expected neither user, password nor query in it: see token_file")
    if engine == "influxdb" and not parts.path.strip("/"):
        raise ValueError("expected a database (a bucket) behind the host: influxdb://host:8086/yingzhou")
    return parts


def open_store(
    settings: StoreSettings, data: Path, registry: Database, describe: Callable[[int], Point | None]
) -> DuckDBStore | RemoteStore:
    """Not open yet.

    :param data: the folder of the embedded one.
    :param describe: the point of a datastream's number.
    :raises ValueError: the URL is none.
    """
    if settings.url == EMBEDDED:
        return DuckDBStore(data / "readings.duckdb")
    parts = parse(settings.url)
    engine, _, secure = parts.scheme.partition("+")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    base = f"{secure or 'http'}://{host}:{parts.port or _SCHEMES[engine]}"
    write_url, read_url = (settings.write_url or base).rstrip("/"), (settings.read_url or base).rstrip("/")
    account = settings.account
    http = httpx.Client(timeout=TIMEOUT_S, headers=dict(account.headers), auth=account.basic)
    bucket = parts.path.strip("/") or "yingzhou"
    client: LineClient = V1Client(write_url, bucket, http) if settings.v1 else V2Client(write_url, bucket, account)
    other: Engine
    if engine == "influxdb":
        other = InfluxDB(read_url, bucket, http)
    else:
        flush_urls = [url.rstrip("/") for url in settings.flush_urls] or [base]
        other = VictoriaMetrics(read_url, flush_urls, http, settings.lookback_days)
    return RemoteStore(other, client, LineWriter(describe, bare=engine != "influxdb"), registry)

"""Which store it is, by ``store.url``: the embedded one, or an engine that runs elsewhere."""

from collections.abc import Callable
from pathlib import Path

import httpx

from cloud.registry.database import Database
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.influxdb import InfluxDB
from cloud.store.line_client import TIMEOUT_S, LineClient, V1Client, V2Client
from cloud.store.lines import LineWriter
from cloud.store.remote_store import Engine, RemoteStore
from cloud.store.settings import EMBEDDED, PORTS, StoreSettings, parse
from cloud.store.victoriametrics import VictoriaMetrics
from protocols.vocabulary import Point


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
    base = f"{secure or 'http'}://{host}:{parts.port or PORTS[engine]}"
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

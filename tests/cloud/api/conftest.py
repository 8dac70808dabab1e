from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from cloud.api.app import create_app, in_front
from cloud.api.context import ApiContext, ReplayReport
from cloud.api.feed import Feed
from cloud.api.tickets import Tickets
from cloud.config import Limits
from cloud.ingest.doors.http_door import HttpDoor
from cloud.ingest.doors.readers import SightingReader
from cloud.ingest.doors.waiting import replay_waiting
from cloud.ingest.latest import Latest
from cloud.ingest.line_writer import LineWriter
from cloud.ingest.parcel import Parcel, Prepared, Source
from cloud.pictures.files import PictureFiles
from cloud.pictures.signatures import Signatures
from cloud.registry import keys, quarantine
from cloud.registry.access import Access
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.registry.mac_keys import MacKeys
from cloud.registry.quarantine import Bounds, Suspect
from cloud.registry.selection import Selection
from cloud.secrets import Secrets, new_api_key
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import ManualClock
from tests.cloud.registry.place import registry_url

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ALL = Selection()


class Desk:
    """A whole API over a real registry and a real store, and somebody who asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(NOW)
        self.database = Database(registry_url(folder))
        self.store = DuckDBStore(folder / "readings.duckdb")
        self.directory = Directory(self.database)
        self.latest = Latest()
        self.feed = Feed(self.database, self.clock)
        self.reasons: list[str] = []
        self.replayed: list[int] = []
        self.replay_report = ReplayReport(1, 0, 0, "")
        self.reloads = 0
        self.secrets = Secrets.open(folder / "secrets")
        self.pictures = PictureFiles(
            folder / "pictures", self.database, self.clock, max_bytes=400_000, max_age_ms=30 * 86_400_000
        )
        self.context = ApiContext(
            database=self.database,
            directory=self.directory,
            access=Access(self.database),
            store=self.store,
            latest=self.latest,
            clock=self.clock,
            secrets=self.secrets,
            tickets=Tickets(self.clock),
            metrics=CollectorRegistry(),
            limits=Limits(body_bytes=64 * 1024, write_bytes=256 * 1024, picture_bytes=100_000),
            pictures=self.pictures,
            signatures=Signatures(MacKeys(self.database, self.secrets, self.clock), self.clock),
            write_lines=LineWriter(self.directory, self.commit, self.clock, future_ms=600_000, keep=self.keep).write,
            write_senml=HttpDoor(self.directory, self.commit, self.keep, self.clock, future_ms=600_000).write_senml,
            replay_waiting=lambda subjects: replay_waiting(self.database, self._replay_waiting, subjects, NOW),
            replay=self._replay,
            credentials_changed=self._reload,
            feed=self.feed,
            readiness=lambda: self.reasons,
        )
        self.stack = AsyncExitStack()
        self.app: FastAPI
        self.front: ASGIApp
        self.build()

    def build(self, **changes: Any) -> None:
        """The application, of a context with these changes."""
        self.context = replace(self.context, metrics=CollectorRegistry(), **changes)
        self.app = create_app(self.context, console_folder=self.folder / "console")
        self.front = in_front(self.app, self.context)

    def commit(self, columns: Columns) -> CommitReport:
        report = self.store.commit(Columns.empty(), columns, (), NOW)
        self.latest.take(columns)
        self.feed.stored(columns)
        return report

    def key(self, *scopes: Any, towns: tuple[str, ...] = ()) -> str:
        text = new_api_key()
        with self.database.begin() as tx:
            keys.add(tx, text, "test", scopes, NOW, towns=towns)
        return text

    async def client(self, key: str | None = None, *, host: str = "192.0.2.7") -> httpx.AsyncClient:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(self.front, client=(host, 50_000))
        client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)
        return await self.stack.enter_async_context(client)

    def take(self, key: str, readings: list[tuple[int, float | None, int, int]]) -> None:
        """Store (time, value, quality, reasons) of one datastream."""
        number = next(one.number for one in self.directory.datastreams(ALL) if str(one.point) == key)
        count = len(readings)
        self.commit(
            Columns(
                np.full(count, number, np.int32),
                np.array([r[0] for r in readings], np.int64),
                np.array([np.nan if r[1] is None else r[1] for r in readings], np.float64),
                np.array([r[2] for r in readings], np.uint8),
                np.array([r[3] for r in readings], np.uint32),
            )
        )

    def _replay(self, number: int) -> ReplayReport:
        self.replayed.append(number)
        return self.replay_report

    def keep(self, suspects: Sequence[Suspect]) -> None:
        with self.database.begin() as tx:
            quarantine.add(tx, suspects, Bounds())

    def _replay_waiting(
        self, source: str, gateway: str, topic: str, payload: bytes, arrived_ms: int
    ) -> tuple[CommitReport, Prepared]:
        """As the pipeline does it."""
        into = Prepared()
        parcel = Parcel(Source(source), gateway, topic, payload, lambda: None, arrived_ms)
        runs = SightingReader(self.directory, self.clock).read(parcel, into)
        self.keep(into.suspects)
        return self.commit(Columns.empty() if runs is None else runs.columns), into

    def _reload(self) -> None:
        self.reloads += 1


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    desk.store.open()
    try:
        with desk.database:
            desk.pictures.open()
            async with desk.stack:
                yield desk
    finally:
        desk.store.close()


@pytest.fixture
async def admin(desk: Desk) -> httpx.AsyncClient:
    return await desk.client(desk.key("admin"))

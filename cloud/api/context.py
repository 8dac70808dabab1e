"""What the API is given: everything it needs, made elsewhere."""

from asyncio import Semaphore
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated, Final, NamedTuple, Protocol, cast

import numpy as np
from fastapi import Depends, Request
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry

from cloud.alarms.target import Targets
from cloud.api.feed import Feed
from cloud.api.tickets import Tickets
from cloud.api.turns import Turns
from cloud.backup import Copied
from cloud.config import Commands, Limits
from cloud.ingest.doors.http_door import PackReport
from cloud.ingest.doors.waiting import WaitingReport
from cloud.ingest.line_protocol import Precision
from cloud.ingest.line_writer import LineReport
from cloud.pictures.files import PictureFiles
from cloud.pictures.signatures import Signatures
from cloud.registry.access import Access
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.secrets import Secrets
from cloud.store.port import Columns, Store
from protocols.vocabulary import Clock

MOST_WRITERS: Final = 16
MOST_EXPORTS: Final = 8


class LatestView(Protocol):
    """The newest readings, in memory."""

    def snapshot(self, datastreams: NDArray[np.int32]) -> Columns:
        """The newest readings of these; a datastream without any is left out."""
        ...


class ReplayReport(NamedTuple):
    """What became of a message from quarantine."""

    stored: int
    duplicates: int
    refused: int
    detail: str


class BackupSource(NamedTuple):
    """What is backed up."""

    data: Path
    store: Copied
    registry_url: str


@dataclass(frozen=True, slots=True)
class ApiContext:
    """All callables may block; they are called from threads."""

    database: Database
    directory: Directory
    access: Access
    store: Store
    latest: LatestView
    clock: Clock
    secrets: Secrets
    tickets: Tickets
    metrics: CollectorRegistry
    limits: Limits
    pictures: PictureFiles
    signatures: Signatures
    write_lines: Callable[[bytes, Precision, frozenset[str]], LineReport]
    """Line protocol, its precision, the sender's towns. LinkDown: the store does not take it for now."""
    write_senml: Callable[[bytes, int, frozenset[str]], PackReport]
    """A SenML pack, its content format, the sender's towns. ProtocolError: malformed. LinkDown: as above."""
    replay_waiting: Callable[[Sequence[str]], WaitingReport]
    """Try again what waits of devices, by their identities. LinkDown: as above."""
    replay: Callable[[int], ReplayReport]
    """Try a message from quarantine again, by its number."""
    credentials_changed: Callable[[], None]
    """Gateways' credentials are others now: the broker must know."""
    feed: Feed
    """What happened last, for streams."""
    readiness: Callable[[], Sequence[str]]
    """Why we are not ready, one line each; empty when we are."""
    targets: Targets = field(default_factory=Targets)
    """Where webhooks may go; when left out, public addresses only."""
    commands: Commands = field(default_factory=Commands)
    commands_given: Callable[[], None] = lambda: None
    """Commands were entered: those that are due go out, soon or before this returns."""
    turns: Turns = field(default_factory=Turns)
    """Of those who ask the store."""
    exports: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MOST_EXPORTS))
    """Long answers that are streamed."""
    following: Counter[str] = field(default_factory=Counter)
    """Streams by whose key."""
    backup: BackupSource | None = None
    """None: the store is backed up by its own means."""
    writers: Semaphore = field(default_factory=lambda: Semaphore(MOST_WRITERS))
    """Threads that may wait for the store: the others answer who asks."""


async def _context(request: Request) -> ApiContext:
    return cast(ApiContext, request.app.state.context)


Context = Annotated[ApiContext, Depends(_context)]

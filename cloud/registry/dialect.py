"""What engines do each in their own way: pragmas and locks of SQLite, and rows that are there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from threading import Lock

from sqlalchemy import Connection, Engine, Insert, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_TIMEOUT_MS = 10_000
WRITES = "yz_writes"  # execution option: this connection's transactions will write


def is_sqlite(engine: Engine) -> bool:
    """Whether the engine speaks to a SQLite file."""
    return engine.dialect.name == "sqlite"


def prepare_folder(url: str) -> None:
    """Make the folder that a SQLite URL's file lies in; nothing for other engines."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)


def install(engine: Engine) -> None:
    """Set what SQLite needs on each connection; nothing for other engines.

    synchronous=FULL because NORMAL loses commits at a power cut in WAL mode. BEGIN IMMEDIATE because a transaction
    that reads first and writes later would otherwise fail with SQLITE_BUSY without waiting.
    """
    if not is_sqlite(engine):
        return

    @event.listens_for(engine, "connect")
    def configure(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            f"busy_timeout = {_BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_or_ignore(tx: Connection, table: Table) -> Insert:
    """Insert rows whose key is not there yet; the others stay as they are."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing()


class WriterTurn:
    """Lets the threads of this process write one after the other on SQLite, woken instead of polling for the lock."""

    def __init__(self, engine: Engine) -> None:
        self._lock = Lock() if is_sqlite(engine) else None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn; at once on engines with row locks."""
        if self._lock is None:
            yield
            return
        with self._lock:
            yield

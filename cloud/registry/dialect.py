"""What engines do each in their own way: pragmas and locks of SQLite; driver, isolation and clock of PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from threading import Lock

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_TIMEOUT_MS = 10_000
WRITES = "yz_writes"  # execution option: this connection's transactions will write
_CONNECT_TIMEOUT_S = 10
_MIGRATIONS = 0x79696E67  # of advisory locks, ours


def is_sqlite(engine: Engine) -> bool:
    """Whether the engine speaks to a SQLite file."""
    return engine.dialect.name == "sqlite"


def address(url: str) -> URL:
    """The URL with the driver that we bring: psycopg 3 for PostgreSQL."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def new_engine(url: str) -> Engine:
    """Not connected yet. A connection that PostgreSQL has ended meanwhile is noticed before it is used."""
    parsed = address(url)
    own = parsed.get_backend_name() == "sqlite"
    options = {} if own else {"connect_timeout": _CONNECT_TIMEOUT_S}
    engine = create_engine(parsed, pool_size=8, max_overflow=40, pool_pre_ping=not own, connect_args=options)
    install(engine)
    return engine


def reading(engine: Engine) -> Engine:
    """The same for transactions that only read, and see one state of everything while they last."""
    if is_sqlite(engine):
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def one_at_a_time(tx: Connection) -> None:
    """Wait until nobody else migrates this database; SQLite's write lock, held already, says the same."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_MIGRATIONS)))


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


def plain(text: str, length: int) -> str:
    """Cut, and without what a text column refuses: NUL and lone surrogates."""
    return text[:length].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


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

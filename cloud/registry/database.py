"""The registry's database: one engine, migrated when it is opened, and transactions on it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from cloud.registry import dialect, migration, revisions


class Database:
    """Open with ``with``; then ``begin()`` writes and ``read()`` reads, from any thread.

    :param url: an SQLAlchemy URL, ``sqlite:////path/registry.sqlite`` or ``postgresql+psycopg://...``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._reading: Engine | None = None
        self._turn: dialect.WriterTurn | None = None
        self._seen = 0
        self.commits = 0
        """Write transactions so far, and foreign ones that were noticed: what was read before it rose may be stale."""

    def __enter__(self) -> Self:
        dialect.prepare_folder(self._url)
        engine = dialect.new_engine(self._url)
        with ExitStack() as undo:
            undo.callback(engine.dispose)
            with engine.execution_options(**{dialect.WRITES: True}).begin() as connection:
                dialect.one_at_a_time(connection)
                migration.upgrade(connection)
            undo.pop_all()
        self._engine, self._turn = engine, dialect.WriterTurn(engine)
        self._reading = dialect.reading(engine)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine is not None:
            self._engine.dispose()
        self._engine = self._reading = self._turn = None

    @property
    def shared(self) -> bool:
        """Whether other processes may change it, too."""
        return not dialect.is_sqlite(self.engine)

    def look(self) -> None:
        """See whether another process changed something: then ``commits`` rises. Blocks for one question."""
        with self.read() as tx:
            found = revisions.total(tx)
        if found != self._seen:
            self._seen = found
            self.commits += 1

    @property
    def engine(self) -> Engine:
        """The engine, for migrations' checks and backups.

        :raises RuntimeError: the database is not open.
        """
        if self._engine is None:
            raise RuntimeError("the registry is not open")
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back when something is raised."""
        engine, turn = self.engine, self._turn
        if turn is None:
            raise RuntimeError("the registry is not open")
        with turn.taken(), engine.execution_options(**{dialect.WRITES: True}).begin() as connection:
            yield connection
        self.commits += 1

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; it sees one state of the whole registry."""
        if self._reading is None:
            raise RuntimeError("the registry is not open")
        with self._reading.begin() as connection:
            yield connection

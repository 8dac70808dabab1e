"""The DuckDB file: what was committed and is not sorted yet, the list of sorted files, the ledger of envelopes."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np

from cloud.store.held import Held, joined, ranges_of
from cloud.store.hot_log import HotLog, unpacked
from cloud.store.port import Columns, EnvelopeKey
from cloud.store.tables import Readings

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS envelope (
  gateway VARCHAR, stream UTINYINT, epoch BIGINT, sequence UINTEGER, digest BIGINT);
CREATE TABLE IF NOT EXISTS held_range (
  gateway VARCHAR, stream UTINYINT, epoch BIGINT, first UINTEGER, last UINTEGER);
CREATE TABLE IF NOT EXISTS sorted_file (name VARCHAR, tier UTINYINT, readings BIGINT, bytes BIGINT);
CREATE SEQUENCE IF NOT EXISTS made;
"""
_HOT: Final = "(readings UINTEGER, packed BLOB USING COMPRESSION uncompressed)"
"""One row a commit: as rows of their own readings take three times as long, and ten times the space in DuckDB's log.

A checkpoint, for which commits wait, takes four times as long when DuckDB compresses what is packed already.
"""
_EARLIER_ROWS: Final = 100_000
_ISLANDS: Final = """
SELECT gateway, stream, epoch, min(sequence), max(sequence) FROM (
  SELECT gateway, stream, epoch, sequence,
         sequence::BIGINT - row_number() OVER (PARTITION BY gateway, stream, epoch ORDER BY sequence) AS island
  FROM (SELECT DISTINCT gateway, stream, epoch, sequence FROM {}))
GROUP BY gateway, stream, epoch, island UNION ALL SELECT gateway, stream, epoch, first, last FROM held_range"""
_AGED: Final = """
CREATE TABLE aged AS SELECT *, stream = 1 AND
  row_number() OVER (PARTITION BY gateway, stream ORDER BY epoch DESC, sequence DESC) > ? AS old
FROM envelope"""
_RANGE: Final = ("gateway", "stream", "epoch", "first", "last")
_AT_ONCE: Final = 100
"""Commits that are read in one go."""


class Listed(NamedTuple):
    """A sorted file as the catalog has it."""

    name: str
    tier: int
    readings: int
    bytes: int


class Catalog:
    """All its writing happens under ``writing``.

    :param memory_mb: what DuckDB may use.
    """

    def __init__(self, path: Path, memory_mb: int, threads: int) -> None:
        self.path = path
        self.writing = threading.RLock()
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": str(threads),
            "checkpoint_threshold": "256MB",
        }
        self._writer: duckdb.DuckDBPyConnection | None = None
        self._log = HotLog()

    def open(self) -> None:
        """Open or create the file; replays what a killed process had committed."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = duckdb.connect(str(self.path), config=self._config)
        self._writer.execute(_SCHEMA)
        self._renew()

    def _renew(self) -> None:
        """What earlier versions had in rows, in one table or several, is packed."""
        sql = "SELECT table_name FROM duckdb_columns() WHERE column_name = 'datastream' AND table_name LIKE 'reading%'"
        for (name,) in self.connection.execute(sql).fetchall():
            rows = self.connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchnumpy()  # noqa: S608
            value = np.ma.filled(rows["value"], np.nan)  # DuckDB takes a NaN of ours for NULL and masks it
            found = Readings(rows["datastream"], rows["t"], value, rows["quality"], rows["reasons"], rows["stored"])
            with self.transaction() as connection:
                connection.execute(f"DROP TABLE {name}")
                number = int(_one(connection, "SELECT nextval('made')"))
                connection.execute(f"CREATE TABLE reading_{number} {_HOT}")
                for begin in range(0, len(found.time), _EARLIER_ROWS):
                    self._insert(connection, number, found.take(slice(begin, begin + _EARLIER_ROWS)))

    def close(self) -> None:
        with self.writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """For whoever holds ``writing``."""
        if self._writer is None:
            raise RuntimeError("the store is not open")
        return self._writer

    @contextmanager
    def sound(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection; when it turns out to be dead it is made anew, for whoever tries again.

        DuckDB invalidates a whole database when a checkpoint fails, on a full disk for instance, until it is reopened.
        """
        connection = self.connection
        try:
            yield connection
        except (duckdb.FatalException, duckdb.ConnectionException):
            with self.writing:
                if connection is self._writer:
                    connection.close()
                    self.open()
            raise

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing, on disk when it is left."""
        with self.writing, self.sound() as connection:
            connection.begin()
            try:
                yield connection
                connection.commit()
            except BaseException:
                with suppress(duckdb.Error):  # a commit that failed has nothing left to roll back
                    connection.rollback()
                raise

    def checkpoint(self) -> None:
        """What was dropped is given back; later, when somebody reads it still."""
        with self.writing, self.sound() as connection, suppress(duckdb.TransactionException):
            connection.execute("CHECKPOINT")

    @contextmanager
    def snapshot(self, path: Path) -> Iterator[None]:
        """The file as it is when this is entered, written to another when it is left; others go on meanwhile."""
        with self._cursor() as cursor:
            cursor.begin()
            cursor.execute("SELECT count(*) FROM sorted_file").fetchone()
            yield
            quoted = str(path).replace("'", "''")
            cursor.execute(f"ATTACH '{quoted}' AS copy")
            cursor.execute(f'COPY FROM DATABASE "{self.path.stem}" TO copy')
            cursor.commit()
            cursor.execute("DETACH copy")

    # -- readings that are not sorted ------------------------------------------------------------------------------

    def hot_tables(self) -> list[int]:
        """Their numbers, the oldest first."""
        sql = "SELECT table_name FROM duckdb_tables() WHERE regexp_full_match(table_name, 'reading_[0-9]+')"
        with self.sound() as connection:
            return sorted(int(name.split("_")[1]) for (name,) in connection.execute(sql).fetchall())

    def new_hot(self) -> int:
        """Make the table that takes what comes from now on."""
        with self.transaction() as connection:
            number = int(_one(connection, "SELECT nextval('made')"))
            connection.execute(f"CREATE TABLE reading_{number} {_HOT}")
        return number

    def hot_rows(self, number: int) -> Iterator[Readings]:
        """All of a table, some commits at a time, in the order in which they came.

        :raises StoreDamagedError: one is not what was committed.
        """
        with self._cursor() as cursor:
            cursor.execute(f"SELECT packed, readings FROM reading_{number} ORDER BY rowid")  # noqa: S608
            while rows := cursor.fetchmany(_AT_ONCE):
                yield Readings.join([unpacked(*row) for row in rows])

    def insert(self, connection: duckdb.DuckDBPyConnection, number: int, columns: Columns, stored_ms: int) -> None:
        """Within a transaction."""
        stored = np.full(len(columns), stored_ms)
        rows = Readings(columns.datastream, columns.time, columns.value, columns.quality, columns.reasons, stored)
        self._insert(connection, number, rows)

    def _insert(self, connection: duckdb.DuckDBPyConnection, number: int, rows: Readings) -> None:
        packed = np.empty(1, object)  # a parameter of so many bytes takes DuckDB ten times as long
        packed[0] = self._log.packed(rows)
        connection.register("incoming", {"packed": packed})
        try:
            connection.execute(f"INSERT INTO reading_{number} SELECT ?, packed FROM incoming", [len(rows.time)])  # noqa: S608
        finally:
            connection.unregister("incoming")

    # -- sorted files ----------------------------------------------------------------------------------------------

    def new_name(self) -> str:
        """Of a sorted file; none is given twice."""
        with self.writing, self.sound() as connection:
            number = int(_one(connection, "SELECT nextval('made')"))
        return f"{number:08d}.yzs"

    def listed(self) -> list[Listed]:
        """The sorted files, in the order in which they were made."""
        with self.sound() as connection:
            rows = connection.execute("SELECT name, tier, readings, bytes FROM sorted_file ORDER BY name").fetchall()
        return [Listed(*row) for row in rows]

    def exchange(self, made: Sequence[Listed], gone: Sequence[str], sorted_out: Sequence[int]) -> None:
        """New files instead of others and of hot tables, all at once."""
        with self.transaction() as connection:
            for one in made:
                connection.execute("INSERT INTO sorted_file VALUES (?, ?, ?, ?)", list(one))
            for name in gone:
                connection.execute("DELETE FROM sorted_file WHERE name = ?", [name])
            for number in sorted_out:
                connection.execute(f"DROP TABLE reading_{number}")

    # -- the ledger of envelopes -----------------------------------------------------------------------------------

    def held(self) -> Held:
        """As :meth:`cloud.store.port.Store.held`."""
        with self._cursor() as cursor:
            return joined(cursor.execute(_ISLANDS.format("envelope")).fetchall())

    def envelopes(self) -> int:
        """How many are known by their content."""
        with self._cursor() as cursor:
            return int(_one(cursor, "SELECT count(*) FROM envelope"))

    def foldable(self, recent: int) -> int:
        """Of how many :meth:`fold` would forget the content."""
        with self._cursor() as cursor:
            counted = "SELECT count(*) AS n FROM envelope WHERE stream = 1 GROUP BY gateway"
            return int(_one(cursor, f"SELECT coalesce(sum(greatest(0, n - {recent:d})), 0) FROM ({counted})"))  # noqa: S608

    def fold(self, recent: int) -> None:
        """Of all envelopes of readings but so many of the newest of each gateway ranges are kept, no digests."""
        with self.transaction() as connection:
            connection.execute(_AGED, [recent])
            ranges = ranges_of(joined(connection.execute(_ISLANDS.format("aged WHERE old")).fetchall()))
            connection.execute("DELETE FROM held_range")
            if ranges:
                self._insert_all(connection, "held_range", dict(zip(_RANGE, zip(*ranges, strict=True), strict=True)))
            connection.execute("DROP TABLE envelope")
            connection.execute("CREATE TABLE envelope AS SELECT * EXCLUDE old FROM aged WHERE NOT old")
            connection.execute("DROP TABLE aged")

    def digest(self, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
        """As :meth:`cloud.store.port.Store.digest`."""
        sql = "SELECT digest FROM envelope WHERE gateway = ? AND stream = ? AND epoch = ? AND sequence = ?"
        with self._cursor() as cursor:
            row = cursor.execute(sql, [gateway, stream, epoch, sequence]).fetchone()
        return None if row is None else int(row[0])

    def note(self, connection: duckdb.DuckDBPyConnection, envelopes: Sequence[EnvelopeKey]) -> None:
        """Within a transaction: these are held."""
        self._insert_all(
            connection, "envelope", dict(zip(EnvelopeKey._fields, zip(*envelopes, strict=True), strict=True))
        )

    def _insert_all(
        self, connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Sequence[str | int]]
    ) -> None:
        """Rows, as columns: one by one they would take a thousand times as long."""
        arrays = {name: np.array(column, object if name == "gateway" else np.int64) for name, column in columns.items()}
        connection.register("incoming", arrays)
        try:
            connection.execute(f"INSERT INTO {table} SELECT {', '.join(columns)} FROM incoming")  # noqa: S608
        finally:
            connection.unregister("incoming")

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.sound() as connection, connection.cursor() as cursor:
            yield cursor


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    if row is None:
        raise duckdb.InternalException(f"{sql}: no answer")
    return row[0]

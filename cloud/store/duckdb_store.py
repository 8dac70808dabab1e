"""The embedded store: DuckDB, columns straight in, no key (an index would cost twelve times the space)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from cloud.store.port import Aggregate, Buckets, Columns, CommitReport, EnvelopeKey

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reading (
  datastream INTEGER, t BIGINT, value DOUBLE, quality UTINYINT, reasons UINTEGER, stored BIGINT);
CREATE TABLE IF NOT EXISTS envelope (
  gateway VARCHAR, stream UTINYINT, epoch BIGINT, sequence UINTEGER, digest BIGINT);
"""
_SEVERITY: Final = "CASE quality WHEN 9 THEN 0 WHEN 2 THEN 1 WHEN 1 THEN 2 WHEN 3 THEN 3 ELSE 4 END"
_FROM_SEVERITY: Final = np.array([9, 2, 1, 3, 4], np.uint8)
_AGGREGATES: Final[dict[Aggregate, str]] = {
    "mean": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "sum": "sum(value)",
    "count": "count(*)::DOUBLE",
    "first": "arg_min(value, t)",
    "last": "arg_max(value, t)",
}


class DuckDBStore:
    """Implements :class:`cloud.store.port.Store` in one file.

    :param path: the database file.
    :param memory_mb: what DuckDB may use.
    """

    def __init__(self, path: Path, *, memory_mb: int = 1024, threads: int = 2) -> None:
        self._path = path
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": str(threads),
            "checkpoint_threshold": "256MB",
        }
        self._writer: duckdb.DuckDBPyConnection | None = None
        self._writing = threading.RLock()

    def open(self) -> None:
        """Open or create the file; replays what a killed process had committed."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = duckdb.connect(str(self._path), config=self._config)
        self._writer.execute(_SCHEMA)

    def close(self) -> None:
        with self._writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        if self._writer is None:
            raise RuntimeError("the store is not open")
        return self._writer

    @contextmanager
    def _sound(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection; when it turns out to be dead it is made anew, for whoever tries again.

        DuckDB invalidates a whole database when a checkpoint fails, on a full disk for instance, until it is reopened.
        """
        connection = self._connection
        try:
            yield connection
        except (duckdb.FatalException, duckdb.ConnectionException):
            with self._writing:
                if connection is self._writer:
                    connection.close()
                    self.open()
            raise

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._sound() as connection, connection.cursor() as cursor:
            yield cursor

    def _query(self, sql: str, parameters: Sequence[object] = ()) -> dict[str, NDArray[Any]]:
        with self._cursor() as cursor:
            return cursor.execute(sql, parameters).fetchnumpy()

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(  # noqa: PLR0913 - a commit is made of these
        self,
        fresh: Columns,
        late: Columns,
        envelopes: Sequence[EnvelopeKey],
        stored_ms: int,
        *,
        again: bool = False,
        keep: Callable[[Columns], None] | None = None,
    ) -> CommitReport:
        with self._writing, self._sound() as connection:
            connection.begin()
            try:
                duplicates, conflicts = 0, Columns.empty()
                if again and len(fresh):
                    fresh, duplicates, conflicts = _unseen(connection, fresh)
                if len(fresh):
                    _insert(connection, fresh, stored_ms)
                if len(late):
                    late, late_duplicates, late_conflicts = _unseen(connection, late)
                    duplicates, conflicts = duplicates + late_duplicates, Columns.join([conflicts, late_conflicts])
                    if len(late):
                        _insert(connection, late, stored_ms)
                if len(conflicts) and keep is not None:
                    keep(conflicts)
                if envelopes:
                    _note(connection, envelopes)
                connection.commit()
            except BaseException:
                with suppress(duckdb.Error):  # a commit that failed has nothing left to roll back
                    connection.rollback()
                raise
        return CommitReport(len(fresh) + len(late), duplicates, conflicts, late)

    def drop_before(self, time_ms: int) -> int:
        with self._writing, self._sound() as connection:
            deleted = connection.execute("DELETE FROM reading WHERE t < ?", [time_ms]).fetchone()
            connection.execute("CHECKPOINT")
        return int(deleted[0]) if deleted else 0

    # -- the ledger of envelopes ---------------------------------------------------------------------------------

    def held(self) -> dict[tuple[str, int, int], list[tuple[int, int]]]:
        sql = """
        SELECT gateway, stream, epoch, min(sequence), max(sequence) FROM (
          SELECT gateway, stream, epoch, sequence,
                 sequence::BIGINT - row_number() OVER (PARTITION BY gateway, stream, epoch ORDER BY sequence) AS island
          FROM (SELECT DISTINCT gateway, stream, epoch, sequence FROM envelope))
        GROUP BY gateway, stream, epoch, island ORDER BY 1, 2, 3, 4"""
        held: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
        with self._cursor() as cursor:
            for gateway, stream, epoch, first, last in cursor.execute(sql).fetchall():
                held.setdefault((gateway, stream, epoch), []).append((first, last))
        return held

    def digest(self, gateway: str, stream: int, epoch: int, sequence: int) -> int | None:
        sql = "SELECT digest FROM envelope WHERE gateway = ? AND stream = ? AND epoch = ? AND sequence = ?"
        with self._cursor() as cursor:
            row = cursor.execute(sql, [gateway, stream, epoch, sequence]).fetchone()
        return None if row is None else int(row[0])

    # -- reading -------------------------------------------------------------------------------------------------

    def latest(self) -> Columns:
        return _columns(
            self._query(
                "SELECT datastream, max(t) AS t, arg_max_null(value, t) AS value, arg_max(quality, t) AS quality, "
                "arg_max(reasons, t) AS reasons FROM reading GROUP BY datastream ORDER BY datastream"
            )
        )

    def raw(  # noqa: PLR0913 - a range is made of these
        self,
        datastreams: Sequence[int],
        from_ms: int,
        to_ms: int,
        *,
        limit: int,
        qualities: Sequence[int] = (),
        after: tuple[int, int] | None = None,
    ) -> Columns:
        where, parameters = _where(datastreams, from_ms, to_ms, qualities)
        if after is not None:
            where += " AND (t > ? OR (t = ? AND datastream > ?))"
            parameters += [after[0], after[0], after[1]]
        sql = f"SELECT datastream, t, value, quality, reasons FROM reading WHERE {where} ORDER BY t, datastream LIMIT ?"  # noqa: S608
        return _columns(self._query(sql, [*parameters, limit]))

    def aggregate(  # noqa: PLR0913 - a question is made of these
        self,
        datastreams: Sequence[int],
        from_ms: int,
        to_ms: int,
        *,
        every_ms: int,
        aggregate: Aggregate,
        qualities: Sequence[int] = (),
    ) -> Buckets:
        where, parameters = _where(datastreams, from_ms, to_ms, qualities)
        sql = (
            f"SELECT datastream, t - t % {int(every_ms)} AS b, {_AGGREGATES[aggregate]} AS v, count(*) AS n, "  # noqa: S608
            f"max({_SEVERITY}) AS q FROM reading WHERE {where} AND NOT isnan(value) GROUP BY 1, 2 ORDER BY 1, 2"
        )
        rows = self._query(sql, parameters)
        return Buckets(
            rows["datastream"].astype(np.int32),
            rows["b"].astype(np.int64),
            rows["v"].astype(np.float64),
            rows["n"].astype(np.int64),
            _FROM_SEVERITY[rows["q"].astype(np.intp)],
        )


def _where(datastreams: Sequence[int], from_ms: int, to_ms: int, qualities: Sequence[int]) -> tuple[str, list[object]]:
    where, parameters = "t >= ? AND t < ?", [from_ms, to_ms]
    if len(datastreams) == 1:
        where += " AND datastream = ?"
        parameters.append(datastreams[0])
    else:
        where += f" AND datastream IN ({', '.join(str(int(d)) for d in datastreams) or 'NULL'})"
    if qualities:
        where += f" AND quality IN ({', '.join(str(int(q)) for q in qualities)})"
    return where, [*parameters]


def _columns(rows: dict[str, NDArray[Any]]) -> Columns:
    value = np.ma.filled(rows["value"], np.nan)  # DuckDB takes a NaN of ours for NULL and masks it on the way back
    return Columns(rows["datastream"], rows["t"], value, rows["quality"], rows["reasons"])


def _insert(connection: duckdb.DuckDBPyConnection, columns: Columns, stored_ms: int) -> None:
    connection.register("incoming", _table(columns))
    try:
        connection.execute("INSERT INTO reading SELECT *, ? FROM incoming", [stored_ms])
    finally:
        connection.unregister("incoming")


def _table(columns: Columns) -> dict[str, NDArray[Any]]:
    return {
        "datastream": columns.datastream,
        "t": columns.time,
        "value": columns.value,
        "quality": columns.quality,
        "reasons": columns.reasons,
    }


def _unseen(connection: duckdb.DuckDBPyConnection, late: Columns) -> tuple[Columns, int, Columns]:
    """Late rows without those whose instant is stored already or comes twice; duplicates; conflicts."""
    late = late.take(np.lexsort((late.time, late.datastream)))
    first = np.ones(len(late), np.bool_)
    first[1:] = (np.diff(late.datastream) != 0) | (np.diff(late.time) != 0)
    connection.register("candidate", {**_table(late), "row": np.arange(len(late))})
    try:
        found = connection.execute(
            "SELECT c.row, r.datastream, r.t, r.value, r.quality, r.reasons FROM candidate c JOIN reading r "
            "ON r.datastream = c.datastream AND r.t = c.t WHERE r.t BETWEEN ? AND ?",
            [int(late.time.min()), int(late.time.max())],
        ).fetchnumpy()
    finally:
        connection.unregister("candidate")
    standing = late.value[
        np.maximum.accumulate(np.where(first, np.arange(len(late)), 0))
    ]  # of equal instants the first
    rows = found["row"].astype(np.intp)
    if len(rows):
        standing[rows] = _columns(found).value
        first[rows] = False
    same = (late.value == standing) | (np.isnan(late.value) & np.isnan(standing))  # quality may be judged anew
    return late.take(first), int((~first & same).sum()), late.take(~first & ~same)


def _note(connection: duckdb.DuckDBPyConnection, envelopes: Sequence[EnvelopeKey]) -> None:
    table = {
        "gateway": np.array([e.gateway for e in envelopes]),
        "stream": np.array([e.stream for e in envelopes], np.uint8),
        "epoch": np.array([e.epoch for e in envelopes], np.int64),
        "sequence": np.array([e.sequence for e in envelopes], np.uint32),
        "digest": np.array([e.digest for e in envelopes], np.int64),
    }
    connection.register("noted", table)
    try:
        connection.execute("INSERT INTO envelope SELECT gateway, stream, epoch, sequence, digest FROM noted")
    finally:
        connection.unregister("noted")

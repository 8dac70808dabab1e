from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from cloud.registry import gateways
from cloud.registry.database import Database
from cloud.registry.errors import Conflict
from cloud.registry.schema import METADATA, NEURON
from tests.cloud.registry.place import sqlite_only


def test_migrations_and_schema_agree(database: Database) -> None:
    with database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


@sqlite_only
def test_check_constraints_came_through_the_migration(database: Database) -> None:
    with database.read() as tx:
        found = "\n".join(tx.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'table'")).all())
    for table in METADATA.tables.values():
        for constraint in table.constraints:
            if type(constraint).__name__ == "CheckConstraint":
                assert f"CONSTRAINT {constraint.name} CHECK" in found
    numbered = [table for table in METADATA.tables.values() if table.dialect_options["sqlite"]["autoincrement"]]
    assert found.count("AUTOINCREMENT") == len(numbered) == 11


def test_schema_compiles_for_postgresql() -> None:
    dialect = postgresql.dialect()
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=dialect))


@sqlite_only
def test_sqlite_is_durable_and_strict_about_references(database: Database) -> None:
    with database.read() as tx:
        pragmas = {name: tx.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    neuron = {"id": "nrn-000000000", "kind": "k", "name": "", "gateway": "gw-none", "attributes": {}, "revision": 1}
    with pytest.raises(IntegrityError), database.begin() as tx:
        tx.execute(NEURON.insert().values(**neuron, created_ms=0, updated_ms=0))


def test_second_opening_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/er/registry.sqlite"
    with Database(url) as database, database.begin() as tx:
        gateways.add(tx, "gw-1", "one", 1)
    with Database(url) as database, database.read() as tx:
        assert gateways.get(tx, "gw-1").name == "one"


def test_failed_transaction_leaves_nothing_and_counts_nothing(database: Database) -> None:
    before = database.commits
    with pytest.raises(Conflict), database.begin() as tx:  # noqa: PT012 - the second refusal undoes the first addition
        gateways.add(tx, "gw-1", "one", 1)
        gateways.add(tx, "gw-1", "one", 1)
    with database.read() as tx:
        assert gateways.page(tx, 10).items == []
    assert database.commits == before


def test_constructor_touches_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x/registry.sqlite")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError, match="not open"), database.begin():
        pass


def test_file_that_is_no_database_is_let_go(tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(DatabaseError, match="not a database"), Database(f"sqlite:///{tmp_path}/registry.sqlite"):
        pass

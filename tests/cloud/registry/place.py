"""Where tests of the cloud have their registry: SQLite in their folder, or a PostgreSQL that they are told of."""

import os
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from cloud.registry import dialect

SERVER = "YINGZHOU_TEST_POSTGRESQL"
"""Environment: a URL of ``postgresql://``; tests/peers/test_postgresql.py runs these tests with it."""
ON_SQLITE = SERVER not in os.environ
sqlite_only = pytest.mark.skipif(not ON_SQLITE, reason="says what SQLite's files are like")


def registry_url(folder: Path) -> str:
    """The same for the same folder; on PostgreSQL a schema of its own."""
    if ON_SQLITE:
        return f"sqlite:///{folder}/registry.sqlite"
    schema = f"t{sha256(str(folder).encode()).hexdigest()[:24]}"
    engine = dialect.new_engine(os.environ[SERVER])
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    engine.dispose()
    return f"{os.environ[SERVER]}?options={quote(f'-csearch_path={schema}')}"

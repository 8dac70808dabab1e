from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.registry.database import Database
from cloud.secrets import Secrets


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path}/registry.sqlite") as database:
        yield database


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets.open(tmp_path / "secrets")

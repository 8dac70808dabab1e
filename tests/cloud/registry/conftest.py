from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.registry.database import Database
from cloud.secrets import Secrets
from tests.cloud.registry.place import registry_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(registry_url(tmp_path)) as database:
        yield database


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets.open(tmp_path / "secrets")

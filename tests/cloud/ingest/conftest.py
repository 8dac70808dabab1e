from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.ingest.harness import Ingest


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[Ingest]:
    ingest = Ingest(tmp_path).open()
    yield ingest
    ingest.close()

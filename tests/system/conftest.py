from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.processes import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    one = Installation(tmp_path)
    try:
        yield one
    finally:
        one.close()

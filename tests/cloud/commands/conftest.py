from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.commands.street import Street


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    one = Street(tmp_path)
    with one.database:
        yield one

"""What the tests of peers share: one cloud, in which every test registers a gateway and neurons of its own."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.system.processes import Installation


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("cloud"))
    try:
        asyncio.run(installation.start_cloud())
        yield installation
    finally:
        installation.close()

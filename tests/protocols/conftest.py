import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest


@pytest.fixture
def benchmark_s() -> Callable[[float], AbstractContextManager[None]]:
    """A block that must take less than so many seconds of CPU."""

    @contextmanager
    def block(limit_s: float) -> Iterator[None]:
        start = time.process_time()
        yield
        assert time.process_time() - start < limit_s

    return block

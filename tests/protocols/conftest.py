import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

SLOW_MACHINE = 5
"""CPU seconds of a shared machine, and of a process with a large heap, may be worth so much less. What these tests look
for, work that grows with the square of the input, takes hundreds of times longer."""


@pytest.fixture
def benchmark_s() -> Callable[[float], AbstractContextManager[None]]:
    """A block that takes less than so many seconds of CPU on a quiet machine."""

    @contextmanager
    def block(limit_s: float) -> Iterator[None]:
        start = time.process_time()
        yield
        assert time.process_time() - start < SLOW_MACHINE * limit_s

    return block

"""Python's search for reference cycles, told what a cloud is like: much that stays, little that is a cycle."""

import gc
from typing import Final

_YOUNG: Final = 5_000
"""Containers made more than dropped until it searches; a page of a list alone has a thousand."""


def settle() -> None:
    """What is there now is not searched again, and what comes is less often: a search stops all threads.

    Takes what a search of everything takes, once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)

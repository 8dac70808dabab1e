"""Questions that are answered at once or not at all, because nobody else gets a turn meanwhile."""

import threading
from typing import Final

from cloud.store.port import WouldWait

_BLOCKS: Final = 12
"""So many may be looked at."""
_local: Final = threading.local()


class promptly:  # noqa: N801 - in the place of a function of contextlib, which takes four times as long
    """Within, what this thread asks raises WouldWait rather than wait for the disk, or look at much."""

    __slots__ = ()

    def __enter__(self) -> None:
        _local.left = _BLOCKS

    def __exit__(self, *_: object) -> None:
        _local.left = None


def is_prompt() -> bool:
    """Whether this thread is within :func:`promptly`."""
    return getattr(_local, "left", None) is not None


def spend(blocks: int) -> None:
    """So many blocks are looked at now.

    :raises WouldWait: this thread may not.
    """
    left: int | None = getattr(_local, "left", None)
    if left is not None:
        _local.left = left = left - blocks
        if left < 0:
            raise WouldWait

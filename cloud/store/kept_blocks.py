"""What was read of sorted files and is likely to be asked again."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from cloud.store.blocks import Block

Key = tuple[str, str, int]
"""File, table and number of the block."""
MOST: Final = 512
"""Blocks; with what is made of its columns one has 16 KB (one datastream at regular times) to 180 KB."""


class KeptBlocks:
    """The last blocks that were read one by one; from any thread. A file's name never comes again."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._blocks: OrderedDict[Key, Block] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Block | None:
        """The block, if it is still here."""
        return self._blocks.get(key)

    def put(self, key: Key, block: Block) -> None:
        """Keep it, and no longer the one that was read first."""
        with self._lock:
            self._blocks[key] = block
            if len(self._blocks) > self._most:
                self._blocks.popitem(last=False)

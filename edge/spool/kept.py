"""Files of which the cloud has everything: the last of them stay, should the cloud be restored from a backup."""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from edge.spool.files import FileOps

_BLOCK: Final = 4096


class _File(NamedTuple):
    path: Path
    size: int
    """What it takes of a disk, in whole blocks: of small files there may be many."""


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


class Kept:
    """A folder beside the spool's files; oldest first, bounded in bytes.

    :param max_bytes: beyond it the oldest go; 0: none is kept.
    """

    def __init__(self, directory: Path, files: FileOps, max_bytes: int) -> None:
        self._directory = directory
        self._files = files
        self._max_bytes = max_bytes
        self._kept: deque[_File] = deque()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(one.size for one in self._kept)

    @property
    def newest(self) -> int:
        """The greatest number of a file; 0 when there is none."""
        return max((int(one.path.stem) for one in self._kept), default=0)

    def open(self) -> None:
        """Find what an earlier run kept; an agent works without."""
        with suppress(OSError):
            for path in self._files.list(self._directory, ".seg"):
                if path.stem.isascii() and path.stem.isdigit():
                    self._kept.append(_File(path, _on_disk(self._files.size(path))))
            self._trim()

    def keep(self, path: Path, size: int) -> None:
        """Take a file over.

        :raises OSError: the disk refuses.
        """
        target = self._directory / path.name
        if size > self._max_bytes:
            self._files.unlink(path)
            return
        try:
            self._files.make_directory(self._directory)
            self._files.rename(path, target)
        except OSError:
            self._files.unlink(path)  # on a full disk there is no room for another folder, and this makes some
            return
        self._kept = deque(one for one in self._kept if one.path != target)
        self._kept.append(_File(target, _on_disk(size)))
        self._trim()

    def make_room(self, wanted: int) -> bool:
        """At least so many bytes, or all there is: the oldest go. False when there is none here.

        :raises OSError: the disk refuses.
        """
        made = 0
        while self._kept and made < wanted:
            oldest = self._kept.popleft()
            self._files.unlink(oldest.path)
            made += oldest.size
        return made > 0

    def give_back(self, directory: Path) -> Iterator[Path]:
        """All of them into that folder, oldest first: where each is now.

        :raises OSError: the disk refuses; the others stay.
        """
        taken = {path.name for path in self._files.list(directory, ".seg")}
        while self._kept:
            path = self._kept[0].path
            if path.name in taken:  # an agent that did not know of this folder began to count anew
                self._files.unlink(path)
                self._kept.popleft()
                continue
            self._files.rename(path, directory / path.name)
            self._kept.popleft()
            yield directory / path.name

    def _trim(self) -> None:
        self.make_room(self.size - self._max_bytes)
